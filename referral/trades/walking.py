"""The kernel that walks every directed cycle of a graph once, and keeps the best."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from referral.trades.want_graph import Floats, Ids, Longs

START, DEPTH, KEPT = 0, 1, 2
"""Places in the state: the node searched from, the depth reached (-1 = not begun), cycles kept."""

MOST = 5
"""Most nodes of a cycle."""


@njit(cache=True)
def walk(
    starts: Longs,
    ids: Ids,
    back_starts: Longs,
    back_ids: Ids,
    back_arcs: Ids,
    begin: Longs,
    back_begin: Longs,
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
    """Walks on from `state` for about so many steps; True when it is through.

    Nodes are searched from in order; one that is done is taken out of all rows (`begin` moves
    past it), so that a cycle is met only at its first node. `near` holds the number of steps from
    a node back to the one searched from, where they are few enough to matter.

    Args:
        starts, ids: rows of the graph, each sorted; an arc's number is its place.
        back_starts, back_ids, back_arcs: the same backwards, with the arcs' numbers.
        begin, back_begin: where the rest of each row begins; moved on.
        near, closing: (n,) scratch: distance to, and arc to, the node searched from.
        path, cursor: (MOST + 1,) scratch: the arcs walked are cursor - 1.
        state: (3,) see above.
        last: nodes from this one on are not searched from.
        longest: most nodes of a cycle, 2 to MOST.
        steps: arcs to look at before pausing.
        numbers: (m,) the arc's number in the columns that follow; looked up for cycles only.
        value, units, trust, freshness: columns of the graph of wants.
        wanted: (m,) a cycle counts only if one of its arcs has 1 here; empty = all count.
        least: least value, and least trust in thousandths, of a cycle that counts.
        names: (n,) what nodes are called outside; a cycle begins at its lowest name.
        counts: (MOST + 1,) cycles by number of nodes; added to.
        scores, kept: the best so far as a heap, the worst first; rows of `kept` are -1 filled.
        ceiling, past: only cycles that rank behind this one are kept, though all are counted;
            infinity = the best.
    """
    size = len(starts) - 1
    radius = max(1, longest - 2)
    queue = np.empty(size, np.int32)
    while state[START] < last:
        root = state[START]
        if state[DEPTH] < 0:
            _mark(root, radius, back_starts, back_ids, back_arcs, back_begin, near, closing, queue)
            path[0] = root
            cursor[0] = begin[root]
            state[DEPTH] = 0
        depth = state[DEPTH]
        while depth >= 0:
            if steps <= 0:
                state[DEPTH] = depth
                return False
            node = path[depth]
            left = longest - depth - 1
            end = starts[node + 1]
            at = cursor[depth]
            deeper = False
            while at < end:
                other = ids[at]
                at += 1
                steps -= 1
                mark = near[other]
                away = mark & 7 if mark >> 3 == root else 7
                if (left <= radius and away > left) or _among(path, depth, other):
                    continue
                cursor[depth] = at
                if away == 1:
                    path[depth + 1] = other
                    met(
                        path, cursor, closing[other], depth + 2, numbers, value, units, trust,
                        freshness, wanted, least, names, counts, scores, kept, state, ceiling,
                        past,
                    )  # fmt: skip
                if left > 1:
                    path[depth + 1] = other
                    cursor[depth + 1] = begin[other]
                    deeper = True
                    break
            cursor[depth] = at
            depth = depth + 1 if deeper else depth - 1
        for at in range(back_begin[root], back_starts[root + 1]):
            begin[back_ids[at]] += 1
        for at in range(begin[root], starts[root + 1]):
            back_begin[ids[at]] += 1
        state[START] = root + 1
        state[DEPTH] = -1
    return True


@njit(cache=True)
def _mark(
    root: int,
    radius: int,
    back_starts: Longs,
    back_ids: Ids,
    back_arcs: Ids,
    back_begin: Longs,
    near: Ids,
    closing: Ids,
    queue: Ids,
) -> None:
    """Marks the nodes that reach the root within `radius` steps."""
    first, end = 0, 0
    for at in range(back_begin[root], back_starts[root + 1]):
        other = back_ids[at]
        near[other] = root << 3 | 1
        closing[other] = back_arcs[at]
        queue[end] = other
        end += 1
    for away in range(2, radius + 1):
        ring = end
        for place in range(first, ring):
            node = queue[place]
            for at in range(back_begin[node], back_starts[node + 1]):
                other = back_ids[at]
                if near[other] >> 3 != root and other != root:
                    near[other] = root << 3 | away
                    queue[end] = other
                    end += 1
        first = ring


@njit(cache=True, inline="always")
def _among(path: Longs, depth: int, node: int) -> bool:
    for at in range(1, depth + 1):  # noqa: SIM110 (numba compiles no generators)
        if path[at] == node:
            return True
    return False


@njit(cache=True)
def met(
    path: Longs,
    cursor: Longs,
    last_arc: int,
    length: int,
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
    state: Longs,
    ceiling: float,
    past: Ids,
) -> None:
    """Counts one cycle, and keeps it if it is among the best."""
    if len(scores) == 0 and len(wanted) == 0 and least[0] <= 0 and least[1] <= 0:
        counts[length] += 1
        return
    total, trusted, fresh, largest, top_up, asked = 0, 0, 0, 0, 0, len(wanted) == 0
    number = numbers[last_arc]
    before = max(value[number], 0) * units[number]
    for place in range(length):
        arc = last_arc if place == length - 1 else cursor[place] - 1
        number = numbers[arc]
        given = max(value[number], 0) * units[number]
        total += given
        # whole thousandths, so that sums do not depend on the order of adding
        trusted += int(trust[number] * 1000.0 + 0.5)
        fresh += int(freshness[number] * 1000.0 + 0.5)
        largest = max(largest, given)
        top_up = max(top_up, before - given)
        before = given
        asked = asked or wanted[arc] == 1
    if not asked or total < least[0] or trusted < least[1] * length:
        return
    counts[length] += 1
    if len(scores) == 0:
        return
    balance = 1.0 - top_up / largest if largest > 0 else 1.0
    score = (
        (total + 1.0)
        * (0.5 + 0.5 * balance)
        * (0.75 + 0.25 * (trusted / (1000.0 * length)))
        * (0.5 + 0.5 * (fresh / (1000.0 * length)))
    )
    full = state[KEPT] == len(scores)
    if score > ceiling or (full and score < scores[0]):
        return
    cycle = _named(path, length, names)
    if score == ceiling and not _better(ceiling, past, score, cycle):
        return
    if not full:
        at = state[KEPT]
        state[KEPT] += 1
        _rise(scores, kept, at, score, cycle)
    elif _better(score, cycle, scores[0], kept[0]):
        _sink(scores, kept, score, cycle)


@njit(cache=True)
def _named(path: Longs, length: int, names: Ids) -> Ids:
    """The cycle by names, from its lowest on; -1 behind it."""
    cycle = np.full(MOST, -1, np.int32)
    lowest = 0
    for place in range(1, length):
        if names[path[place]] < names[path[lowest]]:
            lowest = place
    for place in range(length):
        cycle[place] = names[path[(lowest + place) % length]]
    return cycle


@njit(cache=True)
def _better(score: float, cycle: Ids, other_score: float, other: Ids) -> bool:
    """Higher score, then fewer nodes, then lower names."""
    if score != other_score:
        return score > other_score
    length, other_length = 0, 0
    for place in range(MOST):
        length += cycle[place] >= 0
        other_length += other[place] >= 0
    if length != other_length:
        return length < other_length
    for place in range(MOST):
        if cycle[place] != other[place]:
            return bool(cycle[place] < other[place])
    return False


@njit(cache=True)
def _rise(scores: Floats, kept: Ids, at: int, score: float, cycle: Ids) -> None:
    while at > 0 and _better(scores[(at - 1) // 2], kept[(at - 1) // 2], score, cycle):
        scores[at] = scores[(at - 1) // 2]
        kept[at] = kept[(at - 1) // 2]
        at = (at - 1) // 2
    scores[at] = score
    kept[at] = cycle


@njit(cache=True)
def _sink(scores: Floats, kept: Ids, score: float, cycle: Ids) -> None:
    at = 0
    while 2 * at + 1 < len(scores):
        child = 2 * at + 1
        if child + 1 < len(scores) and _better(
            scores[child], kept[child], scores[child + 1], kept[child + 1]
        ):
            child += 1
        if not _better(score, cycle, scores[child], kept[child]):
            break
        scores[at] = scores[child]
        kept[at] = kept[child]
        at = child
    scores[at] = score
    kept[at] = cycle


@njit(cache=True)
def sort_rows(source: Ids, target: Ids, size: int) -> tuple[Longs, Ids, Ids, Longs, Ids, Ids]:
    """Arcs sorted by source and target, and backwards, by counting: O(n + m).

    Returns:
        Starts of the rows, the targets, and which arc each was; starts of the backward rows, the
        sources, and at which place of the rows each stands.
    """
    arcs = len(source)
    starts = np.zeros(size + 1, np.int64)
    back_starts = np.zeros(size + 1, np.int64)
    for arc in range(arcs):
        starts[source[arc] + 1] += 1
        back_starts[target[arc] + 1] += 1
    for node in range(size):
        starts[node + 1] += starts[node]
        back_starts[node + 1] += back_starts[node]
    free = back_starts[:-1].copy()
    by_target = np.empty(arcs, np.int32)
    for arc in range(arcs):
        by_target[free[target[arc]]] = arc
        free[target[arc]] += 1
    # a stable sort by source of what is sorted by target is sorted by both
    free = starts[:-1].copy()
    order = np.empty(arcs, np.int32)
    targets = np.empty(arcs, np.int32)
    for node in range(size):
        for place in range(back_starts[node], back_starts[node + 1]):
            arc = by_target[place]
            at = free[source[arc]]
            free[source[arc]] = at + 1
            order[at] = arc
            targets[at] = node
    free = back_starts[:-1].copy()
    back = np.empty(arcs, np.int32)
    sources = np.empty(arcs, np.int32)
    for node in range(size):
        for place in range(starts[node], starts[node + 1]):
            at = free[targets[place]]
            free[targets[place]] = at + 1
            back[at] = place
            sources[at] = node
    return starts, targets, order, back_starts, sources, back
