"""Building a snapshot from a store's scan."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
    entries = await _log(graph, version, await graph.version())
    computed_at = datetime.now(UTC)
    return await asyncio.to_thread(_assemble, tables, entries, version, computed_at)


def wanted() -> dict[str, tuple[str, ...]]:
    """Columns that a snapshot needs, by name of the record."""
    found: dict[str, tuple[str, ...]] = {}
    for kind in NODE_KINDS:
        found[kind] = ("key", *(c for c in NODE_COLUMNS if c in RECORDS[kind].fields))
    for info in edge_records():
        found[info.name] = ("key", *ENDS, *(f.name for f in edge_fields(info)))
    found["Purchase"] = PURCHASE_COLUMNS
    return found


async def _scan(graph: TenantGraph, kind: str, names: Sequence[str]) -> Columns:
    table: Columns = {name: [] for name in names}
    async for batch in graph.scan(kind, names):
        for name, values in table.items():
            values.extend(batch.columns[name])
    return table


async def _log(graph: TenantGraph, after: int, last: int) -> list[LogEntry]:
    entries: list[LogEntry] = []
    while after < last:
        more = await graph.log(after)
        entries += more
        after = more[-1].version
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
        source=_ends(table["source_kind"], table["source_key"], places),
        target=_ends(table["target_kind"], table["target_key"], places),
        keys=table["key"],
        columns={f.name: array(f, table[f.name]) for f in edge_fields(info)},
    )


def _ends(
    kinds: Sequence[str], keys: Sequence[str], places: Mapping[str, dict[str, int]]
) -> NDArray[np.int64]:
    ends = (places[kind].get(key, -1) for kind, key in zip(kinds, keys, strict=True))
    return np.fromiter(ends, np.int64, len(keys))


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
    customers, referrals = places["Customer"], _positions(tables["Referral"]["key"])
    return PurchaseArrays(
        customer=[customers.get(key, -1) for key in table["customer_key"]],
        amount_minor=table["amount_minor"],
        at=[NO_MOMENT if at is None else at for at in table["at"]],
        referral=[referrals.get(key, -1) for key in table["referral_key"]],
    )


def _positions(keys: Sequence[Any]) -> dict[Any, int]:
    return dict(zip(keys, range(len(keys)), strict=True))
