from __future__ import annotations

from collections import defaultdict
from datetime import date
from itertools import pairwise, permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import BadInput, NotFound, TooExpensive
from graph.model import Money, NodeRef
from graph.network import EdgeArrays, Network, days, network_from_arrays
from graph.network.values import NO_DAY
from referral import matching
from referral.answers import Long
from referral.kernels import cycles
from referral.kernels.cycles import three_cycles, two_cycles
from referral.missing_links import missing_links
from referral.registry import run
from referral.trade_opportunities import CirclesOfSize, TradeOpportunity, trade_opportunities
from referral.trade_plan import trade_plan
from referral.trades import opportunities as opportunities_module
from referral.trades.answers import PossibleLeg
from tests.referral.networks import MADE, bitcoin_otc, contact, numbers, trades

Wish = tuple[int, int, int]
AGENCY, CARS, SOFTWARE = (NodeRef("Contact", f"c0000{i}") for i in range(3))


def good(number: int) -> NodeRef:
    return NodeRef("Good", f"g{number}")


def circles(asked: Network, parties: int = 3) -> list[list[int]]:
    answer = trade_opportunities(asked, max_parties=parties, first=1000)
    assert answer.total == len(answer.items)
    return [numbers(leg.giver for leg in row.legs) for row in answer.items]


def test_by_hand_the_agency_the_car_maker_and_the_software_house() -> None:
    asked = trades(
        offers=[(0, 0, 500), (1, 1, 900), (2, 2, 300)],
        needs=[(1, 2, 0), (0, 1, 0), (2, 0, 0), (3, 0, 5)],
    )

    answer = trade_opportunities(asked)

    assert (answer.total, answer.exact, answer.has_next_page) == (1, True, False)
    assert answer.by_parties == (CirclesOfSize(parties=3, count=Long(1)),)
    (row,) = answer.items
    assert (row.rank, row.value_minor, row.top_up_minor) == (1, 1700, 400)
    assert row.balance == pytest.approx(5 / 9)
    assert (row.trust, row.freshness) == (0.0, 1.0)
    assert row.score == pytest.approx(1701 * (1 + 5 / 9) / 2 * 3 / 4)
    assert row.legs == tuple(
        PossibleLeg(
            giver=giver,
            receiver=receiver,
            good=good(number),
            offer=NodeRef("Offer", str(number)),
            need=NodeRef("Need", need),
            quantity=1,
            value_minor=Money(value),
            alternatives=0,
        )
        for giver, receiver, number, need, value in (
            (AGENCY, SOFTWARE, 0, "2", 500),
            (SOFTWARE, CARS, 2, "0", 300),
            (CARS, AGENCY, 1, "1", 900),
        )
    )


def test_two_parties_can_swap_and_stand_before_three_of_the_same_score() -> None:
    asked = trades(
        offers=[(0, 0, 0), (1, 1, 0), (2, 2, 0)],
        needs=[(1, 0, 0), (0, 1, 0), (2, 1, 0), (0, 2, 0)],
    )

    assert circles(asked) == [[0, 1], [0, 1, 2]]
    assert circles(asked, parties=2) == [[0, 1]]


def test_the_most_valuable_good_of_a_leg_is_taken_and_the_others_counted() -> None:
    asked = trades(
        offers=[(0, 0, 10), (0, 1, 40), (0, 1, 30), (1, 2, 5)],
        needs=[(1, 0, 0), (1, 1, 0), (0, 2, 0)],
    )

    (row,) = trade_opportunities(asked).items

    assert row.legs[0].good == good(1)
    assert (row.legs[0].value_minor, row.legs[0].alternatives) == (40, 1)


def test_no_party_trades_with_itself() -> None:
    assert circles(trades(offers=[(0, 0, 1), (0, 1, 1)], needs=[(0, 0, 1), (0, 1, 1)])) == []


