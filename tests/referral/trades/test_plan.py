from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from graph.errors import BadInput
from referral.trades.explain import cost_of_forcing
from referral.trades.plan import plan
from referral.trades.plan_types import Capacity, Goal, Objective, PlanOptions, Trade
from referral.trades.want_graph import WantGraph, want_graph

# an agency (0) needs cars, the car maker (1) software, the software house (2) advertising
TRIANGLE = ([0, 2, 1], [2, 1, 0])


def dense(size: int, arcs: int, seed: int = 1) -> WantGraph:
    chance = np.random.default_rng(seed)
    keys = chance.permutation(size * size)
    giver, receiver = np.divmod(keys[keys // size != keys % size][:arcs], size)
    return want_graph(
        size,
        giver,
        receiver,
        value=chance.integers(1, 10_000, arcs),
        probability=chance.integers(5, 11, arcs) / 10,
    )


def values(found: Any) -> list[tuple[Goal, float]]:
    return [(level.goal, level.value) for level in found.levels]


def test_the_agency_the_car_maker_and_the_software_house_trade_in_a_triangle() -> None:
    graph = want_graph(["agency", "cars", "software"], *TRIANGLE, value=[500, 300, 900])

    found = plan(graph)

    assert found.trades == (Trade(arcs=(0, 2, 1), parties=(0, 2, 1)),)
    assert (found.legs, found.parties, found.users, found.value) == (3, 3, None, 1700)
    assert (found.optimal, found.bound, found.expected) == (True, 3, 1700.0)
    assert len(found.checksum) == 64


def test_nothing_to_trade_is_a_plan_of_nothing() -> None:
    for graph in (want_graph(0, [], []), want_graph(3, [0], [1])):
        for cap in (3, None):
            found = plan(graph, PlanOptions(max_parties=cap))
            assert (found.trades, found.legs, found.optimal, found.bound) == ((), 0, True, 0)


@pytest.mark.parametrize("objective", list(Objective))
@pytest.mark.parametrize("cap", [3, 4])
def test_columns_made_as_needed_give_what_all_columns_give(objective: Objective, cap: int) -> None:
    graph = dense(25, 110)
    options = PlanOptions(objective=objective, max_parties=cap, pool=100_000)

    every = plan(graph, options)
    needed = plan(graph, replace(options, pool=10, time_limit_s=None))

    assert every.method.startswith("all cycles listed")
    assert needed.method.startswith("column generation")
    assert [v for _, v in values(needed)] == pytest.approx([v for _, v in values(every)])
    assert all(level.proven for level in needed.levels)


def test_the_same_question_has_the_same_answer_and_checksum() -> None:
    graph = dense(20, 80)

    for options in (PlanOptions(), PlanOptions(max_parties=None, iterations=5, seed=3)):
        assert plan(graph, options) == plan(graph, options)
        other = plan(graph, replace(options, objective=Objective.VALUE))
        assert other.checksum != plan(graph, options).checksum


def test_more_tries_shorten_the_cycles_of_an_unlimited_plan() -> None:
    chance = np.random.default_rng(4)
    giver, receiver = chance.integers(0, 60, (2, 400))
    keep = giver != receiver
    graph = want_graph(60, giver[keep], receiver[keep])

    one = plan(graph, PlanOptions(max_parties=None))
    many = plan(graph, PlanOptions(max_parties=None, iterations=30))

    assert one.legs == many.legs
    assert many.levels[-1].goal is Goal.SHORTER_CYCLES
    assert many.levels[-1].value > one.levels[-1].value
    assert not many.levels[-1].proven


def test_time_that_runs_out_returns_what_is_known_and_a_bound() -> None:
    graph = dense(60, 1_200)
    for cap in (3, None):
        ticks = iter([0.0, *[0.0] * 3, *[1e9] * 10_000])

        found = plan(
            graph,
            PlanOptions(objective=Objective.VALUE, max_parties=cap, pool=0),
            clock=lambda ticks=ticks: next(ticks),  # type: ignore[misc]
        )

        assert found.bound >= found.levels[0].value
        assert not all(level.proven for level in found.levels)


def test_a_hard_plan_is_bettered_by_parts_and_says_how_far_it_may_be_from_the_best() -> None:
    graph = dense(120, 3_000)
    options = PlanOptions(objective=Objective.VALUE, pool=0, time_limit_s=4)

    found = plan(graph, options)

    assert found.bound >= found.value > 0
    assert found.levels[0].value == found.value


def test_forced_parties_are_found_columns_also_when_they_are_made_as_needed() -> None:
    graph = dense(30, 200)

    found = plan(graph, PlanOptions(objective=Objective.VALUE, pool=0, forced=(3, 5)))

    assert {3, 5} <= {party for trade in found.trades for party in trade.parties}


def test_forced_parties_for_which_time_is_short_are_not_said_to_be_impossible() -> None:
    """2 goes around with 0 for much, with 1 for little; only 0 does so with 3.

    The plan that is made at once takes the former, so 3 is missing.
    """
    graph = want_graph(
        7,
        [0, 4, 2, 1, 5, 2, 0, 6, 3],
        [4, 2, 0, 5, 2, 1, 6, 3, 0],
        value=[9, 9, 9, 1, 1, 1, 5, 5, 5],
    )
    asked = PlanOptions(objective=Objective.VALUE, pool=0, forced=(2, 3))
    assert plan(graph, asked).value == 18
    times = iter([0.0])

    with pytest.raises(BadInput, match="was found in time; allow more time, or force fewer"):
        plan(graph, asked, clock=lambda: next(times, 1e9))


def test_a_forced_party_that_only_receives_cannot_trade_without_a_gift() -> None:
    gifts = [True, False, False]
    graph = want_graph(3, [0, 1], [1, 2], gift=gifts)
    chains = PlanOptions(forced=(2,), max_chain=1)

    with pytest.raises(BadInput) as refused:
        plan(graph, chains)
    assert str(refused.value) == (
        "forced: 2 can't trade, being on no circle of at most 3 parties without a giver, and no "
        "chain of at most 1 leg reaching it; don't force these, or allow longer circles or chains"
    )
    assert plan(graph, replace(chains, max_chain=2)).legs == 2
    with pytest.raises(BadInput, match="forced: 2 can't trade, being on no circle"):
        plan(graph, replace(chains, max_chain=0))


@pytest.mark.parametrize("limits", [(3, 2), (None, None)])
def test_a_forced_giver_trades_by_giving(limits: tuple[int | None, int | None]) -> None:
    """0 could give to 1; 1 and 2 swap, which is as many trades as a chain to both."""
    graph = want_graph(4, [0, 1, 2], [1, 2, 1], gift=[True, False, False, True])
    most, chain = limits
    asked = PlanOptions(max_parties=most, max_chain=chain, forced=(0,))

    assert plan(graph, asked).trades == (Trade(arcs=(0, 1), parties=(0, 1, 2), chain=True),)
    with pytest.raises(BadInput) as refused:
        plan(graph, replace(asked, forced=(3,)))
    assert str(refused.value) == (
        "forced: 3 can't trade, since it gives first and nobody needs what it offers; don't force "
        "it, or don't name it as a giver"
    )
    with pytest.raises(BadInput, match=r"forced: 0 can't trade, since .* chains may have no leg"):
        plan(graph, replace(asked, max_chain=0))


@pytest.mark.parametrize("capacity", list(Capacity))
def test_two_givers_begin_two_chains(capacity: Capacity) -> None:
    gift = [True, True, *[False] * 3]
    graph = want_graph(5, [0, 1, 2, 3], [2, 4, 3, 2], gift=gift)
    asked = PlanOptions(max_parties=None, max_chain=None, capacity=capacity, forced=(0,))

    assert plan(graph, asked).trades == (
        Trade(arcs=(0, 2), parties=(0, 2, 3), chain=True),
        Trade(arcs=(1,), parties=(1, 4), chain=True),
    )


@pytest.mark.parametrize("capacity", list(Capacity))
@pytest.mark.parametrize("most", [3, None])
def test_a_giver_is_on_no_circle(most: int | None, capacity: Capacity) -> None:
    graph = want_graph(3, [0, 1, 2], [1, 2, 0], gift=[True, False, False])
    asked = PlanOptions(max_parties=most, max_chain=0, capacity=capacity)

    assert plan(graph, asked).trades == ()
    with pytest.raises(BadInput) as refused:
        plan(graph, replace(asked, forced=(1,)))
    limit, longer = (" of at most 3 parties", ", or allow longer circles or chains")
    assert str(refused.value) == (
        f"forced: 1 can't trade, being on no circle{limit if most else ''} without a giver; don't "
        f"force these{longer if most else ''}"
    )


def test_a_forced_party_trades_at_a_cost() -> None:
    # 0 and 1 swap for much; 2 could swap with 0 for little
    graph = want_graph(3, [0, 1, 0, 2], [1, 0, 2, 0], value=[90, 90, 10, 10])
    for cap in (3, None):
        options = PlanOptions(objective=Objective.VALUE, max_parties=cap)
        free = plan(graph, options)

        assert plan(graph, replace(options, forced=(2,))).value == 20
        cost = cost_of_forcing(graph, options, free, 2)
        assert cost is not None
        assert cost[Goal.VALUE] == 160
        assert cost_of_forcing(graph, replace(options, forced=(1,)), free, 2) is None
    units = PlanOptions(capacity=Capacity.UNITS, max_parties=None, forced=(1, 2))
    assert plan(graph, units).parties == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_parties": 0}, "max_parties 0: give 2 to 5, or none"),
        ({"max_parties": 99}, "max_parties 99"),
        ({"max_chain": 13}, "max_chain 13: give 0 to 12"),
        ({"max_chain": None}, "chains of limited length need cycles of limited length"),
        ({"max_parties": None, "max_chain": 3}, "chains of limited length"),
        ({"iterations": 0}, "iterations 0: give 1 or more"),
        ({"time_limit_s": 0}, "time_limit_s 0: give more than 0"),
        ({"forced": (7,)}, "forced party 7 is not there; give 0 to 2"),
        (
            {"forced": (0, 1, 2), "max_parties": 2},
            "forced: 2 can't trade, being on no circle of at most 2 parties; don't force these, or",
        ),
        (
            {"forced": (0, 1, 2), "max_parties": None},
            "forced: 2 can't trade, being on no circle; don't force these$",
        ),
        (
            {"forced": (2,), "max_parties": None, "capacity": Capacity.UNITS},
            "forced: 2 can't trade, being on no circle; don't force these",
        ),
    ],
)
def test_wrong_options_are_refused_with_the_remedy(options: dict[str, Any], message: str) -> None:
    graph = want_graph(3, [0, 1], [1, 0])

    with pytest.raises(BadInput, match=message):
        plan(graph, PlanOptions(**options))


