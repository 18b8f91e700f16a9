"""Arithmetic on the bits of words, for compiled kernels."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, inline="always")
def ones(bits: np.uint64) -> np.int64:
    """Number of set bits: pairs, fours and bytes added side by side, the bytes by a product."""
    bits = bits - ((bits >> np.uint64(1)) & np.uint64(0x5555555555555555))
    low = bits & np.uint64(0x3333333333333333)
    bits = low + ((bits >> np.uint64(2)) & np.uint64(0x3333333333333333))
    bits = (bits + (bits >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((bits * np.uint64(0x0101010101010101)) >> np.uint64(56))


@njit(cache=True, inline="always")
def lowest(bits: np.uint64) -> np.int64:
    """Place of the lowest set bit: the number of ones below it."""
    return ones((bits & (~bits + np.uint64(1))) - np.uint64(1))


@njit(cache=True, inline="always")
def mixed(bits: np.uint64) -> np.uint64:
    """The bits so mixed that any one of them changes half of all.

    References: Steele, Lea & Flood 2014, doi:10.1145/2660193.2660195 (its last step).
    """
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))
