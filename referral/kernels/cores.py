"""Core numbers of an undirected graph."""

from __future__ import annotations

import numpy as np

from graph.network.csr import Csr, Ids, Positions, Starts
from referral.kernels.budget import UNLIMITED, Budget
from referral.kernels.compiling import compiled
from referral.kernels.prefetch import prefetch_row
from referral.kernels.shape import Unsigned, plain

ONE = np.uint32(1)
CHUNK = 500_000
"""Nodes taken away between two looks at the budget: some tenths of a second."""


def core_numbers(graph: Csr, *, budget: Budget = UNLIMITED) -> Positions:
    """The greatest k for each node such that it lies in a part where all have k neighbours.

    Args:
        graph: rows in both directions, without loops and parallel edges.
        budget: looked at after each 500,000 nodes.

    Time O(n + m). References: Batagelj & Zaversnik 2003, arXiv:cs/0310049; Kabir & Madduri 2017,
    doi:10.1109/IPDPSW.2017.151 (by levels).
    """
    starts, ids = plain(graph)
    size = len(starts) - 1
    left = graph.degrees().astype(np.int32)
    staying, leaving = np.arange(size, dtype=np.uint32), np.empty(size + 1, np.uint32)
    state = np.array([size, left.min(initial=0), 0, 0], np.int64)
    while True:
        budget.check("finding cores")
        if _peel(starts, ids.view(np.uint32), left, staying, leaving, state, CHUNK):
            return left.astype(np.int64)


@compiled
def _peel(
    starts: Starts,
    ids: Unsigned,
    left: Ids,
    staying: Unsigned,
    leaving: Unsigned,
    state: Positions,
    chunk: int,
) -> bool:
    """Takes away, level by level, the nodes that have no more neighbours left than the level.

    A node stays in the list for at most as many levels as its core number, so the list costs
    O(m) in all. Without a branch on what a neighbour has left, which no processor could foresee.

    The state between calls: how many are staying, the level, and which of the leaving are next.

    Returns:
        Whether all are gone; else it stopped after `chunk` nodes.
    """
    count, level, first, end = state[0], np.int32(state[1]), state[2], state[3]
    taken = 0
    while True:
        if first == 0:
            end, kept = 0, 0
            for at in range(count):
                node = staying[at]
                if left[node] == level:
                    leaving[end] = node
                    end += 1
                elif left[node] > level:
                    staying[kept] = node
                    kept += 1
            count = kept
        while first < end:
            if taken == chunk:
                state[0], state[1], state[2], state[3] = count, level, first, end
                return False
            prefetch_row(starts, ids, leaving, first, end)
            node = leaving[first]
            first += 1
            taken += 1
            for entry in range(np.uint64(starts[node]), np.uint64(starts[node + ONE])):
                other = ids[entry]
                had = left[other]
                left[other] = had - np.int32(had > level)
                leaving[end] = other
                end += had == level + 1
        following = np.int32(2**31 - 1)
        for at in range(count):
            had = left[staying[at]]
            if had > level:
                following = min(following, had)
        if following == 2**31 - 1:
            return True
        level, first = following, 0
