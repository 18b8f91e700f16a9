"""Why a party is left out of a plan, and what it would cost to force it in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from graph.errors import BadInput
from referral.trades.gifts import reached_by_chains, without_givers
from referral.trades.opportunities import Opportunities, Sieve, opportunities
from referral.trades.plan import plan
from referral.trades.plan_types import Goal, PlanOptions, TradePlan
from referral.trades.want_graph import WantGraph

LONGEST = 5


class Reason(StrEnum):
    """Why a party has no trade."""

    OFFERS_NOTHING = "OFFERS_NOTHING"
    NEEDS_NOTHING = "NEEDS_NOTHING"
    VETOED = "VETOED"
    EXCLUDED = "EXCLUDED"
    NOT_WANTED = "NOT_WANTED"
    NOTHING_FITS = "NOTHING_FITS"
    NO_CIRCLE = "NO_CIRCLE"
    THROUGH_GIVER = "THROUGH_GIVER"
    COMPETING = "COMPETING"


WORDS = {
    Reason.OFFERS_NOTHING: "it offers nothing on that day",
    Reason.NEEDS_NOTHING: "it needs nothing on that day",
    Reason.VETOED: "it could trade only with parties that a veto keeps apart from it",
    Reason.EXCLUDED: "the legs it could trade by were left out",
    Reason.NOT_WANTED: "nobody else needs what it offers",
    Reason.NOTHING_FITS: "nobody else offers what it needs",
    Reason.NO_CIRCLE: "it is on no circle of so few parties",
    Reason.THROUGH_GIVER: "its circles go through one who gives first and asks nothing back",
    Reason.COMPETING: "it is on circles, but others won",
}
"""The reasons for people."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One party without a trade.

    Attributes:
        party: its number.
        reason: why.
        circles: number of circles it is on; 0 where the reason is another.
        circles_exact: whether those are all; False when counting took too long.
        winners: trades of the plan that took a partner of its circles, by place in the plan.
        cost: by goal, what the plan would lose if the party were forced in; None where that was
            not asked, or is impossible together with what was forced already.
    """

    party: int
    reason: Reason
    circles: int = 0
    circles_exact: bool = True
    winners: tuple[int, ...] = ()
    cost: dict[Goal, float] | None = None


def left_out(
    graph: WantGraph,
    options: PlanOptions,
    found: TradePlan,
    *,
    parties: Iterable[int] | None = None,
    costs: bool = False,
    budget_s: float = 1.0,
) -> tuple[LeftOut, ...]:
    """Why parties are not in the plan, in order of their numbers.

    Args:
        graph: without dummies.
        options: what the plan was made with.
        found: the plan.
        parties: whom to explain; default all that are left out.
        costs: plan again with each one forced in: exact, but one plan for each.
        budget_s: seconds for counting the circles of one party.
    """
    trade_of = {p: i for i, trade in enumerate(found.trades) for p in trade.parties}
    asked = range(len(graph)) if parties is None else sorted(set(parties))
    return tuple(
        _explain(graph, options, found, trade_of, party, costs=costs, budget_s=budget_s)
        for party in asked
        if party not in trade_of and not graph.gift[party]
    )


def _explain(
    graph: WantGraph,
    options: PlanOptions,
    found: TradePlan,
    trade_of: dict[int, int],
    party: int,
    *,
    costs: bool,
    budget_s: float,
) -> LeftOut:
    reached = reached_by_chains(graph, options.max_chain)
    if not (graph.giver == party).any() and not reached[party]:
        return LeftOut(party, Reason.NOT_WANTED)
    if not (graph.receiver == party).any():
        return LeftOut(party, Reason.NOTHING_FITS)
    circles = _circles(without_givers(graph), options, party, budget_s)
    if not circles.total and circles.exact and not reached[party]:
        among = graph.gift.any() and _circles(graph, options, party, budget_s).total
        return LeftOut(party, Reason.THROUGH_GIVER if among else Reason.NO_CIRCLE)
    partners = {p for circle in circles.items for p in circle.parties}
    if reached[party]:
        before = graph.giver[(graph.receiver == party) & reached[graph.giver]]
        partners.update(before.tolist(), np.flatnonzero(graph.gift).tolist())
    return LeftOut(
        party,
        Reason.COMPETING,
        circles=circles.total,
        circles_exact=circles.exact,
        winners=tuple(sorted({trade_of[p] for p in partners if p in trade_of})),
        cost=cost_of_forcing(graph, options, found, party) if costs else None,
    )


def _circles(graph: WantGraph, options: PlanOptions, party: int, budget_s: float) -> Opportunities:
    longest = LONGEST if options.max_parties is None else options.max_parties
    return opportunities(graph, longest, first=100, sieve=Sieve(party=party), budget_s=budget_s)


def cost_of_forcing(
    graph: WantGraph, options: PlanOptions, found: TradePlan, party: int
) -> dict[Goal, float] | None:
    """What the plan loses in each goal if the party must trade; None when it can't.

    The first goal's loss is 0 or more; a later one may be a gain where an earlier one loses.
    """
    try:
        other = plan(graph, replace(options, forced=(*options.forced, party)))
    except BadInput:
        return None
    after = {level.goal: level.value for level in other.levels}
    return {level.goal: level.value - after[level.goal] for level in found.levels}


def why(left: LeftOut) -> str:
    """The reason in words; the party stands beside it."""
    text = WORDS[left.reason]
    if left.reason is Reason.COMPETING and not left.circles and left.circles_exact:
        return "a chain could come to it, but others won"
    if left.reason is Reason.COMPETING:
        count = f"{left.circles:,}" if left.circles_exact else f"at least {left.circles:,}"
        text += f" ({count} {'circle' if left.circles == 1 else 'circles'})"
    return text
