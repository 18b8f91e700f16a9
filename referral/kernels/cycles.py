"""Directed cycles of two and three nodes, each once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from graph.network.csr import Csr, Ids, Positions, Starts
from referral.kernels.budget import UNLIMITED, Budget
from referral.kernels.compiling import compiled
from referral.kernels.prefetch import prefetch_row
from referral.kernels.shape import frozen, plain, ranges

BATCH = 1 << 20
"""Cycles listed at a time, or edges looked up."""

CHUNK = 100_000
"""Edges counted from between two looks at the budget."""


def two_cycles(source: Ids, target: Ids, *, budget: Budget = UNLIMITED) -> NDArray[np.int32]:
    """Rows (u, v), u < v, of nodes that lead to each other, ascending.

    Args:
        source, target: (m,) edges without loops and parallel ones.
        budget: looked at between sorting and after each million edges.
    """
    budget.check("listing pairs")
    up = source < target
    there = source[up].astype(np.int64) << 32 | target[up]
    back = target[~up].astype(np.int64) << 32 | source[~up]
    there.sort()
    budget.check("listing pairs")
    back.sort()
    found = [np.empty(0, np.int64)]
    for first in range(0, len(there) if len(back) else 0, BATCH):
        budget.check("listing pairs")
        part = there[first : first + BATCH]
        near = np.searchsorted(back, part).clip(max=len(back) - 1)
        found.append(part[back[near] == part])
    both = np.concatenate(found)
    return np.column_stack((both >> 32, both & 0xFFFFFFFF)).astype(np.int32)


def three_cycles(
    forward: Csr, backward: Csr, *, budget: Budget = UNLIMITED
) -> Iterator[NDArray[np.int32]]:
    """Batches of rows (u, v, w): u leads to v, v to w, w to u, u the lowest id of the three.

    Args:
        forward, backward: rows in both directions, without loops and parallel edges.
        budget: looked at after each 100,000 edges, or each batch of a million cycles.

    Each cycle is found at its node of fewest in- times out-edges, so that a hub is searched only
    for cycles among hubs. Time O(m^1.5) on heavy-tailed graphs, memory O(n + m + BATCH).
    """
    size = len(forward.starts) - 1
    width = forward.degrees() * backward.degrees()
    rank = np.empty(size, np.int32)
    rank[np.argsort(width, kind="stable")] = np.arange(size, dtype=np.int32)
    none = np.empty((0, 3), np.int32)
    rows = (*plain(forward), *plain(backward), frozen(rank, np.int32))
    marked = np.full(size, -1, np.int32)
    counts = np.zeros(size, np.int64)
    for first, last in ranges(forward.starts, CHUNK):
        budget.check("counting cycles")
        _three(*rows, first, last, marked, none, counts)
    marked.fill(-1)
    ends = np.cumsum(counts)
    first = 0
    while first < size and ends[-1] > (before := int(ends[first - 1]) if first else 0):
        last = max(first + 1, int(np.searchsorted(ends, before + BATCH, side="right")))
        budget.check("listing cycles")
        batch = np.empty((int(ends[last - 1]) - before, 3), np.int32)
        _three(*rows, first, last, marked, batch, counts)
        yield _rotated(batch)
        first = last


def _rotated(cycles: NDArray[np.int32]) -> NDArray[np.int32]:
    """The same cycles, each begun at its lowest id."""
    lowest = np.argmin(cycles, axis=1)
    turned = (np.arange(3) + lowest[:, None]) % 3
    return np.take_along_axis(cycles, turned, axis=1)


@compiled
def _three(
    starts: Starts,
    ids: Ids,
    back_starts: Starts,
    back_ids: Ids,
    rank: Ids,
    first: int,
    last: int,
    marked: Ids,
    found: NDArray[np.int32],
    counts: Positions,
) -> None:
    """Cycles at the nodes first ... last - 1, written to `found` or, without room, counted."""
    at = 0
    for node in range(first, last):
        for entry in range(back_starts[node], back_starts[node + 1]):
            if rank[back_ids[entry]] > rank[node]:
                marked[back_ids[entry]] = node
        for entry in range(starts[node], starts[node + 1]):
            prefetch_row(starts, ids, ids, entry, len(ids))
            middle = ids[entry]
            if rank[middle] < rank[node]:
                continue
            for step in range(starts[middle], starts[middle + 1]):
                end = ids[step]
                if marked[end] == node and end != middle:
                    if not len(found):
                        counts[node] += 1
                    else:
                        found[at, 0] = node
                        found[at, 1] = middle
                        found[at, 2] = end
                        at += 1
