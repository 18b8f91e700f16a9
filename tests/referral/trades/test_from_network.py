from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pytest

from graph.errors import TooExpensive
from graph.network import EdgeArrays, Network, days, network_from_arrays
from graph.network.values import NO_DAY
from referral import matching
from referral.trades.from_network import KEPT_MARKETS, market
from referral.trades.opportunities import opportunities
from tests.referral.networks import MADE

TODAY = days(MADE.date())


def company(
    offered: Sequence[int] = (0, 0, 0, 0), needed: Sequence[int] = (0, 0, 0, 0), **more: EdgeArrays
) -> Network:
    """Two customers, two contacts, an organization; goods adverts, cars, code."""
    # positions: customers 0 agency, 1 maker; contacts 2 ann, 3 bob; organization 4 house; goods 5-7
    return network_from_arrays(
        {
            "Customer": ["agency", "maker"],
            "Contact": ["ann", "bob"],
            "Organization": ["house"],
            "Good": ["adverts", "cars", "code"],
        },
        {
            "Offer": EdgeArrays(
                [0, 1, 4, 0],
                [5, 6, 7, 7],
                columns={
                    "value_minor": [500, 900, -1, 5],
                    "quantity": [3, 1, 2, 0],
                    "reserved": offered,
                    "until": [NO_DAY, TODAY + 15, NO_DAY, NO_DAY],
                },
            ),
            "Need": EdgeArrays(
                [4, 0, 1, 3],
                [5, 6, 7, 5],
                columns={
                    "value_minor": [1, 1, 300, 1],
                    "quantity": [2, 5, 1, 1],
                    "reserved": needed,
                    "priority": [0, 2, 0, 0],
                    "until": [NO_DAY, NO_DAY, NO_DAY, TODAY - 1],
                },
            ),
            "DealRole": EdgeArrays([2], [0]),
            "Affiliation": EdgeArrays([3], [4]),
            "Account": EdgeArrays([1], [2]),
            "Tie": EdgeArrays([2, 2], [3, 3], columns={"strength": [np.nan, 0.25]}),
            **more,
        },
        columns={"region": ["east", "east", None, None, "west", None, None, None]},
        computed_at=MADE,
    )


def test_offers_and_needs_that_hold_make_arcs() -> None:
    found = market(company())
    graph = found.graph

    assert list(graph.labels) == ["Customer agency", "Customer maker", "Organization house"]
    assert list(graph.goods) == ["Good adverts", "Good cars", "Good code"]
    assert graph.labels[1:] == ["Customer maker", "Organization house"]
    assert graph.giver.tolist() == [0, 1, 2]
    assert graph.receiver.tolist() == [2, 0, 1]
    assert graph.value.tolist() == [500, 900, 300]
    assert graph.units.tolist() == [2, 1, 1]
    assert graph.worth().tolist() == [1000, 900, 300]
    assert graph.cost.tolist() == [0, 2, 0]
    assert graph.freshness.tolist() == [1.0, 0.5, 1.0]
    assert graph.offer_units[graph.offer].tolist() == [3, 1, 2]
    assert graph.need_units[graph.need].tolist() == [2, 5, 1]
    assert opportunities(graph, 3).items[0].parties == (0, 2, 1)
    assert found.wishes.need_good.tolist() == [1, 2, 0]


def test_trust_is_the_strongest_tie_between_the_people_of_two_sides() -> None:
    # ann is the agency's contact and the maker's account; bob belongs to the house
    assert market(company()).graph.trust.tolist() == [0.5, 1.0, 0.5]


def test_a_region_and_a_day_leave_parties_out() -> None:
    network = company()

    east = market(network, region="east").graph
    later = market(network, on=date(2027, 1, 1)).graph

    assert list(east.labels) == ["Customer agency", "Customer maker"]
    assert east.arcs == 1
    assert later.arcs == 2


def test_a_party_trades_with_none_that_it_vetoes_nor_with_one_that_vetoes_it() -> None:
    vetoes = EdgeArrays([4, 0], [0, 1], columns={"until": [NO_DAY, TODAY - 1]})

    assert market(company(Veto=vetoes)).graph.giver.tolist() == [1, 2]
    yesterday = market(company(Veto=vetoes), on=date.fromordinal(MADE.toordinal() - 1))
    assert yesterday.graph.labels[2] == "Contact bob"  # who needed adverts till then
    assert list(zip(yesterday.graph.giver, yesterday.graph.receiver, strict=True)) == [
        (0, 2),
        (3, 1),
    ]


def test_units_that_agreed_trades_reserve_are_not_free() -> None:
    # the agency has 2 of 3 adverts reserved, the maker its only car; the agency needs 1 more car
    graph = market(company(offered=[2, 1, 0, 0], needed=[0, 4, 0, 0])).graph

    assert graph.giver.tolist() == [0, 2]
    assert graph.units.tolist() == [1, 1]
    assert graph.offer_units.tolist() == [1, 2]


def test_those_who_give_first_are_marked_also_without_offers() -> None:
    graph = market(company(), givers=[2]).graph

    assert graph.labels[2] == "Contact ann"
    assert graph.gift.tolist() == [False, False, True, False]


def test_an_empty_network_has_an_empty_market() -> None:
    found = market(network_from_arrays({}))

    assert (len(found.graph), found.graph.arcs) == (0, 0)


def test_too_many_pairs_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "MATCHES", 1)

    with pytest.raises(TooExpensive, match="3 pairs of an offer and a need of the same good"):
        market(company())


def test_a_network_keeps_the_markets_last_asked_for() -> None:
    network = company()
    first = market(network)

    assert market(network) is first
    assert market(network, region="east") is not first
    for day in range(1, KEPT_MARKETS):
        market(network, on=date(2026, 6, day))
        assert market(network) is first
    for day in range(1, KEPT_MARKETS + 1):
        market(network, on=date(2026, 7, day))

    assert market(network) is not first
    assert len(network.derived["markets"]) == KEPT_MARKETS  # type: ignore[arg-type]
