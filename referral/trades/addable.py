"""Which offers, needs and legs of a market are small enough that their values add exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from graph.errors import shown
from graph.model.fields import show_money
from graph.network import EdgeTable, Network
from referral.trades.amounts import LARGEST_AMOUNT, LARGEST_TOTAL, moves, too_much
from referral.trades.want_graph import Longs

MOST_WARNINGS = 20
"""So many offers and needs that were passed over are named."""

MOST_LOOKED_AT = 200
"""So many legs that were passed over are looked at for their names."""


def free_units(table: EdgeTable, rows: Longs) -> Longs:
    """Units of these offers or needs that no agreed trade has reserved."""
    units: Longs = table.columns["quantity"][rows] - table.columns["reserved"][rows]
    return units


def values(network: Network, offer: Longs, need: Longs) -> tuple[Longs, Longs]:
    """Value of a unit, -1 where it is not known, and the units that can move at once."""
    offers, needs = network.edges["Offer"], network.edges["Need"]
    offered, needed = offers.columns["value_minor"][offer], needs.columns["value_minor"][need]
    units = np.minimum(free_units(offers, offer), free_units(needs, need))
    return np.where(offered >= 0, offered, needed), units


def bearable(kind: str, table: EdgeTable, rows: Longs) -> tuple[Longs, list[str]]:
    """The offers or needs whose value can be added, and what is told of the others.

    None of these is written any more, but they may have been before there was a limit.
    """
    values = table.columns["value_minor"][rows]
    fine = values <= LARGEST_AMOUNT
    keys = table.keys.take(rows[~fine])
    told = [
        f"{kind.lower()} {shown(key)} was passed over: its value is {show_money(value)}, at most "
        f"{show_money(LARGEST_AMOUNT)} can be added exactly; correct it"
        for key, value in zip(keys, values[~fine].tolist(), strict=True)
    ]
    return rows[fine], told


def addable(network: Network, offer: Longs, need: Longs) -> tuple[NDArray[np.bool_], list[str]]:
    """Mask of the legs that can be added exactly, smallest first, and what is told of others."""
    value, units = values(network, offer, need)
    worth = np.maximum(value, 0).astype(np.float64) * units
    fits = worth <= LARGEST_AMOUNT
    told = _told(network, offer, need, np.flatnonzero(~fits), None)
    if worth[fits].sum() >= LARGEST_TOTAL:
        order = np.argsort(np.where(fits, worth, np.inf), kind="stable")
        many = order[np.cumsum(worth[order]) >= LARGEST_TOTAL]
        many = many[fits[many]]
        together = (
            f"{int(fits.sum()):,} possible legs move {show_money(int(worth[fits].sum()))} "
            f"together, at most {show_money(LARGEST_TOTAL)} can be added exactly, so the largest "
            "were passed over; correct these or ask for one region"
        )
        told += [together, *_told(network, offer, need, many, "was passed over")]
        fits[many] = False
    return fits, told


def _told(network: Network, offer: Longs, need: Longs, legs: Longs, short: str | None) -> list[str]:
    """What is told of each offer or need that makes these legs too large, once for each.

    Args:
        network: where they are.
        offer, need: of every leg.
        legs: which.
        short: what is said of a leg that is not too large alone.
    """
    value, units = values(network, offer[legs], need[legs])
    told: dict[tuple[str, str], str] = {}
    offers, needs = network.edges["Offer"], network.edges["Need"]
    offered = offers.columns["value_minor"][offer[legs]] >= 0
    for at in range(min(len(legs), MOST_LOOKED_AT)):
        kind, table, rows = ("Offer", offers, offer) if offered[at] else ("Need", needs, need)
        (key,) = table.keys.take(rows[legs[[at]]])
        alone = too_much(kind, key, int(value[at]), int(units[at]))
        what = moves(kind, key, int(value[at]), int(units[at]))
        told.setdefault((kind, key), f"{what} and {short}" if short else f"{alone}")
    more = len(legs) - MOST_LOOKED_AT
    return [*told.values(), *([f"and {more:,} legs more"] if more > 0 else [])]


def first_of(told: Sequence[str]) -> tuple[str, ...]:
    """The first warnings, and how many there are more."""
    more = len(told) - MOST_WARNINGS
    return (*told[:MOST_WARNINGS], *([f"and {more:,} more"] if more > 0 else []))
