"""Breadth-first search from one node, compiled."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from graph.network.csr import Csr, Ids, Positions, Starts
from referral.kernels.budget import UNLIMITED, Budget
from referral.kernels.compiling import compiled
from referral.kernels.scratch import scratch
from referral.kernels.shape import Unsigned, plain

ONE = np.uint32(1)
SMALL = 64
"""Nodes up to which a ring is sorted in compiled code."""

FAR = np.iinfo(np.int64).max


class Near(NamedTuple):
    """The nodes within some hops of one node.

    Attributes:
        ids: by distance, then id; the node itself is not among them.
        distances: (k,) hops to each.
        cut: whether there are more than were asked for.
    """

    ids: Ids
    distances: Ids
    cut: bool


def within_hops(
    graph: Csr,
    node: int,
    hops: int | None = None,
    *,
    limit: int | None = None,
    budget: Budget = UNLIMITED,
) -> Near:
    """The nodes within some hops of a node along the rows, nearest first.

    Args:
        graph: rows.
        node: where to start.
        hops: the greatest distance; None = as far as it goes.
        limit: at most so many nodes: the nearest, among equally near ones the lowest ids.
        budget: looked at before it begins; the longest search takes a second for 10^7 edges.

    Time O(edges of all nodes within the hops); whole rings are seen before the limit cuts.
    References: Moore 1959 (breadth-first search).
    """
    budget.check("finding who is near")
    return near(graph, node, hops, limit)


def near(graph: Csr, node: int, hops: int | None, limit: int | None) -> Near:
    """What `within_hops` says, without a budget."""
    starts, ids = plain(graph)
    most = FAR if limit is None else limit
    with scratch(len(starts) - 1) as held:
        found, distances, large = _search(
            starts,
            ids,
            node,
            FAR if hops is None else hops,
            most,
            held.marks[0],
            held.stamp << 32,
            held.queue[0],
        )
    for first, last in large.tolist():
        found[first:last].sort()
    return Near(found.view(np.int32)[:most], distances[:most], len(found) > most)


def distances_from(graph: Csr, node: int) -> Ids:
    """Hops from one node to every node, -1 where there is no way."""
    away = np.full(len(graph.starts) - 1, -1, np.int32)
    found = near(graph, node, None, None)
    away[found.ids] = found.distances
    away[node] = 0
    return away


@compiled
def _search(
    starts: Starts,
    ids: Ids,
    node: int,
    hops: int,
    most: int,
    marks: Positions,
    base: int,
    queue: Unsigned,
) -> tuple[Unsigned, Ids, Positions]:
    """The nodes found, ring by ring, and their distances; no ring begins past `most` nodes.

    Small rings are sorted; the bounds of the large ones, (r, 2), are given back, for numpy sorts
    those with vector instructions: a hub's two hops in a quarter of the time.
    """
    marks[node] = base
    queue[0] = node
    first, last, distance, many = np.uint32(0), ONE, 0, 0
    while first < last and distance < hops and last - ONE <= most:
        distance += 1
        end = last
        for at in range(first, last):
            row = queue[at]
            for entry in range(np.uint64(starts[row]), np.uint64(starts[row + ONE])):
                other = np.uint32(ids[entry])  # so that compiled code need not ask for its sign
                if marks[other] < base:
                    marks[other] = base + distance
                    queue[end] = other
                    end += ONE
        if end - last <= SMALL:
            queue[last:end].sort()
        else:
            many += 1
        first, last = last, end
    found = queue[ONE:last].copy()
    return found, *_distances(found, marks, base, many)


@compiled
def _distances(found: Unsigned, marks: Positions, base: int, many: int) -> tuple[Ids, Positions]:
    """The distance of each, and the bounds of the `many` rings of more than a few."""
    away = np.empty(len(found), np.int32)
    large = np.empty((many, 2), np.int64)
    first, known = 0, 0
    for at in range(len(found)):
        away[at] = marks[found[at]] - base
        if away[at] != away[first]:
            first = at
        if at - first == SMALL:
            large[known, 0] = first
            known += 1
        if at - first >= SMALL:
            large[known - 1, 1] = at + 1
    return away, large
