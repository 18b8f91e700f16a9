"""How large amounts may be, so that sums of them stay exact."""

from __future__ import annotations

from graph.errors import shown
from graph.model.fields import LARGEST_VALUE, show_money

LARGEST_AMOUNT = LARGEST_VALUE
"""What one leg moves, or debts are together, is at most this: some of them still add exactly."""

LARGEST_TOTAL = 2**53
"""What all legs move together stays below this, so that floats add it exactly."""


def moves(kind: str, key: str, value: int, units: int) -> str:
    """What a leg moves, in words: by the offer or the need that says its value.

    Args:
        kind: of the edge.
        key: its key.
        value: of a unit, in minor units.
        units: that move.
    """
    of = f" ({units:,} units of {show_money(value)})" if units > 1 else ""
    return f"{kind.lower()} {shown(key)} moves {show_money(value * units)}{of}"


def too_much(kind: str, key: str, value: int, units: int) -> str | None:
    """Why a leg moves too much; None if it does not."""
    if value * units <= LARGEST_AMOUNT:
        return None
    return (
        f"{moves(kind, key, value, units)}; one leg may move at most "
        f"{show_money(LARGEST_AMOUNT)}: correct its value or quantity"
    )
