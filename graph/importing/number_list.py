"""The fast way through a list of edges whose ends are whole numbers: arrays, no cell of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graph.network.csr import Ids

BLOCK = 1 << 22
LONGEST = 18
"""Digits that fit into 64 bits."""

SPARSEST = 8
"""Up to this many possible keys for each that is there a table is faster than sorting."""

_NEWLINE = ord("\n")


class NotPlain(Exception):
    """The file holds something else too; it is to be read cell by cell."""


def numbered_ends(
    file: Any, delimiter: str, width: int, columns: tuple[int, int], header: bool
) -> Iterator[NDArray[np.int64]]:
    """The ends of the edges, source and target in turn, a block at a time.

    Args:
        file: open for reading bytes.
        delimiter: one character.
        width: number of columns of every line.
        columns: positions of the source and the target.
        header: whether to leave out the first line.

    Time about 0.1 s for a million edges.

    Raises:
        NotPlain: a line has another number of columns, or a name is no plain number.
    """
    rest = b""
    while block := file.read(BLOCK):
        whole, newline, rest = (rest + block).rpartition(b"\n")
        if not newline and len(rest) > BLOCK:
            raise NotPlain
        if header and newline:
            whole = whole.partition(b"\n")[2]
            header = False
        if whole:
            yield _ends(whole + b"\n", delimiter, width, columns)
    if rest:
        yield _ends(rest + b"\n", delimiter, width, columns)


def in_order_of_appearance(keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], Ids]:
    """The distinct keys as they come up first, and the place of each key among them."""
    top = int(keys.max())
    if top <= SPARSEST * len(keys):
        first = np.full(top + 1, -1)
        first[keys[::-1]] = np.arange(len(keys) - 1, -1, -1)
        there = np.flatnonzero(first >= 0)
        names = there[np.argsort(first[there])]
        places = np.empty(top + 1, np.int32)
        places[names] = np.arange(len(names), dtype=np.int32)
        return names, places[keys]
    distinct, at, inverse = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(at)
    rank = np.empty(len(distinct), np.int32)
    rank[order] = np.arange(len(distinct), dtype=np.int32)
    return distinct[order], rank[inverse]


def _ends(block: bytes, delimiter: str, width: int, columns: tuple[int, int]) -> NDArray[np.int64]:
    text = np.frombuffer(block, np.uint8)
    breaks = np.flatnonzero((text == _NEWLINE) | (text == ord(delimiter)))
    if len(breaks) % width:
        raise NotPlain
    ends = breaks.reshape(-1, width)
    is_newline = text[ends] == _NEWLINE
    if not is_newline[:, -1].all() or is_newline[:, :-1].any():
        raise NotPlain
    begins = np.concatenate(([0], breaks[:-1] + 1)).reshape(-1, width)
    found = np.empty((len(ends), 2), np.int64)
    for side, column in enumerate(columns):
        found[:, side] = _numbers(text, begins[:, column], ends[:, column])
    return found.ravel()


def _numbers(
    text: NDArray[np.uint8], begins: NDArray[np.int64], ends: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The whole numbers that stand between these places, digit after digit of all at once."""
    lengths = ends - begins
    longest = int(lengths.max())
    if int(lengths.min()) < 1 or longest > LONGEST:
        raise NotPlain
    if ((text[begins] == ord("0")) & (lengths > 1)).any():
        raise NotPlain  # 007 is a name of its own
    values = np.zeros(len(begins), np.int64)
    for place in range(longest):
        there = lengths > place
        digits = text[np.where(there, begins + place, begins)].astype(np.int64) - ord("0")
        if ((digits < 0) | (digits > 9)).any():
            raise NotPlain
        values = np.where(there, values * 10 + digits, values)
    return values
