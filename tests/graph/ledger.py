"""Commits in memory: a keeper that answers what a plan asks, and a plain account of what must be.

`Ledger` runs `graph.commit.plan` against a dict. `settled` says, without the planner, what a
commit leaves behind: it makes the changes one by one, then mends or refuses what dangles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from hypothesis import strategies as st

from graph.commit import Found, Need, Plan, claim_of, plan
from graph.model import RECORDS, Edge, NodeRef, Record
from graph.model.words import CustomerKind, ReferralStatus, TieKind
from graph.store import Change, Delete, Mode, Upsert
from tests.graph.strategies import BASE

State = Mapping[NodeRef, Record]


class Ledger:
    """A store of records as simple as can be."""

    def __init__(self, records: Sequence[Record] = ()) -> None:
        self.records = {r.ref: r for r in records}

    def commit(self, changes: Sequence[Change], now: datetime = BASE) -> Plan:
        """Plans the changes and writes the plan."""
        planning = plan(changes, now)
        need = next(planning)
        while True:
            try:
                need = planning.send(self._found(need))
            except StopIteration as stop:
                made: Plan = stop.value
                break
        for gone in made.deleted:
            del self.records[gone.ref]
        for record in (*made.created, *made.updated):
            self.records[record.ref] = record
        return made

    def _found(self, need: Need) -> Found:
        held = self.records
        return Found(
            records={ref: held[ref] for ref in need.records if ref in held},
            exist=frozenset(ref for ref in need.exist if ref in held),
            attached=[r for r in held.values() if not need.attached.isdisjoint(_names(r))],
            holders={
                (ref.kind, text): ref.key
                for ref, r in held.items()
                if (text := claim_of(r)) is not None and (ref.kind, text) in need.claims
            },
            between=[
                r
                for ref, r in held.items()
                if isinstance(r, Edge) and (ref.kind, r.source, r.target) in need.between
            ],
        )


def _names(record: Record) -> set[NodeRef]:
    ends = {record.source, record.target} if isinstance(record, Edge) else set()
    return ends | set(_references(record).values())


def _references(record: Record) -> dict[str, NodeRef]:
    fields = RECORDS[record.ref.kind].fields.values()
    return {
        f.name: NodeRef(f.ref.kind, getattr(record, f.name))
        for f in fields
        if f.ref and getattr(record, f.name) is not None
    }


def settled(state: State, changes: Sequence[Change]) -> tuple[dict[NodeRef, Record], set[int]]:
    """What a commit leaves behind, and the changes that must be refused; stamps stay as they were.

    When any is refused the state is of no meaning.
    """
    now = dict(state)
    refused: set[int] = set()
    upserts: dict[NodeRef, int] = {}
    seen: set[NodeRef] = set()
    for index, change in enumerate(changes):
        ref = NodeRef(change.kind, change.key)
        if ref in seen or not _make(now, ref, change):
            refused.add(index)
        if ref not in seen and isinstance(change, Upsert):
            upserts[ref] = index
        seen.add(ref)
    while _mend(now, changes, upserts, refused):
        pass
    order = {NodeRef(c.kind, c.key): index for index, c in reversed(list(enumerate(changes)))}
    return now, refused | _beaten(state, now, order)


def _make(now: dict[NodeRef, Record], ref: NodeRef, change: Change) -> bool:
    """Makes one change as if it stood alone; false when it cannot be made."""
    current = now.get(ref)
    if current is not None and change.expected_revision not in (None, current.revision):
        return False
    if isinstance(change, Delete):
        now.pop(ref, None)
        return True
    values = dict(change.values)
    info = RECORDS[ref.kind]
    if current is None:
        needed = [f.name for f in info.input_fields() if f.required]
        needed += ["source", "target"] if info.ends else []
        if (
            change.mode is Mode.UPDATE
            or change.expected_revision is not None
            or not set(needed) <= set(values)
            or not _ends_allowed(ref.kind, values)
        ):
            return False
        now[ref] = info.record(key=ref.key, **_canonical(ref.kind, values))
        return True
    if change.mode is Mode.CREATE:
        return False
    if isinstance(current, Edge):
        own = {"source": current.source, "target": current.target}
        ends = _canonical(ref.kind, own | {n: v for n, v in values.items() if n in own})
        if (ends["source"], ends["target"]) != (current.source, current.target):
            return False
        values = {n: v for n, v in values.items() if n not in own}
    now[ref] = replace(current, **values)
    return True


def _ends_allowed(kind: str, values: Mapping[str, Any]) -> bool:
    ends = RECORDS[kind].ends
    return ends is None or (
        values["source"].kind in ends.sources
        and values["target"].kind in ends.targets
        and values["source"] != values["target"]
    )


def _canonical(kind: str, values: dict[str, Any]) -> dict[str, Any]:
    ends = RECORDS[kind].ends
    if ends is None or ends.directed:
        return values
    source, target = sorted((values["source"], values["target"]))
    return values | {"source": source, "target": target}


def _mend(
    now: dict[NodeRef, Record],
    changes: Sequence[Change],
    upserts: Mapping[NodeRef, int],
    refused: set[int],
) -> bool:
    """Takes away, clears or refuses one thing that dangles; false when nothing does."""
    for ref, record in now.items():
        lost = {n: r for n, r in _references(record).items() if r not in now}
        owned = {f.name for f in RECORDS[ref.kind].fields.values() if f.ref and f.ref.owned}
        cut = isinstance(record, Edge) and not {record.source, record.target} <= set(now)
        if not lost and not cut:
            continue
        index = upserts.get(ref)
        change = changes[index] if index is not None else None
        named = isinstance(change, Upsert) and not lost.keys().isdisjoint(change.values)
        if index is not None and (cut or named or owned & set(lost)):
            refused.add(index)
            del now[ref]
        elif cut or owned & set(lost):
            del now[ref]
        else:
            cleared: dict[str, Any] = dict.fromkeys(lost)
            now[ref] = replace(record, **cleared)
        return True
    return False


def _beaten(state: State, now: State, order: Mapping[NodeRef, int]) -> set[int]:
    """The changes whose claims another record holds: the one that had it, else the first."""
    claims: dict[tuple[str, str], list[NodeRef]] = {}
    for ref, record in now.items():
        text = claim_of(record)
        if text is not None:
            claims.setdefault((ref.kind, text), []).append(ref)
    beaten: set[int] = set()
    for (_, text), refs in claims.items():
        held = [r for r in refs if r in state and claim_of(state[r]) == text]
        first = held[0] if held else min(refs, key=lambda r: order.get(r, -1))
        beaten |= {order[r] for r in refs if r != first and r in order}
    return beaten


# -- random changes of a few records, so that they meet often

_KEYS = st.sampled_from(("1", "2", "3"))
_PARTY = st.builds(NodeRef, st.sampled_from(("Customer", "Contact")), _KEYS)
_ANY = st.builds(NodeRef, st.sampled_from(("Customer", "Contact", "Good", "Staff")), _KEYS)
_CONTACT = st.builds(NodeRef, st.just("Contact"), _KEYS)
_CUSTOMER = st.builds(NodeRef, st.just("Customer"), _KEYS)
_STAFF = st.builds(NodeRef, st.just("Staff"), _KEYS)

_VALUES: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "Customer": {"name": st.sampled_from("ab"), "kind": st.sampled_from(CustomerKind)},
    "Contact": {"name": st.sampled_from("ab"), "region": st.sampled_from(("京", None))},
    "Staff": {"name": st.just("a")},
    "Referral": {
        "source": _PARTY | _ANY,
        "target": _PARTY,
        "status": st.sampled_from(ReferralStatus),
    },
    "Tie": {"source": _CONTACT, "target": _CONTACT, "kind": st.sampled_from(TieKind)},
    "Ownership": {
        "source": _STAFF,
        "target": _CUSTOMER,
        "until": st.sampled_from((None, BASE.date())),
    },
    "Purchase": {
        "customer_key": _KEYS,
        "at": st.just(BASE),
        "amount_minor": st.integers(0, 2),
        "referral_key": st.none() | _KEYS,
    },
}


@st.composite
def changes(draw: st.DrawFn) -> Change:
    """One change of one of a few records, mostly of those that others hang on."""
    kind = draw(st.sampled_from(sorted(_VALUES)))
    key = draw(_KEYS)
    expected = draw(st.sampled_from((None, None, None, None, 1, 2)))
    if draw(st.integers(0, 4)) == 0:
        return Delete(kind, key, expected)
    values = {n: draw(s) for n, s in _VALUES[kind].items() if draw(st.integers(0, 7))}
    mode = draw(st.sampled_from((Mode.UPSERT, Mode.UPSERT, Mode.UPSERT, Mode.CREATE, Mode.UPDATE)))
    return Upsert(kind, key, values, mode, expected)


def foundation() -> list[Change]:
    """Nodes for random changes to begin with."""
    return [
        Upsert(kind, key, {"name": "a"})
        for kind in ("Customer", "Contact", "Staff")
        for key in ("1", "2", "3")
    ]
