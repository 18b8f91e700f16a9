"""A snapshot with some changes made to it, by arrays alone: no store, no other record is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import repeat
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graph.model import RECORDS, NodeRef, edge_records
from graph.network.build import end_kinds
from graph.network.csr import Ids, Positions
from graph.network.edges import EdgeTable, edge_table
from graph.network.merging import Merge, merge
from graph.network.network import Network, Purchases
from graph.network.nodes import NodeTable
from graph.network.rewind import Columns
from graph.network.texts import texts
from graph.network.values import NO_CODE, NO_MOMENT, NODE_COLUMNS, array, edge_fields

Ends = tuple[NodeRef, NodeRef]
_Bought = tuple[int, int, int, int, str]
"""Customer, time, amount, referral and key of a purchase; customer and referral by number."""


class Unfoldable(Exception):
    """The changes do not fit the snapshot: build it anew."""


@dataclass(slots=True)
class Delta:
    """What became of the records that changed between two versions.

    Attributes:
        version: the newer one.
        nodes: the nodes that changed, were created or deleted.
        edges: by kind, key and both ends of the edges that did.
        now: by kind, those of them that are there at the newer version, purchases too.
        bought_before: purchases that changed, as they were at the older version.
        referral_ends: ends of the referrals that the purchases in `now` came through, by key.
    """

    version: int
    nodes: set[NodeRef] = field(default_factory=set)
    edges: dict[str, set[tuple[str, Ends]]] = field(default_factory=dict)
    now: dict[str, Columns] = field(default_factory=dict)
    bought_before: Columns = field(
        default_factory=lambda: {"key": [], "customer_key": [], "at": []}
    )
    referral_ends: dict[str, Ends] = field(default_factory=dict)


def fold(network: Network, delta: Delta, computed_at: datetime) -> Network:
    """The snapshot of the newer version; what did not change is shared with the older one.

    Time O(n + m) for the kinds of edges that changed, and for all if nodes came or went: some 10
    nanoseconds an edge. Equal, array by array, to what a scan would give.

    Raises:
        Unfoldable: the snapshot does not hold what changed.
    """
    nodes, moved = _nodes(network.nodes, delta)
    tables: dict[str, EdgeTable] = {}
    referrals: Merge | None = None
    for info in edge_records():
        tables[info.name], merged = _edges(network, info.name, nodes, moved, delta)
        if info.name == "Referral":
            referrals = merged
    return Network(
        version=delta.version,
        computed_at=computed_at,
        nodes=nodes,
        edges=MappingProxyType(tables),
        purchases=_purchases(network, nodes, tables["Referral"], moved, referrals, delta),
    )


# -- nodes


def _nodes(old: NodeTable, delta: Delta) -> tuple[NodeTable, Ids | None]:
    """The table, and the new id of every old node; None = all keep theirs."""
    if not delta.nodes:
        return old, None
    there = {
        NodeRef(kind, key): {name: delta.now[kind][name][row] for name in delta.now[kind]}
        for kind in old.kinds
        if kind in delta.now
        for row, key in enumerate(delta.now[kind]["key"])
    }
    refs = sorted(delta.nodes, key=lambda ref: (old.kinds.index(ref.kind), ref.key))
    known = dict(zip(refs, old.ids_of(refs).tolist(), strict=True))
    created = [ref for ref in refs if ref in there and known[ref] < 0]
    gone = np.zeros(len(old), np.bool_)
    gone[[node for ref, node in known.items() if node >= 0 and ref not in there]] = True
    merged: Merge | None = None
    if created or gone.any():
        places = np.array([old.keys.place(r.key, *old.span(r.kind)) for r in created], np.int64)
        merged = merge(gone, places - np.cumsum(np.insert(gone, 0, False))[places])
    table = _with_rows(old, merged, created)
    return _with_columns(table, there), None if merged is None else merged.moved.astype(np.int32)


def _with_rows(old: NodeTable, merged: Merge | None, created: Sequence[NodeRef]) -> NodeTable:
    if merged is None:
        return old
    nothing = np.full(len(created), NO_CODE, np.int32)
    return NodeTable(
        kinds=old.kinds,
        kind=merged.column(old.kind, np.array([old.kinds.index(r.kind) for r in created], np.int8)),
        keys=merged.texts(old.keys, texts([ref.key for ref in created])),
        columns={name: merged.column(codes, nothing) for name, codes in old.columns.items()},
        words=old.words,
    )


def _with_columns(table: NodeTable, there: Mapping[NodeRef, Mapping[str, Any]]) -> NodeTable:
    """The table with the values of some nodes set, and words that stand for what is used."""
    ids = table.ids_of(there)
    columns, words = {}, {}
    for name in NODE_COLUMNS:
        values = [row.get(name) for row in there.values()]
        columns[name], words[name] = _recoded(table.columns[name], table.words[name], ids, values)
    return NodeTable(table.kinds, table.kind, table.keys, columns, words)


def _recoded(
    codes: NDArray[np.int32], words: tuple[str, ...], ids: Ids, values: Sequence[str | None]
) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    rest = codes.copy()
    rest[ids] = NO_CODE
    used = np.bincount(rest[rest >= 0], minlength=len(words)) > 0
    kept = {word for word, use in zip(words, used.tolist(), strict=True) if use}
    new = tuple(sorted(kept | {v for v in values if v is not None}))
    place = {word: code for code, word in enumerate(new)}
    to = np.array([place.get(word, NO_CODE) for word in words] + [NO_CODE], np.int32)
    made = to[rest]
    made[ids] = [NO_CODE if v is None else place[v] for v in values]
    made.flags.writeable = False
    return made, new


# -- edges


def _edges(
    network: Network, kind: str, nodes: NodeTable, moved: Ids | None, delta: Delta
) -> tuple[EdgeTable, Merge | None]:
    """The table, and where its old rows are now; None = where they were."""
    old, touched = network.edges[kind], delta.edges.get(kind)
    if not touched:
        return (old if moved is None else _renumbered(old, moved, len(nodes))), None
    gone = np.zeros(len(old), np.bool_)
    gone[
        [row for key, ends in touched if (row := edge_number(network.nodes, old, key, ends)) >= 0]
    ] = True
    kept = np.flatnonzero(~gone)
    source, target = old.source[kept], old.target[kept]
    if moved is not None:
        source, target = moved[source], moved[target]
        if len(kept) and min(source.min(), target.min()) < 0:
            raise Unfoldable(f"a {kind} of a node that is gone")
    rows = _new_rows(kind, nodes, delta)
    pairs = source.astype(np.int64) << 32 | target
    before = [_place(old, kept, pairs, *row[:3]) for row in rows]
    merged = merge(gone, np.array(before, np.int64))
    table = delta.now.get(kind, {})
    order = [row[3] for row in rows]
    columns = {
        f.name: merged.column(
            old.columns[f.name], array(f, [table[f.name][i] for i in order] if rows else [])
        )
        for f in edge_fields(RECORDS[kind])
    }
    whole_source, whole_target = old.source, old.target
    if moved is not None:
        whole_source, whole_target = moved[old.source], moved[old.target]
    made = edge_table(
        kind,
        merged.column(whole_source, np.array([row[0] for row in rows], np.int32)),
        merged.column(whole_target, np.array([row[1] for row in rows], np.int32)),
        merged.texts(old.keys, texts([row[2] for row in rows])),
        columns,
        len(nodes),
    )
    return made, merged


def _renumbered(old: EdgeTable, moved: Ids, size: int) -> EdgeTable:
    source, target = moved[old.source], moved[old.target]
    if len(source) and min(source.min(), target.min()) < 0:
        raise Unfoldable(f"a {old.kind} of a node that is gone")
    return edge_table(old.kind, source, target, old.keys, old.columns, size)


def edge_number(nodes: NodeTable, table: EdgeTable, key: str, ends: Ends) -> int:
    """Number of the edge of that key between these nodes; -1 = it is not there."""
    source, target = nodes.id_of(ends[0]), nodes.id_of(ends[1])
    if source < 0 or target < 0:
        return -1
    begin = int(table.forward.starts[source])
    low, high = np.searchsorted(table.forward.row(source), [target, target + 1]).tolist()
    return table.keys.find(key, begin + low, begin + high)


def _new_rows(kind: str, nodes: NodeTable, delta: Delta) -> list[tuple[int, int, str, int]]:
    """Source, target, key and place in the delta of the edges that are there now, in order."""
    table = delta.now.get(kind)
    if table is None:
        return []
    ends = []
    for end in ("source", "target"):
        kinds = table.get(f"{end}_kind") or repeat(end_kinds(RECORDS[kind], end)[0])
        ends.append([NodeRef(k, key) for k, key in zip(kinds, table[f"{end}_key"], strict=False)])
    source, target = (nodes.ids_of(refs).tolist() for refs in ends)
    rows = sorted(zip(source, target, table["key"], range(len(source)), strict=True))
    if rows and min(min(source), min(target)) < 0:
        raise Unfoldable(f"a {kind} of a node that is not there")
    return rows


def _place(
    old: EdgeTable, kept: Positions, pairs: Positions, source: int, target: int, key: str
) -> int:
    """How many of the kept edges come before a new one."""
    pair = source << 32 | target
    low = int(np.searchsorted(pairs, pair))
    high = int(np.searchsorted(pairs, pair, side="right"))
    while low < high:  # parallel edges stand in the order of their keys
        middle = (low + high) >> 1
        if old.keys[int(kept[middle])] < key:
            low = middle + 1
        else:
            high = middle
    return low


# -- purchases


def _purchases(
    network: Network,
    nodes: NodeTable,
    referrals: EdgeTable,
    moved: Ids | None,
    merged: Merge | None,
    delta: Delta,
) -> Purchases:
    old = network.purchases
    customer = old.customer if moved is None else moved[old.customer]
    through = old.referral
    if merged is not None:
        through = np.append(merged.moved, -1)[through].astype(np.int32)
    gone = np.zeros(len(old), np.bool_)
    gone[_rows_of(network, delta.bought_before)] = True
    new = _bought(nodes, referrals, delta)
    kept = np.flatnonzero(~gone)
    if len(kept) and customer[kept].min() < 0:
        raise Unfoldable("a purchase of a customer that is gone")
    staying = Purchases(
        customer[kept], old.at[kept], old.amount_minor[kept], through[kept], old.keys
    )
    before = [_bought_before(staying, kept, row) for row in new]
    rows = merge(gone, np.array(before, np.int64))
    columns = list(zip(*new, strict=True)) or [()] * 5
    return Purchases(
        customer=rows.column(customer, np.array(columns[0], np.int32)),
        at=rows.column(old.at, np.array(columns[1], np.int64)),
        amount_minor=rows.column(old.amount_minor, np.array(columns[2], np.int64)),
        referral=rows.column(through, np.array(columns[3], np.int32)),
        keys=rows.texts(old.keys, texts(columns[4])),
    )


def _rows_of(network: Network, before: Columns) -> list[int]:
    """Numbers of these purchases in the older snapshot."""
    old, found = network.purchases, []
    for key, customer, at in zip(*(before[n] for n in ("key", "customer_key", "at")), strict=True):
        node = network.nodes.id_of(NodeRef("Customer", customer))
        low, high = _equal(old, 0, len(old), node, NO_MOMENT if at is None else at)
        row = next((i for i in range(low, high) if old.keys[i] == key), -1)
        if row < 0:
            raise Unfoldable(f"purchase {key!r} is not in the snapshot")
        found.append(row)
    return found


def _equal(bought: Purchases, low: int, high: int, node: int, at: int) -> tuple[int, int]:
    """The range of a customer's purchases at that time."""
    low, high = np.searchsorted(bought.customer[low:high], [node, node + 1]).tolist()
    first, last = (
        int(np.searchsorted(bought.at[low:high], at, side=side)) for side in ("left", "right")
    )
    return low + first, low + last


