"""Rings around a node, over several graphs at once: those one hop away, two, and so on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from graph.network import Csr, gather
from graph.network.csr import Ids, distinct
from referral.kernels.budget import UNLIMITED, Budget


def rings(
    graphs: Sequence[Csr],
    node: int,
    hops: int | None,
    seen: NDArray[np.bool_],
    *,
    budget: Budget = UNLIMITED,
) -> list[Ids]:
    """The nodes at distance 1, 2, ... from a node along the rows of any of the graphs.

    Args:
        graphs: rows over the same n nodes.
        node: where to start.
        hops: the greatest distance; None = as far as it goes.
        seen: (n,) all False; all False again at return, so that many calls share it.
        budget: looked at before each ring; `seen` is not cleared when it is over.

    Returns:
        Sorted ids per distance; the node itself is in none.
    """
    frontier: Ids = np.array([node], np.int32)
    seen[node] = True
    found: list[Ids] = []
    while hops is None or len(found) < hops:
        budget.check("finding who is near")
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
