"""Every edge once, at the end with fewer neighbours: what triangles are looked for in."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from graph.network.csr import Csr, Starts
from referral.kernels.compiling import compiled
from referral.kernels.prefetch import AHEAD, prefetch
from referral.kernels.shape import Floats, Unsigned, frozen, plain

ONE = np.uint32(1)
NO_WEIGHTS: Floats = np.empty(0)
"""In the place of weights that are 1 each."""

Marks = NDArray[np.uint64]
"""A bit for each rank, all zero between rows: at 10^6 edges they fit a core's first cache."""


class Upward(NamedTuple):
    """Rows of the edges to those with more neighbours, none longer than sqrt(2 m).

    Entries are counted in 32 bits: 4 * 10^9 of them would be 80 GB here.

    Attributes:
        starts: (n + 1,) where each node's row begins, by id.
        ids: (m,) the other end of every edge, by its rank.
        weights: (m,) of the edges; empty = 1 each.
        rank: (n,) of every node, by its number of neighbours, among equals by id. The many
            looks at those with many neighbours so fall on few, near cells.
        rows: (n, 2) where each node's row begins and ends, by rank: one access to memory.
    """

    starts: Starts
    ids: Unsigned
    weights: Floats
    rank: Unsigned
    rows: NDArray[np.uint32]


def upward(graph: Csr, weights: Floats | None = None) -> Upward:
    """The edges of a graph, each once.

    Args:
        graph: rows in both directions, without loops and parallel edges.
        weights: (m,) of the entries, the same both ways; default 1 each.

    Time O(n + m), memory 20 bytes a node and 4 an edge, 12 with weights.
    """
    starts, ids = plain(graph)
    rank = _ranks(starts)
    given = frozen(NO_WEIGHTS if weights is None else weights, np.float64)
    return Upward(*_upward(starts, ids.view(np.uint32), given, rank))


def marks(size: int) -> Marks:
    """A bit for each of so many ranks, none set."""
    return np.zeros((size >> 6) + 1, np.uint64)


@compiled
def _ranks(starts: Starts) -> Unsigned:
    """Place of every node in order of the length of its row, then of its id."""
    size = len(starts) - 1
    most = 0
    for node in range(size):
        most = max(most, starts[node + 1] - starts[node])
    place = np.zeros(most + 2, np.uint32)
    for node in range(size):
        place[starts[node + 1] - starts[node] + 1] += ONE
    for length in range(most + 1):
        place[length + 1] += place[length]
    rank = np.empty(size, np.uint32)
    for node in range(size):
        length = starts[node + 1] - starts[node]
        rank[node] = place[length]
        place[length] += ONE
    return rank


@compiled
def _upward(
    starts: Starts, ids: Unsigned, weights: Floats, rank: Unsigned
) -> tuple[Starts, Unsigned, Floats, Unsigned, NDArray[np.uint32]]:
    size = len(starts) - 1
    up_starts = np.empty(size + 1, starts.dtype)
    up = np.empty(len(ids) // 2, np.uint32)
    up_weights = np.empty(len(weights) // 2)
    rows = np.empty((size, 2), np.uint32)
    at = 0
    up_starts[0] = 0
    for node in range(np.uint32(size)):
        own = rank[node]
        rows[own, 0] = at
        for entry in range(np.uint64(starts[node]), np.uint64(starts[node + ONE])):
            if entry + AHEAD < len(ids):
                prefetch(rank, ids[entry + AHEAD])
            other = rank[ids[entry]]
            if other > own:
                up[at] = other
                if len(weights):
                    up_weights[at] = weights[entry]
                at += 1
        rows[own, 1] = at
        up_starts[node + ONE] = at
    return up_starts, up, up_weights, rank, rows
