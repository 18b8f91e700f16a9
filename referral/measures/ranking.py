"""The nodes of a measure in the order to show them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from referral.kernels.order import significant
from referral.measures.registry import Measured


def ranked(labels: Sequence[str], found: Measured, first: int | None = None) -> list[int]:
    """Places in `found.scores`, in order: by score on 12 digits, equal ones by name.

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
    values = significant(found.scores)
    known = ~np.isnan(values)
    key = values if found.lowest_first else -values
    candidates = np.flatnonzero(known)
    if first is not None and first < len(candidates):
        last = np.partition(key[candidates], first)[first]
        candidates = candidates[key[candidates] <= last]
    keys = key.tolist()
    order = sorted(candidates.tolist(), key=lambda place: (keys[place], name_key(labels[place])))
    return order[:first]


def name_key(name: str) -> tuple[bool, int, str]:
    """What names are sorted by."""
    whole = name.isascii() and name.isdecimal() and len(name) < 20
    return (not whole, int(name) if whole else 0, name)
