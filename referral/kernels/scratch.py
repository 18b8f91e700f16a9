"""Working memory for searches that must not pay for the nodes they do not see."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
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
        queue: (2, n) nodes seen, in order of distance.
    """

    stamp: int
    marks: NDArray[np.int64]
    queue: NDArray[np.int32]


_FREE: deque[Scratch] = deque(maxlen=KEPT)


@contextmanager
def scratch(size: int) -> Iterator[Scratch]:
    """A scratch for a graph of `size` nodes, given back at the end.

    It takes 24 bytes a node of the largest graph, and is shared by searches over all graphs.
    """
    try:
        held = _FREE.pop()
    except IndexError:
        held = _made(size)
    if held.marks.shape[1] < size:
        held = _made(size)
    held.stamp += 1
    try:
        yield held
    finally:
        _FREE.append(held)


def _made(size: int) -> Scratch:
    return Scratch(0, np.zeros((2, size), np.int64), np.empty((2, size), np.int32))
