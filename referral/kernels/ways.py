"""Shortest ways over several kinds of edges at once, without joining their rows first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from graph.network import Csr, gather
from graph.network.csr import Ids, distinct
from referral.kernels.budget import UNLIMITED, Budget

CHUNK = 1_000
"""Nodes counted from between two looks at the budget."""


def rings_between(
    graphs: Sequence[Csr], source: int, target: int, *, budget: Budget = UNLIMITED
) -> list[Ids]:
    """The nodes on shortest ways between two nodes, by distance from the first, each sorted.

    Args:
        graphs: rows over the same n nodes; each edge in both directions, in one or in two of them.
        source, target: the two nodes.
        budget: looked at before each ring.

    Returns:
        Empty where there is no way.

    Searched from both ends, the smaller ring first. Time O(edges of all nodes seen), beside 8
    bytes a node. References: Pohl 1971.
    """
    size = len(graphs[0].starts) - 1
    away = np.full((2, size), -1, np.int32)
    away[0, source] = away[1, target] = 0
    rings = [np.array([source], np.int32), np.array([target], np.int32)]
    depths = [0, 0]
    while not (away[1, rings[0]] >= 0).any() and not (away[0, rings[1]] >= 0).any():
        budget.check("finding shortest ways")
        side = 0 if len(rings[0]) <= len(rings[1]) else 1
        reached = _around(graphs, rings[side])
        depths[side] += 1
        rings[side] = distinct(np.sort(reached[away[side, reached] < 0]))
        away[side, rings[side]] = depths[side]
        if not len(rings[side]):
            return []
    return _joined(graphs, away, rings, depths)


def _joined(
    graphs: Sequence[Csr],
    away: np.ndarray[tuple[int, int], np.dtype[np.int32]],
    rings: Sequence[Ids],
    depths: Sequence[int],
) -> list[Ids]:
    middle = rings[0][away[1, rings[0]] == depths[1]]
    halves: list[list[Ids]] = [[middle], [middle]]
    for side, half in enumerate(halves):
        for depth in range(depths[side] - 1, -1, -1):
            near = _around(graphs, half[-1])
            half.append(distinct(np.sort(near[away[side, near] == depth])))
    return [*reversed(halves[0]), *halves[1][1:]]


def _around(graphs: Sequence[Csr], ring: Ids) -> Ids:
    return np.concatenate([g.ids[gather(g.starts, ring)] for g in graphs])


def ways(graphs: Sequence[Csr], rings: Sequence[Ids]) -> Iterator[list[int]]:
    """Every way from ring to ring, in order of their nodes."""
    if not rings:
        return
    members = [set(ring.tolist()) for ring in rings]
    way: list[int] = []
    waiting = [iter(rings[0].tolist())]
    while waiting:
        node = next(waiting[-1], None)
        if node is None:
            waiting.pop()
            continue
        way[len(waiting) - 1 :] = [node]
        if len(waiting) == len(rings):
            yield way.copy()
            continue
        near = np.unique(np.concatenate([g.row(node) for g in graphs])).tolist()
        waiting.append(iter([n for n in near if n in members[len(waiting)]]))


def number_of_ways(
    graphs: Sequence[Csr], rings: Sequence[Ids], *, budget: Budget = UNLIMITED
) -> int:
    """How many ways there are from ring to ring, each counted by its nodes.

    Args:
        graphs: rows over the same n nodes.
        rings: as `rings_between` gives them.
        budget: looked at after each thousand nodes of a ring.
    """
    if not rings:
        return 0
    counts = dict.fromkeys(rings[0].tolist(), 1)
    for ring in rings[1:]:
        inside = set(ring.tolist())
        after = dict.fromkeys(inside, 0)
        for place, (node, count) in enumerate(counts.items()):
            if place % CHUNK == 0:
                budget.check("counting shortest ways")
            for other in set(np.concatenate([g.row(node) for g in graphs]).tolist()) & inside:
                after[other] += count
        counts = after
    return sum(counts.values())
