"""The kernel that walks every directed cycle of two and three nodes once, and keeps the best."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from referral.trades.walking import START, met
from referral.trades.want_graph import Floats, Ids, Longs


@njit(cache=True)
def split_rows(giver: Ids, receiver: Ids, rank: Ids) -> tuple[Longs, Ids, Ids, Longs, Ids, Ids]:
    """Arcs by their end of lower rank, each once, by counting: O(n + m).

    Args:
        giver, receiver: (m,) ends of the arcs.
        rank: (n,) of the nodes.

    Returns:
        Starts of the rows of arcs that leave it, the other ends by rank, the arcs; the same of
        arcs that come to it.
    """
    size, arcs = len(rank), len(giver)
    starts = np.zeros(size + 1, np.int64)
    back_starts = np.zeros(size + 1, np.int64)
    for arc in range(arcs):
        source, target = rank[giver[arc]], rank[receiver[arc]]
        if source < target:
            starts[source + 1] += 1
        else:
            back_starts[target + 1] += 1
    for node in range(size):
        starts[node + 1] += starts[node]
        back_starts[node + 1] += back_starts[node]
    free, back_free = starts[:-1].copy(), back_starts[:-1].copy()
    ids, numbers = np.empty(starts[size], np.int32), np.empty(starts[size], np.int32)
    back_ids = np.empty(back_starts[size], np.int32)
    back_numbers = np.empty(back_starts[size], np.int32)
    for arc in range(arcs):
        source, target = rank[giver[arc]], rank[receiver[arc]]
        if source < target:
            at = free[source]
            free[source] = at + 1
            ids[at], numbers[at] = target, arc
        else:
            at = back_free[target]
            back_free[target] = at + 1
            back_ids[at], back_numbers[at] = source, arc
    return starts, ids, numbers, back_starts, back_ids, back_numbers


@njit(cache=True)
def triangles(
    starts: Longs,
    ids: Ids,
    rows: Ids,
    back_starts: Longs,
    back_ids: Ids,
    back_rows: Ids,
    near: Ids,
    closing: Ids,
    path: Longs,
    cursor: Longs,
    state: Longs,
    last: int,
    longest: int,
    steps: int,
    numbers: Longs,
    value: Longs,
    units: Longs,
    trust: Floats,
    freshness: Floats,
    wanted: NDArray[np.int8],
    least: Longs,
    names: Ids,
    counts: Longs,
    scores: Floats,
    kept: Ids,
    ceiling: float,
    past: Ids,
) -> bool:
    """As `walking.walk` for cycles of at most three nodes; `near` and `closing` are (2, n).

    Rows hold only ends of higher rank, so that hubs have short ones. A cycle is met at its lowest
    node u: at u -> v -> w -> u, the arc between v and w stands in the row of the lower of the
    two, and the other is marked. It pauses between nodes only.
    """
    came, goes = near[0], near[1]
    while state[START] < last:
        if steps <= 0:
            return False
        root = state[START]
        path[0] = root
        for at in range(back_starts[root], back_starts[root + 1]):
            came[back_ids[at]] = root
            closing[0, back_ids[at]] = back_rows[at]
        for at in range(starts[root], starts[root + 1]):
            goes[ids[at]] = root
            closing[1, ids[at]] = rows[at]
        for at in range(starts[root], starts[root + 1]):
            path[1], cursor[0] = ids[at], rows[at] + 1
            if came[path[1]] == root:
                met(
                    path, cursor, closing[0, path[1]], 2, numbers, value, units, trust,
                    freshness, wanted, least, names, counts, scores, kept, state, ceiling, past,
                )  # fmt: skip
            if longest == 2:
                continue
            steps -= starts[path[1] + 1] - starts[path[1]] + 1
            for step in range(starts[path[1]], starts[path[1] + 1]):
                if came[ids[step]] == root:
                    path[2], cursor[1] = ids[step], rows[step] + 1
                    met(
                        path, cursor, closing[0, path[2]], 3, numbers, value, units, trust,
                        freshness, wanted, least, names, counts, scores, kept, state, ceiling,
                        past,
                    )  # fmt: skip
        if longest == 3:
            for at in range(back_starts[root], back_starts[root + 1]):
                end = back_ids[at]
                steps -= back_starts[end + 1] - back_starts[end] + 1
                for step in range(back_starts[end], back_starts[end + 1]):
                    middle = back_ids[step]
                    if goes[middle] == root:
                        path[1], path[2] = middle, end
                        cursor[0], cursor[1] = closing[1, middle] + 1, back_rows[step] + 1
                        met(
                            path, cursor, back_rows[at], 3, numbers, value, units, trust,
                            freshness, wanted, least, names, counts, scores, kept, state,
                            ceiling, past,
                        )  # fmt: skip
        state[START] = root + 1
    return True
