"""Harmonic centrality, exact, by searches in the bits of words."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from graph.network.csr import Csr, Ids, Positions
from referral.kernels.bits import ones

WORDS = 4
"""64-bit words of a round: 256 targets are searched for at once."""


def harmonic(forward: Csr) -> NDArray[np.float64]:
    """Sum over all other nodes of 1 / distance to them along the rows, for every node.

    Time O(levels n m / 256), memory 3 * 32 bytes a node.
    References: Boldi & Vigna 2014, doi:10.1080/15427951.2013.865686 (the measure); Then et al.
    2014, doi:10.14778/2735496.2735507 (many searches in the bits of a word).
    """
    sums: NDArray[np.float64] = _harmonic(forward.starts, forward.ids, WORDS)
    return sums


@njit(cache=True)
def _harmonic(starts: Positions, ids: Ids, words: int) -> NDArray[np.float64]:
    """Bit b of node v: v reaches the block's node b.

    Searched backwards from the targets, a node's new bits are its targets at one distance: they
    are counted word by word, where a search from the sources would have to take bits apart.
    """
    size = len(starts) - 1
    sums = np.zeros(size)
    seen = np.empty((size, words), np.uint64)
    ring = np.empty((size, words), np.uint64)
    after = np.empty((size, words), np.uint64)
    for first in range(0, size, 64 * words):
        seen[:] = 0
        ring[:] = 0
        for node in range(first, min(size, first + 64 * words)):
            place = node - first
            ring[node, place >> 6] = np.uint64(1) << np.uint64(place & 63)
            seen[node, place >> 6] = ring[node, place >> 6]
        distance = 0
        alive = True
        while alive:
            distance += 1
            alive = False
            for node in range(size):
                count = np.int64(0)
                for word in range(words):
                    bits = np.uint64(0)
                    for entry in range(starts[node], starts[node + 1]):
                        bits |= ring[ids[entry], word]
                    bits &= ~seen[node, word]
                    seen[node, word] |= bits
                    after[node, word] = bits
                    count += ones(bits)
                if count:
                    sums[node] += count / distance
                    alive = True
            ring, after = after, ring
    return sums
