"""Core numbers of an undirected graph."""

from __future__ import annotations

import numpy as np

from graph.network.csr import Csr, Ids, Positions
from referral.kernels.compiling import compiled
from referral.kernels.shape import plain


def core_numbers(graph: Csr) -> Positions:
    """The greatest k for each node such that it lies in a part where all have k neighbours.

    Args:
        graph: rows in both directions, without loops and parallel edges.

    Time O(n + m). References: Batagelj & Zaversnik 2003, arXiv:cs/0310049.
    """
    numbers: Positions = _cores(*plain(graph))
    return numbers


@compiled
def _cores(starts: Positions, ids: Ids) -> Positions:
    """Takes nodes by ascending degree out of a bucket sort that is kept sorted on the way."""
    size = len(starts) - 1
    degree = starts[1:] - starts[:-1]
    buckets = np.zeros(degree.max() + 2 if size else 2, np.int64)
    for d in degree:
        buckets[d + 1] += 1
    begin = np.cumsum(buckets)[:-1]
    place = np.empty(size, np.int64)
    order = np.empty(size, np.int64)
    filled = begin.copy()
    for node in range(size):
        place[node] = filled[degree[node]]
        order[place[node]] = node
        filled[degree[node]] += 1
    for at in range(size):
        node = order[at]
        for entry in range(starts[node], starts[node + 1]):
            other = ids[entry]
            if degree[other] > degree[node]:
                # swap it with the first of its bucket, then let the bucket begin behind it
                first = begin[degree[other]]
                moved = order[first]
                order[place[other]], order[first] = moved, other
                place[moved], place[other] = place[other], first
                begin[degree[other]] += 1
                degree[other] -= 1
    return degree
