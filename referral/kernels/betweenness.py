"""Betweenness centrality, exact."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from graph.network.csr import Csr, Ids, Positions


def betweenness(graph: Csr) -> NDArray[np.float64]:
    """For every node, the number of ordered pairs whose shortest paths it is on.

    A pair with several shortest paths counts for a node with the share of those through it;
    the ends of a path are not on it.

    Time O(n m), memory O(n + m). References: Brandes 2001, doi:10.1080/0022250X.2001.9990249.
    """
    totals: NDArray[np.float64] = _brandes(graph.starts, graph.ids)
    return totals


@njit(cache=True)
def _brandes(starts: Positions, ids: Ids) -> NDArray[np.float64]:
    """Searches from every node, then hands the dependencies back, the farthest ring first.

    On the way back only the ring below holds shares, so that the inner loop is a plain sum
    without a test: twice as fast.
    """
    size = len(starts) - 1
    totals = np.zeros(size)
    distance = np.full(size, -1, np.int32)
    paths = np.zeros(size)
    share = np.zeros(size)
    through = np.empty(size)
    queue = np.empty(size, np.int32)
    rings = np.empty(size + 2, np.int64)
    for origin in range(size):
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
    return totals


@njit(cache=True)
def _search(
    starts: Positions,
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
