"""Legs of trades as answers show them: numbers of a market turned into records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from graph.model import Money, NodeRef
from graph.network import Network
from referral.answers import GoodRef, Leads, PartyRef
from referral.trades.from_network import Market
from referral.trades.settlement import Payment
from referral.trades.want_graph import Longs

OfferRef = Annotated[NodeRef, Leads(("Offer",))]
"""An Offer."""

NeedRef = Annotated[NodeRef, Leads(("Need",))]
"""A Need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PossibleLeg:
    """What one party of a possible trade gives to the next."""

    giver: Annotated[PartyRef, Field(description="Who offers it.")]
    receiver: Annotated[PartyRef, Field(description="Who needs it.")]
    good: Annotated[GoodRef, Field(description="The good; of several, the one of most value.")]
    offer: Annotated[OfferRef, Field(description="The offer it draws on.")]
    need: Annotated[NeedRef, Field(description="The need it meets.")]
    quantity: Annotated[int, Field(description="Units that move.")]
    value_minor: Annotated[
        Money | None, Field(description="Value of these units; null when not known.")
    ]
    alternatives: Annotated[
        int, Field(description="Number of other goods the giver offers and the receiver needs.")
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUp:
    """Money that one party pays another, so that each has given as much as it got."""

    payer: Annotated[PartyRef, Field(description="Who pays.")]
    payee: Annotated[PartyRef, Field(description="Who is paid.")]
    amount_minor: Annotated[Money, Field(description="How much.")]


def legs_of(
    network: Network, found: Market, arcs: Sequence[int], units: Sequence[int] | None = None
) -> tuple[PossibleLeg, ...]:
    """The legs that these arcs of a market are.

    Args:
        network: what the market was made of.
        found: the market.
        arcs: numbers of arcs of its graph.
        units: how many units move on each; default all that can.
    """
    graph, at = found.graph, np.asarray(arcs, np.int64)
    moved = graph.units[at] if units is None else np.asarray(units, np.int64)
    refs = network.nodes.refs
    offers = network.edges["Offer"].keys.take(found.offers[graph.offer[at]])
    needs = network.edges["Need"].keys.take(found.needs[graph.need[at]])
    rows = zip(
        refs(found.party[graph.giver[at]]),
        refs(found.party[graph.receiver[at]]),
        refs(found.good[graph.good[at]]),
        offers,
        needs,
        moved.tolist(),
        graph.value[at].tolist(),
        other_goods(found, at).tolist(),
        strict=True,
    )
    return tuple(
        PossibleLeg(
            giver=giver,
            receiver=receiver,
            good=good,
            offer=NodeRef("Offer", offer),
            need=NodeRef("Need", need),
            quantity=count,
            value_minor=None if value < 0 else Money(value * count),
            alternatives=others,
        )
        for giver, receiver, good, offer, need, count, value, others in rows
    )


def other_goods(found: Market, arcs: Longs) -> Longs:
    """How many other goods could move where each arc does; one offered twice counts once."""
    graph = found.graph
    ends = graph.giver.astype(np.int64) * len(graph) + graph.receiver
    low = np.searchsorted(ends, ends[arcs])
    high = np.searchsorted(ends, ends[arcs], side="right")
    spans = zip(low.tolist(), high.tolist(), strict=True)
    goods = [len(set(graph.good[a:b].tolist())) - 1 for a, b in spans]
    return np.array(goods, np.int64)


def top_ups(network: Network, found: Market, payments: Sequence[Payment]) -> tuple[TopUp, ...]:
    """Payments between parties of a market."""
    payers = network.nodes.refs(found.party[[p.payer for p in payments]])
    payees = network.nodes.refs(found.party[[p.payee for p in payments]])
    return tuple(
        TopUp(payer=payer, payee=payee, amount_minor=Money(p.amount))
        for payer, payee, p in zip(payers, payees, payments, strict=True)
    )
