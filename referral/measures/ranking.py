"""The nodes of a measure in the order to show them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from referral.kernels.order import level
from referral.measures.graph import name_key
from referral.measures.registry import Measured


def ranked(labels: Sequence[str], found: Measured, first: int | None = None) -> list[int]:
    """Places in `found.scores`, in order: by score, equal ones by name.

    Args:
        labels: the nodes' names by position.
        found: what a measure said.
        first: at most so many; None = all.

    Names that are whole numbers stand in order of the numbers, before the others. So the order
    does not depend on that of the lines in the file.
    """
    if found.scores is None:
        return []
    if found.nodes is not None:
        return list(range(len(found.nodes)))[:first]
    values = level(found.scores, found.blur)
    known = ~np.isnan(values)
    key = values if found.lowest_first else -values
    candidates = np.flatnonzero(known)
    if first is not None and first < len(candidates):
        last = np.partition(key[candidates], first)[first]
        candidates = candidates[key[candidates] <= last]
    keys = key.tolist()
    order = sorted(candidates.tolist(), key=lambda place: (keys[place], name_key(labels[place])))
    return order[:first]
