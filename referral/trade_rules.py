"""The rules of agreed trades: which state may follow which, and how units are reserved."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from graph.errors import FieldProblem, shown
from graph.model import Need, Offer, Trade, Veto
from graph.model.words import TradeStatus
from graph.store import Step

PROPOSED, NEGOTIATING, AGREED, DONE, FAILED = TradeStatus

FOLLOWERS: Mapping[TradeStatus, tuple[TradeStatus, ...]] = {
    PROPOSED: (NEGOTIATING, FAILED),
    NEGOTIATING: (AGREED, FAILED),
    AGREED: (DONE, FAILED),
    DONE: (),
    FAILED: (),
}
"""What may come after each state: a trade goes one step at a time, and may fail at any."""


def trade_step(seen: Trade) -> Step:
    """The rule for moving a trade on: one step along its life cycle, from the state last seen.

    Whether units are reserved follows from `agreed_at`, which never changes once it is set: if it
    differs from what was seen, what the change gives back would be wrong.
    """

    def step(before: Trade | None, after: Trade) -> FieldProblem | None:
        if before is None:
            return None
        if after.status not in FOLLOWERS[before.status]:
            return FieldProblem("status", _no_way(before, after.status))
        if (before.agreed_at is None) != (seen.agreed_at is None):
            return FieldProblem(
                "status",
                f"trade {shown(before.key)} has become {before.status} meanwhile; read it again "
                "and repeat the step",
            )
        return None

    return step


def _no_way(trade: Trade, wanted: TradeStatus) -> str:
    was, allowed = f"trade {shown(trade.key)} is {trade.status}", FOLLOWERS[trade.status]
    if not allowed:
        return f"{was}, which is final, and cannot become {wanted}; propose a new trade"
    return f"{was} and cannot become {wanted}; use {' or '.join(allowed)}"


def units_step(before: Offer | Need | None, after: Offer | Need | None) -> FieldProblem | None:
    """Why an offer or a need may not become that: more units would be reserved than there are.

    Asked under the write lock whenever an offer or a need is written or deleted, so that two
    trades never take the same unit.
    """
    if after is None:
        return _kept(before)
    if after.reserved <= after.quantity:
        return None
    what = f"{type(after).__name__.lower()} {shown(after.key)}"
    if before is None or after.reserved == before.reserved:
        return FieldProblem(
            "quantity",
            f"{after.reserved:,} units of {what} are reserved by agreed trades; keep at least as "
            "many, or let those trades be done or fail first",
        )
    free, wanted = before.quantity - before.reserved, after.reserved - before.reserved
    return FieldProblem(
        "quantity",
        f"{what} has {free:,} of {before.quantity:,} units free, and the trade takes {wanted:,}; "
        "propose it anew with fewer, or wait for other trades to fail",
    )


def agreed_step(place: int, today: date) -> Step:
    """The rule for reserving units for a leg: its offer or need holds, and has as many free.

    Args:
        place: of the leg, from 1.
        today: it must hold on that day.
    """

    def step(before: Offer | Need | None, after: Offer | Need) -> FieldProblem | None:
        late = held_till(after, today)
        if late is not None:
            return FieldProblem("until", f"leg {place}: {late}")
        return units_step(before, after)

    return step


def held_till(wish: Offer | Need, today: date) -> str | None:
    """Why an offer or a need no longer holds on that day; None if it does."""
    if wish.until is None or wish.until >= today:
        return None
    what = f"{type(wish).__name__.lower()} {shown(wish.key)}"
    return f"{what} held till {wish.until}; ask for it to be renewed"


def vetoed(veto: Veto, today: date) -> str | None:
    """Why a veto stands against a trade on that day; None if it has ended."""
    if veto.until is not None and veto.until < today:
        return None
    return (
        f"{shown(veto.source.key)} refuses to trade with {shown(veto.target.key)}; plan again, or "
        "end that veto"
    )


def _kept(record: Any) -> FieldProblem | None:
    if not record.reserved:
        return None
    return FieldProblem(
        "key",
        f"agreed trades have reserved {record.reserved:,} units of "
        f"{type(record).__name__.lower()} {shown(record.key)}; let them be done or fail first",
    )
