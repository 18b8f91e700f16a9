"""The kernel that finds the cycles and chains which would better a plan, pruned by bounds."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from referral.trades.want_graph import Floats, Ids, Longs

NONE = -1e300


@njit(cache=True)
def price_cycles(
    starts: Longs,
    ids: Ids,
    back_starts: Longs,
    back: Ids,
    source: Ids,
    gain: Floats,
    extra: Floats,
    share: float,
    worth: Floats,
    chance: Floats,
    threshold: float,
    each: int,
    steps: int,
    found: NDArray[np.int32],
) -> tuple[int, bool]:
    """Writes cycles whose score is above the threshold; their number, and whether those are all.

    Score: the sum of `gain` over the arcs, plus `extra` of the length, plus `share` times the
    cycle's worth times the chance that all its arcs hold.

    A branch is left when no walk back to its first node could lift it over the threshold: `to`
    holds the best walk of each length from every node to the first.

    Args:
        starts, ids: rows by rising rank, parallel arcs side by side.
        back_starts, back: the arcs into each node, as numbers.
        source: (m,) giver of each arc.
        gain, worth, chance: (m,) of each arc.
        extra: (longest + 1,) by length.
        share: 0 or more.
        threshold: only above it.
        each: most cycles for one first node.
        steps: most arcs looked at.
        found: (room, longest) arcs of the cycles, filled with -1.
    """
    size = len(starts) - 1
    longest = len(extra) - 1
    room = len(found)
    to = np.full((longest, size), NONE)
    rich = np.zeros((longest, size))
    ring = np.empty((longest, size), np.int32)
    rings = np.zeros(longest, np.int64)
    path = np.zeros(longest + 1, np.int64)
    cursor = np.zeros(longest + 1, np.int64)
    weight = np.zeros(longest + 1)
    value = np.zeros(longest + 1)
    hold = np.ones(longest + 1)
    begin = starts[:-1].copy()
    back_begin = back_starts[:-1].copy()
    count = 0
    whole = True
    for root in range(size):
        _reach(root, back_starts, back, back_begin, source, gain, worth, to, rich, ring, rings)
        of_root = 0
        path[0] = root
        cursor[0] = begin[root]
        depth = 0
        while depth >= 0:
            node = path[depth]
            if cursor[depth] >= starts[node + 1]:
                depth -= 1
                continue
            arc = cursor[depth]
            cursor[depth] += 1
            steps -= 1
            other = ids[arc]
            sum_ = weight[depth] + gain[arc]
            rest = value[depth] + worth[arc]
            odds = hold[depth] * chance[arc]
            if other == root:
                if sum_ + extra[depth + 1] + share * rest * odds > threshold:
                    if count == room or of_root == each:
                        whole = False
                        if count == room:
                            return count, False
                        break
                    for place in range(longest):
                        found[count, place] = cursor[place] - 1 if place <= depth else -1
                    count += 1
                    of_root += 1
                continue
            if depth + 2 > longest or _met_before(path, depth, other):
                continue
            hope = NONE
            for more in range(1, longest - depth):
                if to[more, other] > NONE:
                    best = sum_ + to[more, other] + extra[depth + 1 + more]
                    if share > 0.0:
                        best += share * (rest + rich[more, other]) * odds
                    hope = max(hope, best)
            if hope <= threshold:
                continue
            if steps < 0:
                return count, False
            depth += 1
            path[depth] = other
            cursor[depth] = begin[other]
            weight[depth], value[depth], hold[depth] = sum_, rest, odds
        for more in range(1, longest):
            for at in range(rings[more]):
                to[more, ring[more, at]] = NONE
        for at in range(back_begin[root], back_starts[root + 1]):
            begin[source[back[at]]] += 1
        for arc in range(begin[root], starts[root + 1]):
            back_begin[ids[arc]] += 1
    return count, whole


@njit(cache=True)
def _reach(
    root: int,
    back_starts: Longs,
    back: Ids,
    back_begin: Longs,
    source: Ids,
    gain: Floats,
    worth: Floats,
    to: NDArray[np.float64],
    rich: NDArray[np.float64],
    ring: NDArray[np.int32],
    rings: Longs,
) -> None:
    """The best walks of 1, 2 ... arcs to the root, and the most worth of such a walk."""
    for more in range(1, len(to)):
        end = 0
        before = 1 if more == 1 else rings[more - 1]
        for at in range(before):
            node = root if more == 1 else ring[more - 1, at]
            base = 0.0 if more == 1 else to[more - 1, node]
            wealth = 0.0 if more == 1 else rich[more - 1, node]
            for place in range(back_begin[node], back_starts[node + 1]):
                arc = back[place]
                other = source[arc]
                if other == root:
                    continue
                if to[more, other] == NONE:
                    ring[more, end] = other
                    end += 1
                    to[more, other] = base + gain[arc]
                    rich[more, other] = wealth + worth[arc]
                else:
                    to[more, other] = max(to[more, other], base + gain[arc])
                    rich[more, other] = max(rich[more, other], wealth + worth[arc])
        rings[more] = end


@njit(cache=True)
def _met_before(path: Longs, depth: int, node: int) -> bool:
    for at in range(1, depth + 1):  # noqa: SIM110 (numba compiles no generators)
        if path[at] == node:
            return True
    return False


@njit(cache=True)
def price_chains(
    starts: Longs,
    ids: Ids,
    source: Ids,
    first: Ids,
    gift: NDArray[np.bool_],
    gain: Floats,
    extra: Floats,
    share: float,
    worth: Floats,
    chance: Floats,
    threshold: float,
    each: int,
    steps: int,
    found: NDArray[np.int32],
) -> tuple[int, bool]:
    """Writes chains from the gifts `first` whose score is above the threshold, as for cycles.

    Every beginning of a chain is a chain; gifts receive nothing.
    """
    size = len(starts) - 1
    longest = len(extra) - 1
    room = len(found)
    best = np.zeros((longest + 1, size))
    rich = np.zeros((longest + 1, size))
    for more in range(1, longest + 1):
        for arc in range(len(ids)):
            node, other = source[arc], ids[arc]
            if gift[other]:
                continue
            best[more, node] = max(best[more, node], gain[arc] + best[more - 1, other])
            rich[more, node] = max(rich[more, node], worth[arc] + rich[more - 1, other])
    richest = extra[1:].max()
    path = np.zeros(longest + 1, np.int64)
    cursor = np.zeros(longest + 1, np.int64)
    weight = np.zeros(longest + 1)
    value = np.zeros(longest + 1)
    hold = np.ones(longest + 1)
    count = 0
    whole = True
    for root in first:
        of_root = 0
        path[0] = root
        cursor[0] = starts[root]
        depth = 0
        while depth >= 0:
            node = path[depth]
            if depth == longest or cursor[depth] >= starts[node + 1]:
                depth -= 1
                continue
            arc = cursor[depth]
            cursor[depth] += 1
            steps -= 1
            other = ids[arc]
            if gift[other] or _met_before(path, depth, other):
                continue
            sum_ = weight[depth] + gain[arc]
            rest = value[depth] + worth[arc]
            odds = hold[depth] * chance[arc]
            if sum_ + extra[depth + 1] + share * rest * odds > threshold:
                if count == room:
                    return count, False
                if of_root == each:
                    whole = False
                    break
                for place in range(longest):
                    found[count, place] = cursor[place] - 1 if place <= depth else -1
                count += 1
                of_root += 1
            left = longest - depth - 1
            hope = sum_ + best[left, other] + richest + share * (rest + rich[left, other]) * odds
            if hope <= threshold:
                continue
            if steps < 0:
                return count, False
            depth += 1
            path[depth] = other
            cursor[depth] = starts[other]
            weight[depth], value[depth], hold[depth] = sum_, rest, odds
    return count, whole
