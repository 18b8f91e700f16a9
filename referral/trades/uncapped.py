"""The best plan of cycles of any length, level by level."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from referral.trades.assignment import Cover
from referral.trades.flow import Network, Sum, best_flow, circles
from referral.trades.forcing import CannotForceError
from referral.trades.plan_types import Capacity, Goal, Level, PlanOptions, Trade
from referral.trades.want_graph import Floats, Longs, WantGraph

Loops = list[tuple[int, ...]]
"""Cycles as arcs of the graph and, behind them, the arcs that close chains."""


class Uncapped:
    """The levels of one plan without a limit on cycles.

    Chains are cycles closed by arcs back to their gift, which count for nothing.
    """

    def __init__(self, graph: WantGraph, options: PlanOptions, left: Callable[[], float]) -> None:
        self._graph, self._options, self._left = graph, options, left
        size = len(graph)
        gifts = np.flatnonzero(graph.gift) if options.max_chain is None else np.empty(0, np.int64)
        ends = np.flatnonzero(~graph.gift)
        back = np.array([(i, g) for g in gifts for i in ends], np.int32)
        into = graph.gift[graph.receiver]
        self._closing = np.concatenate((np.zeros(graph.arcs, bool), np.ones(len(back), bool)))
        back = back.reshape(len(back), 2)
        self._giver = np.concatenate((graph.giver, back[:, 0]))
        self._receiver = np.concatenate((graph.receiver, back[:, 1]))
        self._forced = np.zeros(size, np.bool_)
        self._forced[list(options.forced)] = True
        self._cover = Cover(size, self._giver, self._receiver, ~self._forced)
        self._cover.allowed[: graph.arcs] = ~into
        self._units = options.capacity is Capacity.UNITS
        self._settled: list[tuple[Goal, float]] = []
        self._best: Longs = np.zeros(len(self._giver), np.int64)

    def solve(self, goals: tuple[Goal, ...]) -> tuple[Level, ...]:
        """Settles the goals that sums of arcs or owners can tell; shape comes last, unproven."""
        levels: list[Level] = []
        for goal in goals:
            if goal in (Goal.SHORTER_CYCLES, Goal.EMBEDDED_SWAPS):
                continue
            if self._left() <= 0 and levels:
                levels.append(Level(goal, self._reached(goal, self._best), np.inf, False))
                continue
            levels.append(self._settle(goal))
        self._shorten()
        worst = self._reached(Goal.SHORTER_CYCLES, self._best)
        return (*levels, Level(Goal.SHORTER_CYCLES, worst, self._shortest(), False))

    def trades(self) -> list[Trade]:
        """The plan, dummies still in it."""
        return [self._trade(loop) for loop in self._loops(self._best)]

    def _settle(self, goal: Goal) -> Level:
        by_flow = self._units or goal is Goal.USERS or self._counted
        bound = self._by_flow(goal) if by_flow else self._by_assignment(goal)
        reached = self._reached(goal, self._best)
        self._settled.append((goal, reached))
        bound = max(bound, reached)
        return Level(goal, reached, bound, bound - reached <= 1e-9 * max(1.0, abs(bound)))

    @property
    def _counted(self) -> bool:
        return any(goal in (Goal.USERS, Goal.PARTIES) for goal, _ in self._settled)

    def _by_assignment(self, goal: Goal) -> float:
        weight = self._weight(goal).astype(np.int64)
        total = self._cover.maximize(weight)
        if total is None:
            raise CannotForceError("the forced parties can't all trade; force fewer of them")
        self._cover.tighten(weight)
        self._best = self._used(self._cover.match)
        return float(total)

    def _by_flow(self, goal: Goal) -> float:
        settled = [(self._sum(g), v) for g, v in self._settled if self._units or _is_count(g)]
        must = self._forced if self._units else ~self._cover.idle
        if not self._settled:
            self._begin(goal)
        found = best_flow(
            self._network(), self._sum(goal), settled, self._cover.allowed, must, self._left
        )
        if found.units is None and not self._settled and self._forced.any():
            raise CannotForceError("the forced parties can't all trade; force fewer of them")
        if found.units is not None and self._reached(goal, found.units) >= self._reached(
            goal, self._best
        ):
            self._best = found.units
        return min(self._most(goal), float(np.floor(found.bound + 1e-6)))

    def _begin(self, goal: Goal) -> None:
        """By units, begins with each party trading once: an assignment has that at once."""
        weight = self._weight(Goal.TRADES if _is_count(goal) else goal)
        if self._cover.maximize(weight.astype(np.int64)) is not None:
            self._best = self._used(self._cover.match)

    def _most(self, goal: Goal) -> float:
        """What no plan surpasses, as far as that can be told at a glance; infinite if not."""
        graph = self._graph
        if _is_count(goal):
            group = self._network().group
            return float(len(np.unique(group[group >= 0])))
        if goal is not Goal.VALUE or not self._units:
            return np.inf
        best = np.zeros(len(graph.need_units))
        np.maximum.at(best, graph.need, np.maximum(graph.value, 0))
        return float((best * graph.need_units).sum())

    def _network(self) -> Network:
        graph, arcs = self._graph, len(self._giver)
        extra = arcs - graph.arcs
        if self._units:
            offers = len(graph.offer_units)
            uses = np.column_stack((graph.offer, graph.need + offers))
            uses = np.concatenate((uses, np.full((extra, 2), -1, uses.dtype)))
            room = np.concatenate((graph.offer_units, graph.need_units))
            most = np.minimum(graph.offer_units[graph.offer], graph.need_units[graph.need])
            most = np.concatenate((most, np.full(extra, int(room.sum()), np.int64)))
        else:
            uses, room = self._receiver[:, None], np.ones(len(graph), np.int64)
            most = np.ones(arcs, np.int64)
        receives = self._receiver.astype(np.int64)
        by_owner = self._options.users_first and (graph.owner >= 0).any() and not self._units
        group = graph.owner[receives].astype(np.int64) if by_owner else receives
        group[self._closing | graph.dummy[receives]] = -1
        return Network(
            len(graph), self._giver, self._receiver, uses.astype(np.int32), room, most, group
        )

    def _weight(self, goal: Goal) -> Floats:
        graph = self._graph
        counts = ~graph.dummy[graph.receiver]
        match goal:
            case Goal.TRADES:
                weight = counts.astype(np.float64)
            case Goal.FEWER_LEGS:
                weight = -counts.astype(np.float64)
            case Goal.PRIORITY:
                weight = -graph.cost.astype(np.float64)
            case _:
                worth = np.maximum(graph.value, 0) if self._units else graph.worth()
                weight = worth.astype(np.float64)
        return np.concatenate((weight, np.zeros(len(self._giver) - graph.arcs)))

    def _sum(self, goal: Goal) -> Sum:
        if _is_count(goal):
            return Sum(None)
        weight = self._weight(goal)
        return Sum(weight, max(1.0, float(np.abs(weight).max(initial=1.0)) / 1e6))

    def _reached(self, goal: Goal, units: Longs) -> float:
        if _is_count(goal):
            group = self._network().group[units > 0]
            return float(len(np.unique(group[group >= 0])))
        if goal is Goal.SHORTER_CYCLES:
            return -float(sum(self._length(loop) ** 2 for loop in self._loops(units)))
        return float((self._weight(goal) * units).sum())

    def _shorten(self) -> None:
        """Compares equally good plans, drawn by chance, for short cycles."""
        if self._units or self._options.iterations < 2:
            return
        chance = np.random.default_rng(self._options.seed)
        for _ in range(self._options.iterations - 1):
            if self._left() <= 0:
                return
            self._cover.maximize(chance.integers(0, 1_000, len(self._giver)))
            units = self._used(self._cover.match)
            if self._merit(units) > self._merit(self._best):
                self._best = units

    def _merit(self, units: Longs) -> tuple[float, ...]:
        after = (*(g for g, _ in self._settled), Goal.SHORTER_CYCLES)
        return tuple(self._reached(goal, units) for goal in after)

    def _shortest(self) -> float:
        """No plan of as many legs has shorter cycles than pairs."""
        legs = sum(self._length(loop) for loop in self._loops(self._best))
        return -2.0 * legs

    def _used(self, match: NDArray[np.int64]) -> Longs:
        units = np.zeros(len(self._giver), np.int64)
        units[match[match >= 0]] = 1
        return units

    def _loops(self, units: Longs) -> Loops:
        found = circles(self._giver, self._receiver, units, len(self._graph))
        loops = [part for loop in found for part in self._chains_of(loop)]
        real = ~self._graph.dummy[self._receiver] & ~self._closing
        return [loop for loop in loops if real[list(loop)].any()]

    def _chains_of(self, loop: tuple[int, ...]) -> Loops:
        """A loop as it is, or the chains that were closed into one, each with its closing arc."""
        ends = (np.flatnonzero(self._closing[list(loop)]) + 1).tolist()
        if not ends:
            return [loop]
        turned = loop[ends[-1] :] + loop[: ends[-1]]
        cuts = np.cumsum([0, *np.diff([ends[-1] - len(loop), *ends])]).tolist()
        return [turned[begin:end] for begin, end in pairwise(cuts)]

    def _length(self, loop: tuple[int, ...]) -> int:
        arcs = np.array(loop)
        return int((~self._graph.dummy[self._receiver[arcs]] & ~self._closing[arcs]).sum())

    def _trade(self, loop: tuple[int, ...]) -> Trade:
        chain = bool(self._closing[loop[-1]])
        return Trade(loop[:-1] if chain else loop, (), chain)


def _is_count(goal: Goal) -> bool:
    return goal in (Goal.USERS, Goal.PARTIES)
