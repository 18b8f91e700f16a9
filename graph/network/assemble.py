"""From arrays in any order to a snapshot: nodes numbered, edges sorted, columns completed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from graph.errors import BadInput, shown
from graph.model import RECORDS, edge_records
from graph.model.codec import encode_one
from graph.model.record import EPOCH
from graph.network.edges import EdgeTable, edge_table
from graph.network.network import Network, Purchases
from graph.network.nodes import NodeTable
from graph.network.texts import texts
from graph.network.values import NO_MOMENT, NODE_COLUMNS, array, edge_fields, vocabulary

NODE_KINDS = tuple(
    kind
    for kind in RECORDS
    if any(i.ends and kind in i.ends.sources + i.ends.targets for i in edge_records())
)
"""Names of the node records that edges can join: the nodes of a snapshot."""


@dataclass(frozen=True, slots=True)
class EdgeArrays:
    """Edges of one kind in any order.

    Attributes:
        source, target: (m,) positions of nodes; an edge with an end of -1 is left out.
        keys: the edges' keys; default their positions as text.
        columns: by field name, (m,) values as `graph.network.values` keeps them; those that are
            not given hold the field's default.
    """

    source: ArrayLike
    target: ArrayLike
    keys: Sequence[str] | None = None
    columns: Mapping[str, ArrayLike] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PurchaseArrays:
    """Purchases in any order.

    Attributes:
        customer: (p,) positions of nodes; one of -1 is left out.
        amount_minor: (p,) amounts in minor units.
        at: (p,) microseconds since 1970; default all unknown.
        referral: (p,) positions in the given Referral edges, -1 = none; default none.
        keys: the purchases' keys; default their positions as text.
    """

    customer: ArrayLike
    amount_minor: ArrayLike
    at: ArrayLike | None = None
    referral: ArrayLike | None = None
    keys: Sequence[str] | None = None


def network_from_arrays(
    nodes: Mapping[str, Sequence[str]],
    edges: Mapping[str, EdgeArrays] | None = None,
    *,
    columns: Mapping[str, Sequence[str | None]] | None = None,
    purchases: PurchaseArrays | None = None,
    version: int = 0,
    computed_at: datetime = EPOCH,
) -> Network:
    """A snapshot made of arrays.

    Args:
        nodes: keys of the nodes of each kind; a node's position is its place in all of them,
            one kind after another as given.
        edges: the edges of each kind, between positions.
        columns: values of node fields, by position.
        purchases: the purchases.
        version, computed_at: what the snapshot says of itself.

    Raises:
        BadInput: a kind is no kind of a snapshot, or a key stands twice.
    """
    table, numbers = _nodes(nodes, columns or {})
    given = edges or {}
    _known(given, [i.name for i in edge_records()])
    tables, places = {}, {}
    for info in edge_records():
        arrays = given.get(info.name, EdgeArrays((), ()))
        tables[info.name], places[info.name] = _edges(info.name, arrays, numbers, len(table))
    bought = purchases or PurchaseArrays((), ())
    return Network(
        version=version,
        computed_at=computed_at,
        nodes=table,
        edges=MappingProxyType(tables),
        purchases=_purchases(bought, numbers, places["Referral"]),
    )


def _known(given: Mapping[str, Any], known: Sequence[str]) -> None:
    for kind in given:
        if kind not in known:
            raise BadInput(f"{shown(kind)} has no place in a network; use {', '.join(known)}")


def _nodes(
    nodes: Mapping[str, Sequence[str]], columns: Mapping[str, Sequence[str | None]]
) -> tuple[NodeTable, NDArray[np.int32]]:
    """The table, and the id of each position with a -1 at the end (so that -1 gives -1)."""
    _known(nodes, NODE_KINDS)
    first, begin = {}, 0
    for kind, keys in nodes.items():
        first[kind], begin = begin, begin + len(keys)
    order: list[int] = []
    sorted_keys: list[str] = []
    counts = []
    for kind in NODE_KINDS:
        keys = nodes.get(kind, ())
        # Python compares text by code point, which is the order of its UTF-8 bytes too
        places = sorted(range(len(keys)), key=keys.__getitem__)
        own = [keys[p] for p in places]
        _once(kind, own)
        order += [first[kind] + p for p in places] if places else []
        sorted_keys += own
        counts.append(len(keys))
    numbers = np.full(len(order) + 1, -1, np.int32)
    numbers[order] = np.arange(len(order), dtype=np.int32)
    coded = {name: vocabulary(columns.get(name, [None] * len(order))) for name in NODE_COLUMNS}
    table = NodeTable(
        kinds=NODE_KINDS,
        kind=_frozen(np.repeat(np.arange(len(NODE_KINDS), dtype=np.int8), counts)),
        keys=texts(sorted_keys),
        columns={name: _frozen(codes[order]) for name, (codes, _) in coded.items()},
        words={name: words for name, (_, words) in coded.items()},
    )
    return table, numbers


def _once(kind: str, keys: Sequence[str]) -> None:
    for one, after in pairwise(keys):
        if one == after:
            raise BadInput(f"{kind} {shown(one)} stands twice; give each node once")


def _edges(
    kind: str, given: EdgeArrays, numbers: NDArray[np.int32], size: int
) -> tuple[EdgeTable, NDArray[np.int32]]:
    """The table, and the number of each given edge with a -1 at the end; -1 = left out."""
    source = numbers[np.asarray(given.source, np.int64)]
    target = numbers[np.asarray(given.target, np.int64)]
    keys = given.keys
    if keys is None:
        keys = [str(i) for i in range(len(source))]
    order = _edge_order(source, target, keys)
    table = edge_table(
        kind,
        _frozen(source[order]),
        _frozen(target[order]),
        texts(keys).ordered(order),
        {f: _frozen(column[order]) for f, column in _columns(kind, given, len(source)).items()},
        size,
    )
    places = np.full(len(source) + 1, -1, np.int32)
    places[order] = np.arange(len(order), dtype=np.int32)
    return table, places


def _edge_order(
    source: NDArray[np.int32], target: NDArray[np.int32], keys: Sequence[str]
) -> NDArray[np.int64]:
    """Positions of the edges with both ends, sorted by source, target and key."""
    whole = np.flatnonzero((source >= 0) & (target >= 0))
    pairs = source[whole].astype(np.int64) << 32 | target[whole]
    by_pair = np.argsort(pairs, kind="stable")
    order, pairs = whole[by_pair], pairs[by_pair]
    _sort_equals(order, pairs[1:] == pairs[:-1], keys)
    return order


def _columns(kind: str, given: EdgeArrays, size: int) -> dict[str, NDArray[Any]]:
    found = {}
    for info in edge_fields(RECORDS[kind]):
        plain = array(info, [encode_one(info, info.default)])
        value = given.columns.get(info.name)
        found[info.name] = (
            np.repeat(plain, size) if value is None else np.asarray(value).astype(plain.dtype)
        )
    return found


def _purchases(
    given: PurchaseArrays, numbers: NDArray[np.int32], referrals: NDArray[np.int32]
) -> Purchases:
    customer = numbers[np.asarray(given.customer, np.int64)]
    size = len(customer)
    at = np.full(size, NO_MOMENT) if given.at is None else np.asarray(given.at, np.int64)
    through = np.full(size, -1) if given.referral is None else np.asarray(given.referral, np.int64)
    amount = np.asarray(given.amount_minor, np.int64)
    referral = referrals[through]
    keys = [str(i) for i in range(size)] if given.keys is None else given.keys
    order = np.lexsort((referral, amount, at, customer))
    order = order[customer[order] >= 0]
    columns = customer[order], at[order], amount[order], referral[order]
    _sort_equals(order, np.all([c[1:] == c[:-1] for c in columns], axis=0), keys)
    return Purchases(
        customer=_frozen(columns[0]),
        at=_frozen(columns[1]),
        amount_minor=_frozen(columns[2]),
        referral=_frozen(columns[3]),
        keys=texts(keys).ordered(order),
    )


def _sort_equals(order: NDArray[np.int64], same: NDArray[np.bool_], keys: Sequence[str]) -> None:
    """Sorts by key, in place, what is equal otherwise: few rows, as texts compare slowly.

    Args:
        order: (m,) positions, sorted by all but the key.
        same: (m - 1,) whether a row equals the one before it.
        keys: by position.
    """
    parallel = np.flatnonzero(np.append(same, False) | np.insert(same, 0, False))
    if len(parallel):
        group = np.cumsum(np.insert(~same, 0, True))
        rank = sorted(parallel.tolist(), key=lambda i: (int(group[i]), keys[int(order[i])]))
        order[parallel] = order[rank]


def _frozen(values: NDArray[Any]) -> NDArray[Any]:
    values.flags.writeable = False
    return values
