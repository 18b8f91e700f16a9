"""Shortest paths between two nodes, searched from both ends at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from graph.network.csr import Csr, Ids, Positions, gather
from referral.kernels.compiling import compiled
from referral.kernels.scratch import scratch
from referral.kernels.shape import plain

NONE = -1


@dataclass(frozen=True, slots=True, eq=False)
class Between:
    """The nodes on shortest paths from one node to another.

    Attributes:
        length: edges of a shortest path; -1 = there is none.
        rings: the nodes on shortest paths, by distance from the first, each sorted.
        count: number of shortest paths; a float, for it may be huge (exact below 2^53).
    """

    length: int
    rings: tuple[Ids, ...]
    count: float


def distance(forward: Csr, backward: Csr, source: int, target: int) -> int:
    """Edges of a shortest path from one node to another; -1 where there is none.

    Args:
        forward, backward: rows in both directions.

    Searches from both ends, always the side with fewer edges next, until they touch.
    References: Pohl 1971 (bidirectional search).
    """
    rows = (*plain(forward), *plain(backward))
    with scratch(len(forward.starts) - 1) as held:
        length, *_ = _meet(*rows, source, target, held.marks, held.stamp << 32, held.queue, False)
    return int(length)


def shortest_path(forward: Csr, backward: Csr, source: int, target: int) -> Ids | None:
    """The nodes of one shortest path, both ends among them; None where there is none.

    Which of several depends on the graph alone, so equal graphs give equal paths.
    """
    rows = (*plain(forward), *plain(backward))
    with scratch(len(forward.starts) - 1) as held:
        length, ahead, middle, *_ = _meet(
            *rows, source, target, held.marks, held.stamp << 32, held.queue, False
        )
        if length == NONE:
            return None
        path: Ids = _trace(*rows, middle, ahead, length, held.marks, held.stamp << 32)
    return path


def nodes_between(forward: Csr, backward: Csr, source: int, target: int) -> Between:
    """All nodes on shortest paths from one node to another, and the number of those paths.

    Time O(edges seen from both ends); loops and parallel edges make no difference.
    """
    if source == target:
        return Between(0, (np.array([source], np.int32),), 1.0)
    rows = (*plain(forward), *plain(backward))
    with scratch(len(forward.starts) - 1) as held:
        length, ahead, _, first, last = _meet(
            *rows, source, target, held.marks, held.stamp << 32, held.queue, True
        )
        if length == NONE:
            return Between(NONE, (), 0.0)
        base = held.stamp << 32
        ring = held.queue[0, first:last]
        middle = np.sort(ring[held.marks[1, ring] == base + length - ahead])
        rings = _rings(forward, backward, middle, held.marks, base, ahead, length)
    return Between(int(length), rings, _paths(forward, rings))


def all_shortest_paths(
    forward: Csr, backward: Csr, source: int, target: int, *, limit: int | None = None
) -> Iterator[list[int]]:
    """Every shortest path from one node to another, in order of their nodes; at most `limit`."""
    between = nodes_between(forward, backward, source, target)
    if between.length == NONE:
        return
    sets = [set(ring.tolist()) for ring in between.rings]
    path = [source]
    waiting = [iter([source])]
    found = 0
    while waiting:
        node = next(waiting[-1], None)
        if node is None:
            waiting.pop()
            continue
        place = len(waiting)
        path[place - 1 :] = [node]
        if place <= between.length:
            steps = dict.fromkeys(forward.row(node).tolist())
            waiting.append(iter([step for step in steps if step in sets[place]]))
            continue
        yield path.copy()
        found += 1
        if found == limit:
            return


def _rings(
    forward: Csr,
    backward: Csr,
    middle: Ids,
    marks: NDArray[np.int64],
    base: int,
    ahead: int,
    length: int,
) -> tuple[Ids, ...]:
    """The nodes at each distance, from the ring where the searches met towards both ends."""
    before = [middle]
    for away in range(ahead - 1, -1, -1):
        before.append(_step(backward, before[-1], marks[0], base + away))
    after = [middle]
    for away in range(length - ahead - 1, -1, -1):
        after.append(_step(forward, after[-1], marks[1], base + away))
    return (*reversed(before), *after[1:])


def _step(graph: Csr, ring: Ids, marks: NDArray[np.int64], wanted: int) -> Ids:
    reached = graph.ids[gather(graph.starts, ring)]
    return np.unique(reached[marks[reached] == wanted])


def _paths(forward: Csr, rings: tuple[Ids, ...]) -> float:
    """Number of ways from ring to ring."""
    ways = np.ones(1)
    for ring, following in pairwise(rings):
        more = np.zeros(len(following))
        for node, count in zip(ring.tolist(), ways.tolist(), strict=True):
            steps = np.unique(forward.row(node))
            places = np.searchsorted(following, steps)
            places[places == len(following)] = 0
            more[places[following[places] == steps]] += count
        ways = more
    return float(ways.sum())


@compiled
def _meet(
    starts: Positions,
    ids: Ids,
    back_starts: Positions,
    back_ids: Ids,
    source: int,
    target: int,
    marks: NDArray[np.int64],
    base: int,
    queue: NDArray[np.int32],
    whole: bool,
) -> tuple[int, int, int, int, int]:
    """Length of a shortest path, how far the first side went, and a node where the two met.

    Then the part of the first queue that is the first side's last ring. With `whole` the ring
    that touches the other side is finished, so that every node in the middle has both marks.
    """
    marks[0, source] = base
    marks[1, target] = base
    if source == target:
        return 0, 0, source, 0, 1
    queue[0, 0] = source
    queue[1, 0] = target
    first0, last0, first1, last1, ahead, behind = 0, 1, 0, 1, 0, 0
    width0 = starts[source + 1] - starts[source]
    width1 = back_starts[target + 1] - back_starts[target]
    while first0 < last0 and first1 < last1:
        if width0 <= width1:
            ahead += 1
            first, last, width0, met = first0, last0, 0, -1
            end = last
            for at in range(first, last):
                node = queue[0, at]
                for entry in range(starts[node], starts[node + 1]):
                    other = ids[entry]
                    if marks[0, other] < base:
                        marks[0, other] = base + ahead
                        queue[0, end] = other
                        end += 1
                        width0 += starts[other + 1] - starts[other]
                        if marks[1, other] >= base:
                            met = other
                            if not whole:
                                return ahead + behind, ahead, met, last, end
            first0, last0 = last, end
        else:
            behind += 1
            first, last, width1, met = first1, last1, 0, -1
            end = last
            for at in range(first, last):
                node = queue[1, at]
                for entry in range(back_starts[node], back_starts[node + 1]):
                    other = back_ids[entry]
                    if marks[1, other] < base:
                        marks[1, other] = base + behind
                        queue[1, end] = other
                        end += 1
                        width1 += back_starts[other + 1] - back_starts[other]
                        if marks[0, other] >= base:
                            met = other
                            if not whole:
                                return ahead + behind, ahead, met, first0, last0
            first1, last1 = last, end
        if met >= 0:
            return ahead + behind, ahead, met, first0, last0
    return -1, 0, -1, 0, 0


@compiled
def _trace(
    starts: Positions,
    ids: Ids,
    back_starts: Positions,
    back_ids: Ids,
    middle: int,
    ahead: int,
    length: int,
    marks: NDArray[np.int64],
    base: int,
) -> Ids:
    """The path through a node of the middle: at each step the lowest neighbour that fits."""
    path = np.empty(length + 1, np.int32)
    path[ahead] = middle
    for place in range(ahead - 1, -1, -1):
        node = path[place + 1]
        for entry in range(back_starts[node], back_starts[node + 1]):
            if marks[0, back_ids[entry]] == base + place:
                path[place] = back_ids[entry]
                break
    for place in range(ahead + 1, length + 1):
        node = path[place - 1]
        for entry in range(starts[node], starts[node + 1]):
            if marks[1, ids[entry]] == base + length - place:
                path[place] = ids[entry]
                break
    return path
