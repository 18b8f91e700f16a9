"""What goes with deleted records: their edges, what they own, and the fields that name them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from graph.commit.draft import Draft
from graph.errors import ProblemCode, shown
from graph.model import RECORDS, Edge, NodeRef, Record
from graph.store import Delete, Upsert


def gone(draft: Draft) -> frozenset[NodeRef]:
    """The records to be deleted so far."""
    return frozenset(ref for ref, after in draft.after.items() if after is None)


def cascade(draft: Draft, attached: Iterable[Record]) -> frozenset[NodeRef]:
    """Deletes or clears what hangs on deleted records; returns the newly deleted."""
    leaving = gone(draft)
    new: set[NodeRef] = set()
    for stored in attached:
        ref = stored.ref
        if ref in leaving or ref in new:
            continue
        draft.before.setdefault(ref, stored)
        record = draft.after.get(ref) or stored
        if _must_go(record, leaving):
            index, change = draft.changes.get(ref, (-1, None))
            if isinstance(change, Upsert) and index not in draft.refused:
                draft.refuse(
                    index,
                    ProblemCode.MISSING_END,
                    f"{ref.kind} {shown(ref.key)} hangs on a record that this commit deletes; "
                    "leave one of the two out",
                    "key",
                )
            _ask(draft, stored)
            draft.after[ref] = None
            new.add(ref)
        else:
            _clear(draft, record, leaving)
    return frozenset(new)


def _ask(draft: Draft, leaving: Record) -> None:
    """Asks the deletions of an edge's ends about what goes with them."""
    if not isinstance(leaving, Edge):
        return
    for end in (leaving.source, leaving.target):
        index, change = draft.changes.get(end, (-1, None))
        rule = change.carried.get(leaving.ref.kind) if isinstance(change, Delete) else None
        problem = rule(leaving, None) if rule is not None else None
        if problem is not None:
            draft.refuse(index, ProblemCode.ILLEGAL_STEP, problem.message, problem.field)


def _must_go(record: Record, gone: frozenset[NodeRef]) -> bool:
    if isinstance(record, Edge):
        return record.source in gone or record.target in gone
    return any(
        f.ref.owned and NodeRef(f.ref.kind, getattr(record, f.name)) in gone
        for f in RECORDS[record.ref.kind].fields.values()
        if f.ref
    )


def _clear(draft: Draft, record: Record, gone: frozenset[NodeRef]) -> None:
    cleared: dict[str, Any] = {
        f.name: None
        for f in RECORDS[record.ref.kind].fields.values()
        if f.ref and NodeRef(f.ref.kind, getattr(record, f.name) or "") in gone
    }
    if cleared:
        grown = record.revision if record.ref in draft.after else record.revision + 1
        draft.after[record.ref] = replace(record, **cleared, updated_at=draft.now, revision=grown)
