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
from referral.trades.diving import dive
from referral.trades.forcing import CannotForceError
from referral.trades.greedy import greedy
from referral.trades.highs import Linear
from referral.trades.instance import Instance, groups_counted
from referral.trades.master import Master, Whole
from referral.trades.plan_types import Capacity, Goal, Level, PlanOptions
from referral.trades.want_graph import Floats, Longs

ROUNDS = 500
PER_PARTY = 20
"""Columns found with the same first party in a round."""

TAKEN = 3
"""Columns taken into the relaxation in a round, for each party: the best."""

KEPT = 12
"""Columns kept in the relaxation, for each party: simplex begins anew in every round."""

PROMISING = 600
"""Columns that the first whole choice is made from."""

POOL = 60_000
"""Columns that a plan is bettered with."""

NODES = 30
"""Nodes of the search for the best in a part of a plan."""

PART_TIME = 0.25
"""Share of the time that is left for that; the nodes end it before, but on a very busy machine."""

LISTED = 50_000
"""Most columns that the last choice is made from: of more, none was ever made in time."""

GENERATING = 0.6
"""Share of the time that is left for making columns."""

REFINING, LONG_REFINING = 0.6, 0.95
"""Share of the time that is left for bettering a plan by parts; the latter where that is all."""

PATIENCE = 60
"""Parts taken in vain before that is given up."""

LOOSE = 84.0
"""Parties of a part of a plan that is chosen anew, at first; fewer where that takes long."""

LEAST_LOOSE = 30.0
"""The fewest of them."""

FEW = 2_000
"""So many columns are chosen from at once, without bettering the plan before."""

