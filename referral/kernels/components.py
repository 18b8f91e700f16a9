"""Connected and strong components."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graph.network.csr import Csr, Ids, Positions, csr
from referral.kernels.compiling import compiled
from referral.kernels.shape import frozen, plain, sources


@dataclass(frozen=True, slots=True, eq=False)
class Components:
    """A partition of the nodes.

    Attributes:
        count: number of components.
        label: (n,) component of every node, 0 ... count - 1.
    """

    count: int
    label: Ids

    def sizes(self) -> Positions:
        """Number of nodes of every component."""
        return np.bincount(self.label, minlength=self.count)


def connected_components(source: Ids, target: Ids, size: int) -> Components:
    """The parts that hang together, direction aside; numbered in order of their lowest node.

    Args:
        source, target: (m,) edges in any order; one direction of an undirected edge is enough.
        size: number of nodes.

    Time O(m a(n)), a the inverse of Ackermann's function. References: Tarjan & van Leeuwen 1984.
    """
    label, count = _union(frozen(source, np.int32), frozen(target, np.int32), size)
    return Components(int(count), label)


def strong_components(forward: Csr) -> Components:
    """The largest parts in which every node reaches every other.

    Numbered so that every edge between two of them leads to the higher number. Time O(n + m),
    memory 21 bytes a node. References: Tarjan 1972, doi:10.1137/0201010; Nuutila 1994.
    """
    label, count = _strong(*plain(forward))
    return Components(int(count), label)


def condensed(forward: Csr, components: Components) -> Csr:
    """For each component those with an edge into it, each once."""
    low, high = components.label[sources(forward)], components.label[forward.ids]
    between = low != high
    return csr(high[between], low[between], components.count, unique=True)


@compiled
def _union(source: Ids, target: Ids, size: int) -> tuple[Ids, int]:
    """Trees of nodes joined at their roots, the lower root on top; paths halved on the way."""
    parent = np.arange(size).astype(np.int32)
    for edge in range(len(source)):
        one, other = source[edge], target[edge]
        while parent[one] != parent[other]:
            if parent[one] < parent[other]:
                one, other = other, one
            # one hangs under the higher parent
            if parent[one] == one:
                parent[one] = parent[other]
                break
            above = parent[one]
            parent[one] = parent[other]
            one = above
    count = 0
    label = np.empty(size, np.int32)
    for node in range(size):
        if parent[node] == node:
            label[node] = count
            count += 1
        else:  # its parent is lower, so it has its label already
            label[node] = label[parent[node]]
    return label, count


@compiled
def _strong(starts: Positions, ids: Ids) -> tuple[Ids, int]:
    """Pearce's form of Tarjan's search, without recursion.

    `low` of a node: 0 = not seen; while it is open the lowest number it reaches; then its
    component, numbered down from n: no number of an open node is above one of these, so that
    no mark for "still open" is needed.
    """
    size = len(starts) - 1
    low = np.zeros(size, np.int32)
    calls = np.empty(size, np.int32)
    entries = np.empty(size, np.int64)
    is_root = np.empty(size, np.bool_)
    waiting = np.empty(size, np.int32)
    label, number, height = size, 1, 0
    for start in range(size):
        if low[start] != 0:
            continue
        calls[0] = start
        entries[0] = starts[start]
        is_root[0] = True
        low[start] = number
        number += 1
        depth = 0
        while depth >= 0:
            node = calls[depth]
            at, end = entries[depth], starts[node + 1]
            least = low[node]
            below = np.int32(-1)
            while at < end:
                reach = low[ids[at]]
                if reach == 0:
                    below = ids[at]
                    break  # looked at again once it is finished
                if reach < least:
                    least = reach
                    is_root[depth] = False
                at += 1
            low[node] = least
            if below >= 0:
                entries[depth] = at
                depth += 1
                calls[depth] = below
                entries[depth] = starts[below]
                is_root[depth] = True
                low[below] = number
                number += 1
                continue
            if is_root[depth]:
                number -= 1
                while height > 0 and low[waiting[height - 1]] >= least:
                    height -= 1
                    low[waiting[height]] = label
                    number -= 1
                low[node] = label
                label -= 1
            else:
                waiting[height] = node
                height += 1
            depth -= 1
    for node in range(size):
        low[node] -= label + 1
    return low, size - label
