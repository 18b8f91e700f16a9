"""Working memory for searches that must not pay for the nodes they do not see."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

KEPT = 2
"""Scratches kept for the next search; more are made while more searches run at once."""


@dataclass(slots=True)
class Scratch:
    """Arrays for a search from one side or from two.

    A cell of `marks` that is below the search's `stamp << 32` is left from an earlier search and
    means "not seen", so nothing is cleared between searches; a seen node holds that base plus
    its distance.

    Attributes:
        stamp: number of the search.
        marks: (2, n) of each side.
        queue: (2, n + 1) nodes seen, in order of distance.
        bits: (2, n / 64) one for each node, all zero between searches.
    """

    stamp: int
    marks: NDArray[np.int64]
    queue: NDArray[np.uint32]
    bits: NDArray[np.uint64]


_FREE: deque[Scratch] = deque(maxlen=KEPT)


class scratch:
    """A scratch for a graph of `size` nodes, given back at the end of the `with`.

    It takes 24 bytes and two bits a node of the largest graph, shared by searches over all graphs.
    A class with two methods, for a search may take less time than a generator's way in and out.
    """

    __slots__ = ("_held",)

    def __init__(self, size: int) -> None:
        try:
            held = _FREE.pop()
        except IndexError:
            held = _made(size)
        if held.marks.shape[1] < size:
            held = _made(size)
        held.stamp += 1
        self._held = held

    def __enter__(self) -> Scratch:
        return self._held

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        if error is None:  # a search that was stopped has left its bits
            _FREE.append(self._held)


def _made(size: int) -> Scratch:
    return Scratch(
        0,
        np.zeros((2, size), np.int64),
        np.empty((2, size + 1), np.uint32),
        np.zeros((2, size // 64 + 1), np.uint64),
    )
