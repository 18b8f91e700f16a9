"""Connected and strong components."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graph.network.csr import Csr, Ids, Positions, Starts, csr
from referral.kernels.budget import UNLIMITED, Budget
from referral.kernels.compiling import compiled
from referral.kernels.shape import Unsigned, frozen, plain, sources

ONE = np.uint32(1)


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


def connected_components(
    source: Ids, target: Ids, size: int, *, budget: Budget = UNLIMITED
) -> Components:
    """The parts that hang together, direction aside; numbered in order of their lowest node.

    Args:
        source, target: (m,) edges in any order; one direction of an undirected edge is enough.
        size: number of nodes.
        budget: looked at before it begins; it takes some tenths of a second for 10^7 edges.

    Time O(m a(n)), a the inverse of Ackermann's function. References: Tarjan & van Leeuwen 1984.
    """
    budget.check("finding connected components")
    label, count = _union(frozen(source, np.int32), frozen(target, np.int32), size)
    return Components(int(count), label)


def strong_components(forward: Csr, *, budget: Budget = UNLIMITED) -> Components:
    """The largest parts in which every node reaches every other.

    Args:
        forward: rows along the edges.
        budget: looked at before it begins; it takes about a second for 10^7 edges.

    Numbered so that every edge between two of them leads to the higher number. Time O(n + m),
    memory 36 bytes a node. References: Tarjan 1972, doi:10.1137/0201010; Nuutila 1994; Pearce
    2016, doi:10.1016/j.ipl.2015.08.010.
    """
    budget.check("finding strong components")
    starts, ids = plain(forward)
    label, count = _strong(starts, ids.view(np.uint32))
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
def _strong(starts: Starts, ids: Unsigned) -> tuple[Ids, np.integer]:
    """Pearce's form of Tarjan's search, without recursion.

    `low` of a node: 0 = not seen; while it is open the lowest number it reaches; then its
    component, numbered down from n: no number of an open node is above one of these, so that
    no mark for "still open" is needed. The ids are unsigned, so that compiled code need not ask
    whether one counts from the end, and the least is taken without a branch: a third faster.
    """
    size = len(starts) - 1
    low = np.zeros(size, np.int32)
    calls = np.empty(size, np.uint32)
    entries, ends = np.empty(size, np.uint64), np.empty(size, np.uint64)
    leasts, firsts = np.empty(size, np.int32), np.empty(size, np.int32)
    waiting = np.empty(size, np.uint32)
    label, number, height = np.int32(size), np.int32(1), np.uint32(0)
    for start in range(np.uint32(size)):
        if low[start] != 0:
            continue
        depth, node = np.uint32(0), np.uint32(start)
        at, end = np.uint64(starts[node]), np.uint64(starts[node + ONE])
        first = least = number  # its own number, and the lowest it reaches
        low[node] = number
        number += 1
        while True:
            below = node
            while at < end:
                reach = low[ids[at]]
                if reach == 0:
                    below = ids[at]
                    break
                least = min(least, reach)
                at += np.uint64(1)
            if below != node:
                calls[depth], entries[depth], ends[depth] = node, at, end
                leasts[depth], firsts[depth] = least, first
                depth += ONE
                node = below
                at, end = np.uint64(starts[node]), np.uint64(starts[node + ONE])
                first = least = number
                low[node] = number
                number += 1
                continue
            if least == first:  # the first of its component, whose others are waiting
                number -= 1
                while height > 0 and low[waiting[height - ONE]] >= first:
                    height -= ONE
                    low[waiting[height]] = label
                    number -= 1
                least = label
                label -= 1
            else:
                waiting[height] = node
                height += ONE
            low[node] = least
            if depth == 0:
                break
            depth -= ONE
            node, at, end = calls[depth], entries[depth] + np.uint64(1), ends[depth]
            least, first = min(leasts[depth], least), firsts[depth]
    low -= label + np.int32(1)
    return low, size - label