def swap(**offer: list[int]) -> Network:
    """Contacts 0 and 1 swap goods 0 and 1; the columns of the two offers as given."""
    return network_from_arrays(
        {"Contact": ["c00000", "c00001"], "Good": ["g0", "g1"]},
        {
            "Offer": EdgeArrays([0, 1], [2, 3], columns=offer),
            "Need": EdgeArrays(
                [1, 0], [2, 3], columns={"value_minor": [7, -1], "quantity": [3, 9]}
            ),
        },
        computed_at=MADE,
    )


def test_the_units_that_move_are_the_smaller_number() -> None:
    (row,) = trade_opportunities(swap(value_minor=[100, 1], quantity=[2, 20])).items

    assert [leg.value_minor for leg in row.legs] == [200, 9]


def test_an_offer_without_value_is_worth_what_the_need_says_or_is_unknown() -> None:
    (row,) = trade_opportunities(swap(value_minor=[-1, -1])).items

    assert [leg.value_minor for leg in row.legs] == [7, None]
    assert row.value_minor == 7


def test_a_leg_too_large_to_be_added_is_passed_over_and_told() -> None:
    """The offer of c00000: 3 units of it are needed."""
    largest = swap(value_minor=[2**50 // 3, 0], quantity=[2**31 - 1] * 2)
    assert trade_opportunities(largest).items[0].value_minor == 2**50 // 3 * 3
    assert trade_opportunities(largest).warnings == ()

    absurd = swap(value_minor=[2**50 // 3 + 1, 2**40], quantity=[2**31 - 1] * 2)
    for ask in (trade_opportunities, trade_plan, missing_links):
        assert ask(absurd).warnings == (
            "offer '0' moves 11258999068426.26 (3 units of 3752999689475.42); one leg may move at "
            "most 11258999068426.24: correct its value or quantity",
        )
    assert trade_opportunities(absurd).total == 0


@pytest.mark.parametrize("kind", ["offer", "need"])
def test_a_value_written_before_there_was_a_limit_blocks_nobody_else(kind: str) -> None:
    """0 and 1 swap; 2 offers, or needs, something of an absurd value."""
    rows = {"offer": [(0, 0, 5), (1, 1, 5)], "need": [(1, 0, 0), (0, 1, 0)]}
    rows[kind].append((2, 2, 2**63 - 1))
    asked = trades(offers=rows["offer"], needs=rows["need"])

    for ask in (trade_opportunities, trade_plan, missing_links):
        assert ask(asked).warnings == (
            f"{kind} '2' was passed over: its value is 92233720368547758.07, at most "
            "11258999068426.24 can be added exactly; correct it",
        )
    assert trade_opportunities(asked).total == 1
    assert trade_plan(asked).parties == 2


def test_a_leg_is_too_large_by_the_need_where_the_offer_has_no_value() -> None:
    asked = network_from_arrays(
        {"Contact": ["c00000", "c00001"], "Good": ["g0", "g1"]},
        {
            "Offer": EdgeArrays(
                [0, 1], [2, 3], columns={"value_minor": [-1, 1], "quantity": [3, 3]}
            ),
            "Need": EdgeArrays(
                [1, 0], [2, 3], columns={"value_minor": [2**49, -1], "quantity": [3, 3]}
            ),
        },
        computed_at=MADE,
    )

    (told,) = trade_opportunities(asked).warnings

    assert told.startswith("need '0' moves 16888498602639.36 (3 units of 5629499534213.12); one")


def test_of_values_too_large_together_the_largest_are_passed_over() -> None:
    """Eight legs of 2**50 are 2**53."""
    many = ring(3, 2**50)
    assert trade_opportunities(many).warnings == ()

    found = trade_opportunities(ring(4, 2**50))

    assert found.total == 3
    assert found.warnings == (
        "12 possible legs move 135107988821114.88 together, at most 90071992547409.92 can be "
        "added exactly, so the largest were passed over; correct these or ask for one region",
        "offer '2' moves 11258999068426.24 and was passed over",
        "offer '3' moves 11258999068426.24 and was passed over",
    )


def test_nothing_moves_of_zero_units() -> None:
    assert circles(swap(quantity=[0, 1])) == []


def test_an_offer_holds_through_its_last_day() -> None:
    asked = swap(until=[days(date(2026, 5, 1)), NO_DAY])

    assert trade_opportunities(asked).total == 1  # the graph's day
    assert trade_opportunities(asked, on=date(2026, 5, 1)).total == 1
    assert trade_opportunities(asked, on=date(2026, 5, 2)).total == 0


def test_goods_that_everybody_offers_and_needs_are_refused_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(matching, "MATCHES", 1)

    with pytest.raises(TooExpensive, match=r"2 pairs of an offer and a need.*split the goods"):
        trade_opportunities(swap())


def ring(size: int, value: int = 10) -> Network:
    """Contacts around: each offers its own good, and all others need it."""
    return trades(
        offers=[(i, i, value) for i in range(size)],
        needs=[(j, i, 0) for i in range(size) for j in range(size) if i != j],
    )


def test_circles_of_up_to_five_are_counted_by_the_number_of_parties() -> None:
    answer = trade_opportunities(ring(5), max_parties=5)

    assert [(c.parties, c.count) for c in answer.by_parties] == [(2, 10), (3, 20), (4, 30), (5, 24)]
    assert answer.total == 84


def test_pages_follow_each_other_without_a_gap_or_a_repetition() -> None:
    asked = ring(4)
    whole = trade_opportunities(asked, max_parties=4, first=100)
    assert whole.total == len(whole.items) == 20

    seen: list[TradeOpportunity] = []
    after = None
    while True:
        page = trade_opportunities(asked, max_parties=4, first=6, after=after)
        assert page.total == 20
        seen += page.items
        if not page.has_next_page:
            break
        after = page.end_cursor

    assert tuple(seen) == whole.items
    beyond = trade_opportunities(asked, max_parties=4, after=page.end_cursor)
    assert (beyond.items, beyond.end_cursor, beyond.has_next_page) == ((), None, False)


@pytest.mark.parametrize("cursor", ["", "x", "bm8", "WzEsMl0", "WzEsICIweDEiLCBbIkEiLCAiYiJdXQ"])
def test_a_cursor_that_is_none_is_refused(cursor: str) -> None:
    with pytest.raises(BadInput, match="after: the cursor"):
        trade_opportunities(ring(3), after=cursor)


def test_a_cursor_whose_party_is_gone_leads_nowhere() -> None:
    cursor = trade_opportunities(ring(4)).items[-1].cursor
    assert cursor

    with pytest.raises(BadInput, match="leads nowhere any more; begin at the first page"):
        trade_opportunities(ring(3), max_parties=3, after=cursor)


def test_only_circles_of_a_party_or_of_a_good_are_asked_for() -> None:
    asked = ring(4)

    of_two = trade_opportunities(asked, party=contact(2), first=1000)
    of_good = trade_opportunities(asked, good="g3", first=1000)

    assert of_two.total == len(of_two.items) == 3 + 6
    assert all(2 in numbers(leg.giver for leg in row.legs) for row in of_two.items)
    assert of_good.total == 9
    assert all(good(3) in [leg.good for leg in row.legs] for row in of_good.items)


def test_a_party_or_a_good_without_part_in_trade_has_no_circles() -> None:
    assert trade_opportunities(ring(3), party=contact(4)).total == 0
    assert trade_opportunities(ring(3), good="g4").total == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"party": contact(77)}, "there is no Contact 'c00077'"),
        ({"good": "nothing"}, "there is no Good 'nothing'"),
    ],
)
def test_a_party_or_a_good_that_is_not_there_is_an_error(
    arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(NotFound, match=message):
        trade_opportunities(ring(3), **arguments)


def test_circles_below_a_value_or_a_trust_are_left_out() -> None:
    asked = ring(3)

    assert trade_opportunities(asked, min_value_minor=Money(20)).total == 5
    assert trade_opportunities(asked, min_value_minor=Money(21)).total == 2
    assert trade_opportunities(asked, min_trust=0.1).total == 0


def test_what_was_found_till_time_is_over_is_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opportunities_module, "_STEPS", 1)

    answer = trade_opportunities(ring(5), max_parties=5, time_limit_s=1e-9)

    assert not answer.exact
    assert answer.total < 84


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"max_parties": 0}, "max_parties"),
        ({"max_parties": 99}, "max_parties"),
        ({"min_value_minor": -1}, "min_value_minor"),
        ({"min_value_minor": 2**63}, "min_value_minor"),
        ({"min_trust": 1.5}, "min_trust"),
        ({"first": 0}, "first"),
        ({"party": "c1"}, "party"),
        ({"party": {"kind": "Good", "key": "g1"}}, "party"),
        ({"party": "contact:"}, "party"),
        ({"party": 7}, "party"),
        ({"time_limit_s": 0}, "time_limit_s"),
    ],
)
def test_wrong_arguments_are_named(arguments: dict[str, Any], problem: str) -> None:
    with pytest.raises(BadInput) as caught:
        run("trade_opportunities", ring(3), arguments)

    assert [p.field for p in caught.value.problems] == [problem]


