"""Betweenness centrality, exact."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from graph.errors import TooExpensive
from graph.network.csr import Csr, Ids, Positions, Starts
from referral.kernels.budget import UNLIMITED, Budget
from referral.kernels.compiling import compiled
from referral.kernels.shape import Floats, frozen, plain

CHUNK_STEPS = 50_000_000
"""Edges looked at between two looks at the budget: some tenths of a second."""

MOST_STEPS = 10**11
"""Half an hour or so."""


def betweenness(
    graph: Csr,
    *,
    origins: Ids | None = None,
    most_steps: int = MOST_STEPS,
    budget: Budget = UNLIMITED,
) -> Floats:
    """Number of ordered pairs of other nodes with a shortest path through each node.

    Args:
        graph: rows along the edges, each edge once.
        origins: count only the pairs that begin at these; default all.
        most_steps: edges times origins that are allowed.
        budget: looked at every few tenths of a second.

    Where several shortest paths join a pair, each counts for its share. Of an undirected graph,
    whose rows hold both directions, each pair counts in both orders.

    Time O(n m), memory O(n). References: Brandes 2001, doi:10.1080/0022250X.2001.9990249.

    Raises:
        TooExpensive: it would take more steps.
    """
    starts, ids = plain(graph)
    size = len(starts) - 1
    todo = np.arange(size, dtype=np.int32) if origins is None else frozen(origins, np.int32)
    steps = len(todo) * len(ids)
    if steps > most_steps:
        raise TooExpensive(
            f"betweenness from {len(todo):,} nodes over {len(ids):,} edges would take {steps:,} "
            f"steps, at most {most_steps:,} are allowed; estimate it from sampled paths"
        )
    totals = np.zeros(size)
    chunk = max(1, CHUNK_STEPS // max(1, size + 2 * len(ids)))
    for first in range(0, len(todo), chunk):
        budget.check("betweenness")
        _add(starts, ids, frozen(todo[first : first + chunk], np.int32), totals)
    return totals


@compiled
def _add(starts: Starts, ids: Ids, origins: Ids, totals: Floats) -> None:
    """Searches from each origin, then hands the dependencies back, the farthest ring first.

    On the way back only the ring below holds shares, so that the inner loop is a plain sum
    without a test: twice as fast.
    """
    size = len(starts) - 1
    distance = np.full(size, -1, np.int32)
    paths = np.zeros(size)
    share = np.zeros(size)
    through = np.empty(size)
    queue = np.empty(size, np.int32)
    rings = np.empty(size + 2, np.int64)
    for origin in origins:
        depth = _search(starts, ids, origin, distance, paths, queue, rings)
        for ring in range(depth - 1, 0, -1):
            first, last = rings[ring], rings[ring + 1]
            for at in range(first, last):
                node = queue[at]
                total = 0.0
                for entry in range(starts[node], starts[node + 1]):
                    total += share[ids[entry]]
                through[at] = total * paths[node]
            if ring + 1 < depth:
                for at in range(last, rings[ring + 2]):
                    share[queue[at]] = 0.0
            for at in range(first, last):
                node = queue[at]
                totals[node] += through[at]
                share[node] = (1.0 + through[at]) / paths[node]
        for at in range(rings[depth]):
            node = queue[at]
            distance[node] = -1
            paths[node] = 0.0
            share[node] = 0.0


@compiled
def _search(
    starts: Starts,
    ids: Ids,
    origin: int,
    distance: Ids,
    paths: NDArray[np.float64],
    queue: Ids,
    rings: Positions,
) -> int:
    """Counts the shortest paths from one node; ring r is queue[rings[r]:rings[r + 1]].

    Returns:
        The number of rings, the node's own among them.
    """
    queue[0] = origin
    distance[origin] = 0
    paths[origin] = 1.0
    rings[0] = 0
    first, end, depth = 0, 1, 0
    while first < end:
        last = end
        depth += 1
        rings[depth] = last
        for at in range(first, last):
            node = queue[at]
            for entry in range(starts[node], starts[node + 1]):
                other = ids[entry]
                if distance[other] < 0:
                    distance[other] = depth
                    queue[end] = other
                    end += 1
                paths[other] += paths[node] if distance[other] == depth else 0.0
        first = last
    return depth
