"""The missing links: single offers or needs that would open the most valuable trades."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import Field

from graph.model import Money
from graph.model.fields import Day, Text
from graph.network import Network
from referral.answers import GoodRef, Long, PartyRef, Ranking, Row, ranking
from referral.registry import analytic
from referral.trades.from_network import market
from referral.trades.missing import Kind, count_and_rank


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkParty:
    """A party of an open path."""

    party: Annotated[PartyRef, Field(description="The party.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingLinkRow(Row):
    """One offer or need that would close open paths."""

    kind: Annotated[Kind, Field(description="What is missing: an offer or a need.")]
    party: Annotated[PartyRef, Field(description="Whose offer or need it would be.")]
    good: Annotated[GoodRef, Field(description="The good to offer or to need.")]
    opens: Annotated[Long, Field(description="Number of circles it would open.")]
    value_minor: Annotated[
        Money, Field(description="Value on the legs that exist already, over all these circles.")
    ]
    best_value_minor: Annotated[
        Money, Field(description="The same of the most valuable of them alone.")
    ]
    best: Annotated[
        tuple[LinkParty, ...],
        Field(description="Its parties, each giving to the next; the link is from last to first."),
    ]


@analytic()
def missing_links(
    network: Network,
    *,
    max_parties: Annotated[
        int, Field(ge=2, le=3, description="Most parties of a trade that is opened, 2 or 3.")
    ] = 3,
    region: Annotated[Text | None, Field(description="Only parties of this region.")] = None,
    on: Annotated[
        Day | None,
        Field(description="Only offers and needs that hold on that day; null = the graph's day."),
    ] = None,
    first: Annotated[int, Field(ge=1, le=1000, description="Number of rows, 1 to 1,000.")] = 20,
) -> Ranking[MissingLinkRow]:
    """The missing links: single offers or needs that, if found, would open the most value.

    On an open path A -> B -> C each offers what the next needs, and nothing goes back from C to A.
    One link closes it: C comes to offer a good that A needs, or A to need one that C offers.
    Score: the value in minor units on the legs that exist already, summed over all circles the
    link would open, 0 or more. Ties: more circles, then lower kind and key of party and good.

    Time O(p log p) for p ways to close an open path, memory O(p).

    Raises:
        TooExpensive: more than 20 million ways, or pairs of an offer and a need.

    References: Ashlagi & Roth 2021, doi:10.1287/mnsc.2020.3954 (thickness of exchange markets).
    """
    found = market(network, on=on, region=region)
    total, links = count_and_rank(found.graph, found.wishes, max_parties=max_parties, first=first)
    refs = network.nodes.refs
    parties, goods = refs(found.party), refs(found.good)
    rows = [
        MissingLinkRow(
            rank=rank,
            score=float(link.value),
            kind=link.kind,
            party=parties[link.party],
            good=goods[link.good],
            opens=Long(link.opens),
            value_minor=Money(link.value),
            best_value_minor=Money(link.best_value),
            best=tuple(LinkParty(party=parties[p]) for p in link.best),
        )
        for rank, link in enumerate(links, 1)
    ]
    made = ranking(network, rows, total=total, method="every open path, both ways to close it")
    return replace(made, warnings=found.warnings)
