"""Ranking: a total order that does not depend on rounding or on the order of writing."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

DIGITS = 12
"""Significant digits that count when scores are compared."""


def significant(scores: NDArray[Any]) -> NDArray[Any]:
    """Floats rounded to 12 significant digits; whole numbers as they are.

    Sums of floats differ in the last digits with the order of adding; rounded, equal scores
    are equal.
    """
    if not np.issubdtype(scores.dtype, np.floating):
        return scores
    size = np.where(scores == 0, 1.0, np.abs(scores))
    places = np.clip(DIGITS - 1 - np.floor(np.log10(size)), -300, 300)
    scale = 10.0**places
    rounded: NDArray[Any] = np.round(scores * scale) / scale
    return rounded


def best(scores: NDArray[Any], candidates: NDArray[np.int64], first: int) -> NDArray[np.int64]:
    """The `first` best of the candidates, best first; among equals the lower id.

    Args:
        scores: (n,) by id.
        candidates: ascending ids.
        first: how many.

    Time O(c + k log k) for c candidates, plus the ties at the last place.
    """
    values = significant(scores[candidates])
    if first < len(values):
        last = np.partition(values, len(values) - first)[len(values) - first]
        within = values >= last
        candidates, values = candidates[within], values[within]
    return candidates[np.argsort(-values, kind="stable")][:first]