def test_a_gift_starts_a_chain_that_does_not_return() -> None:
    graph = want_graph(4, [0, 1, 2, 3], [1, 2, 3, 0], gift=[True, False, False, False])

    limited = plan(graph, PlanOptions(max_parties=2, max_chain=2))
    unlimited = plan(graph, PlanOptions(max_parties=None, max_chain=None))
    without = plan(graph, PlanOptions(max_parties=3))

    assert limited.trades == (Trade(arcs=(0, 1), parties=(0, 1, 2), chain=True),)
    assert unlimited.trades == (Trade(arcs=(0, 1, 2), parties=(0, 1, 2, 3), chain=True),)
    assert without.trades == ()


def test_by_units_a_party_trades_as_often_as_its_goods_allow() -> None:
    graph = want_graph(
        3, [0, 1, 0, 2], [1, 0, 2, 0], value=[3, 3, 2, 2],
        offer=[0, 1, 0, 2], offer_units=[3, 2, 9], need=[0, 1, 2, 3], need_units=[5, 5, 1, 5],
    )  # fmt: skip
    for cap in (3, None):
        found = plan(graph, PlanOptions(max_parties=cap, capacity=Capacity.UNITS))

        assert [(t.parties, t.times) for t in found.trades] in (
            [((0, 1), 1), ((0, 2), 1)],
            [((0, 2), 1), ((0, 1), 1)],
        )
        value = plan(
            graph,
            PlanOptions(max_parties=cap, capacity=Capacity.UNITS, objective=Objective.VALUE),
        )
        assert (value.value, value.legs, value.parties) == (16, 6, 3)


def test_expected_value_prefers_what_is_likely_to_hold() -> None:
    graph = want_graph(
        4, [0, 1, 0, 2, 3], [1, 0, 2, 3, 0], probability=[1, 1, 0.5, 0.5, 0.5]
    )  # fmt: skip

    for cap in (3, None):
        found = plan(graph, PlanOptions(objective=Objective.EXPECTED, max_parties=cap))

        assert [t.parties for t in found.trades] == [(0, 1)]
        assert found.expected == 2.0


def test_expected_value_of_many_parties_without_limit_has_a_bound() -> None:
    graph = dense(40, 300)

    found = plan(graph, PlanOptions(objective=Objective.EXPECTED, max_parties=None))

    assert found.levels[0].value == pytest.approx(found.expected)
    assert found.bound > found.expected
    assert not found.optimal
