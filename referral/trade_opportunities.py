"""Triangular trades: circles of parties in which each offers what the next needs."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import orjson
from pydantic import Field

from graph.errors import BadInput, NotFound, shown
from graph.model import Money, NodeRef
from graph.model.fields import LARGEST_LONG, Day, Key, Text
from graph.network import Network
from referral.allowance import seconds
from referral.answers import Answer, Long, Row
from referral.parties import PartyArgument, id_of_party
from referral.registry import analytic
from referral.trades.answers import PossibleLeg, legs_of
from referral.trades.from_network import Market, market
from referral.trades.opportunities import (
    After,
    Opportunities,
    Opportunity,
    Sieve,
    opportunities,
)

NO_MONEY = Money(0)

NONE = Opportunities(total=0, by_parties=(), exact=True, items=())


@dataclass(frozen=True, slots=True, kw_only=True)
class CirclesOfSize:
    """How many circles have that many parties."""

    parties: Annotated[int, Field(description="Parties of each, 2 or more.")]
    count: Annotated[Long, Field(description="Number of circles.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeOpportunity(Row):
    """A circle of parties in which each offers what the next needs."""

    value_minor: Annotated[Money, Field(description="Sum of the known values of its legs.")]
    top_up_minor: Annotated[
        Money, Field(description="Most that one party would pay to have given as much as it got.")
    ]
    balance: Annotated[
        float, Field(description="1 less the largest top-up over the most valuable leg, 0 to 1.")
    ]
    trust: Annotated[
        float, Field(description="Mean over the legs of the strongest tie between the two sides.")
    ]
    freshness: Annotated[
        float, Field(description="Mean over the legs of the share of 30 days they still hold.")
    ]
    cursor: Annotated[str, Field(description="For `after`: what ranks behind this one.")]
    legs: Annotated[
        tuple[PossibleLeg, ...],
        Field(description="From the party of lowest kind and key around."),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeOpportunities(Answer):
    """Circles of parties in which each offers what the next needs, best first."""

    total: Annotated[
        Long, Field(description="Number of circles; when not exact, of those found in time.")
    ]
    by_parties: Annotated[
        tuple[CirclesOfSize, ...], Field(description="The same by the number of parties.")
    ]
    end_cursor: Annotated[
        str | None, Field(description="Cursor of the last item, for the next page; null if none.")
    ]
    has_next_page: Annotated[bool, Field(description="Whether more follow.")]
    items: Annotated[tuple[TradeOpportunity, ...], Field(description="This page, best first.")]


@analytic()
def trade_opportunities(
    network: Network,
    *,
    max_parties: Annotated[
        int, Field(ge=2, le=5, description="Most parties of a trade, 2 to 5.")
    ] = 3,
    party: Annotated[
        PartyArgument | None, Field(description="Only circles in which this party takes part.")
    ] = None,
    good: Annotated[
        Key | None, Field(description="Only circles in which the good of this key moves.")
    ] = None,
    region: Annotated[Text | None, Field(description="Only parties of this region.")] = None,
    min_value_minor: Annotated[
        Money, Field(ge=0, le=LARGEST_LONG, description="Only circles that move at least this.")
    ] = NO_MONEY,
    min_trust: Annotated[
        float, Field(ge=0, le=1, description="Only circles of at least this mean trust, 0 to 1.")
    ] = 0.0,
    on: Annotated[
        Day | None,
        Field(description="Only offers and needs that hold on that day; null = the graph's day."),
    ] = None,
    first: Annotated[int, Field(ge=1, le=1000, description="Number of rows, 1 to 1,000.")] = 20,
    after: Annotated[
        str | None,
        Field(max_length=4_000, description="Only what ranks behind the item of this cursor."),
    ] = None,
    time_limit_s: Annotated[
        float,
        Field(ge=0.01, le=25, description="Seconds after which what was found is given."),
    ] = 10.0,
) -> TradeOpportunities:
    """Triangular trades: circles of 2 to 5 parties in which each offers what the next needs.

    Each circle stands once, whichever party it is read from; the opposite way round is another.
    Score, above 0: (value + 1) x (1 + balance)/2 x (3 + trust)/4 x (1 + freshness)/2, the value
    that moves in minor units. A leg's value is that of the units both sides have free; a unit's is
    the offer's, else the need's, else unknown and counted as 0. Of several goods on a leg the one
    of most value is taken; with `good`, that one where it moves. An offer or need holds through
    its last day; without one, always; units that agreed trades reserve are not free. No party
    trades with itself, or with one that either has vetoed. Ties: fewer parties, then lower kind
    and key. `total` counts every circle, exactly; when the time is over, `exact` is false, and
    count and items are of the circles seen till then.

    Time O(w + m^1.5) for w pairs of an offer and a need of one good, m arcs and circles of three,
    for each party more one factor of an arc's row more; memory O(w + first).

    Raises:
        BadInput: the cursor leads nowhere.
        NotFound: there is no such party or good.
        TooExpensive: more than 20 million pairs of an offer and a need.

    References: Chiba & Nishizeki 1985, doi:10.1137/0214017 (listing by degree).
    """
    found = market(network, on=on, region=region)
    sieve = _sieve(network, found, party, good)
    rank, place = (0, None) if after is None else _place(network, found, after)
    seen = NONE
    if sieve is not None:
        chosen = Sieve(*sieve, min_value=min_value_minor, min_trust=min_trust)
        seen = opportunities(
            found.graph, max_parties, first=first + 1, after=place, sieve=chosen,
            budget_s=seconds(time_limit_s),
        )  # fmt: skip
    items = _rows(network, found, rank, seen.items[:first])
    return TradeOpportunities(
        version=Long(network.version),
        computed_at=network.computed_at,
        method="all circles counted, the best kept",
        exact=seen.exact,
        warnings=found.warnings,
        total=Long(seen.total),
        by_parties=tuple(
            CirclesOfSize(parties=size, count=Long(count))
            for size, count in enumerate(seen.by_parties)
            if count
        ),
        end_cursor=items[-1].cursor if items else None,
        has_next_page=len(seen.items) > first,
        items=tuple(items),
    )


def _sieve(
    network: Network, found: Market, party: NodeRef | None, good: str | None
) -> tuple[int | None, int | None] | None:
    """Numbers of party and good in the market; None where one of them has no part in it."""
    numbers: list[int | None] = []
    for members, node in (
        (found.party, None if party is None else id_of_party(network, party)),
        (found.good, None if good is None else _id_of_good(network, good)),
    ):
        place = None if node is None else int(np.searchsorted(members, node))
        if place is not None and (place == len(members) or members[place] != node):
            return None
        numbers.append(place)
    return numbers[0], numbers[1]


def _id_of_good(network: Network, key: str) -> int:
    node = network.nodes.id_of(NodeRef("Good", key))
    if node < 0:
        raise NotFound(f"there is no Good {shown(key)}; check its key")
    return node


def _rows(
    network: Network, found: Market, rank: int, items: Sequence[Opportunity]
) -> list[TradeOpportunity]:
    """The rows behind that rank; the legs of all are looked up together."""
    every = legs_of(network, found, [arc for one in items for arc in one.arcs])
    rows, begin = [], 0
    for place, one in enumerate(items, rank + 1):
        legs = every[begin : begin + len(one.arcs)]
        begin += len(one.arcs)
        rows.append(_row(found, place, one, legs))
    return rows


def _row(
    found: Market, rank: int, one: Opportunity, legs: tuple[PossibleLeg, ...]
) -> TradeOpportunity:
    graph, arcs = found.graph, np.array(one.arcs)
    most = int(graph.worth(arcs).max())
    return TradeOpportunity(
        rank=rank,
        score=one.score,
        value_minor=Money(one.value),
        top_up_minor=Money(one.top_up),
        balance=1 - one.top_up / most if most else 1.0,
        trust=float(graph.trust[arcs].mean()),
        freshness=float(graph.freshness[arcs].mean()),
        cursor=_cursor(rank, one.score, [leg.giver for leg in legs]),
        legs=legs,
    )


def _cursor(rank: int, score: float, parties: list[NodeRef]) -> str:
    text = orjson.dumps([rank, score.hex(), *map(list, parties)])
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def _place(network: Network, found: Market, cursor: str) -> tuple[int, After]:
    """The rank and the place that a cursor names.

    Raises:
        BadInput: it is none, or one of its parties no longer trades.
    """
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        rank, score, *named = orjson.loads(text)
        parties = [NodeRef(*map(str, ref)) for ref in named]
        ranked, after = int(rank), float.fromhex(score)
    except (ValueError, TypeError) as error:
        raise _lost(cursor, "is none of ours; take `endCursor` from an answer") from error
    nodes: Any = network.nodes.ids_of(parties)
    places = np.searchsorted(found.party, nodes)
    known = places < len(found.party)
    if not 2 <= len(parties) <= 5 or not known.all() or (found.party[places] != nodes).any():
        raise _lost(cursor, "leads nowhere any more; begin at the first page")
    return ranked, After(after, tuple(places.tolist()))


def _lost(cursor: str, what: str) -> BadInput:
    return BadInput(f"after: the cursor {shown(cursor)} {what}")
