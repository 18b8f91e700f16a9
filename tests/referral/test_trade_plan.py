from __future__ import annotations

import math
import threading
import time
from typing import Any

import numpy as np
import pytest

from graph.errors import BadInput, NotFound, TimedOut
from graph.model import NodeRef
from graph.network import EdgeArrays, Network, network_from_arrays
from referral.allowance import allowing, stoppable_clock
from referral.kernels.budget import Budget
from referral.registry import run
from referral.trade_plan import LegChance, LegKeys, trade_plan
from referral.trades.explain import Reason
from referral.trades.plan_answer import TradePlan
from referral.trades.plan_types import Capacity, Goal, Objective
from referral.trades.warming import warm
from tests.referral.networks import MADE, contact, contacts, numbers, trades


@pytest.fixture(autouse=True, scope="module")
def _warmed() -> None:
    """Kernels and solvers are loaded before a plan's time begins, as in a server."""
    warm()


def ring(size: int, value: int = 10) -> Network:
    """Contacts around: each offers its own good, which the next needs."""
    return trades(
        offers=[(i, i, value + i) for i in range(size)],
        needs=[((i + 1) % size, i, 0) for i in range(size)],
    )


def two_circles() -> Network:
    """0, 1 and 2 go around; 0 and 3 could swap instead. Four goods, each of its contact."""
    return trades(
        offers=[(0, 0, 10), (1, 1, 10), (2, 2, 10), (3, 3, 90)],
        needs=[(1, 0, 0), (2, 1, 0), (0, 2, 0), (3, 0, 0), (0, 3, 0)],
    )


def market(
    quantities: list[int], offers: list[tuple[int, int]], needs: list[tuple[int, int]]
) -> Network:
    """Three contacts and three goods; units of each offer, one value for all."""
    columns = {"quantity": quantities, "value_minor": [7] * len(quantities)}
    many = {"quantity": [9] * len(needs)}
    return network_from_arrays(
        {"Contact": contacts(3), "Good": ["g0", "g1", "g2"]},
        {
            "Offer": EdgeArrays(
                [a for a, _ in offers], [3 + g for _, g in offers], columns=columns
            ),
            "Need": EdgeArrays([a for a, _ in needs], [3 + g for _, g in needs], columns=many),
        },
        computed_at=MADE,
    )


def circles(found: TradePlan) -> list[list[int]]:
    return [numbers(leg.giver for leg in trade.legs) for trade in found.trades]


def test_more_parties_come_before_more_value() -> None:
    found = trade_plan(two_circles())

    assert circles(found) == [[0, 1, 2]]
    assert (found.legs, found.parties, found.value_minor) == (3, 3, 30)
    assert (found.optimal, found.bound, found.gap) == (True, 3.0, 0.0)
    assert [(level.goal, level.value, level.proven) for level in found.levels] == [
        (Goal.TRADES, 3.0, True),
        (Goal.SHORTER_CYCLES, -9.0, True),
        (Goal.VALUE, 30.0, True),
        (Goal.EMBEDDED_SWAPS, 0.0, True),
    ]


def test_value_comes_first_where_it_is_asked_for() -> None:
    found = trade_plan(two_circles(), objective=Objective.VALUE)

    assert circles(found) == [[0, 3]]
    assert (found.value_minor, found.levels[0].goal) == (100, Goal.VALUE)


def test_a_circle_counts_only_if_all_its_legs_hold() -> None:
    unsure = (LegChance(giver=contact(3), receiver=contact(0), chance=0.2),)

    found = trade_plan(two_circles(), objective=Objective.EXPECTED, chance=0.9, chances=unsure)

    assert circles(found) == [[0, 1, 2]]
    assert found.expected == pytest.approx(30 * 0.9**3)
    sure = trade_plan(two_circles(), objective=Objective.EXPECTED, chance=0.9)
    assert circles(sure) == [[0, 3]]
    assert sure.expected == pytest.approx(100 * 0.9**2)


def test_longer_circles_than_allowed_are_not_planned() -> None:
    asked = ring(5)

    assert circles(trade_plan(asked)) == []
    assert circles(trade_plan(asked, max_parties=5)) == [[0, 1, 2, 3, 4]]
    assert circles(trade_plan(asked, max_parties=None)) == [[0, 1, 2, 3, 4]]


def test_units_are_used_as_often_as_there_are() -> None:
    asked = market([2, 1, 5], [(0, 0), (1, 1), (2, 2)], [(1, 0), (0, 1), (2, 0), (0, 2)])

    once = trade_plan(asked)
    often = trade_plan(asked, capacity=Capacity.UNITS)

    assert (once.legs, once.parties) == (2, 2)
    assert (often.legs, often.parties) == (4, 3)
    assert sorted(circles(often)) == [[0, 1], [0, 2]]
    assert [leg.quantity for trade in often.trades for leg in trade.legs] == [1, 1, 1, 1]
    assert often.value_minor == 28


