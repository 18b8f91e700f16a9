"""Who refers most: by number, by success, by money, by how far the chain goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from graph.model import Money, NodeRef
from graph.model.fields import Moment
from graph.network import Network
from graph.network.csr import Ids
from referral.allowance import budget
from referral.answers import Ranking, ranking
from referral.communities import community_numbers
from referral.evidence import PartyRow, Place, places
from referral.kernels.order import best, level
from referral.party_graph import InfluenceGraph, party_graph
from referral.referrals import CONVERTED, spent, value_of_referrals, within
from referral.registry import analytic


class ReferrerMeasure(StrEnum):
    """What referrers are ranked by."""

    COUNT = "COUNT"  # referrals made
    CONVERTED = "CONVERTED"  # referrals made that converted
    VALUE = "VALUE"  # money of the purchases that those referrals brought
    REACH = "REACH"  # parties downstream
    REACH_DECAYED = "REACH_DECAYED"  # parties downstream, each step farther counting half
    VALUE_CHAIN = "VALUE_CHAIN"  # money of all purchases of the parties downstream


MOST_COUNTED = 10_000_000
"""Referrals up to which reach is counted exactly where somebody was referred by two or more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopReferrer(PartyRow):
    """A party that refers, with its place in the graph of those referrals, and its measures."""

    score: Annotated[
        float,
        Field(
            description="What it is ranked by; more is better. VALUE and VALUE_CHAIN in minor "
            "units: 12.50 is 1250."
        ),
    ]
    referrals_made: Annotated[int, Field(description="Referrals made, each counted.")]
    converted: Annotated[int, Field(description="Those of them that converted.")]
    value_minor: Annotated[
        Money, Field(description="Money of the purchases that those referrals brought.")
    ]
    reach: Annotated[
        int, Field(description="Distinct parties downstream, over any number of steps.")
    ]
    reach_decayed: Annotated[
        float | None,
        Field(description="The same, each step farther counting half; if ranked by it."),
    ] = None
    chain_value_minor: Annotated[
        Money | None,
        Field(description="Money of all purchases of those parties; if ranked by it."),
    ] = None


_METHODS = {
    ReferrerMeasure.COUNT: "number of referrals made",
    ReferrerMeasure.CONVERTED: "number of referrals that converted",
    ReferrerMeasure.VALUE: "money in minor units, each purchase counted for one referral",
    ReferrerMeasure.REACH: "strong components condensed, descendants counted exactly",
    ReferrerMeasure.REACH_DECAYED: "breadth-first search from every party",
    ReferrerMeasure.VALUE_CHAIN: "strong components condensed, purchases summed exactly",
}
_ESTIMATED = "reach estimated from the least of random draws"
_QUANTILE = 1.645
"""Standard errors that nine of ten estimates keep within."""


@analytic()
def top_referrers(
    network: Network,
    *,
    measure: Annotated[
        ReferrerMeasure, Field(description="What to rank by.")
    ] = ReferrerMeasure.REACH,
    since: Annotated[
        Moment | None, Field(description="Only referrals made at this time or later.")
    ] = None,
    until: Annotated[
        Moment | None, Field(description="Only referrals made before this time.")
    ] = None,
    with_communities: Annotated[
        bool, Field(description="Say for each row which community it belongs to.")
    ] = False,
    first: Annotated[int, Field(ge=1, le=1000, description="Number of rows, 1 to 1,000.")] = 20,
) -> Ranking[TopReferrer]:
    """Who refers most: by number, by success, by money, or by how far the chain goes.

    Score: COUNT, CONVERTED and REACH are whole numbers from 1; VALUE is money in minor units
    (`value` and `chainValue` say the same in units).
    VALUE_CHAIN is money too: of all purchases of the customers downstream, each counted once,
    whatever brought them. REACH_DECAYED is from 1: a party one step away counts 1, two steps
    1/2, three 1/4 ..., by the shortest way.
    Parties whose score is 0 are left out. Direction: from referrer to referred, downstream.
    REACH counts every party downstream once, the referrer itself never, cycles or not. VALUE
    counts a purchase once: for the referral it names, else for the customer's first converted,
    else first open referral made before it. Parallel referrals count each, but reach the same
    party. Self-referrals do not count. A referral without a time is in no window.
    Ties: lower kind, then key.

    Where there are more than 10,000,000 referrals that are no forest, reach and the value of the
    chain are estimated, each with a standard error of a tenth: then `exact` is false, and
    `errorBound` is what the greatest of them is off by at most with probability 0.9, the others
    by the same share.

    Time O(n + m) in a forest, else O((n + m) n / 512) at worst, REACH_DECAYED O(levels n m / 256);
    memory 64 bytes a party, REACH_DECAYED 108.

    Raises:
        BadInput: the window ends before it begins.
        TimedOut: a chain measure took too long.

    References: Nuutila 1995 (transitive closure by strong components).
    """
    size, table = len(network), network.edges["Referral"]
    kept = within(table, since, until)
    source, target = table.source[kept], table.target[kept]
    value = np.zeros(size, np.int64)
    np.add.at(value, source, value_of_referrals(network)[kept])
    converted = source[table.columns["status"][kept] == CONVERTED]
    chain, error = _chain(network, measure, source, target)
    measures: dict[ReferrerMeasure, NDArray[Any]] = {
        ReferrerMeasure.COUNT: np.bincount(source, minlength=size),
        ReferrerMeasure.CONVERTED: np.bincount(converted, minlength=size),
        ReferrerMeasure.VALUE: value,
        **chain,
    }
    candidates = np.flatnonzero(measures[measure])
    levels = level(measures[measure])
    ids = best(levels, candidates, first)
    groups = _communities(network, since, until) if with_communities else None
    found = places(source, target, levels, ids, groups)
    columns = {one: column[ids].tolist() for one, column in measures.items()}
    parties = network.nodes.refs(ids)
    rows = [
        _row(
            rank + 1,
            float(levels[ids[rank]]),
            party,
            place,
            {one: of[rank] for one, of in columns.items()},
        )
        for rank, (party, place) in enumerate(zip(parties, found, strict=True))
    ]
    method = _METHODS[measure] if error is None else f"{_METHODS[measure]}; {_ESTIMATED}"
    return ranking(network, rows, total=len(candidates), method=method, error_bound=error)


