from __future__ import annotations

import math
from itertools import count

import pytest

from benchmarks.trades import uniform
from referral.trades.capped import Capped
from referral.trades.greedy import greedy
from referral.trades.instance import instance
from referral.trades.master import Master
from referral.trades.plan import plan
from referral.trades.plan_types import Capacity, Goal, Objective, PlanOptions
from referral.trades.want_graph import want_graph

# 0 and 1 swap for little; 0, 2 and 3 go around for much; 1 and 4 swap for something
GIVER, RECEIVER, VALUE = [0, 1, 0, 2, 3, 1, 4], [1, 0, 2, 3, 0, 4, 1], [1, 1, 9, 9, 9, 5, 5]


def made(
    forced: tuple[int, ...] = (), capacity: Capacity = Capacity.PARTY
) -> list[list[int]] | None:
    graph = want_graph(6, GIVER, RECEIVER, value=VALUE)
    options = PlanOptions(objective=Objective.VALUE, capacity=capacity, forced=forced)
    columns = Capped(instance(graph, options), options, lambda: math.inf).columns
    found = greedy(Master(columns, forced), Goal.VALUE, forced)
    if found is None:
        return None
    givers = columns.problem.giver
    return sorted(
        sorted(givers[a] for a in row.tolist() if a >= 0) for row in columns.arcs[found[0]]
    )


def test_the_best_for_each_leg_comes_first() -> None:
    assert made() == [[0, 2, 3], [1, 4]]


def test_forced_parties_come_before_all_or_there_is_no_plan() -> None:
    assert made(forced=(4,)) == [[0, 2, 3], [1, 4]]
    assert made(forced=(5,)) is None


def test_by_units_every_circle_that_fits_is_taken() -> None:
    assert made(capacity=Capacity.UNITS) == [[0, 1], [0, 2, 3], [1, 4]]


@pytest.mark.parametrize("capacity", list(Capacity))
@pytest.mark.parametrize("most", [3, 4, None])
@pytest.mark.parametrize("objective", list(Objective))
def test_a_plan_without_time_has_trades_and_a_bound(
    objective: Objective, most: int | None, capacity: Capacity
) -> None:
    """The clock is over as soon as it has been looked at."""
    times = count(0, 1000)

    found = plan(
        uniform(60, 900),
        PlanOptions(objective=objective, max_parties=most, capacity=capacity, time_limit_s=0.01),
        clock=lambda: float(next(times)),
    )

    assert found.parties >= 40
    level = found.levels[0]
    assert level.value <= found.bound < math.inf
    assert found.bound <= 5 * level.value


def test_a_bound_by_units_counts_every_unit() -> None:
    """Ten times the swap of 0 and 1, by 5 and 5, half of which holds."""
    graph = want_graph(20, [0, 1], [1, 0], value=[5, 5], units=[10, 10], probability=[0.5, 1.0])
    for most in (3, None):
        found = plan(
            graph,
            PlanOptions(objective=Objective.EXPECTED, max_parties=most, capacity=Capacity.UNITS),
        )

        assert (found.expected, found.legs) == (50.0, 20)
        assert found.bound >= 50.0
