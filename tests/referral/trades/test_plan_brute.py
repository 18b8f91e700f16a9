"""The engine against trying everything, on seeded random graphs of up to 9 parties."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from referral.trades.plan import plan
from referral.trades.plan_types import Capacity, Objective, PlanOptions, TradePlan
from referral.trades.want_graph import WantGraph, want_graph
from tests.referral.trades import brute

GOALS = {
    Objective.PARTIES: ("trades", "shorter cycles", "value", "embedded swaps"),
    Objective.VALUE: ("value", "trades", "shorter cycles", "embedded swaps"),
    Objective.EXPECTED: ("expected value", "trades", "shorter cycles", "embedded swaps"),
}
QUIET = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def random_graph(seed: int, *, most: int = 9, gifts: int = 0, units: bool = False) -> WantGraph:
    """Parties, some arcs parallel, values partly unknown, chances partly certain."""
    chance = np.random.default_rng(seed)
    size = int(chance.integers(2, most + 1))
    arcs = int(chance.integers(0, min(size * (size - 1), 3 * size) + 1))
    giver, receiver = chance.integers(0, size, arcs), chance.integers(0, size, arcs)
    keep = giver != receiver
    giver, receiver = giver[keep], receiver[keep]
    count = len(giver)
    value = chance.integers(0, 6, count)
    value[chance.random(count) < 0.2] = -1
    gift = np.zeros(size, bool)
    gift[:gifts] = True
    good = chance.integers(0, 3, count)
    rows = {}
    if units:
        offer, need = giver * 3 + good, receiver * 3 + good
        rows = {
            "offer": offer,
            "need": need,
            "offer_units": chance.integers(1, 3, size * 3),
            "need_units": chance.integers(1, 3, size * 3),
        }
    return want_graph(
        size,
        giver,
        receiver,
        good=good,
        value=value,
        probability=np.where(chance.random(count) < 0.5, 1.0, chance.integers(1, 10, count) / 10),
        gift=gift,
        **rows,
    )


def reached(found: TradePlan, goals: tuple[str, ...]) -> tuple[float, ...]:
    levels = {level.goal.value: level.value for level in found.levels}
    return tuple(levels.get(goal, 0.0) for goal in goals)


def legal(graph: WantGraph, found: TradePlan, cap: int) -> None:
    """No party twice, every leg an arc, every cycle closed and short enough."""
    used = [party for trade in found.trades for party in trade.parties]
    assert len(used) == len(set(used))
    for trade in found.trades:
        assert len(trade.arcs) == len(trade.parties) - trade.chain
        if not trade.chain:
            assert brute.is_cycle(graph, trade.arcs)
            assert len(trade.arcs) <= cap
        for place, arc in enumerate(trade.arcs):
            assert graph.giver[arc] == trade.parties[place]
            assert graph.receiver[arc] == trade.parties[(place + 1) % len(trade.parties)]


@settings(QUIET, max_examples=1_400)
@given(
    seed=st.integers(0, 2**32),
    objective=st.sampled_from(list(Objective)),
    cap=st.sampled_from([2, 3, 4, 5]),
    pool=st.sampled_from([3_000, 0]),
)
def test_a_limited_plan_is_the_best_of_all_in_every_level(
    seed: int, objective: Objective, cap: int, pool: int
) -> None:
    graph = random_graph(seed)

    found = plan(graph, PlanOptions(objective=objective, max_parties=cap, pool=pool))

    legal(graph, found, cap)
    goals = GOALS[objective]
    assert reached(found, goals) == pytest.approx(brute.best(graph, cap, goals), abs=1e-6)
    assert all(level.proven for level in found.levels)


@settings(QUIET, max_examples=300)
@given(seed=st.integers(0, 2**32), objective=st.sampled_from(list(Objective)))
def test_an_unlimited_plan_is_the_best_of_all(seed: int, objective: Objective) -> None:
    graph = random_graph(seed)

    found = plan(graph, PlanOptions(objective=objective, max_parties=None))

    legal(graph, found, len(graph))
    first = {Objective.PARTIES: ("trades", "value"), Objective.VALUE: ("value", "trades")}
    goals = first.get(objective, GOALS[objective])
    assert reached(found, goals) == pytest.approx(brute.best(graph, len(graph), goals), abs=1e-6)
    assert found.optimal


@settings(QUIET, max_examples=150)
@given(
    seed=st.integers(0, 2**32),
    objective=st.sampled_from(list(Objective)),
    cap=st.sampled_from([2, 3, 4, 5]),
    chain=st.integers(1, 4),
    pool=st.sampled_from([3_000, 0]),
)
def test_a_plan_with_gifts_is_the_best_of_all(
    seed: int, objective: Objective, cap: int, chain: int, pool: int
) -> None:
    graph = random_graph(seed, most=7, gifts=1)
    options = PlanOptions(objective=objective, max_parties=cap, max_chain=chain, pool=pool)

    found = plan(graph, options)

    legal(graph, found, cap)
    goals = GOALS[objective]
    closed = without(graph, graph.gift[graph.receiver])
    assert reached(found, goals) == pytest.approx(brute.best(closed, cap, goals, chain), abs=1e-6)


@settings(QUIET, max_examples=100)
@given(
    seed=st.integers(0, 2**32),
    objective=st.sampled_from(list(Objective)),
    gifts=st.integers(1, 2),
)
def test_an_unlimited_plan_with_gifts_is_the_best_of_all(
    seed: int, objective: Objective, gifts: int
) -> None:
    graph = random_graph(seed, most=6, gifts=gifts)

    found = plan(graph, PlanOptions(objective=objective, max_parties=None, max_chain=None))

    legal(graph, found, len(graph))
    first = {Objective.PARTIES: ("trades", "value"), Objective.VALUE: ("value", "trades")}
    goals = first.get(objective, GOALS[objective])
    closed = without(graph, graph.gift[graph.receiver])
    best = brute.best(closed, len(graph), goals, len(graph))
    assert reached(found, goals) == pytest.approx(best, abs=1e-6)


@settings(QUIET, max_examples=180)
@given(
    seed=st.integers(0, 2**32),
    objective=st.sampled_from(list(Objective)),
    cap=st.sampled_from([2, 3, 4, 5, None]),
    most=st.sampled_from([4, 4, 5]),
)
def test_a_plan_by_units_is_the_best_of_all(
    seed: int, objective: Objective, cap: int | None, most: int
) -> None:
    graph = random_graph(seed, most=most, units=True)
    assume(graph.arcs <= 11)  # of more, there are too many sets to try

    found = plan(graph, PlanOptions(objective=objective, max_parties=cap, capacity=Capacity.UNITS))

    units = replace(graph, units=np.ones_like(graph.units))

    def merit(cycles: list[brute.Cycle]) -> tuple[float, float, float]:
        arcs = [arc for cycle in cycles for arc in cycle]
        value = int(np.maximum(graph.value[arcs], 0).sum()) if arcs else 0
        parties = len(set(graph.receiver[arcs].tolist()))
        if objective is Objective.VALUE:
            return value, parties, -len(arcs)
        if objective is Objective.EXPECTED:
            odds = [brute.merit(units, c, ("expected value",), chain=False)[0] for c in cycles]
            return round(sum(odds), 6), parties, -len(arcs)
        return parties, -len(arcs), 0

    got = merit([trade.arcs for trade in found.trades for _ in range(trade.times)])
    assert got == max(map(merit, brute.packings(graph, cap or len(graph))))
    spent = np.bincount(
        [graph.offer[a] for t in found.trades for a in t.arcs for _ in range(t.times)],
        minlength=len(graph.offer_units),
    )
    assert (spent <= graph.offer_units).all()


def without(graph: WantGraph, arcs: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> WantGraph:
    keep = ~arcs
    return want_graph(
        graph.labels,
        graph.giver[keep],
        graph.receiver[keep],
        value=graph.value[keep],
        probability=graph.probability[keep],
        gift=graph.gift,
    )
