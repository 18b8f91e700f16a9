"""Compressed sparse rows: for each node the sorted nodes it leads to, in two arrays."""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int32]
Positions = NDArray[np.int64]
Starts = NDArray[np.signedinteger]
"""Where rows begin: int32 as long as that is enough, else int64."""

MOST_IN_32_BITS = 2**31 - 1

IntegerT = TypeVar("IntegerT", bound=np.integer)


class Csr(NamedTuple):
    """Neighbours of every node.

    Attributes:
        starts: (n + 1,) where each node's row begins; the last is the number of entries. They
            have 32 bits up to 2^31 - 1 entries (`starts_type`): half the memory, and half of what
            a search fetches of a node.
        ids: (m,) the neighbours, row after row, each row sorted.
    """

    starts: Starts
    ids: Ids

    def row(self, node: int) -> Ids:
        """The neighbours of one node, sorted, parallel edges repeated."""
        return self.ids[self.starts[node] : self.starts[node + 1]]

    def degrees(self) -> Positions:
        """Number of entries of every row, in 64 bits, for their products."""
        return np.subtract(self.starts[1:], self.starts[:-1], dtype=np.int64)


def starts_type(entries: int) -> type[np.int32] | type[np.int64]:
    """The type of row starts of so many entries: one for each number, so kernels compile once."""
    return np.int32 if entries <= MOST_IN_32_BITS else np.int64


def row_starts(source: Ids, size: int) -> Starts:
    """Where the row of each of `size` nodes begins, of edges counted by their source."""
    starts = np.zeros(size + 1, starts_type(len(source)))
    np.cumsum(np.bincount(source, minlength=size), out=starts[1:], dtype=starts.dtype)
    return starts


def csr(source: Ids, target: Ids, size: int, *, unique: bool = False) -> Csr:
    """Rows of edges in any order.

    Args:
        source, target: (m,) ids below `size`.
        size: number of nodes.
        unique: keep one of parallel edges.

    One sort of 64-bit keys: numpy sorts those with vector instructions, which is as fast as two
    counting sorts. Time O(m log m), memory 16 m bytes.
    """
    pairs = np.sort(source.astype(np.int64) << 32 | target)
    if unique:
        pairs = distinct(pairs)
    return Csr(row_starts((pairs >> 32).astype(np.int32), size), pairs.astype(np.int32))


def distinct(values: NDArray[IntegerT]) -> NDArray[IntegerT]:
    """Sorted values without repetitions."""
    if not len(values):
        return values
    return values[np.concatenate(([True], values[1:] != values[:-1]))]


def gather(starts: Starts, rows: NDArray[np.integer]) -> Positions:
    """Positions of all entries of the given rows, row after row; O(output)."""
    begin = starts[rows]
    lengths = starts[rows + 1] - begin
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    positions: Positions = np.arange(total) + np.repeat(begin - ends + lengths, lengths)
    return positions
