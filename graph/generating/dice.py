"""Chance that falls alike on every machine: only uniform numbers and exact arithmetic."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """A stream of chance for one part of the data, told by the seed and the part's name.

    `random.Random` promises the same `random()` for a text seed on every machine and in every
    later version; of its other methods, and of `math.exp`, the last digit may differ.
    """

    def __init__(self, seed: int, part: str) -> None:
        self.random = Random(f"renmai {seed} {part}").random

    def below(self, count: int) -> int:
        """A whole number from 0 to count - 1."""
        return int(self.random() * count)

    def between(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self.random() * (high - low + 1))

    def pick(self, things: Sequence[T]) -> T:
        """One of the things, all alike."""
        return things[int(self.random() * len(things))]

    def chance(self, share: float) -> bool:
        """True in that share of the cases."""
        return self.random() < share

    def normal(self) -> float:
        """About normal with mean 0 and deviation 1: three uniform numbers, doubled, centred."""
        random = self.random
        return 2.0 * (random() + random() + random()) - 3.0

    def lognormal(self, median: float, spread: float) -> float:
        """About log-normal; `spread` is the deviation of the logarithm."""
        return median * exponential(spread * self.normal())


class Weighted:
    """A choice among things of different weight."""

    def __init__(self, weights: Sequence[float]) -> None:
        self._sums = list(accumulate(weights))

    def pick(self, dice: Dice) -> int:
        """Position of the thing chosen."""
        return min(bisect_right(self._sums, dice.random() * self._sums[-1]), len(self._sums) - 1)


def exponential(x: float) -> float:
    """e to the x by squaring: to some 3 digits, but the same ones everywhere."""
    value = 1.0 + x / 1024.0
    for _ in range(10):
        value *= value
    return value