def test_payments_by_units_are_of_the_units_that_move() -> None:
    asked = market([4, 4, 1], [(0, 0), (1, 1), (2, 2)], [(1, 0), (0, 1)])

    (trade,) = trade_plan(asked, capacity=Capacity.UNITS).trades

    assert [leg.quantity for leg in trade.legs] == [trade.times, trade.times]
    assert trade_plan(asked, capacity=Capacity.UNITS).payments == ()


def test_who_got_more_than_it_gave_pays_the_difference() -> None:
    (one,) = trade_plan(two_circles(), objective=Objective.VALUE).payments

    assert (one.payer, one.payee, one.amount_minor) == (contact(0), contact(3), 80)


def test_a_gift_begins_a_chain() -> None:
    asked = trades(offers=[(0, 0, 5), (1, 1, 5)], needs=[(1, 0, 0), (2, 1, 0)])

    assert trade_plan(asked).trades == ()
    (trade,) = trade_plan(asked, givers=(contact(0),)).trades
    assert trade.chain
    assert numbers(leg.receiver for leg in trade.legs) == [1, 2]
    (short,) = trade_plan(asked, givers=(contact(0),), max_chain=1).trades
    assert numbers(leg.receiver for leg in short.legs) == [1]
    (free,) = trade_plan(asked, givers=(contact(0),), max_parties=None).trades
    assert numbers(leg.receiver for leg in free.legs) == [1, 2]


@pytest.mark.parametrize("objective", list(Objective))
def test_a_length_of_chains_that_cannot_be_kept_is_refused(objective: Objective) -> None:
    asked = trades(offers=[(0, 0, 5), (1, 1, 5)], needs=[(1, 0, 0), (2, 1, 0)])

    with pytest.raises(BadInput) as refused:
        trade_plan(asked, givers=(contact(0),), max_parties=None, max_chain=1, objective=objective)

    assert str(refused.value) == (
        "max_chain 1: without a limit on circles, chains have none either; give max_parties 2 to "
        "5 as well, or leave max_chain out"
    )
    found = trade_plan(asked, givers=(contact(0),), max_parties=None, max_chain=0)
    assert found.trades == ()


@pytest.mark.parametrize("most", [3, None])
def test_who_could_trade_only_around_a_giver_is_told_so(most: int | None) -> None:
    """0, 1 and 2 go around; 0 gives first."""
    found = trade_plan(ring(3), givers=(contact(0),), max_parties=most, max_chain=0, costs=True)

    assert found.trades == ()
    assert [(numbers([row.party]), row.reason, row.explanation) for row in found.left_out] == [
        (
            [n],
            Reason.THROUGH_GIVER,
            "its circles go through one who gives first and asks nothing back",
        )
        for n in (1, 2)
    ]


def test_whom_only_a_chain_reaches_competes() -> None:
    """0 gives to 1 or to 2; 1 passes on to 3, so two trade that way."""
    asked = trades(offers=[(0, 0, 5), (1, 1, 5)], needs=[(1, 0, 0), (2, 0, 0), (3, 1, 0)])

    (row,) = trade_plan(asked, givers=(contact(0),), costs=True).left_out

    assert (numbers([row.party]), row.reason, row.winners) == ([2], Reason.COMPETING, (1,))
    assert row.explanation == "a chain could come to it, but others won"
    assert row.can_be_forced
    assert row.cost[0].loss == 1.0


def test_a_forced_party_trades_and_its_cost_is_told() -> None:
    asked = two_circles()

    plain = trade_plan(asked, costs=True)
    forced = trade_plan(asked, forced=(contact(3),))

    (left,) = plain.left_out
    assert (left.party, left.reason, left.can_be_forced) == (contact(3), "COMPETING", True)
    assert left.winners == (1,)
    assert left.explanation == "it is on circles, but others won (1 circle)"
    assert [(c.goal, c.loss) for c in left.cost] == [
        (Goal.TRADES, 1.0),
        (Goal.SHORTER_CYCLES, -5.0),
        (Goal.VALUE, -70.0),
        (Goal.EMBEDDED_SWAPS, 0.0),
    ]
    assert circles(forced) == [[0, 3]]
    assert trade_plan(asked).left_out[0].can_be_forced is None


