"""Triangles of an undirected graph, and how closely the neighbours of a node know each other."""

from __future__ import annotations

import numpy as np

from graph.network.csr import Csr, Ids, Positions
from referral.kernels.compiling import compiled
from referral.kernels.shape import Floats, plain


def triangles(graph: Csr) -> Positions:
    """Number of triangles at every node.

    Args:
        graph: rows in both directions, without loops and parallel edges.

    Edges are taken from the lower to the higher degree, so that no node has more than sqrt(2 m)
    of them. Time O(m^1.5), memory O(n + m). References: Latapy 2008,
    doi:10.1016/j.tcs.2008.07.017.
    """
    found: Positions = _triangles(*plain(graph))
    return found


def clustering(graph: Csr) -> Floats:
    """Share of the pairs of a node's neighbours that are joined, 0 to 1; 0 below two neighbours.

    Args:
        graph: rows in both directions, without loops and parallel edges.

    References: Watts & Strogatz 1998, doi:10.1038/30918.
    """
    pairs = _pairs(graph)
    return np.divide(triangles(graph), pairs, out=np.zeros(len(pairs)), where=pairs > 0)


def transitivity(graph: Csr) -> float:
    """Share of all pairs of neighbours that are joined: three times triangles by open triads."""
    pairs = int(_pairs(graph).sum())
    return int(triangles(graph).sum()) / pairs if pairs else 0.0


def _pairs(graph: Csr) -> Positions:
    degrees = graph.degrees()
    return degrees * (degrees - 1) // 2


@compiled
def _triangles(starts: Positions, ids: Ids) -> Positions:
    size = len(starts) - 1
    up_starts, up = upward(starts, ids)
    count = np.zeros(size, np.int64)
    marked = np.full(size, -1, np.int32)
    for node in range(size):
        first, last = up_starts[node], up_starts[node + 1]
        if last - first < 2:
            continue
        for at in range(first, last):
            marked[up[at]] = node
        own = 0
        for at in range(first, last):
            other = up[at]
            closed = 0
            for step in range(up_starts[other], up_starts[other + 1]):
                third = up[step]
                if marked[third] == node:
                    closed += 1
                    count[third] += 1
            count[other] += closed
            own += closed
        count[node] += own
    return count


@compiled
def upward(starts: Positions, ids: Ids) -> tuple[Positions, Ids]:
    """Rows of the edges from lower to higher degree, among equals to the higher id."""
    size = len(starts) - 1
    up_starts = np.empty(size + 1, np.int64)
    up = np.empty(len(ids) // 2, np.int32)
    at = 0
    up_starts[0] = 0
    for node in range(size):
        degree = starts[node + 1] - starts[node]
        for entry in range(starts[node], starts[node + 1]):
            other = ids[entry]
            theirs = starts[other + 1] - starts[other]
            if theirs > degree or (theirs == degree and other > node):
                up[at] = other
                at += 1
        up_starts[node + 1] = at
    return up_starts, up
