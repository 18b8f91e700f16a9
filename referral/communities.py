"""Groups of parties with many referrals or ties among them and few to others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from graph.network import Network
from graph.network.csr import Ids
from referral.allowance import budget
from referral.answers import Answer, Long, PartyRef, Row
from referral.kernels.shape import sources
from referral.party_graph import InfluenceGraph, PartyGraph, party_graph
from referral.registry import analytic

COMMON = 0.5
"""Share of the members that must have a value in common for it to name their community."""

NAMING = ("region", "industry")


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunityMember:
    """A party in a community."""

    party: Annotated[PartyRef, Field(description="The party.")]
    inside: Annotated[int, Field(description="Parties of the community it is joined to.")]
    outside: Annotated[int, Field(description="Parties of other communities it is joined to.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Community(Row):
    """A community; its score is its size."""

    name: Annotated[
        str | None,
        Field(description="Suggested: the region and industry that half of the members share."),
    ]
    size: Annotated[int, Field(description="Number of members.")]
    density: Annotated[float, Field(description="Share of all pairs of members that are joined.")]
    members: Annotated[
        tuple[CommunityMember, ...], Field(description="Those joined to most others inside.")
    ]
    bridges: Annotated[
        tuple[CommunityMember, ...], Field(description="Those joined to most parties outside.")
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Communities(Answer):
    """The communities of a graph, largest first."""

    total: Annotated[Long, Field(description="Number of communities.")]
    modularity: Annotated[
        float,
        Field(description="Share of the edges inside, above what it would be at random; below 1."),
    ]
    items: Annotated[tuple[Community, ...], Field(description="The first communities.")]


@dataclass(frozen=True, slots=True, eq=False)
class RankedCommunities:
    """Communities numbered by size, the largest 0; among equals the one with the lowest party.

    Attributes:
        label: (k,) community of every party of the graph.
        sizes: (c,) number of members.
        modularity: of the partition.
    """

    label: Ids
    sizes: NDArray[np.int64]
    modularity: float


def ranked_communities(graph: PartyGraph, resolution: float = 1.0) -> RankedCommunities:
    """The communities of a graph of parties, direction aside."""
    from referral.kernels.communities import communities as find

    rows = graph.both_ways
    weights = rows.weights if graph.weighted else None
    found = find(rows.graph, weights, resolution=resolution, budget=budget())
    sizes = np.bincount(found.label, minlength=found.count)
    order = np.argsort(-sizes, kind="stable")
    places = np.empty(found.count, np.int32)
    places[order] = np.arange(found.count, dtype=np.int32)
    return RankedCommunities(places[found.label], sizes[order], found.modularity)


def community_numbers(graph: PartyGraph) -> Ids:
    """The rank from 1 of every party's community (k,), as `communities` gives it."""
    return ranked_communities(graph).label + np.int32(1)


@analytic()
def communities(
    network: Network,
    *,
    over: Annotated[InfluenceGraph, Field(description="Along which edges.")] = InfluenceGraph.BOTH,
    weighted: Annotated[
        bool, Field(description="Count parallel referrals each, and ties by their strength.")
    ] = False,
    resolution: Annotated[
        float, Field(ge=0.01, le=100, description="Above 1 gives smaller communities.")
    ] = 1.0,
    members: Annotated[
        int, Field(ge=0, le=1000, description="Members and bridges listed of each, 0 to 1,000.")
    ] = 10,
    first: Annotated[
        int, Field(ge=1, le=1000, description="Number of communities, 1 to 1,000.")
    ] = 20,
) -> Communities:
    """Groups of parties with many referrals or ties among them and few to others.

    Every party with an edge is in exactly one, and each is connected; direction aside, parallel
    edges once unless `weighted`, self-referrals not at all. The score is the number of members,
    from 2; modularity says how good the whole partition is, -0.5 to below 1. Members are the best
    joined inside; bridges are members with somebody outside. The name puts together the region
    and the industry that at least half of the members have. Ties: lower kind, then key.

    The seed is fixed and the order of looking comes from the graph's structure, by kind and key
    where that is alike: so the same graph always gives the same communities.
    Time O(rounds (k + m)), memory O(k + m).

    References: Blondel et al. 2008, doi:10.1088/1742-5468/2008/10/P10008 (Louvain); Traag,
    Waltman & van Eck 2019, doi:10.1038/s41598-019-41695-z.
    """
    graph = party_graph(network, over, weighted=weighted)
    found = ranked_communities(graph, resolution)
    near, ids = sources(graph.both_ways.graph), graph.both_ways.graph.ids
    same = found.label[near] == found.label[ids]
    inside = np.bincount(near[same], minlength=graph.size)
    outside = np.bincount(near[~same], minlength=graph.size)
    order = np.argsort(found.label, kind="stable")
    ends = np.cumsum(found.sizes)
    items = tuple(
        _community(network, graph, place, order[end - size : end], inside, outside, members)
        for place, (end, size) in enumerate(
            zip(ends[:first].tolist(), found.sizes[:first].tolist(), strict=True)
        )
    )
    return Communities(
        version=Long(network.version),
        computed_at=network.computed_at,
        method="Louvain's heuristic, then split into connected parts: modularity "
        f"{found.modularity:.4f} reached, more may be possible",
        exact=False,
        total=Long(len(found.sizes)),
        modularity=found.modularity,
        items=items,
    )


def _community(
    network: Network,
    graph: PartyGraph,
    place: int,
    own: NDArray[np.int64],
    inside: NDArray[np.int64],
    outside: NDArray[np.int64],
    most: int,
) -> Community:
    size = len(own)
    by_inside = own[np.argsort(-inside[own], kind="stable")][:most]
    away = own[outside[own] > 0]
    by_outside = away[np.argsort(-outside[away], kind="stable")][:most]
    return Community(
        rank=place + 1,
        score=float(size),
        name=_name(network, graph.nodes[own]),
        size=size,
        density=float(inside[own].sum()) / (size * (size - 1)) if size > 1 else 0.0,
        members=_members(network, graph, by_inside, inside, outside),
        bridges=_members(network, graph, by_outside, inside, outside),
    )


def _members(
    network: Network,
    graph: PartyGraph,
    own: NDArray[np.int64],
    inside: NDArray[np.int64],
    outside: NDArray[np.int64],
) -> tuple[CommunityMember, ...]:
    parties = network.nodes.refs(graph.nodes[own])
    counts = zip(parties, inside[own].tolist(), outside[own].tolist(), strict=True)
    return tuple(CommunityMember(party=p, inside=i, outside=o) for p, i, o in counts)


def _name(network: Network, ids: Ids) -> str | None:
    """The values that enough of these nodes have in common, one of each field."""
    parts = []
    for field in NAMING:
        codes = network.nodes.columns[field][ids]
        counts = np.bincount(codes[codes >= 0], minlength=1)
        if counts.max() >= COMMON * len(ids):
            parts.append(network.nodes.words[field][int(counts.argmax())])
    return ", ".join(parts) or None
