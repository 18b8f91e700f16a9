"""Breadth-first search from one node, compiled."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from graph.network.csr import Csr, Ids, Starts
from referral.kernels.bits import lowest
from referral.kernels.budget import UNLIMITED, Budget
from referral.kernels.compiling import compiled
from referral.kernels.scratch import scratch
from referral.kernels.shape import Unsigned, plain

ONE = np.uint32(1)
BIT = np.uint64(1)
SMALL = 64
"""Nodes up to which a ring is sorted in compiled code."""

SPARSE = 16
"""Words of bits to each node of a ring, from which on sorting is quicker than a sweep."""

CHUNK = 500_000
"""Nodes seen between two looks at the budget, or one ring: some tenths of a second."""

Bits = NDArray[np.uint64]

FAR = np.iinfo(np.int64).max


class Near(NamedTuple):
    """The nodes within some hops of one node.

    Attributes:
        ids: by distance, then id; the node itself is not among them.
        distances: (k,) hops to each.
        cut: whether there are more than were asked for.
    """

    ids: Ids
    distances: Ids
    cut: bool


def within_hops(
    graph: Csr,
    node: int,
    hops: int | None = None,
    *,
    limit: int | None = None,
    budget: Budget = UNLIMITED,
) -> Near:
    """The nodes within some hops of a node along the rows, nearest first.

    Args:
        graph: rows.
        node: where to start.
        hops: the greatest distance; None = as far as it goes.
        limit: at most so many nodes: the nearest, among equally near ones the lowest ids.
        budget: looked at between rings, where 500,000 nodes have been seen since.

    Time O(edges of all nodes within the hops); whole rings are seen before the limit cuts.
    References: Moore 1959 (breadth-first search).
    """
    starts, ids = plain(graph)
    far, most = FAR if hops is None else hops, FAR if limit is None else limit
    rings = 0
    with scratch(len(starts) - 1) as held:
        while rings >= 0:
            budget.check("finding who is near")
            found, distances, large, rings = _search(
                starts, ids, node, far, most, held.bits, held.queue, rings, CHUNK
            )
    for first, last in large.tolist():
        found[first:last].sort()
    return Near(found.view(np.int32)[:most], distances[:most], len(found) > most)


def distances_from(graph: Csr, node: int, *, budget: Budget = UNLIMITED) -> Ids:
    """Hops from one node to every node, -1 where there is no way."""
    away = np.full(len(graph.starts) - 1, -1, np.int32)
    found = within_hops(graph, node, budget=budget)
    away[found.ids] = found.distances
    away[node] = 0
    return away


@compiled
def _search(
    starts: Starts,
    ids: Ids,
    node: int,
    hops: int,
    most: int,
    bits: Bits,
    queue: NDArray[np.uint32],
    rings: int,
    chunk: int,
) -> tuple[Unsigned, Ids, NDArray[np.int64], int]:
    """The nodes found, ring by ring, and their distances; no ring begins past `most` nodes.

    What is seen is a bit each, so that a million nodes fit into a core's own cache, and is not
    branched on, for no processor could foresee it: a hub's two hops in a quarter of the time.

    Args:
        starts, ids, node, hops, most: what to search.
        bits: a scratch's; all zero before and after.
        queue: a scratch's: the nodes, and where each ring ends among them.
        rings: how many are found already.
        chunk: nodes to see before the budget is looked at.

    Returns:
        Nodes and distances; the bounds (r, 2) of the rings that are not sorted yet, for numpy
        sorts those with vector instructions; and -1, or the number of rings found where it has
        to be called again.
    """
    found, ends, seen = queue[0], queue[1], bits[0]
    if rings == 0:
        found[0], ends[0] = node, ONE
        _mark(bits[0], found[:1])
        _mark(bits[1], found[:1])
    first, last = ends[rings - 1] if rings else np.uint32(0), ends[rings]
    begun = last
    while first < last and rings < hops and last - ONE <= most:
        if last - begun > chunk:
            return found[:0].copy(), np.empty(0, np.int32), np.empty((0, 2), np.int64), rings
        end = last
        for at in range(first, last):
            row = found[at]
            for entry in range(np.uint64(starts[row]), np.uint64(starts[row + ONE])):
                other = np.uint32(ids[entry])  # so that compiled code need not ask for its sign
                place, bit = other >> np.uint32(6), BIT << np.uint64(other & np.uint32(63))
                held = seen[place]
                found[end] = other
                end += np.uint32((held & bit) == 0)
                seen[place] = held | bit
        _ordered(bits, found, last, end)
        first, last = last, end
        rings += 1
        ends[rings] = end
    return *_collected(bits, found, ends, rings), -1


@compiled
def _mark(bits: Bits, nodes: Unsigned) -> None:
    for node in nodes:
        bits[node >> np.uint32(6)] |= BIT << np.uint64(node & np.uint32(63))


@compiled
def _ordered(bits: Bits, found: Unsigned, first: np.uint32, last: np.uint32) -> None:
    """Sorts a new ring, by a sweep over all bits where it is dense; `bits[1]` is what was there."""
    seen, before = bits[0], bits[1]
    if (last - first) * SPARSE < len(seen):
        _mark(before, found[first:last])
        if last - first <= SMALL:
            found[first:last].sort()
        return
    at = first
    for place in range(np.uint32(len(seen))):
        fresh = seen[place] & ~before[place]
        before[place] = seen[place]
        while fresh:
            found[at] = (place << np.uint32(6)) + np.uint32(lowest(fresh))
            at += ONE
            fresh &= fresh - BIT


@compiled
def _collected(
    bits: Bits, found: Unsigned, ends: Unsigned, rings: int
) -> tuple[Unsigned, Ids, NDArray[np.int64]]:
    """The answer of a search, its bits cleared."""
    last = ends[rings]
    nodes, away = found[1:last].copy(), np.empty(last - ONE, np.int32)
    large = np.empty((rings, 2), np.int64)
    many = 0
    for ring in range(rings):
        first, end = np.int64(ends[ring]) - 1, np.int64(ends[ring + 1]) - 1
        away[first:end] = ring + 1
        if end - first > SMALL and (end - first) * SPARSE < bits.shape[1]:
            large[many, 0], large[many, 1] = first, end
            many += 1
    if last * 4 > bits.shape[1]:
        bits[:] = 0
    else:
        for at in range(last):
            bits[0, found[at] >> np.uint32(6)] = bits[1, found[at] >> np.uint32(6)] = 0
    return nodes, away, large[:many].copy()