SWAPS = 20_000
"""Most swaps that are listed beforehand."""


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
        self._seed = options.seed
        self._loose = LOOSE
        self._once = options.capacity is Capacity.PARTY
        none = no_prices(problem, self.columns.longest)
        _, self.complete = self.columns.search(none, -1.0, max(1, options.pool), options.pool + 1)
        if not self.complete:
            self._list_swaps()
            self._find_forced()
        self.among: Longs = np.empty(0, np.int64)
        self.times: Longs = np.empty(0, np.int64)

    def _list_swaps(self) -> None:
        """Begins with the swaps of two: few, and often all that is needed."""
        prices = no_prices(self.columns.problem, self.columns.longest)
        prices.cycles[3:] = -2.0
        self.columns.search(prices, -1.0, SWAPS, SWAPS)

    def _find_forced(self) -> None:
        """Begins with columns in which the forced parties trade, so that there is a solution."""
        for party in self._forced:
            prices = no_prices(self.columns.problem, self.columns.longest)
            prices.gain[self.columns.problem.serves(party)] = 1.0
            self.columns.search(prices, 0.5, PROMISING, PER_PARTY)

    def solve(self, goals: tuple[Goal, ...]) -> tuple[Level, ...]:
        """Settles one goal after the other; when time runs out, the rest stay open."""
        return tuple(self._settle(goal, first=i == 0) for i, goal in enumerate(goals))

    def _settle(self, goal: Goal, *, first: bool) -> Level:
        if self._left() <= 0 and not first:
            return Level(goal, self._reached(goal), math.inf, False)
        bound = self._improve(goal)
        if first and self._forced and not len(self.among):
            if self._left() <= 0:
                raise BadInput(
                    "no plan in which all forced parties trade was found in time; allow more "
                    "time, or force fewer of them"
                )
            raise CannotForceError("the forced parties can't all trade within these limits")
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
        if not self._master.settled:
            self._begin(goal)
        limit = self._limit(goal)
        if self._done(goal, limit):
            return limit
        if self.complete:
            return min(limit, self._choose(goal, np.arange(len(self.columns))))
        swaps = np.flatnonzero(self.columns.lengths == 2)
        self._choose(goal, self._with_plan(swaps), share=0.1)
        if self._done(goal, limit):
            return limit
        return min(limit, self._generated(goal))

    def _begin(self, goal: Goal) -> None:
        """Takes a plan made at once, below which none falls, however the time is cut."""
        found = greedy(self._master, goal, self._forced)
        if found is not None:
            self.among, self.times = found

    def _done(self, goal: Goal, bound: float) -> bool:
        return bound - self._reached(goal) <= _tolerance(bound)

    def _limit(self, goal: Goal) -> float:
        """What no plan surpasses, as far as that can be told at a glance; infinite if not."""
        problem, settled = self.columns.problem, dict(self._master.settled)
        chains = bool(problem.gift.any())
        trades = settled.get(Goal.TRADES)
        if groups_counted(goal) or goal is Goal.TRADES:
            who = problem.group if groups_counted(goal) else np.arange(problem.size)
            return float(len(np.unique(who[problem.receiver])))
        if goal in (Goal.VALUE, Goal.EXPECTED) and not settled:
            return self._most_received(goal)
        if goal is Goal.SHORTER_CYCLES and trades is not None:
            return -trades if chains else -2 * trades
        only_swaps = trades is not None and settled.get(Goal.SHORTER_CYCLES) == -2 * trades
        return 0.0 if goal is Goal.EMBEDDED_SWAPS and only_swaps else math.inf

    def _most_received(self, goal: Goal) -> float:
        """The best leg of every party, or of every unit needed: none of these receives twice.

        A trade holds no likelier than each of its legs does.
        """
        problem = self.columns.problem
        gain = problem.worth * 1.0 if goal is Goal.VALUE else problem.stake * problem.chance
        best = np.zeros(len(problem.room))
        np.maximum.at(best, problem.uses[:, 0 if self._once else 1], gain)
        return float((best * problem.room).sum())

    def _generated(self, goal: Goal) -> float:
        """Settles a goal by column generation; returns a bound on every plan."""
        relaxed, bound, scores = self._generate(goal)
        if relaxed is None:
            return bound
        self._first(goal, scores)
        if self._done(goal, bound) or self._left() <= 0:
            return bound
        prices = self._master.prices(goal, relaxed)
        if self._once:
            self._widen(goal, relaxed)
            scores = self.columns.score(prices)
            matter = int((scores >= self._worst(goal, relaxed)).sum())
            if matter > FEW:
                self._refine(goal, bound, scores, REFINING if matter < LISTED else LONG_REFINING)
        if self._done(goal, bound) or self._left() <= 0:
            return bound
        # a column priced lower than this can't be part of a better plan
        worst = self._worst(goal, relaxed)
        _, whole = self.columns.search(prices, worst, LISTED, LISTED)
        if self._once and not whole:
            return bound
        scores = self.columns.score(prices)
        best = self._choose(goal, self._with_plan(np.flatnonzero(scores >= worst)))
        return max(self._reached(goal), min(bound, best)) if whole else bound

    def _first(self, goal: Goal, scores: Floats) -> None:
        """A first good plan of the columns that the relaxation asked for."""
        if self._once:
            self._dive(goal, scores, np.empty(0, np.int64))
            return
        order = np.argsort(-scores, kind="stable")
        self._choose(goal, self._with_plan(order[:PROMISING]), share=0.2)

    def _widen(self, goal: Goal, relaxed: Linear) -> None:
        """Lists further columns that may better the plan, the most promising first."""
        prices, worst = self._master.prices(goal, relaxed), self._worst(goal, relaxed)
        threshold = worst / 64
        while len(self.columns) < POOL and threshold >= worst and self._left() > 0:
            self.columns.search(prices, threshold, POOL, POOL)
            threshold *= 2

    def _refine(self, goal: Goal, bound: float, scores: Floats, share: float) -> None:
        """Takes a part of the plan apart and chooses anew there, as long as that helps.

        Tens of thousands of columns are too many to choose from at once, but those within some
        parties of the plan are few. References: Shaw 1998, doi:10.1007/3-540-49481-2_30.
        """
        chance = np.random.default_rng(self._seed)
        end = self._after(share)
        idle = 0
        while idle < PATIENCE and self._left() > end and not self._done(goal, bound):
            before = self._reached(goal)
            least = min(1.0, self._loose / max(1, len(self.among) * self.columns.longest))
            loose = chance.random(len(self.among)) < least + (1 - least) * chance.random() ** 2
            self._dive(goal, scores, self.among[~loose], end)
            idle = 0 if self._reached(goal) > before else idle + 1

    def _dive(self, goal: Goal, scores: Floats, kept: Longs, end: float = 0.0) -> None:
        """A plan near the best of those that keep some columns."""
        found = dive(
            self._master, goal, scores, kept, self._loose / self.columns.longest,
            lambda: self._left() <= end,
        )  # fmt: skip
        if found is None:
            return
        fixed, among = found
        times = np.isin(among, fixed).astype(np.int64)
        whole = self._master.choose(goal, among, self._left() * PART_TIME, times, NODES)
        self._take(goal, among, whole)
        self._loose = max(LEAST_LOOSE, self._loose * (1.1 if whole.proven else 0.8))

    def _after(self, share: float) -> float:
        """Seconds that are left when a share of them is spent; 0 where they are not limited."""
        left = self._left()
        return left * (1 - share) if left < math.inf else 0.0

    def _worst(self, goal: Goal, relaxed: Linear) -> float:
        """The lowest price of a column of a plan that is better than the one known."""
        least = 0.0 if goal is Goal.EXPECTED else 1.0
        gap = max(0.0, relaxed.value - self._reached(goal) - least)
        return -gap / self._master.scale(goal) - 1e-6

    def _generate(self, goal: Goal) -> tuple[Linear | None, float, Floats]:
        """Columns until none betters the relaxation; its value is a bound."""
        columns, scale = self.columns, self._master.scale(goal)
        size = columns.problem.size
        active = self._with_plan(np.arange(min(len(columns), KEPT * size)))
        relaxed, proven = self._master.relax(goal, active), False
        scores = np.empty(0)
        end = self._after(GENERATING)
        for _ in range(ROUNDS):
            if relaxed is None or self._left() <= end:
                break
            prices = self._master.prices(goal, relaxed)
            before = len(columns)
            scores = columns.score(prices)
            if not (scores > 1e-6).any():
                _, whole = columns.search(prices, 1e-6, PER_PARTY * size, PER_PARTY)
                if len(columns) == before:
                    proven = whole
                    break
                scores = columns.score(prices)
            best = np.argsort(-scores, kind="stable")
            kept = active[np.argsort(-scores[active], kind="stable")[: KEPT * size]]
            active = np.union1d(kept, best[: TAKEN * size][scores[best[: TAKEN * size]] > 1e-6])
            relaxed = self._master.relax(goal, self._with_plan(active))
        if relaxed is None:
            return None, math.inf, np.empty(0)
        if not proven:
            return relaxed, math.inf, columns.score(self._master.prices(goal, relaxed))
        loose = 1e-7 * max(1.0, abs(relaxed.value)) + 1e-6 * scale
        bound = relaxed.value + loose
        return relaxed, bound if goal is Goal.EXPECTED else math.floor(bound), scores

    def _with_plan(self, among: Longs) -> Longs:
        return np.union1d(among, self.among)

    def _choose(self, goal: Goal, among: Longs, share: float = 1.0) -> float:
        """Takes the best whole plan of these columns if it is better; returns its bound.

        Args:
            goal: what to have most of.
            among: the columns.
            share: of the time that is left.
        """
        whole = self._master.choose(goal, among, self._left() * share)
        self._take(goal, among, whole)
        if whole.proven:
            return self._reached(goal)
        whole_numbers = goal is not Goal.EXPECTED and whole.bound < math.inf
        return math.floor(whole.bound + 1e-6) if whole_numbers else whole.bound

    def _take(self, goal: Goal, among: Longs, whole: Whole) -> None:
        """Takes a whole plan if it is better."""
        if whole.times is not None and self._allowed(among, whole.times):
            new = self._master.reached(goal, among, whole.times)
            if not len(self.among) or new > self._reached(goal):
                used = whole.times > 0
                self.among, self.times = among[used], whole.times[used]

    def _allowed(self, among: Longs, times: Longs) -> bool:
        """Whether rounding broke no settled goal."""
        return all(
            self._master.reached(goal, among, times) >= best - _tolerance(best)
            for goal, best in self._master.settled
        )


def _tolerance(value: float) -> float:
    return 1e-9 * max(1.0, abs(value)) if math.isfinite(value) else 0.0
