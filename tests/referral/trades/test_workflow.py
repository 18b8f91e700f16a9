from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from graph.errors import FieldProblem
from graph.model import Money, Need, NodeRef, Offer, Trade, TradeLeg
from graph.model.words import TradeStatus
from graph.store import Mode
from referral.trades.workflow import Facts, Wanted, advance, kept_legs, problems_of, propose

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def party(name: str) -> NodeRef:
    return NodeRef("Customer", name)


def facts() -> Facts:
    """a gives x to b, b gives y to a; two units of everything."""
    x, y = NodeRef("Good", "x"), NodeRef("Good", "y")
    a, b = party("a"), party("b")
    return Facts(
        offers={
            "ox": Offer(key="ox", source=a, target=x, value_minor=Money(2**40), quantity=2),
            "oy": Offer(key="oy", source=b, target=y, quantity=2),
        },
        needs={
            "nx": Need(key="nx", source=b, target=x, quantity=2),
            "ny": Need(key="ny", source=a, target=y, value_minor=Money(7), quantity=2),
        },
        vetoes=(),
        today=date(2026, 5, 1),
    )


LEGS = (Wanted("ox", "nx", 1), Wanted("oy", "ny", 2))


def test_a_proposal_is_a_trade_and_its_legs_with_what_was_read_apart() -> None:
    trade, one, two = propose("t", LEGS, facts(), note="n")

    assert (trade.kind, trade.key, trade.mode) == ("Trade", "t", Mode.CREATE)
    assert trade.values == {"chain": False, "note": "n", "plan_checksum": None}
    assert trade.derived == {"value_minor": 2**40 + 14}
    assert one.values == {
        "trade_key": "t", "position": 1, "offer_key": "ox", "need_key": "nx", "quantity": 1,
    }  # fmt: skip
    assert two.derived == {
        "giver_kind": "Customer",
        "giver_key": "b",
        "receiver_kind": "Customer",
        "receiver_key": "a",
        "good_key": "y",
        "value_minor": 14,
    }
    assert [change.step for change in (trade, one, two)] == [None] * 3


def test_the_same_proposal_names_its_legs_alike() -> None:
    first, again = propose("t", LEGS, facts()), propose("t", LEGS, facts())
    other = propose("u", LEGS, facts())

    assert [c.key for c in first] == [c.key for c in again]
    assert not {c.key for c in first} & {c.key for c in other}


def test_a_leg_that_moves_too_much_to_be_added_exactly_is_refused() -> None:
    dear = replace(facts().offers["oy"], value_minor=Money(2**49 + 1))
    found = replace(facts(), offers={**facts().offers, "oy": dear})

    problems = problems_of(LEGS, found, chain=False)

    assert problems == {
        1: FieldProblem(
            "quantity",
            "offer 'oy' moves 11258999068426.26 (2 units of 5629499534213.13); one leg may move "
            "at most 11258999068426.24: correct its value or quantity",
        )
    }
    assert problems_of((LEGS[0], Wanted("oy", "ny", 1)), found, chain=False) == {}


def test_a_wrong_leg_refuses_whatever_is_asked_of_it() -> None:
    trade, one, two = propose("t", (LEGS[0], Wanted("oy", "ny", 3)), facts())

    assert trade.step is None
    assert one.step is None
    assert two.step is not None
    problem = two.step(None, None)
    assert problem is not None
    assert problem.message.startswith("offer 'oy' has 2 of 2 units free, and the trade takes 3")


@pytest.mark.parametrize(
    ("legs", "chain", "right"), [(1, True, True), (1, False, False), (13, True, False)]
)
def test_a_chain_may_be_one_leg_long(legs: int, chain: bool, right: bool) -> None:
    found = problems_of((LEGS[0],) * legs, facts(), chain=chain)

    assert (-1 not in found) == right


def stored(**values: object) -> tuple[Trade, list[TradeLeg]]:
    trade = Trade(key="t", value_minor=Money(0), **values)  # type: ignore[arg-type]
    legs = [
        TradeLeg(
            key=f"l{place}",
            trade_key="t",
            position=place,
            giver_kind="Customer",
            giver_key="a",
            receiver_kind="Customer",
            receiver_key="b",
            offer_key=offer,
            need_key=need,
            quantity=2,
            failed=place == 2,
        )
        for place, (offer, need) in enumerate((("ox", "nx"), ("oy", None), (None, None)), 1)
    ]
    return trade, legs


@pytest.mark.parametrize(
    ("to", "agreed", "units"),
    [
        (TradeStatus.NEGOTIATING, False, {}),
        (TradeStatus.AGREED, False, {"reserved": 2}),
        (TradeStatus.DONE, True, {"reserved": -2, "quantity": -2}),
        (TradeStatus.FAILED, True, {"reserved": -2}),
        (TradeStatus.FAILED, False, {}),
    ],
)
def test_units_follow_the_state_and_deleted_wishes_are_passed_over(
    to: TradeStatus, agreed: bool, units: dict[str, int]
) -> None:
    trade, legs = stored(agreed_at=NOW if agreed else None)

    changes = advance(trade, legs, to, NOW, reason="r" if to is TradeStatus.FAILED else None)

    taken = {(c.kind, c.key): dict(c.add) for c in changes if c.kind in ("Offer", "Need")}
    names = [("Offer", "ox"), ("Need", "nx"), ("Offer", "oy")] if units else []
    assert taken == dict.fromkeys(names, units)


def test_the_time_of_a_step_is_no_part_of_what_was_asked() -> None:
    trade, legs = stored()

    agreed = advance(trade, legs, TradeStatus.AGREED, NOW)[0]
    failed = advance(trade, legs, TradeStatus.FAILED, NOW, reason="r", failed=1)

    assert (agreed.values, agreed.derived) == ({"status": "AGREED"}, {"agreed_at": NOW})
    assert failed[0].derived == {"closed_at": NOW}
    assert (failed[1].kind, failed[1].key, failed[1].values) == ("TradeLeg", "l1", {"failed": True})


def test_legs_that_failed_or_lost_their_ends_are_not_kept() -> None:
    assert kept_legs(stored()[1]) == [("ox", "nx")]
