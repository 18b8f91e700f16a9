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
    """Searches from every node, then hands the dependencies back, farthest nodes first."""
    size = len(starts) - 1
    totals = np.zeros(size)
    distance = np.full(size, -1, np.int32)
    paths = np.zeros(size)
    share = np.zeros(size)
    queue = np.empty(size, np.int32)
    for origin in range(size):
        queue[0] = origin
        distance[origin] = 0
        paths[origin] = 1.0
        end = 1
        at = 0
        while at < end:
            node = queue[at]
            at += 1
            for entry in range(starts[node], starts[node + 1]):
                other = ids[entry]
                if distance[other] < 0:
                    distance[other] = distance[node] + 1
                    queue[end] = other
                    end += 1
                if distance[other] == distance[node] + 1:
                    paths[other] += paths[node]
        for at in range(end - 1, 0, -1):
            node = queue[at]
            total = 0.0
            for entry in range(starts[node], starts[node + 1]):
                other = ids[entry]
                if distance[other] == distance[node] + 1:
                    total += share[other]
            total *= paths[node]
            totals[node] += total
            share[node] = (1.0 + total) / paths[node]
        for at in range(end):
            node = queue[at]
            distance[node] = -1
            paths[node] = 0.0
            share[node] = 0.0
    return totals
