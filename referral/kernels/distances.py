"""Sums over the distances from many nodes at once: harmonic, closeness, decayed reach, depths."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from graph.network.csr import Csr, Ids, Positions, Starts, csr
from referral.kernels.bits import lowest, ones
from referral.kernels.budget import UNLIMITED, Budget
from referral.kernels.compiling import compiled
from referral.kernels.forest import forest, parents
from referral.kernels.shape import Floats, plain

WORDS = 4
"""64-bit words of a block: 256 nodes are searched for at once, in half a cache line each."""

DECAY = 0.5


class DistanceSums(NamedTuple):
    """What the distances from a node to all others sum up to; those it cannot reach add nothing.

    Attributes:
        reached: (k,) number of other nodes it reaches.
        total: (k,) sum of the distances to them.
        harmonic: (k,) sum of 1 / distance.
        decayed: (k,) sum of decay^(distance - 1).
        by_depth: (k, levels) number of nodes at distance 1, 2, ... levels.
    """

    reached: Positions
    total: Positions
    harmonic: Floats
    decayed: Floats
    by_depth: Positions

    def closeness(self, size: int) -> Floats:
        """Closeness in a graph of `size` nodes, as Wasserman and Faust scale it; 0 to 1.

        The reciprocal of the mean distance, times the share of the other nodes that are reached.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            scores = self.reached / self.total * (self.reached / (size - 1))
        return np.where(self.total > 0, scores, 0.0)


def decayed_reach(source: Ids, target: Ids, size: int, *, budget: Budget = UNLIMITED) -> Floats:
    """Number of nodes downstream of every node, each step farther counting half.

    Args:
        source, target: (m,) edges without loops.
        size: number of nodes.
        budget: looked at as by `forest` and `distance_sums`.

    Time O(n + m) in a forest, else as `distance_sums`.
    """
    above = parents(source, target, size, budget=budget)
    below = None if above is None else forest(above, np.zeros(size, np.int64), budget=budget)
    if below is not None:
        return below.decayed
    forward, backward = csr(source, target, size), csr(target, source, size)
    return distance_sums(forward, backward, budget=budget).decayed


def distance_sums(
    forward: Csr,
    backward: Csr,
    *,
    decay: float = DECAY,
    levels: int = 0,
    within: int | None = None,
    budget: Budget = UNLIMITED,
) -> DistanceSums:
    """Sums over the distances along the rows from every node to every other, exactly.

    Args:
        forward, backward: rows in both directions; loops and parallel edges make no difference.
        decay: what one more step is worth, in `decayed`.
        levels: depths that are counted apart; memory 8 bytes a node for each.
        within: greatest distance that counts; None = any.
        budget: looked at after each 256 targets.

    Blocks of 256 targets are searched for backwards from each, as bits of four words: a node's
    new bits at a level are targets at that distance, counted a word at a time. Only what is
    upstream of a block is touched. Time O(levels n m / 256) at worst, memory 108 bytes a node.
    References: Boldi & Vigna 2014, doi:10.1080/15427951.2013.865686 (harmonic); Then et al. 2014,
    doi:10.14778/2735496.2735507 (many searches in the bits of a word).
    """
    size = len(forward.starts) - 1
    rows = (*plain(forward), *plain(backward))
    sums, floats = np.zeros((size, 2), np.int64), np.zeros((size, 2))
    by_depth = np.zeros((size, levels), np.int64)
    state = np.zeros((3, size, WORDS), np.uint64)
    queues, queued = np.empty((2, size), np.int32), np.zeros(size, np.bool_)
    farthest = size if within is None else within
    for first in range(0, size, 64 * WORDS):
        budget.check("measuring distances")
        last = min(size, first + 64 * WORDS)
        _to_block(
            *rows, first, last, farthest, decay, state, queues, queued, sums, floats, by_depth
        )
    return DistanceSums(sums[:, 0], sums[:, 1], floats[:, 0], floats[:, 1], by_depth)


def distance_sums_from(
    forward: Csr,
    backward: Csr,
    nodes: Ids,
    *,
    decay: float = DECAY,
    levels: int = 0,
    within: int | None = None,
    budget: Budget = UNLIMITED,
) -> DistanceSums:
    """The same for some nodes only: `distance_sums` at the rows of `nodes`.

    Searched from the nodes themselves, 512 at once. Time O(levels m k / 512 + nodes reached).
    """
    words = 2 * WORDS
    size, count = len(forward.starts) - 1, len(nodes)
    rows = (*plain(forward), *plain(backward))
    wanted = np.ascontiguousarray(nodes, np.int32)
    sums, floats = np.zeros((count, 2), np.int64), np.zeros((count, 2))
    by_depth = np.zeros((count, levels), np.int64)
    state = np.zeros((3, size, words), np.uint64)
    farthest = size if within is None else within
    for first in range(0, count, 64 * words):
        budget.check("measuring distances")
        block = wanted[first : first + 64 * words]
        here = slice(first, first + len(block))
        # a level at a time, so that the budget is looked at more often than once a block
        _begin(block, state)
        distance, alive, turn = 1, True, 0
        while alive and distance <= farthest:
            budget.check("measuring distances")
            reached = _level(*rows, state[0], state[1 + turn], state[2 - turn])[: len(block)]
            alive = bool(reached.any())
            sums[here, 0] += reached
            sums[here, 1] += reached * distance
            floats[here, 0] += reached / distance
            floats[here, 1] += reached * decay ** (distance - 1)
            if distance <= levels:
                by_depth[here, distance - 1] = reached
            distance, turn = distance + 1, 1 - turn
    return DistanceSums(sums[:, 0], sums[:, 1], floats[:, 0], floats[:, 1], by_depth)


