"""What a commit means, once for every store: merging, checks, cascades, outcomes and the log.

`plan` is a generator without I/O. It yields what it needs to know (`Need`), is sent what the
store found (`Found`), and returns the writes (`Plan`) or raises CommitRejected. A store holds
the tenant's write lock from before the first answer until the plan is written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from graph.errors import BadInput, CommitRejected, Problem, ProblemCode, shown
from graph.inputs import changed, differ
from graph.model import RECORDS, Edge, NodeRef, Record, RecordInfo
from graph.model.codec import columns, encode, encode_value
from graph.store import (
    MAX_CHANGES,
    Action,
    Change,
    Delete,
    LoggedChange,
    Mode,
    Outcome,
    Upsert,
)

Claim = tuple[str, str]
"""A record's name and the text it claims."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a plan asks of the store, as it is under the write lock.

    Attributes:
        records: whole records wanted.
        exist: records of which only the existence is wanted.
        attached: records of which all that hangs on them is wanted: edges with such an end,
            and records with a reference field that names them.
        claims: claims of which the holder's key is wanted.
    """

    records: frozenset[NodeRef] = frozenset()
    exist: frozenset[NodeRef] = frozenset()
    attached: frozenset[NodeRef] = frozenset()
    claims: frozenset[Claim] = frozenset()


@dataclass(frozen=True, slots=True)
class Found:
    """The store's answer to a `Need`; what is not there is left out."""

    records: Mapping[NodeRef, Record] = field(default_factory=dict)
    exist: frozenset[NodeRef] = frozenset()
    attached: Sequence[Record] = ()
    holders: Mapping[Claim, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to write.

    Attributes:
        created, updated, deleted: whole records; an updated one is given as it will be.
        outcomes: one for each change, in order.
        logged: the entry's changes; empty when nothing changed, and then no version is used up.
    """

    created: tuple[Record, ...]
    updated: tuple[Record, ...]
    deleted: tuple[Record, ...]
    outcomes: tuple[Outcome, ...]
    logged: tuple[LoggedChange, ...]


def fingerprint(changes: Sequence[Change]) -> str:
    """A digest by which the same changes are known again under an idempotency key."""
    digest = hashlib.sha256()
    for change in changes:
        parts: tuple[object, ...] = (change.kind, change.key, change.expected_revision)
        if isinstance(change, Upsert):
            values = {
                n: sorted(v.items()) if isinstance(v, Mapping) else v
                for n, v in change.values.items()
            }
            parts += (change.mode, change.stamps, sorted(values.items()))
        digest.update(repr(parts).encode())
    return digest.hexdigest()


def claim_of(record: Record) -> str | None:
    """What the record claims for itself alone."""
    return RECORDS[type(record).__name__].claim(record)


def plan(changes: Sequence[Change], now: datetime) -> Generator[Need, Found, Plan]:
    """Plans a commit.

    Args:
        changes: at most MAX_CHANGES.
        now: the commit's time.

    Raises:
        CommitRejected: some changes cannot be made; all of them are named.
        BadInput: too many changes, or a kind that does not exist.
    """
    if len(changes) > MAX_CHANGES:
        raise BadInput(
            f"{len(changes):,} changes in one commit; at most {MAX_CHANGES:,}, send several"
        )
    work = _Work(changes, now)
    first = yield Need(records=work.own, exist=work.mentioned())
    work.merge(first)
    work.check_named(first.exist)
    frontier = work.gone()
    while frontier:
        found = yield Need(attached=frontier)
        frontier = work.cascade(found.attached)
    work.check_named(first.exist)  # what is named may have gone with something deleted
    claims = work.claims()
    if claims:
        found = yield Need(claims=frozenset(claims))
        work.check_claims(claims, found.holders)
    return work.finish()


class _Work:
    """The state of one planning."""

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
        self.problems.append(Problem(index, code, message, field_name))
        self.refused.add(index)

    # -- what the changes are about

    def mentioned(self) -> frozenset[NodeRef]:
        """Ends and references the changes name, beyond the changed records themselves."""
        refs: set[NodeRef] = set()
        for _, change in self.changes.values():
            if isinstance(change, Upsert):
                refs.update(ref for _, ref in _named(RECORDS[change.kind], change.values))
        return frozenset(refs - self.own)

    def merge(self, found: Found) -> None:
        """Brings every change together with what is there."""
        self.before = dict(found.records)
        for ref, (index, change) in self.changes.items():
            current = found.records.get(ref)
            if isinstance(change, Delete):
                self._delete(index, change, current)
            elif current is None:
                self._create(index, change)
            else:
                self._update(index, change, current)

    def _delete(self, index: int, change: Delete, current: Record | None) -> None:
        if current is not None and self._revision_fits(index, change, current):
            self.after[current.ref] = None

    def _create(self, index: int, change: Upsert) -> None:
        info = RECORDS[change.kind]
        if change.mode is Mode.UPDATE or change.expected_revision is not None:
            self.refuse(
                index,
                ProblemCode.NOT_FOUND,
                f"there is no {change.kind} {shown(change.key)} to update; create it first",
                "key",
            )
            return
        missing = [
            f.name for f in info.input_fields() if f.required and f.name not in change.values
        ]
        missing += [e for e in ("source", "target") if info.ends and e not in change.values]
        for name in missing:
            self.refuse(
                index,
                ProblemCode.INVALID,
                f"a new {change.kind} needs it, and {shown(change.key)} has none; give a value",
                name,
            )
        if missing:
            return
        values = self._with_ends(index, info, change)
        if values is None:
            return
        stamps = change.stamps
        made = info.record(
            **values,
            key=change.key,
            created_at=stamps.created_at if stamps else self.now,
            updated_at=stamps.updated_at if stamps else self.now,
            revision=stamps.revision if stamps else 1,
        )
        self._take(index, change, None, made)

    def _with_ends(self, index: int, info: RecordInfo, change: Upsert) -> dict[str, object] | None:
        """The values, with ends of allowed kinds, an undirected edge's in canonical order."""
        values = dict(change.values)
        if info.ends is None:
            return values
        source, target = values["source"], values["target"]
        for name, end, kinds in (
            ("source", source, info.ends.sources),
            ("target", target, info.ends.targets),
        ):
            if end.kind not in kinds:
                self.refuse(
                    index,
                    ProblemCode.WRONG_END,
                    f"the {name} of a {info.name} is a {' or '.join(kinds)}, not a {end.kind}",
                    name,
                )
                return None
        if source == target and not info.ends.loops:
            self.refuse(
                index,
                ProblemCode.SELF_REFERENCE,
                f"a {info.name} joins two different nodes; both ends are {shown(source.key)}",
                "target",
            )
            return None
        if not info.ends.directed and target < source:
            values["source"], values["target"] = target, source
        return values

    def _update(self, index: int, change: Upsert, current: Record) -> None:
        if change.mode is Mode.CREATE:
            self.refuse(
                index,
                ProblemCode.ALREADY_EXISTS,
                f"{change.kind} {shown(change.key)} exists already; update it or use another key",
                "key",
            )
            return
        if not self._revision_fits(index, change, current):
            return
        values = dict(change.values)
        if isinstance(current, Edge) and not self._ends_fit(index, values, current):
            return
        differing = changed(current, values)
        if differing:
            stamps = change.stamps
            made = replace(
                current,
                **differing,
                updated_at=stamps.updated_at if stamps else self.now,
                revision=max(current.revision + 1, stamps.revision if stamps else 0),
            )
            self._take(index, change, current, made)

    def _take(self, index: int, change: Upsert, before: Record | None, after: Record) -> None:
        """Keeps what a record will be, unless the change's own rule refuses the step."""
        problem = change.step(before, after) if change.step is not None else None
        if problem is None:
            self.after[after.ref] = after
        else:
            self.refuse(index, ProblemCode.ILLEGAL_STEP, problem.message, problem.field)

    def _ends_fit(self, index: int, values: dict[str, object], current: Edge) -> bool:
        """Whether ends given for an existing edge are its own; takes them out of the values."""
        given = (values.pop("source", current.source), values.pop("target", current.target))
        own = (current.source, current.target)
        ends = RECORDS[type(current).__name__].ends
        assert ends is not None
        if given == own or (not ends.directed and given[::-1] == own):
            return True
        self.refuse(
            index,
            ProblemCode.WRONG_END,
            f"the ends of {current.ref.kind} {shown(current.key)} never change; "
            "delete it and create another",
            "source" if given[0] != own[0] else "target",
        )
        return False

    def _revision_fits(self, index: int, change: Change, current: Record) -> bool:
        expected = change.expected_revision
        if expected is None or expected == current.revision:
            return True
        self.refuse(
            index,
            ProblemCode.REVISION_CONFLICT,
            f"{change.kind} {shown(change.key)} has revision {current.revision}, not {expected}; "
            "read it again and repeat the change",
            "expected_revision",
        )
        return False

    def check_named(self, exist: frozenset[NodeRef]) -> None:
        """Refuses changes that name a record which is not there after the commit."""
        for index, change in self.changes.values():
            if isinstance(change, Delete) or index in self.refused:
                continue
            for name, ref in _named(RECORDS[change.kind], change.values):
                if not self._is_there(ref, exist):
                    self.refuse(
                        index,
                        ProblemCode.MISSING_END,
                        f"there is no {ref.kind} {shown(ref.key)}; create it first",
                        name,
                    )

    def _is_there(self, ref: NodeRef, exist: frozenset[NodeRef]) -> bool:
        if ref in self.after:
            return self.after[ref] is not None
        return ref in self.before or ref in exist

    # -- what goes with deleted records

    def gone(self) -> frozenset[NodeRef]:
        """The records to be deleted so far."""
        return frozenset(ref for ref, after in self.after.items() if after is None)

    def cascade(self, attached: Iterable[Record]) -> frozenset[NodeRef]:
        """Deletes or clears what hangs on deleted records; returns the newly deleted."""
        gone = self.gone()
        new: set[NodeRef] = set()
        for stored in attached:
            ref = stored.ref
            if ref in gone or ref in new:
                continue
            self.before.setdefault(ref, stored)
            record = self.after.get(ref) or stored
            if self._must_go(record, gone):
                index, change = self.changes.get(ref, (-1, None))
                if isinstance(change, Upsert) and index not in self.refused:
                    self.refuse(
                        index,
                        ProblemCode.MISSING_END,
                        f"{ref.kind} {shown(ref.key)} hangs on a record that this commit deletes; "
                        "leave one of the two out",
                        "key",
                    )
                self.after[ref] = None
                new.add(ref)
            else:
                self._clear(record, gone)
        return frozenset(new)

    def _must_go(self, record: Record, gone: frozenset[NodeRef]) -> bool:
        if isinstance(record, Edge):
            return record.source in gone or record.target in gone
        return any(
            f.ref.owned and NodeRef(f.ref.kind, getattr(record, f.name)) in gone
            for f in RECORDS[record.ref.kind].fields.values()
            if f.ref
        )

    def _clear(self, record: Record, gone: frozenset[NodeRef]) -> None:
        cleared: dict[str, Any] = {
            f.name: None
            for f in RECORDS[record.ref.kind].fields.values()
            if f.ref and NodeRef(f.ref.kind, getattr(record, f.name) or "") in gone
        }
        if cleared:
            grown = record.revision if record.ref in self.after else record.revision + 1
            self.after[record.ref] = replace(record, **cleared, updated_at=self.now, revision=grown)

    # -- claims

    def claims(self) -> dict[Claim, list[NodeRef]]:
        """Who will hold each claim of the records written, in the order of the changes."""
        wanted: dict[Claim, list[NodeRef]] = {}
        for ref, record in self.after.items():
            text = claim_of(record) if record is not None else None
            if text is not None:
                wanted.setdefault((ref.kind, text), []).append(ref)
        return wanted

    def check_claims(
        self, claims: Mapping[Claim, list[NodeRef]], holders: Mapping[Claim, str]
    ) -> None:
        """Refuses every claim that another record holds after the commit."""
        for claim, refs in claims.items():
            kind, text = claim
            holder = NodeRef(kind, holders[claim]) if claim in holders else None
            if holder is not None and holder not in refs:
                now = self.after.get(holder, holder)
                keeps = now is holder or (isinstance(now, Record) and claim_of(now) == text)
                refs = [holder, *refs] if keeps else refs
            elif holder is not None:
                refs = [holder, *(r for r in refs if r != holder)]
            for ref in refs[1:]:
                if ref not in self.changes:
                    continue
                self.refuse(
                    self.changes[ref][0],
                    ProblemCode.ALREADY_CLAIMED,
                    f"{ref.kind} {shown(ref.key)}: {RECORDS[kind].claim_message} "
                    f"(held by {shown(refs[0].key)})",
                    "key",
                )

    # -- the result

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


def _named(info: RecordInfo, values: Mapping[str, object]) -> list[tuple[str, NodeRef]]:
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
