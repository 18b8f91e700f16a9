"""Each change brought together with what is there: created, patched, checked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from graph.commit.draft import Draft, named
from graph.commit.exchange import Found
from graph.errors import ProblemCode, shown
from graph.inputs import changed
from graph.model import RECORDS, Edge, NodeRef, Record, RecordInfo
from graph.model.fields import LARGEST_INT
from graph.store import Change, Delete, Mode, Upsert


def merge(draft: Draft, found: Found) -> None:
    """Brings every change together with what is there."""
    draft.before = dict(found.records)
    for ref, (index, change) in draft.changes.items():
        current = found.records.get(ref)
        if isinstance(change, Delete):
            _delete(draft, index, change, current)
        elif current is None:
            _create(draft, index, change)
        else:
            _update(draft, index, change, current)


def check_named(draft: Draft, exist: frozenset[NodeRef]) -> None:
    """Refuses changes that name a record which is not there after the commit."""
    for index, change in draft.changes.values():
        if isinstance(change, Delete) or index in draft.refused:
            continue
        for name, ref in named(RECORDS[change.kind], change.values):
            if not _is_there(draft, ref, exist):
                draft.refuse(
                    index,
                    ProblemCode.MISSING_END,
                    f"there is no {ref.kind} {shown(ref.key)}; create it first",
                    name,
                )


def _delete(draft: Draft, index: int, change: Delete, current: Record | None) -> None:
    if current is None or not _revision_fits(draft, index, change, current):
        return
    if _allowed(draft, index, change, current, None):
        draft.after[current.ref] = None


def _create(draft: Draft, index: int, change: Upsert) -> None:
    info = RECORDS[change.kind]
    if change.mode is Mode.UPDATE or change.expected_revision is not None:
        draft.refuse(
            index,
            ProblemCode.NOT_FOUND,
            f"there is no {change.kind} {shown(change.key)} to update; create it first",
            "key",
        )
        return
    given = change.values.keys() | change.derived.keys()
    missing = [name for name in info.required if name not in given]
    missing += [e for e in ("source", "target") if info.ends and e not in change.values]
    for name in missing:
        draft.refuse(
            index,
            ProblemCode.INVALID,
            f"a new {change.kind} needs it, and {shown(change.key)} has none; give a value",
            name,
        )
    if missing:
        return
    values = _with_ends(draft, index, info, change)
    if values is None:
        return
    stamps = change.stamps
    made = info.record(
        **values,
        key=change.key,
        created_at=stamps.created_at if stamps else draft.now,
        updated_at=stamps.updated_at if stamps else draft.now,
        revision=stamps.revision if stamps else 1,
    )
    _take(draft, index, change, None, made)


def _with_ends(draft: Draft, index: int, info: RecordInfo, change: Upsert) -> dict[str, Any] | None:
    """The values, with ends of allowed kinds, an undirected edge's in canonical order."""
    values = _values(draft, index, change, {n: info.fields[n].default for n in change.add})
    if values is None or info.ends is None:
        return values
    source: NodeRef = values["source"]
    target: NodeRef = values["target"]
    for name, end, kinds in (
        ("source", source, info.ends.sources),
        ("target", target, info.ends.targets),
    ):
        if end.kind not in kinds:
            draft.refuse(
                index,
                ProblemCode.WRONG_END,
                f"{info.name}: the {name} is a {' or '.join(kinds)}, not a {end.kind}",
                name,
            )
            return None
    if source == target and not info.ends.loops:
        draft.refuse(
            index,
            ProblemCode.SELF_REFERENCE,
            f"a {info.name} joins two different nodes; both ends are {shown(source.key)}",
            "target",
        )
        return None
    if not info.ends.directed and target < source:
        values["source"], values["target"] = target, source
    return values


def _update(draft: Draft, index: int, change: Upsert, current: Record) -> None:
    if change.mode is Mode.CREATE:
        draft.refuse(
            index,
            ProblemCode.ALREADY_EXISTS,
            f"{change.kind} {shown(change.key)} exists already; update it or use another key",
            "key",
        )
        return
    if not _revision_fits(draft, index, change, current):
        return
    values = _values(draft, index, change, {n: getattr(current, n) for n in change.add})
    if values is None:
        return
    if isinstance(current, Edge) and not _ends_fit(draft, index, values, current):
        return
    differing = changed(current, values)
    if not differing:
        _allowed(draft, index, change, current, current)
        return
    stamps = change.stamps
    made = replace(
        current,
        **differing,
        updated_at=stamps.updated_at if stamps else draft.now,
        revision=max(current.revision + 1, stamps.revision if stamps else 0),
    )
    _take(draft, index, change, current, made)


def _values(draft: Draft, index: int, change: Upsert, had: dict[str, int]) -> dict[str, Any] | None:
    """What a change gives: its values, and what there is with what it adds; None = refused."""
    sums = {name: had[name] + more for name, more in change.add.items()}
    for name, found in sums.items():
        if not 0 <= found <= LARGEST_INT:
            draft.refuse(
                index,
                ProblemCode.INVALID,
                f"{change.kind} {shown(change.key)} has {had[name]:,}; with {change.add[name]:+,} "
                f"that is {found:,}, not from 0 to {LARGEST_INT:,}; read it again",
                name,
            )
            return None
    return {**change.values, **change.derived, **sums}


def _take(draft: Draft, index: int, change: Upsert, before: Record | None, after: Record) -> None:
    """Keeps what a record will be, unless the change's own rule refuses the step."""
    if _allowed(draft, index, change, before, after):
        draft.after[after.ref] = after


def _allowed(
    draft: Draft, index: int, change: Change, before: Record | None, after: Record | None
) -> bool:
    """Asks the change's own rule, and refuses the change if that refuses the step."""
    problem = change.step(before, after) if change.step is not None else None
    if problem is not None:
        draft.refuse(index, ProblemCode.ILLEGAL_STEP, problem.message, problem.field)
    return problem is None


def _ends_fit(draft: Draft, index: int, values: dict[str, object], current: Edge) -> bool:
    """Whether ends given for an existing edge are its own; takes them out of the values."""
    given = (values.pop("source", current.source), values.pop("target", current.target))
    own = (current.source, current.target)
    ends = RECORDS[type(current).__name__].ends
    assert ends is not None
    if given == own or (not ends.directed and given[::-1] == own):
        return True
    draft.refuse(
        index,
        ProblemCode.WRONG_END,
        f"the ends of {current.ref.kind} {shown(current.key)} never change; "
        "delete it and create another",
        "source" if given[0] != own[0] else "target",
    )
    return False


def _revision_fits(draft: Draft, index: int, change: Change, current: Record) -> bool:
    expected = change.expected_revision
    if expected is None or expected == current.revision:
        return True
    draft.refuse(
        index,
        ProblemCode.REVISION_CONFLICT,
        f"{change.kind} {shown(change.key)} has revision {current.revision}, not {expected}; "
        "read it again and repeat the change",
        "expected_revision",
    )
    return False


def _is_there(draft: Draft, ref: NodeRef, exist: frozenset[NodeRef]) -> bool:
    if ref in draft.after:
        return draft.after[ref] is not None
    return ref in draft.before or ref in exist
