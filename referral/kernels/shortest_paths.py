"""Shortest paths between two nodes, searched from both ends at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from graph.network.csr import Csr, Ids, Positions, Starts, gather
from referral.kernels.budget import UNLIMITED, Budget
from referral.kernels.compiling import compiled
from referral.kernels.scratch import Scratch, scratch
from referral.kernels.shape import Unsigned, plain

NONE = -1
GOES_ON = -2
STEPS = 500_000
"""Nodes seen between two looks at the budget, or one ring: some tenths of a second."""

ONE = np.uint32(1)
CHUNK = 1_000
"""Paths listed between two looks at the budget."""


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


def distance(
    forward: Csr, backward: Csr, source: int, target: int, *, budget: Budget = UNLIMITED
) -> int:
    """Edges of a shortest path from one node to another; -1 where there is none.

    Args:
        forward, backward: rows in both directions.
        source, target: the two nodes.
        budget: looked at between rings, where 500,000 nodes have been seen since.

    Searches from both ends, always the side with fewer edges next, until they touch.
    References: Pohl 1971 (bidirectional search).
    """
    with scratch(len(forward.starts) - 1) as held:
        length, *_ = _searched(forward, backward, source, target, held, budget, whole=False)
    return length


def shortest_path(
    forward: Csr, backward: Csr, source: int, target: int, *, budget: Budget = UNLIMITED
) -> Ids | None:
    """The nodes of one shortest path, both ends among them; None where there is none.

    Which of several depends on the graph alone, so equal graphs give equal paths. The arguments
    are those of `distance`.
    """
    with scratch(len(forward.starts) - 1) as held:
        length, ahead, middle, *_ = _searched(
            forward, backward, source, target, held, budget, whole=False
        )
        if length == NONE:
            return None
        rows = (*plain(forward), *plain(backward))
        path: Ids = _trace(*rows, middle, ahead, length, held.marks, held.stamp << 32)
    return path


def nodes_between(
    forward: Csr, backward: Csr, source: int, target: int, *, budget: Budget = UNLIMITED
) -> Between:
    """All nodes on shortest paths from one node to another, and the number of those paths.

    The arguments are those of `distance`. Time O(edges seen from both ends); loops and parallel
    edges make no difference.
    """
    budget.check("finding shortest paths")
    if source == target:
        return Between(0, (np.array([source], np.int32),), 1.0)
    with scratch(len(forward.starts) - 1) as held:
        length, ahead, _, first, last = _searched(
            forward, backward, source, target, held, budget, whole=True
        )
        if length == NONE:
            return Between(NONE, (), 0.0)
        base = held.stamp << 32
        ring = held.queue[0, first:last]
        middle = np.sort(ring[held.marks[1, ring] == base + length - ahead])
        rings = _rings(forward, backward, middle, held.marks, base, ahead, length)
    return Between(length, rings, _paths(forward, rings))


def all_shortest_paths(
    forward: Csr,
    backward: Csr,
    source: int,
    target: int,
    *,
    limit: int | None = None,
    budget: Budget = UNLIMITED,
) -> Iterator[list[int]]:
    """Every shortest path from one node to another, in order of their nodes; at most `limit`.

    Args:
        forward, backward: rows in both directions.
        source, target: the two nodes.
        limit: how many at most; there may be exponentially many.
        budget: looked at before it begins and after each thousand paths.
    """
    between = nodes_between(forward, backward, source, target, budget=budget)
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
        if found % CHUNK == 0:
            budget.check("listing shortest paths")


def _searched(
    forward: Csr,
    backward: Csr,
    source: int,
    target: int,
    held: Scratch,
    budget: Budget,
    *,
    whole: bool,
) -> tuple[int, int, int, int, int]:
    """What `_meet` finds, in Python's own numbers."""
    rows = plain(forward)
    back = rows if backward is forward else plain(backward)
    state, base, length = np.zeros(8, np.int64), held.stamp << 32, GOES_ON
    while length == GOES_ON:
        budget.check("finding a shortest path")
        length, ahead, met, first, last = _meet(
            *rows, *back, source, target, held.marks, base, held.queue, whole, state, STEPS
        )
    return length, ahead, int(met), int(first), int(last)


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
    starts: Starts,
    ids: Ids,
    back_starts: Starts,
    back_ids: Ids,
    source: int,
    target: int,
    marks: NDArray[np.int64],
    base: int,
    queue: NDArray[np.uint32],
    whole: bool,
    state: Positions,
    steps: int,
) -> tuple[int, int, int | np.int64, np.int64, np.int64]:
    """Length of a shortest path, how far the first side went, and a node where the two met.

    Then the part of the first queue that is the first side's last ring. With `whole` the ring
    that touches the other side is finished, so that every node in the middle has both marks.

    The state is zero at first. After a ring with which `steps` nodes are seen the length is
    GOES_ON: the budget is to be looked at, and this to be called again.
    """
    if state[1] == 0:
        marks[0, source] = base
        marks[1, target] = base
        if source == target:
            return 0, 0, source, np.int64(0), np.int64(1)
        queue[0, 0] = source
        queue[1, 0] = target
        state[1], state[3] = 1, 1
        state[6] = starts[source + 1] - starts[source]
        state[7] = back_starts[target + 1] - back_starts[target]
    first, end = np.uint32(state[0]), np.uint32(state[1])
    back_first, back_end = np.uint32(state[2]), np.uint32(state[3])
    ahead, behind, width, back_width = state[4], state[5], state[6], state[7]
    most = np.int64(end) + np.int64(back_end) + steps
    while first < end and back_first < back_end:
        if np.int64(end) + np.int64(back_end) > most:
            state[0], state[1], state[2], state[3] = first, end, back_first, back_end
            state[4], state[5], state[6], state[7] = ahead, behind, width, back_width
            return GOES_ON, 0, NONE, np.int64(0), np.int64(0)
        if width <= back_width:
            ahead += 1
            last = end
            end, width, met = _ring(
                starts, ids, queue[0], first, last, base + ahead, marks[0], marks[1], base, whole
            )
            first = last
        else:
            behind += 1
            last = back_end
            back_end, back_width, met = _ring(
                back_starts, back_ids, queue[1], back_first, last,
                base + behind, marks[1], marks[0], base, whole,
            )  # fmt: skip
            back_first = last
        if met >= 0:
            return ahead + behind, ahead, met, np.int64(first), np.int64(end)
    return NONE, 0, NONE, np.int64(0), np.int64(0)


@compiled
def _ring(
    starts: Starts,
    ids: Ids,
    queue: Unsigned,
    first: np.uint32,
    last: np.uint32,
    mark: int,
    marks: Positions,
    theirs: Positions,
    base: int,
    whole: bool,
) -> tuple[np.uint32, np.int64, np.int64]:
    """One step out from queue[first:last].

    Returns:
        The end of the queue, the edges of the new ring, and a node that the other side has seen,
        -1 if there is none. Unless the `whole` ring is wanted, that node ends it.
    """
    end, width, met = last, np.int64(0), np.int64(NONE)
    for at in range(first, last):
        node = queue[at]
        for entry in range(np.uint64(starts[node]), np.uint64(starts[node + ONE])):
            other = np.uint32(ids[entry])
            if marks[other] < base:
                marks[other] = mark
                queue[end] = other
                end += ONE
                width += starts[other + ONE] - starts[other]
                if theirs[other] >= base:
                    met = np.int64(other)
                    if not whole:
                        return end, width, met
    return end, width, met


@compiled
def _trace(
    starts: Starts,
    ids: Ids,
    back_starts: Starts,
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
