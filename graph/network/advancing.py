"""Bringing a snapshot up to date from the log: only what changed is read from the store."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from graph.model import RECORDS, Record
from graph.model.codec import columns, encode
from graph.network.build import read_log, wanted
from graph.network.folding import Delta, Ends, Unfoldable, fold
from graph.network.network import Network
from graph.network.rewind import Columns, rewind
from graph.store import Action, LogEntry, LoggedChange, TenantGraph

MOST_CHANGES = 50_000
"""Changes from which on a scan is quicker: each costs some 40 microseconds."""

AT_ONCE = 2_000
"""Records read in one call."""

Touched = dict[str, dict[str, None]]
"""Keys of the records that changed, by kind, in the order of the log."""


async def advance(
    network: Network, graph: TenantGraph, version: int, *, most: int = MOST_CHANGES
) -> Network | None:
    """The snapshot brought to a later version of its graph; None where a scan is due.

    A scan is due when the log has more than `most` changes, or does not fit. Records are read as
    they are now and brought back to `version` with the log, as a scan's are, so the snapshot
    shows that version, neither more nor less.

    Raises:
        StoreUnavailable: the database did not answer.
    """
    entries = await read_log(graph, network.version, version, most=most)
    if entries is None:
        return None
    touched = _touched(entries)
    now = await _read(graph, touched)
    through = {key for key in now.get("Purchase", {}).get("referral_key", ()) if key}
    ends = await _ends_of_referrals(graph, through)
    later = await read_log(graph, version, await graph.version(), most=most)
    if later is None:
        return None
    return await asyncio.to_thread(_folded, network, version, entries, later, now, ends)


def _touched(entries: Iterable[LogEntry]) -> Touched:
    found: Touched = {}
    for change in _changes(entries):
        found.setdefault(change.ref.kind, {})[change.ref.key] = None
    return found


def _changes(entries: Iterable[LogEntry]) -> Iterable[LoggedChange]:
    """The changes that a snapshot shows."""
    kept = {kind: frozenset(names) for kind, names in wanted().items()}
    for entry in entries:
        for change in entry.changes:
            names = kept.get(change.ref.kind)
            if names is None:
                continue
            if change.action is not Action.UPDATED or names & change.before.keys():
                yield change


async def _read(graph: TenantGraph, touched: Touched) -> dict[str, Columns]:
    """What a snapshot keeps of the records, as they are now; those that are gone are left out."""
    found = {}
    for kind, keys in touched.items():
        info, names = RECORDS[kind], wanted()[kind]
        places = [columns(info).index(name) for name in names]
        rows = [encode(info, record) for record in await _records(graph, kind, list(keys))]
        found[kind] = {
            name: [row[place] for row in rows] for name, place in zip(names, places, strict=True)
        }
    return found


async def _records(graph: TenantGraph, kind: str, keys: Sequence[str]) -> list[Record]:
    found: list[Record] = []
    for begin in range(0, len(keys), AT_ONCE):
        found += (await graph.nodes(kind, keys[begin : begin + AT_ONCE])).values()
    return found


async def _ends_of_referrals(graph: TenantGraph, keys: Iterable[str]) -> dict[str, Ends]:
    found = await _records(graph, "Referral", sorted(keys))
    return {r.key: (r.source, r.target) for r in found}  # type: ignore[attr-defined]


def _folded(
    network: Network,
    version: int,
    entries: Sequence[LogEntry],
    later: Sequence[LogEntry],
    now: dict[str, Columns],
    ends: Mapping[str, Ends],
) -> Network | None:
    touched = _touched(entries)
    rewind(now, later)
    for kind, table in now.items():  # a rewind brings back all that was deleted since
        _keep(table, touched[kind])
    delta = Delta(version, now=now, referral_ends=_ends_then(ends, entries, later))
    for change in _changes(entries):
        if change.ends is not None:
            delta.edges.setdefault(change.ref.kind, set()).add((change.ref.key, change.ends))
        elif change.ref.kind in network.nodes.kinds:
            delta.nodes.add(change.ref)
    if "Purchase" in touched:
        delta.bought_before = _before(now["Purchase"], entries)
    try:
        return fold(network, delta, datetime.now(UTC))
    except Unfoldable:
        return None


def _keep(table: Columns, keys: Mapping[str, None]) -> None:
    rows = [i for i, key in enumerate(table["key"]) if key in keys]
    if len(rows) < len(table["key"]):
        for name, values in table.items():
            table[name] = [values[i] for i in rows]


def _before(now: Columns, entries: Sequence[LogEntry]) -> Columns:
    """Purchases as they were before these commits; those that were not there are left out."""
    before = {name: list(values) for name, values in now.items()}
    rewind({"Purchase": before}, entries)
    return before


def _ends_then(
    ends: Mapping[str, Ends], entries: Iterable[LogEntry], later: Iterable[LogEntry]
) -> dict[str, Ends]:
    """Ends of referrals as of the version between these commits: a key may be used again."""
    found = dict(ends)
    for commits in (reversed(list(later)), entries):
        for entry in commits:
            for change in entry.changes:
                if change.ref.kind == "Referral" and change.ends is not None:
                    found[change.ref.key] = change.ends
    return found
