"""Triangles of an undirected graph, and how closely the neighbours of a node know each other."""

from __future__ import annotations

import numpy as np

from graph.network.csr import Csr, Ids, Positions, Starts
from referral.kernels.budget import UNLIMITED, Budget
from referral.kernels.compiling import compiled
from referral.kernels.shape import Floats, Unsigned, plain, ranges

CHUNK = 250_000
"""Edges taken between two looks at the budget: some hundredths of a second, at worst one second."""

ONE = np.uint32(1)


def triangles(graph: Csr, *, budget: Budget = UNLIMITED) -> Positions:
    """Number of triangles at every node.

    Args:
        graph: rows in both directions, without loops and parallel edges.
        budget: looked at after each 250,000 edges.

    Edges are taken from the lower to the higher degree, so that no node has more than sqrt(2 m)
    of them. Time O(m^1.5), memory 20 bytes a node and 4 an edge. References: Latapy 2008,
    doi:10.1016/j.tcs.2008.07.017.
    """
    starts, ids = plain(graph)
    size = len(starts) - 1
    up_starts, up = _upward(starts, ids.view(np.uint32))
    count = np.zeros(size, np.int64)
    marked = np.full(size, -1, np.int32)
    for first, last in ranges(up_starts, CHUNK):
        budget.check("counting triangles")
        _triangles(up_starts, up, first, last, marked, count)
    return count


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
    up_starts: Starts,
    up: Unsigned,
    first: int,
    last: int,
    marked: Ids,
    count: Positions,
) -> None:
    """Adds the triangles whose lowest node is one of first ... last - 1."""
    for node in range(np.uint32(first), np.uint32(last)):
        begin, end = np.uint64(up_starts[node]), np.uint64(up_starts[node + ONE])
        if end - begin < 2:
            continue
        for at in range(begin, end):
            marked[up[at]] = node
        own = 0
        for at in range(begin, end):
            other = up[at]
            closed = 0
            for step in range(np.uint64(up_starts[other]), np.uint64(up_starts[other + ONE])):
                if marked[up[step]] == node:
                    closed += 1
                    count[up[step]] += 1
            count[other] += closed
            own += closed
        count[node] += own


@compiled
def _upward(starts: Starts, ids: Unsigned) -> tuple[Starts, Unsigned]:
    """Rows of the edges from lower to higher degree, among equals to the higher id."""
    size = len(starts) - 1
    up_starts = np.empty(size + 1, starts.dtype)
    up = np.empty(len(ids) // 2, np.uint32)
    at = 0
    up_starts[0] = 0
    for node in range(np.uint32(size)):
        degree = starts[node + ONE] - starts[node]
        for entry in range(np.uint64(starts[node]), np.uint64(starts[node + ONE])):
            other = ids[entry]
            theirs = starts[other + ONE] - starts[other]
            if theirs > degree or (theirs == degree and other > node):
                up[at] = other
                at += 1
        up_starts[node + ONE] = at
    return up_starts, up