def _bought(nodes: NodeTable, referrals: EdgeTable, delta: Delta) -> list[_Bought]:
    """The purchases that are there now, sorted."""
    table = delta.now.get("Purchase")
    if table is None:
        return []
    customers = nodes.ids_of(NodeRef("Customer", key) for key in table["customer_key"]).tolist()
    if customers and min(customers) < 0:
        raise Unfoldable("a purchase of a customer that is not there")
    return sorted(
        (node, NO_MOMENT if at is None else at, amount, _number(nodes, referrals, delta, name), key)
        for node, at, amount, name, key in zip(
            customers,
            *(table[name] for name in ("at", "amount_minor", "referral_key", "key")),
            strict=True,
        )
    )


def _number(nodes: NodeTable, referrals: EdgeTable, delta: Delta, key: str | None) -> int:
    """Number of the referral of that key; -1 = none."""
    ends = None if key is None else delta.referral_ends.get(key)
    if key is None or ends is None:
        return -1
    return edge_number(nodes, referrals, key, ends)


def _bought_before(staying: Purchases, kept: Positions, row: _Bought) -> int:
    """How many of the purchases that stay come before a new one."""
    low, high = _equal(staying, 0, len(staying), *row[:2])
    while low < high:
        other = (staying.amount_minor[low], staying.referral[low], staying.keys[int(kept[low])])
        if other > row[2:]:
            break
        low += 1
    return low