def test_each_reason_for_being_left_out_is_told() -> None:
    asked = trades(
        offers=[(0, 0, 5), (1, 1, 50), (2, 2, 5), (4, 3, 5)],
        needs=[(1, 0, 0), (0, 1, 0), (3, 1, 0), (1, 2, 0), (0, 3, 0), (4, 0, 0)],
    )

    found = trade_plan(asked)

    assert circles(found) == [[0, 1]]
    assert [(numbers([x.party])[0], x.reason) for x in found.left_out] == [
        (2, "NEEDS_NOTHING"),
        (3, "OFFERS_NOTHING"),
        (4, "COMPETING"),
    ]
    assert found.left_out_total == 3
    assert trade_plan(asked, explain=1).left_out == found.left_out[:1]
    assert trade_plan(asked, explain=0).left_out == ()


def test_who_finds_no_match_is_told_on_which_side() -> None:
    asked = trades(
        offers=[(0, 0, 5), (1, 1, 5), (2, 2, 5), (3, 1, 5)],
        needs=[(1, 0, 0), (0, 1, 0), (2, 0, 0), (3, 3, 0)],
    )

    found = trade_plan(asked)

    assert [(numbers([x.party])[0], x.reason) for x in found.left_out] == [
        (2, "NOT_WANTED"),
        (3, "NOTHING_FITS"),
    ]


def test_whom_a_veto_or_the_question_itself_keeps_out_is_told_so() -> None:
    """0 and 1 swap; 1 refuses 0, or the leg of 0 is left out."""
    wishes = {
        "Offer": EdgeArrays([0, 1], [2, 3]),
        "Need": EdgeArrays([1, 0], [2, 3]),
    }
    nodes = {"Contact": ["c00000", "c00001"], "Good": ["g0", "g1"]}
    refused = network_from_arrays(nodes, {**wishes, "Veto": EdgeArrays([1], [0])}, computed_at=MADE)

    assert [x.reason for x in trade_plan(refused).left_out] == ["VETOED", "VETOED"]
    plain = network_from_arrays(nodes, wishes, computed_at=MADE)
    without = trade_plan(plain, without=(LegKeys(offer="0", need="0"),))
    assert [x.reason for x in without.left_out] == ["EXCLUDED", "EXCLUDED"]


@pytest.mark.parametrize("cap", [3, None])
def test_of_forced_parties_those_that_cannot_trade_are_named(cap: int | None) -> None:
    """0 and 1 swap, and 2 gives to 0, who gives nothing back."""
    asked = trades(
        offers=[(0, 0, 5), (1, 1, 50), (2, 2, 5)],
        needs=[(1, 0, 0), (0, 1, 0), (0, 2, 0)],
    )

    with pytest.raises(BadInput, match="forced: Contact c00002 can't trade, being on no circle"):
        trade_plan(asked, forced=(contact(0), contact(2)), max_parties=cap)


@pytest.mark.parametrize("what", ["keep", "without"])
def test_unknown_legs_are_named(what: str) -> None:
    for leg, message in (
        (LegKeys(offer="nope", need="0"), f"{what}: there is no Offer 'nope'; check its key"),
        (LegKeys(offer="0", need="nope"), f"{what}: there is no Need 'nope'; check its key"),
    ):
        with pytest.raises(NotFound) as refused:
            trade_plan(two_circles(), **{what: (leg,)})  # type: ignore[arg-type]
        assert str(refused.value) == message


def test_a_region_in_which_nobody_is_recorded_is_named() -> None:
    asked = network_from_arrays(
        {"Contact": ["c00000"]}, {}, columns={"region": ["east"]}, computed_at=MADE
    )

    assert trade_plan(asked, region="east").parties == 0
    with pytest.raises(NotFound, match="nobody is recorded in region 'Mars'"):
        trade_plan(asked, region="Mars")


def test_a_plan_that_nobody_waits_for_stops_and_is_no_answer() -> None:
    cancel = threading.Event()
    cancel.set()

    with allowing(Budget(60, cancel)), pytest.raises(TimedOut, match="tradePlan was cancelled"):
        trade_plan(two_circles())


def test_time_stands_at_its_end_once_a_search_is_told_to_stop() -> None:
    cancel = threading.Event()
    with allowing(Budget(60, cancel)):
        clock = stoppable_clock()

    assert clock() < math.inf
    cancel.set()
    assert clock() == math.inf


def test_who_is_on_no_circle_of_so_few_is_told_so() -> None:
    found = trade_plan(ring(5))

    assert {x.reason for x in found.left_out} == {"NO_CIRCLE"}


@pytest.mark.parametrize(
    ("forced", "message"),
    [
        (
            (contact(3), contact(1)),
            "forced: Contact c00003, Contact c00001 can't all trade in one plan",
        ),
        ((contact(4),), "forced: Contact 'c00004' neither offers nor needs anything"),
    ],
)
@pytest.mark.parametrize("cap", [3, None])
def test_parties_that_cannot_be_forced_are_an_error(
    forced: tuple[NodeRef, ...], message: str, cap: int | None
) -> None:
    with pytest.raises(BadInput, match=message):
        trade_plan(two_circles(), forced=forced, max_parties=cap)


