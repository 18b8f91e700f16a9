"""Core numbers of an undirected graph."""

from __future__ import annotations

import numpy as np

from graph.network.csr import Csr, Ids, Positions, Starts
from referral.kernels.budget import UNLIMITED, Budget
from referral.kernels.compiling import compiled
from referral.kernels.shape import Unsigned, plain

ONE = np.uint32(1)


def core_numbers(graph: Csr, *, budget: Budget = UNLIMITED) -> Positions:
    """The greatest k for each node such that it lies in a part where all have k neighbours.

    Args:
        graph: rows in both directions, without loops and parallel edges.
        budget: looked at before it begins; it takes a second or two for 10^7 edges.

    Time O(n + m). References: Batagelj & Zaversnik 2003, arXiv:cs/0310049; Kabir & Madduri 2017,
    doi:10.1109/IPDPSW.2017.151 (by levels).
    """
    budget.check("finding cores")
    starts, ids = plain(graph)
    return _cores(starts, ids.view(np.uint32)).astype(np.int64)


@compiled
def _cores(starts: Starts, ids: Unsigned) -> Ids:
    """Takes away, level by level, the nodes that have no more neighbours left than the level.

    A node stays in the list for at most as many levels as its core number, so the list costs
    O(m) in all. Without a branch on what a neighbour has left, which no processor could foresee.
    """
    size = len(starts) - 1
    left = (starts[1:] - starts[:-1]).astype(np.int32)
    staying = np.arange(size).astype(np.uint32)
    leaving = np.empty(size + 1, np.uint32)
    count, level = size, np.int32(0)
    while count:
        first, end, kept = 0, 0, 0
        following = np.int32(2**31 - 1)
        for at in range(count):
            node = staying[at]
            if left[node] == level:
                leaving[end] = node
                end += 1
            elif left[node] > level:
                staying[kept] = node
                kept += 1
        while first < end:
            node = leaving[first]
            first += 1
            for entry in range(np.uint64(starts[node]), np.uint64(starts[node + ONE])):
                other = ids[entry]
                had = left[other]
                left[other] = had - np.int32(had > level)
                leaving[end] = other
                end += had == level + 1
        count = kept
        for at in range(kept):
            had = left[staying[at]]
            if had > level:
                following = min(following, had)
        level = following
    return left