@compiled
def _to_block(
    starts: Starts,
    ids: Ids,
    back_starts: Starts,
    back_ids: Ids,
    first: int,
    last: int,
    farthest: int,
    decay: float,
    state: NDArray[np.uint64],
    queues: NDArray[np.int32],
    queued: NDArray[np.bool_],
    sums: Positions,
    floats: Floats,
    by_depth: Positions,
) -> None:
    """Adds to every node what the targets first ... last - 1 bring it.

    state[0]: bit b of a node: it reaches target first + b; [1]: newly so; [2]: in the next ring.
    All are zero again at the end. While few nodes are new, their bits are pushed up; when many
    are, every node pulls, which reads in order.
    """
    size, words = state.shape[1], state.shape[2]
    seen, ring, after = state[0], state[1], state[2]
    length, width = 0, 0
    for node in range(first, last):
        bit = np.uint64(1) << np.uint64((node - first) & 63)
        word = (node - first) >> 6
        ring[node, word] = bit
        seen[node, word] = bit
        queues[0, length] = node
        length += 1
        width += back_starts[node + 1] - back_starts[node]
    touched = np.empty(1024, np.int32)
    known = 0
    all_touched = False
    turn, distance, worth = 0, 0, 1.0
    while length and distance < farthest:
        distance += 1
        queue, following = queues[turn], queues[1 - turn]
        end = 0
        if width * 4 < len(ids):
            for at in range(length):
                node = queue[at]
                for entry in range(back_starts[node], back_starts[node + 1]):
                    up = back_ids[entry]
                    fresh = np.uint64(0)
                    for word in range(words):
                        bits = ring[node, word] & ~seen[up, word]
                        after[up, word] |= bits
                        fresh |= bits
                    if fresh and not queued[up]:
                        queued[up] = True
                        following[end] = up
                        end += 1
        else:
            for node in range(size):
                fresh = np.uint64(0)
                for word in range(words):
                    bits = np.uint64(0)
                    for entry in range(starts[node], starts[node + 1]):
                        bits |= ring[ids[entry], word]
                    bits &= ~seen[node, word]
                    after[node, word] = bits
                    fresh |= bits
                if fresh:
                    following[end] = node
                    end += 1
        for at in range(length):
            for word in range(words):
                ring[queue[at], word] = 0
        width = 0
        for at in range(end):
            node = following[at]
            queued[node] = False
            width += back_starts[node + 1] - back_starts[node]
            count = np.int64(0)
            for word in range(words):
                seen[node, word] |= after[node, word]
                count += ones(after[node, word])
            sums[node, 0] += count
            sums[node, 1] += count * distance
            floats[node, 0] += count / distance
            floats[node, 1] += count * worth
            if distance <= by_depth.shape[1]:
                by_depth[node, distance - 1] += count
        if known + end > size:
            all_touched = True
        if not all_touched:
            if known + end > len(touched):
                more = np.empty(2 * (known + end), np.int32)
                more[:known] = touched[:known]
                touched = more
            touched[known : known + end] = following[:end]
            known += end
        ring, after = after, ring
        worth *= decay
        turn = 1 - turn
        length = end
    for at in range(length):
        for word in range(words):
            ring[queues[turn, at], word] = 0
    if all_touched:
        seen[:] = 0
        return
    for node in range(first, last):
        for word in range(words):
            seen[node, word] = 0
    for at in range(known):
        for word in range(words):
            seen[touched[at], word] = 0


@compiled
def _begin(nodes: Ids, state: NDArray[np.uint64]) -> None:
    """Each node knows itself: bit b of a node's words is nodes[b]."""
    state[:] = 0
    for place in range(len(nodes)):
        bit = np.uint64(1) << np.uint64(place & 63)
        state[0, nodes[place], place >> 6] |= bit
        state[1, nodes[place], place >> 6] |= bit


@compiled
def _level(
    starts: Starts,
    ids: Ids,
    back_starts: Starts,
    back_ids: Ids,
    seen: NDArray[np.uint64],
    ring: NDArray[np.uint64],
    after: NDArray[np.uint64],
) -> Positions:
    """One step on: the new bits of every node, and how many nodes each bit has newly reached."""
    size, words = seen.shape
    counts = np.zeros(64 * words, np.int64)
    for node in range(size):
        for word in range(words):
            after[node, word] = 0
        for entry in range(back_starts[node], back_starts[node + 1]):
            up = back_ids[entry]
            for word in range(words):
                after[node, word] |= ring[up, word]
        for word in range(words):
            bits = after[node, word] & ~seen[node, word]
            after[node, word] = bits
            seen[node, word] |= bits
            while bits:
                bit = bits & (~bits + np.uint64(1))
                counts[64 * word + lowest(bits)] += 1
                bits ^= bit
    return counts