wishes = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 9)), max_size=12)


def naive(offers: list[Wish], needs: list[Wish]) -> dict[tuple[int, ...], list[int]]:
    """Every circle of two or three from its lowest party, with the values that move."""
    legs: dict[tuple[int, int], int] = defaultdict(lambda: -1)
    for giver, offered, value in offers:
        for receiver, needed, _ in needs:
            if offered == needed and giver != receiver:
                legs[giver, receiver] = max(legs[giver, receiver], value)
    found = {}
    for size in (2, 3):
        for circle in permutations(range(5), size):
            values = [legs[a, b] for a, b in zip(circle, circle[1:] + circle[:1], strict=True)]
            if circle[0] == min(circle) and min(values) >= 0:
                found[circle] = values
    return found


def rank(circle: tuple[int, ...], values: list[int]) -> tuple[float, int, tuple[int, ...]]:
    """The documented order: score, then fewer parties, then lower keys."""
    top_up = max(0, *(got - given for got, given in pairwise([values[-1], *values])))
    balance = 1 - top_up / max(values) if max(values) else 1.0
    return -(sum(values) + 1) * (0.5 + 0.5 * balance) * 0.75, len(circle), circle


@settings(deadline=None)
@given(wishes, wishes)
def test_finds_what_trying_all_circles_finds(offers: list[Wish], needs: list[Wish]) -> None:
    expected = naive(offers, needs)

    answer = trade_opportunities(trades(offers, needs), first=1000)

    found = {tuple(numbers(leg.giver for leg in r.legs)): r.value_minor for r in answer.items}
    assert found == {circle: sum(values) for circle, values in expected.items()}
    assert list(found) == sorted(expected, key=lambda c: rank(c, expected[c]))
    cut = trade_opportunities(trades(offers, needs), first=2)
    assert cut.items == answer.items[:2]
    assert cut.total == len(expected)


def test_each_leg_is_an_offer_and_a_need() -> None:
    asked = trades(offers=[(0, 0, 1), (1, 1, 1)], needs=[(1, 0, 1), (0, 1, 1)])

    (row,) = trade_opportunities(asked).items

    assert [(leg.giver, leg.receiver) for leg in row.legs] == [
        (contact(0), contact(1)),
        (contact(1), contact(0)),
    ]


def test_the_trust_network_has_the_known_numbers_of_cycles(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rated = bitcoin_otc(shared_data).edges["Referral"]
    monkeypatch.setattr(cycles, "BATCH", 1_000)

    batches = list(three_cycles(rated.forward, rated.backward))

    assert sum(len(batch) for batch in batches) == 38_581
    assert len(batches) > 10
    assert len({tuple(row) for batch in batches for row in batch.tolist()}) == 38_581
    assert len(two_cycles(rated.source, rated.target)) == 14_100
