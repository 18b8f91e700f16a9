"""The best set of trades that can all be done."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from graph.errors import BadInput, shown
from referral.trades.checksum import checksum
from referral.trades.forcing import CannotForceError, blame
from referral.trades.instance import LONGEST_CHAIN, Instance, goals, instance
from referral.trades.plan_types import (
    Capacity,
    Goal,
    Level,
    Objective,
    PlanOptions,
    Trade,
    TradePlan,
)
from referral.trades.want_graph import WantGraph

MOST_PARTIES = 5
SMALL = 16
"""Up to this many parties, expected values of cycles of any length are compared."""


def plan(
    graph: WantGraph,
    options: PlanOptions | None = None,
    *,
    clock: Callable[[], float] = time.monotonic,
) -> TradePlan:
    """The best set of trades in which nothing is used twice.

    The levels are settled one after the other, each with those before fixed. With a limit on
    cycles: the objective, then as many trades, users (where owners are named), short cycles (the
    sum of squared lengths), value, and swaps that stand on their own within larger trades. Without
    one: the same by assignment, cycles being shortened by comparing equally good plans only.

    Args:
        graph: the graph of wants.
        options: what is asked for.
        clock: tells the time in seconds.

    Returns:
        The plan. When time runs out, the best known, with what no plan can surpass as its bound.

    Raises:
        BadInput: an option is out of its bounds, or the forced parties can't all trade.
    """
    options = options or PlanOptions()
    _check(graph, options)
    limit = math.inf if options.time_limit_s is None else options.time_limit_s
    end = clock() + limit

    def left() -> float:
        return end - clock()

    try:
        if options.max_parties is not None:
            return _capped(graph, options, left)
        if options.objective is Objective.EXPECTED:
            return _expected(graph, options, left)
        return _uncapped(graph, options, left)
    except CannotForceError as error:
        raise BadInput(blame(graph, options)) from error


def _check(graph: WantGraph, options: PlanOptions) -> None:
    most = options.max_parties
    if most is not None and not 2 <= most <= MOST_PARTIES:
        raise BadInput(f"max_parties {shown(most)}: give 2 to {MOST_PARTIES}, or none for no limit")
    chain = options.max_chain
    if chain is not None and not 0 <= chain <= LONGEST_CHAIN:
        raise BadInput(f"max_chain {shown(chain)}: give 0 to {LONGEST_CHAIN}")
    if (chain is None) != (most is None) and chain != 0:
        raise BadInput("chains of limited length need cycles of limited length, and the reverse")
    if options.iterations < 1:
        raise BadInput(f"iterations {shown(options.iterations)}: give 1 or more")
    if options.time_limit_s is not None and not options.time_limit_s > 0:
        raise BadInput(f"time_limit_s {shown(options.time_limit_s)}: give more than 0")
    for party in options.forced:
        if not 0 <= party < len(graph) or graph.dummy[party]:
            raise BadInput(f"forced party {shown(party)} is not there; give 0 to {len(graph) - 1}")


def _capped(graph: WantGraph, options: PlanOptions, left: Callable[[], float]) -> TradePlan:
    from referral.trades.capped import Capped

    problem = instance(graph, options)
    capped = Capped(problem, options, left)
    levels = capped.solve(goals(graph, options))
    trades = [
        _named(problem, capped.columns.arcs[i], bool(capped.columns.chain[i]), int(times))
        for i, times in zip(capped.among.tolist(), capped.times.tolist(), strict=True)
    ]
    made = "all cycles listed" if capped.complete else "column generation"
    return _answer(graph, options, trades, levels, f"{made}, mixed-integer programme (HiGHS)")


def _uncapped(graph: WantGraph, options: PlanOptions, left: Callable[[], float]) -> TradePlan:
    from referral.trades.uncapped import Uncapped

    solver = Uncapped(graph, options, left)
    levels = solver.solve(goals(graph, options))
    trades = [_without_dummies(graph, trade) for trade in solver.trades()]
    units = options.capacity is Capacity.UNITS
    method = "flow by mixed-integer programme (HiGHS)" if units else "cover by assignment"
    return _answer(graph, options, trades, levels, method)


def _expected(graph: WantGraph, options: PlanOptions, left: Callable[[], float]) -> TradePlan:
    """Expected values of cycles do not add up over arcs: all cycles are listed, or up to 5."""
    from referral.trades.capped import Capped

    size = int((~graph.dummy).sum())
    chain = 0 if options.max_chain == 0 else min(size, LONGEST_CHAIN)
    if size <= SMALL:
        whole = replace(options, max_parties=max(2, size), max_chain=chain, pool=100_000)
        problem = instance(graph, whole)
        capped = Capped(problem, whole, left)
        if capped.complete:
            return replace(_capped(graph, whole, left), method="all cycles listed")
    short = _capped(graph, replace(options, max_parties=MOST_PARTIES, max_chain=chain), left)
    units = options.capacity is Capacity.UNITS
    bound = max(_most_expected(graph, by_units=units), short.levels[0].value)
    reached = short.levels[0].value
    proven = bound - reached <= 1e-9 * max(1.0, bound)
    level = Level(Goal.EXPECTED, reached, bound, proven)
    return replace(short, levels=(level, *short.levels[1:]), bound=bound, optimal=proven)


def _most_expected(graph: WantGraph, *, by_units: bool) -> float:
    """No plan's expected value is above its legs' own: a leg holds no more often than it alone."""
    worth = np.maximum(graph.value, 0) if by_units else graph.worth()
    stake = worth if (graph.value >= 0).any() else np.ones(graph.arcs)
    if by_units:
        best = np.zeros(len(graph.need_units))
        np.maximum.at(best, graph.need, stake * graph.probability)
        return float((best * graph.need_units).sum())
    best = np.zeros(len(graph))
    np.maximum.at(best, graph.receiver, stake * graph.probability)
    return float(best[~graph.dummy].sum())


def _named(problem: Instance, arcs: Iterable[int], chain: bool, times: int) -> Trade:
    """A column as arcs of the graph, those behind dummies taken together."""
    used = [int(arc) for arc in arcs if arc >= 0]
    numbers = tuple(int(problem.arc[arc]) for arc in used)
    parties = [int(problem.giver[arc]) for arc in used]
    if chain:
        parties.append(int(problem.receiver[used[-1]]))
    swaps = sum(bool(problem.mutual[arc]) for arc in used)
    embedded = swaps if len(used) > 2 and not chain else 0
    return Trade(numbers, tuple(parties), chain, times, embedded)


def _without_dummies(graph: WantGraph, trade: Trade) -> Trade:
    """A trade between parties: a leg is known by the arc through which its receiver wants it."""
    arcs = [arc for arc in trade.arcs if not graph.dummy[graph.receiver[arc]]]
    receivers = [int(graph.receiver[arc]) for arc in arcs]
    if trade.chain:
        parties = [int(graph.giver[trade.arcs[0]]), *receivers]
    else:
        parties = [receivers[-1], *receivers[:-1]]
    size = len(graph)
    ends = set((graph.giver.astype(np.int64) * size + graph.receiver).tolist())
    pairs = zip(parties, receivers, strict=False)
    swaps = sum(g * size + r in ends and r * size + g in ends for g, r in pairs)
    embedded = swaps if len(arcs) > 2 and not trade.chain else 0
    return Trade(tuple(arcs), tuple(parties), trade.chain, 1, embedded)


def _answer(
    graph: WantGraph,
    options: PlanOptions,
    trades: list[Trade],
    levels: tuple[Level, ...],
    method: str,
) -> TradePlan:
    ordered = tuple(sorted((_turned(t) for t in _together(trades)), key=_place))
    often = np.repeat([t.times for t in ordered], [len(t.arcs) for t in ordered]).astype(np.int64)
    parties = {party for t in ordered for party in t.parties}
    owners = {int(graph.owner[p]) for p in parties if graph.owner[p] >= 0}
    units = options.capacity is Capacity.UNITS
    return TradePlan(
        trades=ordered,
        legs=int(often.sum()),
        parties=len(parties),
        users=len(owners) if (graph.owner >= 0).any() else None,
        value=value_of(graph, ordered, by_units=units),
        expected=expectation(graph, ordered, by_units=units),
        levels=levels,
        optimal=levels[0].proven,
        bound=levels[0].bound,
        method=method,
        checksum=checksum(graph, options, ordered),
    )


def value_of(graph: WantGraph, trades: Iterable[Trade], *, by_units: bool) -> int:
    """Value that moves in these trades, legs of unknown value counting 0."""
    total = 0
    for trade in trades:
        arcs = np.array(trade.arcs, np.int64)
        worth = np.maximum(graph.value[arcs], 0) if by_units else graph.worth(arcs)
        total += trade.times * int(worth.sum())
    return total


def expectation(graph: WantGraph, trades: Iterable[Trade], *, by_units: bool) -> float:
    """Value to be expected of these trades, or legs where no value is known at all."""
    known = bool((graph.value >= 0).any())
    total = 0.0
    for trade in trades:
        arcs = np.array(trade.arcs)
        worth = np.maximum(graph.value[arcs], 0) if by_units else graph.worth(arcs)
        stake = float(worth.sum()) if known else float(len(arcs))
        total += trade.times * stake * float(graph.probability[arcs].prod())
    return total


def _together(trades: list[Trade]) -> list[Trade]:
    """The same trade done several times as one."""
    times: dict[tuple[tuple[int, ...], bool], Trade] = {}
    for trade in map(_turned, trades):
        key = (trade.arcs, trade.chain)
        more = times[key].times if key in times else 0
        times[key] = replace(trade, times=trade.times + more)
    return list(times.values())


def _turned(trade: Trade) -> Trade:
    """A cycle from its lowest party on."""
    if trade.chain:
        return trade
    at = trade.parties.index(min(trade.parties))
    return replace(
        trade,
        arcs=trade.arcs[at:] + trade.arcs[:at],
        parties=trade.parties[at:] + trade.parties[:at],
    )


def _place(trade: Trade) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
    return (-len(trade.parties), trade.parties, trade.arcs)
