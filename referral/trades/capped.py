"""The best plan of cycles up to a length: columns made as needed, each level proven.

Dantzig-Wolfe: the linear relaxation over all cycles is solved by column generation. What is left
between its value and the best plan known tells how bad a column may be priced and yet belong to a
better plan; all of those are listed, and the choice among them is solved exactly. So nearly never
is a tree of branches needed, and never the list of all cycles.

References: Dickerson, Manlove, Plaut, Sandholm & Trimble 2016, arXiv:1606.01623; Abraham, Blum &
Sandholm 2007, doi:10.1145/1250910.1250954 (column generation on cycles).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from graph.errors import BadInput
from referral.trades.columns import Columns, no_prices
from referral.trades.highs import Linear
from referral.trades.instance import Instance
from referral.trades.master import Master
from referral.trades.plan_types import Goal, Level, PlanOptions
from referral.trades.want_graph import Floats, Longs

ROUNDS = 200
PER_PARTY = 30
"""Columns taken for one party in a round."""

PROMISING = 3_000
"""Columns that the first whole choice is made from."""

LISTED = 300_000
"""Most columns that the last choice is made from."""


class Capped:
    """The levels of one plan.

    Attributes:
        columns: what is chosen from.
        among, times: the best plan so far: numbers of columns, and how often each is used.
        complete: whether the columns are all there are.
    """

    def __init__(self, problem: Instance, options: PlanOptions, left: Callable[[], float]) -> None:
        assert options.max_parties is not None
        assert options.max_chain is not None
        self.columns = Columns(problem, options.max_parties, options.max_chain)
        self._master = Master(self.columns, options.forced)
        self._left = left
        self._forced = options.forced
        none = no_prices(problem, self.columns.longest)
        _, self.complete = self.columns.search(none, -1.0, max(1, options.pool), options.pool + 1)
        if not self.complete:
            self._find_forced()
        self.among: Longs = np.empty(0, np.int64)
        self.times: Longs = np.empty(0, np.int64)

    def _find_forced(self) -> None:
        """Begins with columns in which the forced parties trade, so that there is a solution."""
        for party in self._forced:
            prices = no_prices(self.columns.problem, self.columns.longest)
            prices.gain[self.columns.problem.receiver == party] = 1.0
            self.columns.search(prices, 0.5, PROMISING, PER_PARTY)

    def solve(self, goals: tuple[Goal, ...]) -> tuple[Level, ...]:
        """Settles one goal after the other; when time runs out, the rest stay open."""
        return tuple(self._settle(goal, first=i == 0) for i, goal in enumerate(goals))

    def _settle(self, goal: Goal, *, first: bool) -> Level:
        if self._left() <= 0 and not first:
            return Level(goal, self._reached(goal), math.inf, False)
        bound = self._improve(goal)
        if first and self._forced and not len(self.among):
            raise BadInput(
                "the forced parties can't all trade within these limits; force fewer of them or "
                "allow longer cycles"
            )
        reached = self._reached(goal)
        bound = max(reached, bound)
        self._master.settled.append((goal, reached))
        return Level(goal, reached, bound, bound - reached <= _tolerance(bound))

    def _reached(self, goal: Goal) -> float:
        return self._master.reached(goal, self.among, self.times)

    def _improve(self, goal: Goal) -> float:
        """Betters the plan as far as possible; returns a bound on every plan."""
        if not len(self.columns):
            return 0.0
        if self.complete:
            return self._choose(goal, np.arange(len(self.columns)))
        relaxed, bound, scores = self._generate(goal)
        if relaxed is None:
            return bound
        self._choose(goal, self._with_plan(np.argsort(-scores, kind="stable")[:PROMISING]))
        left = bound - self._reached(goal)
        if left <= _tolerance(bound) or self._left() <= 0:
            return bound
        # a column priced lower than this can't be part of a better plan
        scale = self._master.scale(goal)
        least = 0.0 if goal is Goal.EXPECTED else 1.0
        worst = -(relaxed.value - self._reached(goal) - least) / scale - 1e-6
        prices = self._master.prices(goal, relaxed)
        _, whole = self.columns.search(prices, worst, LISTED, LISTED)
        scores = self._master.score(prices)
        best = self._choose(goal, self._with_plan(np.flatnonzero(scores >= worst)))
        return max(self._reached(goal), min(bound, best)) if whole else bound

    def _generate(self, goal: Goal) -> tuple[Linear | None, float, Floats]:
        """Columns until none betters the relaxation; its value is a bound."""
        scale = self._master.scale(goal)
        proven = False
        relaxed = None
        for _ in range(ROUNDS):
            relaxed = self._master.relax(goal)
            if relaxed is None or self._left() <= 0:
                break
            prices = self._master.prices(goal, relaxed)
            room = max(1_000, 4 * self.columns.problem.size)
            added, whole = self.columns.search(prices, 1e-6, room, PER_PARTY)
            if not added:
                proven = whole
                break
        if relaxed is None:
            return None, math.inf, np.empty(0)
        scores = self._master.score(self._master.prices(goal, relaxed))
        if not proven:
            return relaxed, math.inf, scores
        loose = 1e-7 * max(1.0, abs(relaxed.value)) + 1e-6 * scale
        bound = relaxed.value + loose
        return relaxed, bound if goal is Goal.EXPECTED else math.floor(bound), scores

    def _with_plan(self, among: Longs) -> Longs:
        return np.union1d(among, self.among)

    def _choose(self, goal: Goal, among: Longs) -> float:
        """Takes the best whole plan of these columns if it is better; returns its bound."""
        whole = self._master.choose(goal, among, self._left())
        if whole.times is not None and self._allowed(among, whole.times):
            new = self._master.reached(goal, among, whole.times)
            if not len(self.among) or new > self._reached(goal):
                used = whole.times > 0
                self.among, self.times = among[used], whole.times[used]
        if not whole.proven:
            return whole.bound
        return self._reached(goal)

    def _allowed(self, among: Longs, times: Longs) -> bool:
        """Whether rounding broke no settled goal."""
        return all(
            self._master.reached(goal, among, times) >= best - _tolerance(best)
            for goal, best in self._master.settled
        )


def _tolerance(value: float) -> float:
    return 1e-9 * max(1.0, abs(value)) if math.isfinite(value) else 0.0
