"""Sorted rows with some taken out and some put in, without sorting again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graph.network.csr import Positions
from graph.network.texts import Texts, frozen_texts


@dataclass(frozen=True, slots=True, eq=False)
class Merge:
    """Where rows stand once some have gone and others have come in between.

    Attributes:
        moved: (n,) new place of every old row; -1 = gone.
        fresh: (k,) places of the new rows.
    """

    moved: Positions
    fresh: Positions

    @property
    def size(self) -> int:
        """Number of rows afterwards."""
        return int((self.moved >= 0).sum()) + len(self.fresh)

    def column(self, old: NDArray[Any], new: NDArray[Any]) -> NDArray[Any]:
        """A column of the rows afterwards, read-only, of the old one's type."""
        made = np.empty(self.size, old.dtype)
        kept = self.moved >= 0
        made[self.moved[kept]] = old[kept]
        made[self.fresh] = new
        made.flags.writeable = False
        return made

    def texts(self, old: Texts, new: Texts) -> Texts:
        """A column of texts of the rows afterwards; time O(n) of which little is Python."""
        lengths = self.column(np.diff(old.starts), np.diff(new.starts))
        starts = np.zeros(len(lengths) + 1, np.int64)
        np.cumsum(lengths, out=starts[1:])
        made = np.empty(int(starts[-1]), np.uint8)
        for first, last in self._runs():
            begin, end = old.starts[first], old.starts[last]
            place = starts[self.moved[first]]
            made[place : place + end - begin] = old.bytes[begin:end]
        for number, row in enumerate(self.fresh.tolist()):
            made[starts[row] : starts[row + 1]] = new.bytes[
                new.starts[number] : new.starts[number + 1]
            ]
        return frozen_texts(starts, made)

    def _runs(self) -> list[tuple[int, int]]:
        """First old row, and the one after the last, of every run that stays together."""
        kept = np.flatnonzero(self.moved >= 0)
        if not len(kept):
            return []
        breaks = np.flatnonzero((np.diff(kept) != 1) | (np.diff(self.moved[kept]) != 1)) + 1
        first = kept[np.concatenate(([0], breaks))]
        last = kept[np.append(breaks, len(kept)) - 1] + 1
        return list(zip(first.tolist(), last.tolist(), strict=True))


def merge(gone: NDArray[np.bool_], before: Positions) -> Merge:
    """Takes rows out and puts new ones in.

    Args:
        gone: (n,) mask of the old rows that go.
        before: (k,) for each new row, how many of the rows that stay come before it, ascending.
    """
    kept = np.cumsum(~gone) - 1
    come = np.cumsum(np.bincount(before, minlength=len(gone) + 1)) if len(before) else None
    place = kept if come is None else kept + come[np.maximum(kept, 0)]
    return Merge(np.where(gone, -1, place), before + np.arange(len(before)))
