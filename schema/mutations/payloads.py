"""What mutations answer: the records as they are now, or why nothing was written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import strawberry
from strawberry.types.field import StrawberryField

from graph.errors import Problem, ProblemCode
from graph.model import Record, RecordInfo
from graph.store import Action, Outcome
from schema.declare import attribute, object_type
from schema.mutations.verbs import lower, many, one
from schema.scalars import Long
from schema.view import VIEWS


@dataclass(frozen=True, slots=True)
class Payload:
    """The value behind every payload type.

    Attributes:
        records: the records written, in the order of the input; none when there are errors.
        outcomes: what became of each item.
        version: the graph's version after the write; None when nothing was written.
        replayed: whether this answers a repetition.
        errors: why nothing was written.
    """

    records: Sequence[Record] = ()
    outcomes: Sequence[Outcome] = ()
    version: int | None = None
    replayed: bool = False
    errors: Sequence[Problem] = ()

    @property
    def record(self) -> Record | None:
        """The only record."""
        return self.records[0] if self.records else None

    @property
    def outcome(self) -> Outcome | None:
        """What became of the only item."""
        return self.outcomes[0] if self.outcomes else None


_Action: Any = strawberry.enum(
    Action, name="WriteAction", description="What became of an item; ABSENT: it was not there."
)
_Code: Any = strawberry.enum(
    ProblemCode, name="ProblemCode", description="Why an item was refused."
)

_Outcome: Any = object_type(
    "WriteOutcome",
    "What became of one item.",
    [
        attribute("key", str, "The record's key.", path="ref.key"),
        attribute("action", _Action, "What happened."),
        attribute("revision", int, "The record's revision now; 0 when it is gone."),
    ],
)

_Problem: Any = object_type(
    "Problem",
    "Why an item was refused.",
    [
        attribute("index", int, "The item's place in the input, from 0."),
        attribute("code", _Code, "The reason, for programs."),
        attribute("message", str, "The reason and the remedy, for people."),
        attribute("field", str | None, "The field concerned, where it is one: `phones.0`."),
    ],
)


def batch_payload(info: RecordInfo, title: str) -> type:
    """`UpsertCustomersPayload`: many records."""
    kind: Any = VIEWS[info.name]
    says = "Those written that are there now, in the order of the input; none if there are errors."
    records = attribute(lower(many(info)), list[kind], says, path="records")
    return _payload(title, [records, _outcomes(), *_ending()])


def single_payload(info: RecordInfo, title: str) -> type:
    """`UpdateCustomerPayload`: one record."""
    kind = VIEWS[info.name] | None
    says = "It as it is now; null if there are errors."
    return _payload(
        title,
        [
            attribute(lower(one(info)), kind, says, path="record"),
            attribute("outcome", _Outcome | None, "What became of it; null if there are errors."),
            *_ending(),
        ],
    )


def payload(title: str, fields: list[StrawberryField]) -> type:
    """`ProposeTradePayload`: fields of its own, then version, replayed and errors."""
    return _payload(title, [*fields, *_ending()])


def record_field(record: type[Record], says: str) -> StrawberryField:
    """The field of a payload that shows the one record written."""
    name = record.__name__
    return attribute(lower(name), VIEWS[name] | None, says, path="record")


def _payload(title: str, fields: list[StrawberryField]) -> type:
    return object_type(f"{title}Payload", "What was written, or why nothing was.", fields)


def _outcomes() -> StrawberryField:
    says = "What became of each item, in the order of the input; none if there are errors."
    return attribute("outcomes", list[_Outcome], says)


def _ending() -> list[StrawberryField]:
    return [
        attribute(
            "version",
            Long | None,
            "The graph's version now, for reads that must see this (`atLeastVersion`, in a "
            "request's `extensions` or of an analytic); null if there are errors.",
        ),
        attribute("replayed", bool, "Whether this is the first answer to the same text again."),
        attribute("errors", list[_Problem], "Why nothing was written; empty when all was."),
    ]


DeletionPayload = _payload("Deletion", [_outcomes(), *_ending()])
