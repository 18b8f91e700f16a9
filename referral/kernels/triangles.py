"""Triangles of an undirected graph, and how closely the neighbours of a node know each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from graph.network.csr import Csr, Positions, Starts
from referral.kernels.budget import UNLIMITED, Budget
from referral.kernels.compiling import compiled
from referral.kernels.prefetch import ROWS_AHEAD, prefetch
from referral.kernels.shape import Floats, Unsigned, ranges
from referral.kernels.upward import Marks, marks, upward

CHUNK = 250_000
"""Edges taken between two looks at the budget: some hundredths of a second, at worst one second."""

ONE, SIX, REST, BIT = np.uint32(1), np.uint32(6), np.uint32(63), np.uint64(1)


def triangles(graph: Csr, *, budget: Budget = UNLIMITED) -> Positions:
    """Number of triangles at every node.

    Args:
        graph: rows in both directions, without loops and parallel edges.
        budget: looked at after each 250,000 edges.

    Edges are taken from the lower to the higher degree, so that no node has more than sqrt(2 m)
    of them. Time O(m^1.5), memory 28 bytes a node and 4 an edge. References: Latapy 2008,
    doi:10.1016/j.tcs.2008.07.017.
    """
    starts, ids, _, rank, rows = upward(graph)
    count, marked = np.zeros(len(rank), np.int64), marks(len(rank))
    for first, last in ranges(starts, CHUNK):
        budget.check("counting triangles")
        _triangles(starts, ids, rank, rows, first, last, marked, count)
    return count[rank]


def clustering(graph: Csr, *, budget: Budget = UNLIMITED) -> Floats:
    """Share of the pairs of a node's neighbours that are joined, 0 to 1; 0 below two neighbours.

    Args:
        graph: rows in both directions, without loops and parallel edges.
        budget: looked at after each 250,000 edges.

    References: Watts & Strogatz 1998, doi:10.1038/30918.
    """
    return knit(graph, budget=budget)[0]


def transitivity(graph: Csr, *, budget: Budget = UNLIMITED) -> float:
    """Share of all pairs of neighbours that are joined: three times triangles by open triads."""
    return knit(graph, budget=budget)[1]


def knit(graph: Csr, *, budget: Budget = UNLIMITED) -> tuple[Floats, float]:
    """Clustering of every node, and transitivity of the whole, from one count of triangles."""
    pairs, found = _pairs(graph), triangles(graph, budget=budget)
    shares = np.divide(found, pairs, out=np.zeros(len(pairs)), where=pairs > 0)
    return shares, int(found.sum()) / max(1, int(pairs.sum()))


def _pairs(graph: Csr) -> Positions:
    degrees = graph.degrees()
    return degrees * (degrees - 1) // 2


@compiled
def _triangles(
    starts: Starts,
    ids: Unsigned,
    rank: Unsigned,
    rows: NDArray[np.uint32],
    first: int,
    last: int,
    marked: Marks,
    count: Positions,
) -> None:
    """Adds, by rank, the triangles whose lowest node is one of first ... last - 1."""
    for node in range(np.uint32(first), np.uint32(last)):
        begin, end = np.uint64(starts[node]), np.uint64(starts[node + ONE])
        if end - begin < 2:
            continue
        for at in range(begin, end):
            marked[ids[at] >> SIX] |= BIT << np.uint64(ids[at] & REST)
        own = 0
        for at in range(begin, end):
            if at + 2 * ROWS_AHEAD < len(ids):
                prefetch(rows, ids[at + 2 * ROWS_AHEAD])
                prefetch(ids, rows[ids[at + ROWS_AHEAD], 0])
            other = ids[at]
            closed = 0
            for step in range(np.uint64(rows[other, 0]), np.uint64(rows[other, 1])):
                third = ids[step]
                if (marked[third >> SIX] >> np.uint64(third & REST)) & BIT:
                    closed += 1
                    count[third] += 1
            count[other] += closed
            own += closed
        count[rank[node]] += own
        for at in range(begin, end):
            marked[ids[at] >> SIX] = np.uint64(0)