def test_a_forced_party_that_is_not_there_is_an_error() -> None:
    with pytest.raises(NotFound, match="there is no Contact 'c00077'"):
        trade_plan(two_circles(), forced=(contact(77),))


def keys(offer: int, need: int) -> LegKeys:
    return LegKeys(offer=str(offer), need=str(need))


def test_legs_to_keep_come_before_all_else_and_those_without_are_not_used() -> None:
    swap = (keys(3, 4),)

    kept = trade_plan(two_circles(), keep=swap)
    without = trade_plan(two_circles(), objective=Objective.VALUE, without=swap)

    assert circles(kept) == [[0, 3]]
    assert (kept.levels[0].goal, kept.levels[0].value) == (Goal.KEPT_LEGS, 1.0)
    assert (kept.value_minor, kept.expected) == (100, 100.0)
    assert circles(without) == [[0, 1, 2]]


def test_legs_to_keep_go_with_parties_alone() -> None:
    with pytest.raises(BadInput, match="keep: with legs to keep"):
        trade_plan(two_circles(), keep=(keys(3, 4),), objective=Objective.VALUE)


def test_the_same_seed_gives_the_same_checksum_and_another_question_another() -> None:
    first = trade_plan(two_circles())

    assert trade_plan(two_circles()).checksum == first.checksum
    assert trade_plan(two_circles(), seed=2).checksum != first.checksum
    assert trade_plan(two_circles(), max_parties=4).checksum != first.checksum
    assert len(first.checksum) == 64


def hard(parties: int = 120, arcs: int = 6_000) -> Network:
    """Contacts of whom each could trade with many, by values that are all different."""
    chance = np.random.default_rng(5)
    pairs = chance.permutation(parties * parties)
    giver, receiver = np.divmod(pairs[pairs // parties != pairs % parties][:arcs], parties)
    goods = [f"g{i:05}" for i in range(arcs)]
    at = parties + np.arange(arcs)
    value = chance.integers(1, 100_000, arcs)
    return network_from_arrays(
        {"Contact": contacts(parties), "Good": goods},
        {
            "Offer": EdgeArrays(giver, at, columns={"value_minor": value}),
            "Need": EdgeArrays(receiver, at),
        },
        computed_at=MADE,
    )


def test_when_time_is_over_the_best_plan_known_is_given_with_its_gap() -> None:
    trade_plan(two_circles(), objective=Objective.VALUE)  # compiles

    begun = time.monotonic()
    found = trade_plan(hard(), objective=Objective.VALUE, max_parties=4, explain=0, time_limit_s=1)

    assert time.monotonic() - begun < 20
    assert (found.optimal, found.exact) == (False, False)
    assert found.levels[0].proven is False
    if found.bound is not None:
        assert found.bound >= found.levels[0].value
        assert found.gap == pytest.approx(
            (found.bound - found.levels[0].value) / max(1.0, found.levels[0].value)
        )
    used = [leg.giver for trade in found.trades for leg in trade.legs]
    assert len(used) == len(set(used))


def test_a_request_s_time_bounds_the_plan_s() -> None:
    with allowing(Budget(1.0)):
        found = trade_plan(hard(), objective=Objective.VALUE, max_parties=4, explain=0)

    assert not found.optimal


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"max_parties": 0}, "max_parties"),
        ({"max_parties": 99}, "max_parties"),
        ({"chance": 0}, "chance"),
        ({"chance": 1.5}, "chance"),
        ({"chances": [{"giver": "contact:c00000", "chance": -1}]}, "chances.0.chance"),
        ({"chances": ["contact:c00000"]}, "chances.0"),
        ({"forced": ["c00000"]}, "forced.0"),
        ({"max_chain": 13}, "max_chain"),
        ({"time_limit_s": 0}, "time_limit_s"),
        ({"time_limit_s": 26}, "time_limit_s"),
        ({"keep": ["o1"]}, "keep.0"),
        ({"without": [{"offer": "o"}]}, "without.0.need"),
        ({"objective": "MONEY"}, "objective"),
    ],
)
def test_wrong_arguments_are_named(arguments: dict[str, Any], problem: str) -> None:
    with pytest.raises(BadInput) as caught:
        run("trade_plan", ring(3), arguments)

    assert problem in [p.field for p in caught.value.problems]


def test_chances_and_legs_may_be_written_as_text() -> None:
    texts = {
        "objective": "EXPECTED",
        "chances": ["contact:c00003,contact:c00000,0.2", "Contact:c00001, 0.9"],
        "without": ["0,0"],
    }

    found = run("trade_plan", two_circles(), texts)

    assert circles(found) == [[0, 3]]
    assert found.expected == pytest.approx(20.0)
