"""Why forced parties can't all trade."""

from __future__ import annotations

from graph.errors import BadInput
from referral.trades.opportunities import Sieve, opportunities
from referral.trades.plan_types import PlanOptions
from referral.trades.want_graph import WantGraph

LOOKING_S = 0.2
"""Seconds that looking for one circle of one party may take."""

NAMED = 5


class CannotForceError(BadInput):
    """The forced parties can't all trade."""


def blame(graph: WantGraph, options: PlanOptions) -> str:
    """Which of the forced parties can't trade, in words with the remedy."""
    longer = "" if options.max_parties is None else ", or allow longer circles"
    alone = [party for party in options.forced if _hopeless(graph, options, party)]
    if alone:
        limit = options.max_parties
        few = f" of at most {limit} parties" if limit is not None else ""
        return (
            f"forced: {_listed(graph, alone)} can't trade, being on no circle{few}; don't force "
            f"these{longer}"
        )
    return (
        f"forced: {_listed(graph, options.forced)} can't all trade in one plan, since what they "
        f"need of others competes; force fewer of them{longer}"
    )


def _hopeless(graph: WantGraph, options: PlanOptions, party: int) -> bool:
    if not (graph.receiver == party).any():
        return True
    if options.max_chain != 0 and graph.gift.any():
        return False  # a chain may reach it
    if not (graph.giver == party).any():
        return True
    if graph.dummy.any() or options.max_parties is None:
        return False
    found = opportunities(
        graph, options.max_parties, first=1, sieve=Sieve(party=party), budget_s=LOOKING_S
    )
    return not found.total and found.exact


def _listed(graph: WantGraph, parties: list[int] | tuple[int, ...]) -> str:
    names = [graph.labels[party] for party in parties[:NAMED]]
    more = len(parties) - len(names)
    return ", ".join(names) + (f" and {more:,} more" if more else "")
