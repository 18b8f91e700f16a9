from __future__ import annotations

from datetime import UTC, datetime

import pytest

from graph.model import NodeRef, Offer, Trade
from graph.model.words import TradeStatus
from referral.trade_rules import AGREED, DONE, FAILED, NEGOTIATING, PROPOSED, trade_step, units_step

STEPS = {
    (PROPOSED, NEGOTIATING),
    (PROPOSED, FAILED),
    (NEGOTIATING, AGREED),
    (NEGOTIATING, FAILED),
    (AGREED, DONE),
    (AGREED, FAILED),
}


def trade(status: TradeStatus, *, agreed: bool = False) -> Trade:
    at = datetime(2026, 5, 1, tzinfo=UTC) if agreed else None
    return Trade(key="t", status=status, value_minor=0, agreed_at=at)  # type: ignore[arg-type]


def offer(reserved: int, quantity: int) -> Offer:
    source, target = NodeRef("Contact", "a"), NodeRef("Good", "g")
    return Offer(key="o", source=source, target=target, reserved=reserved, quantity=quantity)


@pytest.mark.parametrize("before", TradeStatus)
@pytest.mark.parametrize("after", TradeStatus)
def test_a_trade_goes_one_step_at_a_time_and_may_fail_at_any(
    before: TradeStatus, after: TradeStatus
) -> None:
    problem = trade_step(trade(before))(trade(before), trade(after))

    assert (problem is None) == ((before, after) in STEPS)


def test_a_new_trade_may_stand_anywhere() -> None:
    assert trade_step(trade(DONE))(None, trade(DONE)) is None


def test_a_trade_that_has_been_agreed_since_it_was_read_is_not_failed_unseen() -> None:
    problem = trade_step(trade(NEGOTIATING))(trade(AGREED, agreed=True), trade(FAILED))

    assert problem is not None
    assert problem.message == (
        "trade 't' has become AGREED meanwhile; read it again and repeat the step"
    )


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (None, offer(0, 1), None),
        (None, offer(2, 1), "2 units of offer 'o' are reserved by agreed trades; keep at least"),
        (offer(1, 3), offer(3, 3), None),
        (offer(1, 3), offer(4, 3), "offer 'o' has 2 of 3 units free, and the trade takes 3"),
        (offer(2, 3), offer(2, 2), None),
        (offer(2, 3), offer(2, 1), "2 units of offer 'o' are reserved by agreed trades; keep at"),
        (offer(2, 3), offer(1, 2), None),
        (offer(0, 3), None, None),
        (offer(2, 3), None, "agreed trades have reserved 2 units of offer 'o'; let them be done"),
    ],
)
def test_reserved_units_never_go_beyond_those_there_are(
    before: Offer | None, after: Offer | None, message: str | None
) -> None:
    problem = units_step(before, after)

    assert (problem is None) == (message is None)
    if problem is not None and message is not None:
        assert problem.message.startswith(message)
