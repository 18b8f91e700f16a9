"""Ranking: a total order that does not depend on rounding or on the order of writing."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

SHARE = 1e-9
"""Floats that differ by less than this share of themselves are equal.

Sums differ in the last digits with the order of adding, and a kernel that goes on until all
errors together are under 1e-13 gives two parties with the same place numbers that differ in the
11th or 12th digit.
"""


def level(scores: NDArray[Any], blur: float = 0.0) -> NDArray[Any]:
    """The scores, equal ones made the same; whole numbers as they are.

    Args:
        scores: (n,) of any sign; NaN stays NaN.
        blur: scores nearer than this share of the greatest are equal too: what a kernel may be
            off by whatever the score.

    Sorted, a score that is near enough to the one before is equal to it, so that no two near
    scores can lie on both sides of a border, as they can when each is rounded; each becomes the
    lowest of those equal to it. Time O(n log n).
    """
    if not np.issubdtype(scores.dtype, np.floating) or not len(scores):
        return scores
    order = np.argsort(scores)
    sorted_ = scores[order]
    size = np.abs(sorted_)
    greatest = np.max(size, initial=0.0, where=np.isfinite(size))
    with np.errstate(invalid="ignore"):
        near = np.diff(sorted_) <= np.maximum(
            SHARE * np.minimum(size[1:], size[:-1]), blur * greatest
        )
    near |= sorted_[1:] == sorted_[:-1]  # two infinities
    first = np.concatenate(([0], np.flatnonzero(~near) + 1))
    levels = np.empty_like(scores)
    levels[order] = np.repeat(sorted_[first], np.diff(first, append=len(scores)))
    return levels


def best(levels: NDArray[Any], candidates: NDArray[np.int64], first: int) -> NDArray[np.int64]:
    """The `first` best of the candidates, best first; among equals the lower id.

    Args:
        levels: (n,) scores by id, as `level` gives them.
        candidates: ascending ids.
        first: how many.

    Time O(c + k log k) for c candidates, plus the ties at the last place.
    """
    values = levels[candidates]
    if first < len(values):
        last = np.partition(values, len(values) - first)[len(values) - first]
        within = values >= last
        candidates, values = candidates[within], values[within]
    return candidates[np.argsort(-values, kind="stable")][:first]
