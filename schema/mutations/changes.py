"""From a mutation's input to the changes of a commit, with every fault found on the way."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from graph.errors import BadInput, FieldProblem, Problem, ProblemCode, shown
from graph.ids import new_key
from graph.inputs import validate, validate_key
from graph.model import RECORDS, NodeRef, RecordInfo, Scalar
from graph.model.fields import DEFAULT_REGION, show_money
from graph.store import Change, Delete, Mode, Upsert
from schema.errors import in_money
from schema.mutations.inputs import public_name
from schema.mutations.rules import DELETIONS, STEPS

Values = Mapping[str, Any]

_OWN_KEYS = uuid.UUID("7d1c8a52-0f0e-5d0a-9a57-3c1c5f1f6f4e")
_ENDS = ("source", "target")
_WRITTEN_APART = frozenset({"key", "expectedRevision", "idempotencyKey", *_ENDS})


@dataclass(slots=True)
class Writing:
    """The changes that items ask for, as far as they are right.

    Attributes:
        info: the record they are about.
        mode: whether records may be created, updated or both.
        once: the idempotency key.
        region: country (ISO 3166) of phone numbers written without a country code.
        changes: one for each right item.
        problems: what is wrong with the others.
    """

    info: RecordInfo
    mode: Mode = Mode.UPSERT
    once: str | None = None
    region: str = DEFAULT_REGION
    changes: list[Change] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def write(self, items: Sequence[Values]) -> None:
        """Adds the items, of which each is a record's input."""
        for index, item in enumerate(items):
            found: list[FieldProblem] = []
            key = self._key(item, index, found)
            values = self._values(item, found)
            if self.info.ends is not None:
                values |= _references(item, found)
            self._refuse(index, found)
            if not found:
                revision = item.get("expectedRevision")
                step = STEPS.get(self.info.name)
                change = Upsert(self.info.name, key, values, self.mode, revision, step=step)
                self.changes.append(change)

    def delete(self, items: Sequence[Values]) -> None:
        """Adds the items, of which each names a record."""
        for index, item in enumerate(items):
            found: list[FieldProblem] = []
            key = checked_key(item["key"], "key", found)
            self._refuse(index, found)
            name = self.info.name
            revision = item.get("expectedRevision")
            own = DELETIONS.get(name)
            self.changes.append(Delete(name, key, revision, step=own, carried=DELETIONS))

    def _refuse(self, index: int, found: Sequence[FieldProblem]) -> None:
        self.problems += [Problem(index, ProblemCode.INVALID, p.message, p.field) for p in found]

    def _key(self, item: Values, index: int, found: list[FieldProblem]) -> str:
        given = item.get("key")
        if given is not None:
            return checked_key(given, "key", found)
        if self.mode is Mode.UPDATE:
            found.append(FieldProblem("key", "is missing; name the record to update"))
        if self.once is None:
            return new_key()
        # the same each time, or a repetition would be another write than the first
        return str(uuid.uuid5(_OWN_KEYS, f"{self.info.name}:{index}:{self.once}"))

    def _values(self, item: Values, found: list[FieldProblem]) -> dict[str, Any]:
        names = _python_names(self.info.name)
        given = {names[name]: value for name, value in item.items() if name in names}
        try:
            return validate(self.info.name, given, region=self.region)
        except BadInput as error:
            found += [_public(self.info, given, p) for p in error.problems]
            return {}


@cache
def _python_names(kind: str) -> Mapping[str, str]:
    return {public_name(f): f.name for f in RECORDS[kind].mutable_fields()}


def _references(item: Values, found: list[FieldProblem]) -> dict[str, NodeRef]:
    """The ends that an item gives."""
    given = {end: item[end] for end in _ENDS if item.get(end) is not None}
    return {
        end: NodeRef(value["kind"].value, checked_key(value["key"], f"{end}.key", found))
        for end, value in given.items()
    }


def checked_key(key: Any, path: str, found: list[FieldProblem]) -> str:
    """A key in its one form; what is wrong with one is added to what was found."""
    try:
        return validate_key(key, what=path)
    except BadInput as error:
        found += error.problems
        return ""


def public_field(info: RecordInfo, path: str) -> str:
    """A path of Python field names as GraphQL names it: `amount_minor` is `amount`."""
    name, dot, rest = path.partition(".")
    known = info.fields.get(name)
    if name == "expected_revision":
        return "expectedRevision"
    return (public_name(known) if known is not None else name) + dot + rest


def _public(info: RecordInfo, given: Values, problem: FieldProblem) -> FieldProblem:
    """The problem in the words of GraphQL: fields by their names there, money in major units."""
    message = problem.message
    known = info.fields.get(problem.field)
    if known is not None and known.scalar is Scalar.MONEY:
        amount = given[known.name]
        message = message.replace(shown(amount), shown(show_money(amount)), 1)
        message = in_money(known.name, message)
    return FieldProblem(public_field(info, problem.field), message)
