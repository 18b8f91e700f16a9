"""Building a snapshot from a store's scan."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from graph.errors import StoreUnavailable
from graph.model import RECORDS, RecordInfo, edge_records
from graph.model.codec import ENDS
from graph.network.assemble import NODE_KINDS, EdgeArrays, PurchaseArrays, network_from_arrays
from graph.network.network import Network
from graph.network.rewind import Columns, rewind
from graph.network.values import NO_MOMENT, NODE_COLUMNS, array, edge_fields
from graph.store import LogEntry, TenantGraph

PURCHASE_COLUMNS = ("key", "customer_key", "at", "amount_minor", "referral_key")


async def build_network(graph: TenantGraph) -> Network:
    """A snapshot of a tenant's graph as it is now.

    It shows exactly the version at which it began: a scan gives every record of that version or
    a newer state of it, and what was committed meanwhile is undone with the log, which keeps
    what was there before. So it needs no second scan, however much is written.
    """
    version = await graph.version()
    tables = {kind: await _scan(graph, kind, names) for kind, names in wanted().items()}
    entries = await read_log(graph, version, await graph.version())
    if entries is None:
        raise StoreUnavailable("the change log has a gap; check that nothing else deletes from it")
    computed_at = datetime.now(UTC)
    return await asyncio.to_thread(_assemble, tables, entries, version, computed_at)


@cache
def wanted() -> Mapping[str, tuple[str, ...]]:
    """Columns that a snapshot needs, by name of the record."""
    found: dict[str, tuple[str, ...]] = {}
    for kind in NODE_KINDS:
        found[kind] = ("key", *(c for c in NODE_COLUMNS if c in RECORDS[kind].fields))
    for info in edge_records():
        ends = [e for e in ENDS if e not in _said(info)]
        found[info.name] = ("key", *ends, *(f.name for f in edge_fields(info)))
    found["Purchase"] = PURCHASE_COLUMNS
    return found


def _said(info: RecordInfo) -> list[str]:
    """The columns of kinds that the kind of edge says already."""
    return [f"{end}_kind" for end in ("source", "target") if len(end_kinds(info, end)) == 1]


async def _scan(graph: TenantGraph, kind: str, names: Sequence[str]) -> Columns:
    table: Columns = {name: [] for name in names}
    async for batch in graph.scan(kind, names):
        for name, values in table.items():
            values.extend(batch.columns[name])
    return table


async def read_log(
    graph: TenantGraph, after: int, last: int, most: int | None = None
) -> list[LogEntry] | None:
    """The commits with versions from `after + 1` to `last`, oldest first.

    Args:
        graph: whose log.
        after, last: versions.
        most: changes beyond which nothing is read; None where they are more.
    """
    entries: list[LogEntry] = []
    changes = 0
    while after < last:
        more = [entry for entry in await graph.log(after) if entry.version <= last]
        if not more:
            return None  # the log does not reach that far
        entries += more
        after = more[-1].version
        changes += sum(len(entry.changes) for entry in more)
        if most is not None and changes > most:
            return None
    return entries


def _assemble(
    tables: dict[str, Columns], entries: Sequence[LogEntry], version: int, computed_at: datetime
) -> Network:
    rewind(tables, entries)
    nodes = {kind: tables[kind]["key"] for kind in NODE_KINDS}
    places = _places(nodes)
    edges = {info.name: _edges(info, tables[info.name], places) for info in edge_records()}
    return network_from_arrays(
        nodes,
        edges,
        columns={name: _node_column(name, tables) for name in NODE_COLUMNS},
        purchases=_purchases(tables, places),
        version=version,
        computed_at=computed_at,
    )


def _places(nodes: Mapping[str, Sequence[str]]) -> dict[str, dict[str, int]]:
    """Position of every node, by kind and key."""
    places, begin = {}, 0
    for kind, keys in nodes.items():
        places[kind] = dict(zip(keys, range(begin, begin + len(keys)), strict=True))
        begin += len(keys)
    return places


def _edges(info: RecordInfo, table: Columns, places: Mapping[str, dict[str, int]]) -> EdgeArrays:
    return EdgeArrays(
        source=_ends(info, "source", table, places),
        target=_ends(info, "target", table, places),
        keys=table["key"],
        columns={f.name: array(f, table[f.name]) for f in edge_fields(info)},
    )


def _ends(
    info: RecordInfo, end: str, table: Columns, places: Mapping[str, dict[str, int]]
) -> NDArray[np.int64]:
    """Positions of the nodes at one end; -1 where there is none."""
    keys = table[f"{end}_key"]
    (only, *others) = end_kinds(info, end)
    found: Iterator[dict[str, int]] = repeat(places[only])
    if others:
        found = map(places.__getitem__, table[f"{end}_kind"])
    return np.fromiter(map(dict.get, found, keys, repeat(-1)), np.int64, len(keys))


def end_kinds(info: RecordInfo, end: str) -> tuple[str, ...]:
    """The kinds of node that an edge of that kind may have at its `source` or `target`."""
    assert info.ends is not None
    return info.ends.sources if end == "source" else info.ends.targets


def _node_column(name: str, tables: Mapping[str, Columns]) -> list[str | None]:
    column: list[str | None] = []
    for kind in NODE_KINDS:
        table = tables[kind]
        column += table.get(name, [None] * len(table["key"]))
    return column


def _purchases(
    tables: Mapping[str, Columns], places: Mapping[str, dict[str, int]]
) -> PurchaseArrays:
    table = tables["Purchase"]
    customers = places["Customer"]
    named = set(table["referral_key"]) - {None}
    referrals = (
        {key: place for place, key in enumerate(tables["Referral"]["key"]) if key in named}
        if named
        else {}
    )
    return PurchaseArrays(
        customer=[customers.get(key, -1) for key in table["customer_key"]],
        amount_minor=table["amount_minor"],
        at=[NO_MOMENT if at is None else at for at in table["at"]],
        referral=[referrals.get(key, -1) for key in table["referral_key"]],
        keys=table["key"],
    )
