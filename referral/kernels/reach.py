"""How many nodes, and how much value, lie downstream of every node of a directed graph, exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graph.network.csr import Csr, Ids, Positions, Starts, csr
from referral.kernels.bits import lowest, ones
from referral.kernels.budget import UNLIMITED, Budget
from referral.kernels.compiling import compiled
from referral.kernels.components import condensed, strong_components
from referral.kernels.forest import counts, forest, parents
from referral.kernels.prefetch import prefetch_row
from referral.kernels.shape import plain, without_loops

ONE = np.uint32(1)
WORDS = 8
"""64-bit words of a block: 512 components are counted at once, one cache line each; `_block` names
each of the eight."""


@dataclass(frozen=True, slots=True, eq=False)
class Downstream:
    """What lies below every node, itself not counted.

    Attributes:
        count: (n,) number of distinct nodes.
        value: (n,) sum of their values.
    """

    count: Positions
    value: Positions


def reach(source: Ids, target: Ids, size: int, *, budget: Budget = UNLIMITED) -> Positions:
    """Number of distinct nodes downstream of every node, itself not counted.

    Args:
        source, target: (m,) edges; cycles, parallel edges and loops are allowed.
        size: number of nodes.
        budget: looked at after each block.

    A forest takes O(n + m). Else the strong components are condensed and counted in blocks of
    512 bits: O((n + m) n / 512) at worst, far less where few are upstream of a block.
    Memory 64 bytes a component. References: Nuutila 1995 (closure by strong components).
    """
    return _reach(source, target, size, None, budget).count


def reach_with_value(
    source: Ids, target: Ids, size: int, value: NDArray[np.integer], *, budget: Budget = UNLIMITED
) -> Downstream:
    """The same, and the sum of the values of the nodes downstream, each counted once.

    Args:
        source, target: (m,) edges.
        size: number of nodes.
        value: (n,) whole numbers: money in minor units.
        budget: looked at after each block.
    """
    return _reach(source, target, size, value.astype(np.int64), budget)


def _reach(
    source: Ids, target: Ids, size: int, value: Positions | None, budget: Budget
) -> Downstream:
    budget.check("counting reach")
    own = np.zeros(size, np.int64) if value is None else value
    above = parents(source, target, size, budget=budget)
    if above is not None and value is None:
        count = counts(above, budget=budget)
        if count is not None:
            return Downstream(count, own)
    elif above is not None:
        below = forest(above, own, budget=budget)
        if below is not None:
            return Downstream(below.count, below.value)
    source, target = without_loops(source, target)
    return downstream(csr(source, target, size), own, with_value=value is not None, budget=budget)


def downstream(
    forward: Csr, value: Positions, *, with_value: bool = True, budget: Budget = UNLIMITED
) -> Downstream:
    """Number and value of the nodes downstream of every node, along rows with or without cycles."""
    budget.check("counting reach")
    components = strong_components(forward, budget=budget)
    rows = plain(condensed(forward, components, budget=budget))
    del forward  # with 10^7 edges a tenth of the memory
    label = components.label
    values = np.zeros(components.count, np.int64)
    if with_value:
        np.add.at(values, label, value)
    sizes = components.sizes().astype(np.int32)
    found, sums = _below(rows, sizes, values, with_value, budget)
    count = found[label].astype(np.int64)
    count -= 1
    if not with_value:
        return Downstream(count, np.zeros(len(label), np.int64))
    total = sums[label]
    total -= value
    return Downstream(count, total)


def _below(
    upstream: Csr, members: Ids, values: Positions, with_value: bool, budget: Budget
) -> tuple[Ids, Positions]:
    """Number and value of the nodes in each component and below it."""
    size = len(members)
    count, total = np.zeros(size, np.int32), np.zeros(size, np.int64)
    bits = np.zeros((size, WORDS), np.uint64)
    marked, found = np.zeros(size, np.bool_), np.empty(size, np.int32)
    for first in range(0, size, 64 * WORDS):
        budget.check("counting reach")
        last = min(size, first + 64 * WORDS)
        _block(
            *upstream, members, values, first, last, bits, marked, found, count, total, with_value
        )
    return count, total


@compiled
def _block(
    starts: Starts,
    ids: Ids,
    members: Ids,
    values: Positions,
    first: int,
    last: int,
    bits: NDArray[np.uint64],
    marked: NDArray[np.bool_],
    found: Ids,
    count: Ids,
    total: Positions,
    with_value: bool,
) -> None:
    """Adds to every component what it reaches among the components first ... last - 1.

    Each of these is one bit. The bits flow upstream, from higher to lower numbers, through the
    block's ancestors only; `bits` and `marked` are all zero again at the end.
    """
    single = True
    for member in range(first, last):
        place = member - first
        bits[member, place >> 6] |= np.uint64(1) << np.uint64(place & 63)
        single = single and members[member] == 1
    length = _ancestors(starts, ids, first, last, marked, found)
    for position in range(length - 1, -1, -1):
        node = np.uint32(found[position])
        marked[node] = False
        # held apart from `bits`, so that a row is or-ed by two instructions
        held = (
            bits[node, 0], bits[node, 1], bits[node, 2], bits[node, 3],
            bits[node, 4], bits[node, 5], bits[node, 6], bits[node, 7],
        )  # fmt: skip
        for entry in range(np.uint64(starts[node]), np.uint64(starts[node + ONE])):
            up = np.uint32(ids[entry])
            for word in range(WORDS):
                bits[up, word] |= held[word]
        if single:
            for word in range(WORDS):
                count[node] += ones(held[word])
        if with_value or not single:
            for word in range(WORDS):
                own = bits[node, word]
                while own:
                    below = first + 64 * word + lowest(own)
                    if not single:
                        count[node] += members[below]
                    total[node] += values[below]
                    own &= own - np.uint64(1)
        for word in range(WORDS):
            bits[node, word] = 0


@compiled
def _ancestors(
    starts: Starts, ids: Ids, first: int, last: int, marked: NDArray[np.bool_], found: Ids
) -> int:
    """Marks and lists, ascending, the components first ... last - 1 and all upstream of them."""
    length = 0
    for node in range(first, last):
        marked[node] = True
        found[length] = node
        length += 1
    at = 0
    while at < length:
        prefetch_row(starts, ids, found, at, length)
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
