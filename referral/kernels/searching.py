"""Breadth-first search from one node, compiled."""

from __future__ import annotations

import numpy as np

from graph.network.csr import Csr, Ids, Positions
from referral.kernels.compiling import compiled
from referral.kernels.hops import Near
from referral.kernels.scratch import scratch
from referral.kernels.shape import plain

FAR = np.iinfo(np.int64).max


def near(graph: Csr, node: int, hops: int | None, limit: int | None) -> Near:
    """What `referral.kernels.hops.within_hops` says."""
    starts, ids = plain(graph)
    most = FAR if limit is None else limit
    with scratch(len(starts) - 1) as held:
        found, distances = _search(
            starts,
            ids,
            node,
            FAR if hops is None else hops,
            most,
            held.marks[0],
            held.stamp << 32,
            held.queue[0],
        )
    return Near(found[:most], distances[:most], len(found) > most)


def distances_from(graph: Csr, node: int) -> Ids:
    """Hops from one node to every node, -1 where there is no way."""
    away = np.full(len(graph.starts) - 1, -1, np.int32)
    found = near(graph, node, None, None)
    away[found.ids] = found.distances
    away[node] = 0
    return away


@compiled
def _search(
    starts: Positions,
    ids: Ids,
    node: int,
    hops: int,
    most: int,
    marks: Positions,
    base: int,
    queue: Ids,
) -> tuple[Ids, Ids]:
    """The nodes found, ring by ring, and their distances; no ring begins past `most` nodes."""
    marks[node] = base
    queue[0] = node
    first, last, distance = 0, 1, 0
    while first < last and distance < hops and last - 1 <= most:
        distance += 1
        end = last
        for at in range(first, last):
            for entry in range(starts[queue[at]], starts[queue[at] + 1]):
                other = ids[entry]
                if marks[other] < base:
                    marks[other] = base + distance
                    queue[end] = other
                    end += 1
        queue[last:end].sort()
        first, last = last, end
    found = queue[1:last].copy()
    away = np.empty(len(found), np.int32)
    for at in range(len(found)):
        away[at] = marks[found[at]] - base
    return found, away
