"""How many nodes lie downstream of every node of a directed graph, exactly."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from graph.network.csr import Csr, Ids, Positions, csr

WORDS = 8
"""64-bit words of a block: 512 components are counted at once, one cache line each."""


def reach(source: Ids, target: Ids, size: int) -> Positions:
    """Number of distinct nodes downstream of every node, itself not counted.

    Args:
        source, target: (m,) edges; cycles, parallel edges and loops are allowed.
        size: number of nodes.

    A forest takes O(n + m). Else the strong components are condensed and counted in blocks of
    512 bits: O((n + m) n / 512) at worst, far less where few are upstream of a block.
    Memory 64 bytes a component.
    """
    proper = source != target
    forward = csr(source[proper], target[proper], size, unique=True)
    target = forward.ids
    source = np.repeat(np.arange(size, dtype=np.int32), forward.degrees())
    if not len(target) or np.bincount(target).max() <= 1:
        parent = np.full(size, -1, np.int32)
        parent[target] = source
        counts, done = _forest(parent)
        if done == size:
            return counts
    return _any_graph(source, target, size)


@njit(cache=True)
def _forest(parent: Ids) -> tuple[Positions, int]:
    """Nodes below every node, and how many nodes were settled: fewer than all = a cycle."""
    size = len(parent)
    waiting = np.zeros(size, np.int32)
    for up in parent:
        if up >= 0:
            waiting[up] += 1
    queue = np.empty(size, np.int32)
    end = 0
    for node in range(size):
        if waiting[node] == 0:
            queue[end] = node
            end += 1
    below = np.zeros(size, np.int64)
    at = 0
    while at < end:
        node = queue[at]
        at += 1
        up = parent[node]
        if up >= 0:
            below[up] += below[node] + 1
            waiting[up] -= 1
            if waiting[up] == 0:
                queue[end] = up
                end += 1
    return below, end


def _any_graph(source: Ids, target: Ids, size: int) -> Positions:
    """Reach over the condensation: a component reaches itself and all its descendants."""
    label, upstream = condense(source, target, size)
    members = np.bincount(label)
    counts: Positions = _descendants(upstream.starts, upstream.ids, members, WORDS)[label] - 1
    return counts


def condense(source: Ids, target: Ids, size: int) -> tuple[Ids, Csr]:
    """Strong components, numbered so that every edge between two leads to the higher number.

    Returns:
        The number of each node's component, and for each component those with an edge to it.
    """
    matrix = csr_array((np.ones(len(source), np.int8), (source, target)), shape=(size, size))
    count, label = connected_components(matrix, connection="strong")
    low, high = label[source], label[target]
    between = low != high
    low, high = low[between], high[between]
    if len(low) and low[0] > high[0]:
        label, low, high = count - 1 - label, count - 1 - low, count - 1 - high
    # scipy's strong components (Pearce) come out in topological order; it does not promise it
    assert bool((low < high).all()), "scipy's component labels are in no topological order"
    return label, csr(high, low, count, unique=True)


@njit(cache=True)
def _descendants(starts: Positions, ids: Ids, members: Positions, words: int) -> Positions:
    """Members of every component's descendants and of itself.

    Components are taken in blocks of 64 * words; each is one bit of the block. The bits flow
    upstream, from higher to lower numbers, through the block's ancestors only.
    """
    count = len(starts) - 1
    total = np.zeros(count, np.int64)
    bits = np.zeros((count, words), np.uint64)
    marked = np.zeros(count, np.bool_)
    upstream = np.empty(count, np.int32)
    for first in range(0, count, 64 * words):
        last = min(count, first + 64 * words)
        for node in range(first, last):
            place = node - first
            bits[node, place >> 6] |= np.uint64(1) << np.uint64(place & 63)
        length = _ancestors(starts, ids, first, last, marked, upstream)
        for position in range(length - 1, -1, -1):
            node = upstream[position]
            marked[node] = False
            for entry in range(starts[node], starts[node + 1]):
                for word in range(words):
                    bits[ids[entry], word] |= bits[node, word]
            for word in range(words):
                total[node] += _weigh(bits[node, word], members, first + 64 * word)
                bits[node, word] = 0
    return total


@njit(cache=True)
def _ancestors(
    starts: Positions, ids: Ids, first: int, last: int, marked: NDArray[np.bool_], found: Ids
) -> int:
    """Marks and lists, ascending, the components first ... last - 1 and all upstream of them."""
    length = 0
    for node in range(first, last):
        marked[node] = True
        found[length] = node
        length += 1
    at = 0
    while at < length:
        node = found[at]
        at += 1
        for entry in range(starts[node], starts[node + 1]):
            up = ids[entry]
            if not marked[up]:
                marked[up] = True
                found[length] = up
                length += 1
    if length * 12 < last:
        found[:length].sort()
    else:  # nearly all of them: a sweep is cheaper than a sort
        length = 0
        for node in range(last):
            if marked[node]:
                found[length] = node
                length += 1
    return length


@njit(cache=True)
def _weigh(bits: np.uint64, members: Positions, first: int) -> int:
    """Sum of members over the set bits, bit 0 being component `first`."""
    total = 0
    while bits:
        lowest = bits & (~bits + np.uint64(1))
        place = 0
        if lowest & np.uint64(0xFFFFFFFF00000000):
            place += 32
        if lowest & np.uint64(0xFFFF0000FFFF0000):
            place += 16
        if lowest & np.uint64(0xFF00FF00FF00FF00):
            place += 8
        if lowest & np.uint64(0xF0F0F0F0F0F0F0F0):
            place += 4
        if lowest & np.uint64(0xCCCCCCCCCCCCCCCC):
            place += 2
        if lowest & np.uint64(0xAAAAAAAAAAAAAAAA):
            place += 1
        total += members[first + place]
        bits ^= lowest
    return total
