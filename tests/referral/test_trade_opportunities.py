from __future__ import annotations

from collections import defaultdict
from datetime import date
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import TooExpensive
from graph.model import Money, NodeRef
from graph.network import EdgeArrays, Network, days, network_from_arrays
from graph.network.values import NO_DAY
from referral import matching
from referral.kernels import cycles
from referral.kernels.cycles import three_cycles, two_cycles
from referral.trade_opportunities import TradeLeg, trade_opportunities
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

    assert answer.total == 1
    (row,) = answer.items
    assert (row.rank, row.score, row.value_minor) == (1, 1700.0, 1700)
    assert row.legs == (
        TradeLeg(
            giver=AGENCY, receiver=SOFTWARE, good=good(0), value_minor=Money(500), alternatives=0
        ),
        TradeLeg(
            giver=SOFTWARE, receiver=CARS, good=good(2), value_minor=Money(300), alternatives=0
        ),
        TradeLeg(giver=CARS, receiver=AGENCY, good=good(1), value_minor=Money(900), alternatives=0),
    )


def test_two_parties_can_swap_and_stand_before_three_of_the_same_value() -> None:
    asked = trades(
        offers=[(0, 0, 10), (1, 1, 10), (2, 2, 0)],
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


def test_absurd_values_do_not_wrap_around() -> None:
    (row,) = trade_opportunities(swap(value_minor=[2**62, 2**40], quantity=[2**31 - 1] * 2)).items

    assert [leg.value_minor for leg in row.legs] == [2**60, 9 * 2**40]


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


wishes = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 9)), max_size=12)


def naive(offers: list[Wish], needs: list[Wish]) -> dict[tuple[int, ...], int]:
    """Every circle of two or three from its lowest party, with the value that moves."""
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
                found[circle] = sum(values)
    return found


@settings(deadline=None)
@given(wishes, wishes)
def test_finds_what_trying_all_circles_finds(offers: list[Wish], needs: list[Wish]) -> None:
    expected = naive(offers, needs)

    answer = trade_opportunities(trades(offers, needs), first=1000)

    found = {tuple(numbers(leg.giver for leg in r.legs)): r.value_minor for r in answer.items}
    assert found == expected
    order = sorted(expected, key=lambda c: (-expected[c], len(c), c))
    assert list(found) == order
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
