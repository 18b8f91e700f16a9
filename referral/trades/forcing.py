"""Why forced parties can't all trade."""

from __future__ import annotations

import numpy as np

from graph.errors import BadInput
from referral.trades.gifts import reached_by_chains, without_givers
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
    reached = reached_by_chains(graph, options.max_chain)
    givers = [p for p in options.forced if graph.gift[p] and not _can_give(graph, options, p)]
    if givers:
        why = "chains may have no leg" if options.max_chain == 0 else "nobody needs what it offers"
        return (
            f"forced: {_listed(graph, givers)} can't trade, since it gives first and {why}; don't "
            "force it, or don't name it as a giver"
        )
    alone = [p for p in options.forced if not reached[p] and _on_no_circle(graph, options, p)]
    if alone or len(options.forced) == 1:
        return (
            f"forced: {_listed(graph, alone or options.forced)} can't trade, "
            f"{_reach(graph, options)}; don't force these{_longer(graph, options)}"
        )
    return (
        f"forced: {_listed(graph, options.forced)} can't all trade in one plan, since what they "
        f"need of others competes; force fewer of them{_longer(graph, options)}"
    )


def _can_give(graph: WantGraph, options: PlanOptions, giver: int) -> bool:
    takes = (graph.giver == giver) & ~graph.gift[graph.receiver]
    return options.max_chain != 0 and bool(takes.any())


def _reach(graph: WantGraph, options: PlanOptions) -> str:
    """What a party that can't trade is not on."""
    limit, legs = options.max_parties, options.max_chain
    text = "being on no circle" + ("" if limit is None else f" of at most {limit} parties")
    if not graph.gift.any():
        return text
    if legs == 0:
        return f"{text} without a giver"
    few = "" if legs is None else f" of at most {legs} {'leg' if legs == 1 else 'legs'}"
    return f"{text} without a giver, and no chain{few} reaching it"


def _longer(graph: WantGraph, options: PlanOptions) -> str:
    if options.max_parties is None:
        return ""
    chains = " or chains" if graph.gift.any() else ""
    return f", or allow longer circles{chains}"


def _on_no_circle(graph: WantGraph, options: PlanOptions, party: int) -> bool:
    """Whether that is so for sure; where looking takes too long it is not."""
    if not (graph.receiver == party).any() or not (graph.giver == party).any():
        return True
    among = without_givers(graph)
    if options.max_parties is None or graph.dummy.any():
        return not _comes_back(among, party)
    found = opportunities(
        among, options.max_parties, first=1, sieve=Sieve(party=party), budget_s=LOOKING_S
    )
    return not found.total and found.exact


def _comes_back(graph: WantGraph, party: int) -> bool:
    """Whether the party is on a circle of any length."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ends = graph.giver, graph.receiver
    links = coo_array((np.ones(graph.arcs, np.int8), ends), shape=(len(graph), len(graph)))
    _, part = connected_components(links.tocsr(), directed=True, connection="strong")
    return int((part == part[party]).sum()) > 1


def _listed(graph: WantGraph, parties: list[int] | tuple[int, ...]) -> str:
    names = [graph.labels[party] for party in parties[:NAMED]]
    more = len(parties) - len(names)
    return ", ".join(names) + (f" and {more:,} more" if more else "")
