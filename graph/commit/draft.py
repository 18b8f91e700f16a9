"""The state of one planning: the changes, what was, what will be, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from graph.commit.exchange import Plan
from graph.errors import BadInput, CommitRejected, Problem, ProblemCode, shown
from graph.inputs import differ
from graph.model import RECORDS, Edge, NodeRef, Record, RecordInfo
from graph.model.codec import columns, encode, encode_value
from graph.store import Action, Change, LoggedChange, Outcome, Upsert


class Draft:
    """The state of one planning.

    Attributes:
        now: the commit's time.
        changes: each change with its index, by record.
        problems: why changes are refused.
        refused: indexes of the refused changes.
        before: the records as they are.
        after: those written, as they will be; None = deleted.
        order: the record of each change.
        own: the records of the changes.
    """

    def __init__(self, changes: Sequence[Change], now: datetime) -> None:
        self.now = now
        self.changes: dict[NodeRef, tuple[int, Change]] = {}
        self.problems: list[Problem] = []
        self.refused: set[int] = set()
        self.before: dict[NodeRef, Record] = {}
        self.after: dict[NodeRef, Record | None] = {}  # None = deleted
        self.order = [NodeRef(c.kind, c.key) for c in changes]
        for index, (ref, change) in enumerate(zip(self.order, changes, strict=True)):
            if ref.kind not in RECORDS:
                raise BadInput(
                    f"{shown(ref.kind)} is not a kind of record; use {', '.join(RECORDS)}"
                )
            if ref in self.changes:
                first = self.changes[ref][0]
                self.refuse(
                    index,
                    ProblemCode.DUPLICATE_KEY,
                    f"{ref.kind} {shown(ref.key)} stands in change {first} already; give it once",
                    "key",
                )
                continue
            self.changes[ref] = (index, change)
        self.own = frozenset(self.changes)

    def refuse(
        self, index: int, code: ProblemCode, message: str, field_name: str | None = None
    ) -> None:
        """Keeps why a change is refused."""
        self.problems.append(Problem(index, code, message, field_name))
        self.refused.add(index)

    def mentioned(self) -> frozenset[NodeRef]:
        """Ends and references the changes name, beyond the changed records themselves."""
        refs: set[NodeRef] = set()
        for _, change in self.changes.values():
            if isinstance(change, Upsert):
                refs.update(ref for _, ref in named(RECORDS[change.kind], change.values))
        return frozenset(refs - self.own)

    def finish(self) -> Plan:
        """The plan, or the refusal."""
        if self.problems:
            raise CommitRejected(sorted(self.problems, key=lambda p: p.index))
        created, updated, deleted, logged = [], [], [], []
        for ref, after in self.after.items():
            before = self.before.get(ref)
            ends = _ends(after or before)
            if after is None:
                assert before is not None
                deleted.append(before)
                info = RECORDS[ref.kind]
                was = dict(zip(columns(info), encode(info, before), strict=True))
                logged.append(LoggedChange(Action.DELETED, ref, ends, was))
            elif before is None:
                created.append(after)
                logged.append(LoggedChange(Action.CREATED, ref, ends))
            else:
                updated.append(after)
                logged.append(LoggedChange(Action.UPDATED, ref, ends, _former(before, after)))
        outcomes = tuple(self._outcome(ref) for ref in self.order)
        return Plan(tuple(created), tuple(updated), tuple(deleted), outcomes, tuple(logged))

    def _outcome(self, ref: NodeRef) -> Outcome:
        before = self.before.get(ref)
        if ref not in self.after:
            return Outcome(ref, Action.UNCHANGED if before else Action.ABSENT, _revision(before))
        after = self.after[ref]
        if after is None:
            return Outcome(ref, Action.DELETED, 0)
        return Outcome(ref, Action.UPDATED if before else Action.CREATED, after.revision)


def _revision(record: Record | None) -> int:
    return record.revision if record is not None else 0


def _ends(record: Record | None) -> tuple[NodeRef, NodeRef] | None:
    return (record.source, record.target) if isinstance(record, Edge) else None


def _former(before: Record, after: Record) -> dict[str, object]:
    """Storage form of the former values of the fields that differ, stamps left out."""
    return {
        name: encode_value(f, getattr(before, name))
        for name, f in RECORDS[before.ref.kind].fields.items()
        if not f.system and differ(getattr(before, name), getattr(after, name))
    }


def named(info: RecordInfo, values: Mapping[str, object]) -> list[tuple[str, NodeRef]]:
    """The records that values name: an edge's ends, and references that are not null."""
    found: list[tuple[str, NodeRef]] = []
    if info.ends is not None:
        for name in ("source", "target"):
            end = values.get(name)
            if isinstance(end, NodeRef):
                found.append((name, end))
    for f in info.fields.values():
        key = values.get(f.name)
        if f.ref is not None and isinstance(key, str):
            found.append((f.name, NodeRef(f.ref.kind, key)))
    return found
