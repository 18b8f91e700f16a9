"""Plans of trades as answers show them: numbers of a market turned into records."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from graph.model import Money
from graph.network import Network
from referral.answers import Answer, Long, PartyRef
from referral.trades.answers import PossibleLeg, TopUp, legs_of, top_ups
from referral.trades.explain import LeftOut, Reason, why
from referral.trades.from_network import Market
from referral.trades.plan_types import Capacity, Goal, Level, PlanOptions, Trade
from referral.trades.plan_types import TradePlan as Made
from referral.trades.settlement import settle_trades


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLevel:
    """How good a plan is in one respect, those before it being settled."""

    goal: Annotated[Goal, Field(description="The respect.")]
    value: Annotated[float, Field(description="What the plan has; money in minor units.")]
    bound: Annotated[
        float | None, Field(description="What no plan can surpass; null when not known.")
    ]
    proven: Annotated[bool, Field(description="Whether it is the best possible.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTrade:
    """One circle or chain of a plan."""

    number: Annotated[int, Field(description="Its number in the plan, from 1.")]
    chain: Annotated[
        bool, Field(description="Whether a gift begins it and nobody gives back to the first.")
    ]
    times: Annotated[int, Field(description="How often it is done.")]
    value_minor: Annotated[Money, Field(description="Sum of the known values of its legs.")]
    embedded_swaps: Annotated[
        int, Field(description="Pairs of neighbours in it who could also swap by themselves.")
    ]
    legs: Annotated[tuple[PossibleLeg, ...], Field(description="Its legs in order.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForcingLoss:
    """What a plan loses in one respect."""

    goal: Annotated[Goal, Field(description="The respect.")]
    loss: Annotated[float, Field(description="How much less of it; below 0 = more.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOutParty:
    """A party that could trade and has no place in the plan."""

    party: Annotated[PartyRef, Field(description="Who.")]
    reason: Annotated[Reason, Field(description="Why, for programs.")]
    explanation: Annotated[str, Field(description="Why, in words.")]
    circles: Annotated[Long, Field(description="Number of circles it is on.")]
    circles_exact: Annotated[bool, Field(description="Whether these are all.")]
    winners: Annotated[
        tuple[int, ...], Field(description="Numbers of the trades that took its partners.")
    ]
    can_be_forced: Annotated[
        bool | None, Field(description="Whether a plan with it exists; null when not asked.")
    ]
    cost: Annotated[
        tuple[ForcingLoss, ...], Field(description="What the plan would lose with it forced in.")
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class TradePlan(Answer):
    """A set of trades that can all be done: nothing is used twice."""

    legs: Annotated[Long, Field(description="Number of legs, each as often as it is done.")]
    parties: Annotated[int, Field(description="Number of parties that trade.")]
    value_minor: Annotated[Money, Field(description="Value that moves, as far as known.")]
    expected: Annotated[
        float,
        Field(
            description="Value to be expected in minor units, a trade counting only if all its "
            "legs hold; where no value is known, legs to be expected."
        ),
    ]
    optimal: Annotated[bool, Field(description="Whether the first level is proven.")]
    all_proven: Annotated[bool, Field(description="Whether every level is proven.")]
    bound: Annotated[
        float | None, Field(description="What no plan can surpass in the first level.")
    ]
    gap: Annotated[
        float | None,
        Field(description="How far the bound is above the plan, as a share; 0 when proven."),
    ]
    seed: Annotated[int, Field(description="The seed it was made with.")]
    checksum: Annotated[str, Field(description="SHA-256 of question, wants and plan.")]
    levels: Annotated[
        tuple[PlanLevel, ...], Field(description="In what it is best, first things first.")
    ]
    trades: Annotated[tuple[PlannedTrade, ...], Field(description="The trades, longest first.")]
    payments: Annotated[
        tuple[TopUp, ...],
        Field(description="The least money after which each has given as much as it got."),
    ]
    left_out_total: Annotated[
        int, Field(description="Number of parties with an offer or need and without a trade.")
    ]
    left_out: Annotated[
        tuple[LeftOutParty, ...], Field(description="The first of them, with the reasons.")
    ]


def plan_answer(
    network: Network,
    found: Market,
    options: PlanOptions,
    made: Made,
    missing: Sequence[int] = (),
    reasons: Sequence[LeftOut] = (),
    *,
    costs: bool = False,
) -> TradePlan:
    """A plan with records in place of numbers."""
    graph = found.graph
    first = made.levels[0]
    known = math.isfinite(made.bound)
    return TradePlan(
        version=Long(network.version),
        computed_at=network.computed_at,
        method=made.method,
        exact=made.optimal,
        warnings=found.warnings,
        legs=Long(made.legs),
        parties=made.parties,
        value_minor=Money(made.value),
        expected=made.expected,
        optimal=made.optimal,
        all_proven=all(level.proven for level in made.levels),
        bound=made.bound if known else None,
        gap=_gap(first) if known else None,
        seed=options.seed,
        checksum=made.checksum,
        levels=tuple(
            PlanLevel(
                goal=level.goal,
                value=level.value,
                bound=level.bound if math.isfinite(level.bound) else None,
                proven=level.proven,
            )
            for level in made.levels
        ),
        trades=tuple(
            _trade(network, found, options, number, trade)
            for number, trade in enumerate(made.trades, 1)
        ),
        payments=top_ups(
            network,
            found,
            settle_trades(graph, made.trades, by_units=options.capacity is Capacity.UNITS),
        ),
        left_out_total=len(missing),
        left_out=tuple(_party(network, found, one, costs=costs) for one in reasons),
    )


def _gap(level: Level) -> float:
    if level.proven:
        return 0.0
    return max(0.0, level.bound - level.value) / max(1.0, abs(level.value))


def _trade(
    network: Network, found: Market, options: PlanOptions, number: int, trade: Trade
) -> PlannedTrade:
    by_units = options.capacity is Capacity.UNITS
    units = [trade.times] * len(trade.arcs) if by_units else None
    legs = legs_of(network, found, trade.arcs, units)
    return PlannedTrade(
        number=number,
        chain=trade.chain,
        times=trade.times,
        value_minor=Money(sum(leg.value_minor or 0 for leg in legs)),
        embedded_swaps=trade.embedded_swaps,
        legs=legs,
    )


def _party(network: Network, found: Market, one: LeftOut, *, costs: bool) -> LeftOutParty:
    forced = costs and one.reason is Reason.COMPETING
    (ref,) = network.nodes.refs(found.party[[one.party]])
    return LeftOutParty(
        party=ref,
        reason=one.reason,
        explanation=why(one),
        circles=Long(one.circles),
        circles_exact=one.circles_exact,
        winners=tuple(place + 1 for place in one.winners),
        can_be_forced=one.cost is not None if forced else None,
        cost=tuple(ForcingLoss(goal=goal, loss=loss) for goal, loss in (one.cost or {}).items()),
    )
