from __future__ import annotations

import numpy as np

from benchmarks.trades import uniform
from referral.trades.columns import Columns, no_prices
from referral.trades.diving import PART, dive
from referral.trades.instance import instance
from referral.trades.master import Master
from referral.trades.plan import plan
from referral.trades.plan_types import Goal, Objective, PlanOptions
from referral.trades.want_graph import Longs

NONE: Longs = np.empty(0, np.int64)


def master() -> Master:
    """All circles of at most three among 40 parties."""
    problem = instance(uniform(40, 500), PlanOptions(objective=Objective.VALUE))
    columns = Columns(problem, 3, 0)
    columns.search(no_prices(problem, 3), -1.0, 10_000, 10_000)
    return Master(columns, ())


def test_what_is_fixed_shares_nothing_and_few_cycles_are_left_to_choose() -> None:
    made = master()
    scores = made.columns.measure(Goal.VALUE)

    found = dive(made, Goal.VALUE, scores, NONE, 4.0, lambda: False)

    assert found is not None
    fixed, among = found
    uses = made.uses[made.columns.arcs[fixed]].ravel()
    uses = uses[uses >= 0]
    assert len(np.unique(uses)) == len(uses)
    assert set(fixed.tolist()) <= set(among.tolist())
    rest = np.setdiff1d(among, fixed)
    assert set(rest.tolist()) <= set(made.free_of(fixed).tolist())
    assert len(rest) <= PART


def test_a_dive_comes_near_the_relaxation() -> None:
    """Within three per cent of the best of all circles, from a twentieth of them."""
    made = master()
    every = np.arange(len(made.columns))
    best = made.choose(Goal.VALUE, every, 60.0)

    found = dive(made, Goal.VALUE, made.columns.measure(Goal.VALUE), NONE, 8.0, lambda: False)

    assert found is not None
    fixed, among = found
    whole = made.choose(Goal.VALUE, among, 60.0, np.isin(among, fixed).astype(np.int64))
    assert best.times is not None
    assert whole.times is not None
    reached = made.reached(Goal.VALUE, among, whole.times)
    assert 0.97 < reached / made.reached(Goal.VALUE, every, best.times) <= 1


def test_what_is_kept_stays() -> None:
    made = master()
    kept = np.array([3])

    found = dive(made, Goal.VALUE, made.columns.measure(Goal.VALUE), kept, 4.0, lambda: False)

    assert found is not None
    assert 3 in found[0].tolist()


def test_a_dive_that_is_stopped_gives_nothing() -> None:
    assert dive(master(), Goal.VALUE, np.zeros(0), NONE, 4.0, lambda: True) is None


def test_plans_that_are_bettered_by_parts_are_the_same_each_time() -> None:
    options = PlanOptions(objective=Objective.VALUE, max_parties=4, pool=0, time_limit_s=None)

    one, other = (plan(uniform(50, 500), options) for _ in range(2))

    assert one.checksum == other.checksum
    assert one.optimal
