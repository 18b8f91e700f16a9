"""Connected and strong components."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from graph.network.csr import Csr, Ids, Positions, csr
from referral.kernels.budget import UNLIMITED, Budget
from referral.kernels.compiling import compiled
from referral.kernels.prefetch import AHEAD, prefetch
from referral.kernels.shape import Unsigned, frozen, plain, sources

ONE = np.uint32(1)
LOW, START = range(2)
"""Of a node, in a search for strong components: the low number, and where its row begins."""

CHUNK = 1_000_000
"""Edges, or nodes of strong components, between two looks at the budget: a tenth of a second."""


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
        budget: looked at after each million edges.

    Time O(m a(n)), a the inverse of Ackermann's function. References: Tarjan & van Leeuwen 1984.
    """
    ends = frozen(source, np.int32), frozen(target, np.int32)
    parent = np.arange(size, dtype=np.int32)
    last = 0
    while True:
        budget.check("finding connected components")
        first, last = last, min(last + CHUNK, len(source))
        label, count = _union(*ends, first, last, parent)
        if last == len(source):
            return Components(int(count), label)


def strong_components(forward: Csr, *, budget: Budget = UNLIMITED) -> Components:
    """The largest parts in which every node reaches every other.

    Args:
        forward: rows along the edges.
        budget: looked at after each million nodes.

    Numbered so that every edge between two of them leads to the higher number. Time O(n + m),
    memory 36 bytes a node; entries are counted in 32 bits, 4 * 10^9 of them would be 80 GB here.
    References: Tarjan 1972, doi:10.1137/0201010; Nuutila 1994; Pearce 2016,
    doi:10.1016/j.ipl.2015.08.010.
    """
    starts, ids = plain(forward)
    size = len(starts) - 1
    nodes = np.empty((size + 1, 2), np.uint32)
    nodes[:, LOW], nodes[:, START] = 0, starts
    open_ = _Open(*(np.empty(size, np.uint32) for _ in _Open._fields))
    state = np.array([0, -1, size, 1, 0], np.int64)
    while True:
        budget.check("finding strong components")
        _strong(ids.view(np.uint32), nodes, *open_, state, CHUNK)
        if state[0] == size:
            label = int(state[2])
            return Components(size - label, nodes[:-1, LOW].astype(np.int32) - np.int32(label + 1))


class _Open(NamedTuple):
    """What a search for strong components keeps of the nodes on its way, by depth.

    Attributes:
        waiting: (n,) nodes seen whose component is not known yet, in order.
        calls, entries, ends: (n,) the nodes on the way, where each goes on, and its row's end.
        leasts, firsts: (n,) the lowest number each reaches, and its own.
    """

    waiting: Unsigned
    calls: Unsigned
    entries: Unsigned
    ends: Unsigned
    leasts: Unsigned
    firsts: Unsigned


def condensed(forward: Csr, components: Components, *, budget: Budget = UNLIMITED) -> Csr:
    """For each component those with an edge into it, each once.

    Args:
        forward: rows along the edges.
        components: strong ones of the same graph.
        budget: looked at before and after the edges between components are chosen.
    """
    budget.check("joining components")
    low, high = components.label[sources(forward)], components.label[forward.ids]
    between = low != high
    budget.check("joining components")
    return csr(high[between], low[between], components.count, unique=True)


@compiled
def _union(source: Ids, target: Ids, first: int, last: int, parent: Ids) -> tuple[Ids, int]:
    """Trees of nodes joined at their roots, the lower root on top; paths halved on the way.

    Takes the edges first ... last - 1; with the last of all comes the answer.
    """
    for edge in range(first, last):
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
    label = np.empty(len(parent) if last == len(source) else 0, np.int32)
    for node in range(len(label)):
        if parent[node] == node:
            label[node] = count
            count += 1
        else:  # its parent is lower, so it has its label already
            label[node] = label[parent[node]]
    return label, count


@compiled
def _strong(
    ids: Unsigned,
    nodes: NDArray[np.uint32],
    waiting: Unsigned,
    calls: Unsigned,
    entries: Unsigned,
    ends: Unsigned,
    leasts: Unsigned,
    firsts: Unsigned,
    state: Positions,
    chunk: int,
) -> None:
    """Pearce's form of Tarjan's search, without recursion, for up to `chunk` nodes more.

    The low number of a node: 0 = not seen; while it is open the lowest number it reaches; then its
    component, numbered down from n: no number of an open node is above one of these, so that
    no mark for "still open" is needed. The least is taken without a branch, and what is looked at
    of a node lies side by side.

    The state between calls: the node to look at next, the depth of the search that goes on
    (-1 = none), the next label, the next number, and how many nodes are waiting.
    """
    size, left = len(nodes) - 1, chunk
    depth = np.uint32(max(state[1], 0))
    going_on = state[1] >= 0
    label, number, height = np.uint32(state[2]), np.uint32(state[3]), np.uint32(state[4])
    for start in range(np.uint32(state[0]), np.uint32(size)):
        if going_on:
            node, at, end = calls[depth], entries[depth], ends[depth]
            least, first = leasts[depth], firsts[depth]
            going_on = False
        elif nodes[start, LOW] != 0:
            continue
        else:
            depth, node = np.uint32(0), np.uint32(start)
            at, end = _row(nodes, node, ids)
            first = least = number  # its own number, and the lowest it reaches
            nodes[node, LOW] = number
            number += ONE
            left -= 1
        while True:
            if left <= 0:
                calls[depth], entries[depth], ends[depth] = node, at, end
                leasts[depth], firsts[depth] = least, first
                state[0], state[1], state[2] = start, depth, label
                state[3], state[4] = number, height
                return
            below = node
            while at < end:
                reach = nodes[ids[at], LOW]
                if reach == 0:
                    below = ids[at]
                    break
                least = min(least, reach)
                at += ONE
            if below != node:
                calls[depth], entries[depth], ends[depth] = node, at, end
                leasts[depth], firsts[depth] = least, first
                depth += ONE
                node = below
                at, end = _row(nodes, node, ids)
                first = least = number
                nodes[node, LOW] = number
                number += ONE
                left -= 1
                continue
            if least == first:  # the first of its component, whose others are waiting
                number -= ONE
                while height > 0 and nodes[waiting[height - ONE], LOW] >= first:
                    height -= ONE
                    nodes[waiting[height], LOW] = label
                    number -= ONE
                least = label
                label -= ONE
            else:
                waiting[height] = node
                height += ONE
            nodes[node, LOW] = least
            if depth == 0:
                break
            depth -= ONE
            node, at, end = calls[depth], entries[depth] + ONE, ends[depth]
            least, first = min(leasts[depth], least), firsts[depth]
    state[0], state[1], state[2] = size, -1, label


@compiled
def _row(nodes: NDArray[np.uint32], node: np.uint32, ids: Unsigned) -> tuple[np.uint32, np.uint32]:
    """Where a node's row begins and ends; its first nodes and their rows are sent for."""
    begin, end = nodes[node, START], nodes[node + ONE, START]
    soon = min(end, begin + AHEAD)
    for at in range(begin, soon):
        prefetch(nodes, ids[at])
    for at in range(begin, soon):
        prefetch(ids, nodes[ids[at], START])
    return begin, end
