"""Forests: what lies below every node, in time proportional to the nodes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graph.network.csr import Ids, Positions
from referral.kernels.compiling import compiled
from referral.kernels.shape import Floats, frozen


@dataclass(frozen=True, slots=True, eq=False)
class Below:
    """What a forest says of every node.

    Attributes:
        count: (n,) nodes below it.
        value: (n,) sum of their values.
        height: (n,) edges down to the farthest of them.
        depth: (n,) edges up to its root.
        decayed: (n,) sum over them of decay^(distance - 1).
    """

    count: Positions
    value: Positions
    height: Ids
    depth: Ids
    decayed: Floats


def parents(source: Ids, target: Ids, size: int) -> Ids | None:
    """The one node that leads to each, -1 = none; None if some node has two, loops aside."""
    found = np.full(size, -1, np.int32)
    one = _parents(frozen(source, np.int32), frozen(target, np.int32), found)
    return found if one else None


def forest(parent: Ids, value: NDArray[np.integer], *, decay: float = 0.5) -> Below | None:
    """Number, value and farthest of the nodes below every node, and its own depth.

    Args:
        parent: (n,) the node above each, -1 = none.
        value: (n,) whole numbers.
        decay: what one more step is worth, in `decayed`.

    Returns:
        None where there is a cycle. Time and memory O(n).
    """
    below = Below(*_forest(frozen(parent, np.int32), frozen(value, np.int64), decay))
    return None if len(below.depth) < len(parent) else below


@compiled
def _parents(source: Ids, target: Ids, parent: Ids) -> bool:
    for edge in range(len(source)):
        up, node = source[edge], target[edge]
        if up != node:
            if parent[node] >= 0 and parent[node] != up:
                return False
            parent[node] = up
    return True


@compiled
def _forest(
    parent: Ids, value: Positions, decay: float
) -> tuple[Positions, Positions, Ids, Ids, Floats]:
    """Settles nodes from the leaves up; what is never settled lies on a cycle or above one.

    The depths have a place for each settled node, so they are fewer where there is a cycle.
    """
    size = len(parent)
    waiting = np.zeros(size, np.int32)
    for up in parent:
        if up >= 0:
            waiting[up] += 1
    queue = np.empty(size, np.int32)
    count = np.zeros(size, np.int64)
    total = np.zeros(size, np.int64)
    height = np.zeros(size, np.int32)
    decayed = np.zeros(size)
    end = 0
    for leaf in range(size):
        # from each leaf as far up as all is settled: what was just written is read again at once
        node = np.int32(leaf)
        while node >= 0 and waiting[node] == 0:
            waiting[node] = -1
            queue[end] = node
            end += 1
            up = parent[node]
            if up >= 0:
                count[up] += count[node] + 1
                total[up] += total[node] + value[node]
                height[up] = max(height[up], height[node] + 1)
                decayed[up] += 1.0 + decay * decayed[node]
                waiting[up] -= 1
            node = up
    depth = np.zeros(end, np.int32)
    if end == size:
        for at in range(end - 1, -1, -1):
            node = queue[at]
            if parent[node] >= 0:
                depth[node] = depth[parent[node]] + 1
    return count, total, height, depth, decayed