def _communities(network: Network, since: datetime | None, until: datetime | None) -> Ids:
    """The number of every node's community among the referrals of the window; 0 = in none."""
    graph = party_graph(network, InfluenceGraph.REFERRALS, since=since, until=until)
    numbers = np.zeros(len(network), np.int32)
    numbers[graph.nodes] = community_numbers(graph)
    return numbers


def _chain(
    network: Network, measure: ReferrerMeasure, source: Ids, target: Ids
) -> tuple[dict[ReferrerMeasure, NDArray[Any]], float | None]:
    """Reach, and that of the two dearer measures of the chain which is asked for.

    And the error of the chain's value, if that is asked for, else of reach; None where all is
    counted.
    """
    from referral.kernels.distances import decayed_reach
    from referral.kernels.forest import parents
    from referral.kernels.reach import reach, reach_with_value

    size = len(network)
    many = len(source) > MOST_COUNTED
    if many and parents(source, target, size, budget=budget()) is None:
        return _estimated(network, measure, source, target)
    if measure is ReferrerMeasure.VALUE_CHAIN:
        below = reach_with_value(source, target, size, spent(network), budget=budget())
        return {ReferrerMeasure.REACH: below.count, measure: below.value}, None
    found: dict[ReferrerMeasure, NDArray[Any]] = {
        ReferrerMeasure.REACH: reach(source, target, size, budget=budget())
    }
    if measure is ReferrerMeasure.REACH_DECAYED:
        found[measure] = decayed_reach(source, target, size, budget=budget())
    return found, None


def _estimated(
    network: Network, measure: ReferrerMeasure, source: Ids, target: Ids
) -> tuple[dict[ReferrerMeasure, NDArray[Any]], float]:
    from referral.kernels.distances import decayed_reach
    from referral.kernels.sketches import estimated_reach

    size = len(network)
    numbers, share = estimated_reach(source, target, size, budget=budget())
    refers = np.bincount(source, minlength=size) > 0  # who does reaches one or more
    found: dict[ReferrerMeasure, NDArray[Any]] = {
        ReferrerMeasure.REACH: np.maximum(np.rint(numbers).astype(np.int64), refers)
    }
    ranked = ReferrerMeasure.REACH
    if measure is ReferrerMeasure.VALUE_CHAIN:
        ranked = measure
        money, share = estimated_reach(source, target, size, spent(network), budget=budget())
        found[measure] = np.rint(money).astype(np.int64)
    if measure is ReferrerMeasure.REACH_DECAYED:
        found[measure] = decayed_reach(source, target, size, budget=budget())
    off = _QUANTILE * share  # of what is true, which may be that much above the estimate
    return found, off / (1 - off) * float(found[ranked].max(initial=0))


def _row(
    rank: int,
    score: float,
    party: NodeRef,
    place: Place,
    values: Mapping[ReferrerMeasure, Any],
) -> TopReferrer:
    chain_value = values.get(ReferrerMeasure.VALUE_CHAIN)
    return TopReferrer(
        rank=rank,
        score=score,
        party=party,
        **place._asdict(),
        referrals_made=values[ReferrerMeasure.COUNT],
        converted=values[ReferrerMeasure.CONVERTED],
        value_minor=Money(values[ReferrerMeasure.VALUE]),
        reach=values[ReferrerMeasure.REACH],
        reach_decayed=values.get(ReferrerMeasure.REACH_DECAYED),
        chain_value_minor=None if chain_value is None else Money(chain_value),
    )
