"""Rings around a node: those one hop away, two, and so on; O(output)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from graph.network import Csr, gather
from graph.network.csr import Ids, distinct
from referral.kernels.budget import UNLIMITED, Budget


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
    from referral.kernels.searching import near

    budget.check("finding who is near")
    return near(graph, node, hops, limit)


def rings(graphs: Sequence[Csr], node: int, hops: int | None, seen: NDArray[np.bool_]) -> list[Ids]:
    """The nodes at distance 1, 2, ... from a node along the rows of any of the graphs.

    Args:
        graphs: rows over the same n nodes.
        node: where to start.
        hops: the greatest distance; None = as far as it goes.
        seen: (n,) all False; all False again at return, so that many calls share it.

    Returns:
        Sorted ids per distance; the node itself is in none.
    """
    frontier: Ids = np.array([node], np.int32)
    seen[node] = True
    found: list[Ids] = []
    while hops is None or len(found) < hops:
        reached = np.concatenate([g.ids[gather(g.starts, frontier)] for g in graphs])
        frontier = distinct(np.sort(reached[~seen[reached]]))
        if not len(frontier):
            break
        seen[frontier] = True
        found.append(frontier)
    for ring in found:
        seen[ring] = False
    seen[node] = False
    return found
