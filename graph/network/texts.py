"""Many short texts without a Python object for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_AT_ONCE = 50_000
"""Texts put in order at a time: a place of 8 bytes is needed for each of their bytes."""


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """Texts as one array of UTF-8 bytes and the places where each begins.

    A million UUIDs take 44 MB, as Python strings 93, as numpy's StringDType 60; and unlike those
    two the arrays can be memory-mapped.

    Attributes:
        starts: (n + 1,) where each text begins in `bytes`.
        bytes: the texts, one after another.
    """

    starts: NDArray[np.int64]
    bytes: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, position: int) -> str:
        return self.take([position])[0]

    def take(self, positions: Sequence[int] | NDArray[np.integer]) -> list[str]:
        """The texts at these positions."""
        at = np.asarray(positions, np.int64)
        view = self.bytes.data
        begin, end = self.starts[at].tolist(), self.starts[at + 1].tolist()
        return [str(view[b:e], "utf-8") for b, e in zip(begin, end, strict=True)]

    def find(self, text: str, low: int, high: int) -> int:
        """Position of a text among the sorted ones in low ... high - 1; -1 when it is not there."""
        place, wanted = self.place(text, low, high), text.encode()
        begin, end = self.starts[place : place + 2].tolist() if place < high else (0, 0)
        there = place < high and bytes(self.bytes.data[begin:end]) == wanted
        return place if there else -1

    def place(self, text: str, low: int, high: int) -> int:
        """Position of the first of the sorted ones in low ... high - 1 that is not below a text."""
        wanted, view, starts = text.encode(), self.bytes.data, self.starts.data
        while low < high:
            middle = (low + high) >> 1
            if bytes(view[starts[middle] : starts[middle + 1]]) < wanted:
                low = middle + 1
            else:
                high = middle
        return low

    def ordered(self, order: NDArray[np.integer]) -> Texts:
        """The texts at these positions, as texts again."""
        lengths = np.diff(self.starts)[order]
        starts = np.zeros(len(lengths) + 1, np.int64)
        np.cumsum(lengths, out=starts[1:])
        parts = [np.empty(0, np.uint8)]
        for low in range(0, len(order), _AT_ONCE):
            some, long = order[low : low + _AT_ONCE], lengths[low : low + _AT_ONCE]
            begin = starts[low : low + len(some)] - starts[low]
            places = np.repeat(self.starts[some] - begin, long) + np.arange(int(long.sum()))
            parts.append(self.bytes[places])
        return frozen_texts(starts, np.concatenate(parts))

    @property
    def nbytes(self) -> int:
        """Memory of both arrays."""
        return self.starts.nbytes + self.bytes.nbytes


def texts(values: Sequence[str]) -> Texts:
    """The values as `Texts`, in their order."""
    encoded = [value.encode() for value in values]
    starts = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, encoded), np.int64, len(encoded)), out=starts[1:])
    return frozen_texts(starts, np.frombuffer(b"".join(encoded), np.uint8))


def frozen_texts(starts: NDArray[np.int64], data: NDArray[np.uint8]) -> Texts:
    """Texts whose arrays are read-only from now on."""
    starts.flags.writeable = data.flags.writeable = False
    return Texts(starts, data)
