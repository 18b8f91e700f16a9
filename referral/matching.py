"""Offers and needs of the same good, brought together."""

from __future__ import annotations

import numpy as np

from graph.errors import TooExpensive
from graph.network import EdgeTable
from graph.network.csr import Positions

MATCHES = 20_000_000
"""Most pairs of an offer and a need of the same good that are looked at."""


def matches(
    offers: EdgeTable, needs: EdgeTable, offering: Positions, needing: Positions
) -> tuple[Positions, Positions]:
    """Every pair of an offer and a need of the same good by two parties.

    Raises:
        TooExpensive: there are more than `MATCHES`.
    """
    by_good = needing[np.argsort(needs.target[needing], kind="stable")]
    goods = needs.target[by_good]
    begin = np.searchsorted(goods, offers.target[offering])
    lengths = np.searchsorted(goods, offers.target[offering], side="right") - begin
    if (count := int(lengths.sum())) > MATCHES:
        raise TooExpensive(
            f"{count:,} pairs of an offer and a need of the same good, at most {MATCHES:,} are "
            "looked at; split the goods that most parties offer and need into finer ones"
        )
    offer = np.repeat(offering, lengths)
    first = np.cumsum(lengths) - lengths
    need = by_good[np.arange(count) - np.repeat(first, lengths) + np.repeat(begin, lengths)]
    two = offers.source[offer] != needs.source[need]
    return offer[two], need[two]
