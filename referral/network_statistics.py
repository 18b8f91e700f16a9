"""What a network is like as a whole."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from graph.network import Network
from referral.allowance import budget
from referral.answers import Answer, Long
from referral.party_graph import InfluenceGraph, PartyGraph, party_graph
from referral.registry import analytic


@dataclass(frozen=True, slots=True, kw_only=True)
class KindCount:
    """How many records of a kind there are."""

    kind: Annotated[str, Field(description="Name of the kind.")]
    count: Annotated[Long, Field(description="Number of records.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkStatistics(Answer):
    """What a network is like as a whole."""

    nodes: Annotated[tuple[KindCount, ...], Field(description="Records by kind.")]
    edges: Annotated[tuple[KindCount, ...], Field(description="Edges by kind.")]
    parties: Annotated[Long, Field(description="Parties with an edge in the graph asked about.")]
    links: Annotated[Long, Field(description="Pairs of them that are joined, direction aside.")]
    mean_degree: Annotated[float, Field(description="Parties one is joined to, on average.")]
    greatest_degree: Annotated[int, Field(description="The most that one is joined to.")]
    reciprocity: Annotated[
        float | None, Field(description="Share of the edges that lead back too; null without any.")
    ]
    components: Annotated[int, Field(description="Parts that hang together, direction aside.")]
    largest_component: Annotated[int, Field(description="Parties in the largest of them.")]
    largest_strong_component: Annotated[
        int, Field(description="Parties in the largest part where each leads to each.")
    ]
    clustering: Annotated[
        float, Field(description="Share of a party's neighbours that are joined, on average.")
    ]
    transitivity: Annotated[
        float, Field(description="Share of all pairs with a common neighbour that are joined.")
    ]
    assortativity: Annotated[
        float | None,
        Field(description="Whether the well joined know each other, -1 to 1; null if all alike."),
    ]
    innermost_core: Annotated[
        int, Field(description="The greatest k such that some part has k neighbours each within.")
    ]


@analytic()
def network_statistics(
    network: Network,
    *,
    over: Annotated[
        InfluenceGraph, Field(description="Along which edges.")
    ] = InfluenceGraph.REFERRALS,
) -> NetworkStatistics:
    """What a network is like as a whole: its size, its parts, how closely it is knit.

    Counts are whole numbers from 0, shares 0 to 1. Of the graph asked about, parallel edges count
    once, self-referrals not at all; all but reciprocity and the strong component leave direction
    aside. Ties: none, nothing is ranked.

    Time O(m^1.5) for the triangles, memory O(n + m).

    References: Watts & Strogatz 1998, doi:10.1038/30918 (clustering); Newman 2003,
    doi:10.1103/PhysRevE.67.026126 (assortativity); Tarjan 1972, doi:10.1137/0201010.
    """
    graph = party_graph(network, over)
    span = {kind: network.nodes.span(kind) for kind in network.nodes.kinds}
    return NetworkStatistics(
        version=Long(network.version),
        computed_at=network.computed_at,
        method="counted exactly",
        nodes=tuple(KindCount(kind=k, count=Long(b - a)) for k, (a, b) in span.items()),
        edges=tuple(KindCount(kind=k, count=Long(len(t))) for k, t in network.edges.items()),
        **(_of(graph) if graph.size else _NOTHING),  # type: ignore[arg-type]
    )


_NOTHING: dict[str, object] = {
    "parties": 0,
    "links": 0,
    "mean_degree": 0.0,
    "greatest_degree": 0,
    "reciprocity": None,
    "components": 0,
    "largest_component": 0,
    "largest_strong_component": 0,
    "clustering": 0.0,
    "transitivity": 0.0,
    "assortativity": None,
    "innermost_core": 0,
}


def _of(graph: PartyGraph) -> dict[str, object]:
    from referral.kernels.assortativity import degree_assortativity
    from referral.kernels.components import connected_components, strong_components
    from referral.kernels.cores import core_numbers
    from referral.kernels.triangles import knit

    rows, allowed = graph.both_ways.graph, budget()
    degrees = rows.degrees()
    parts = connected_components(graph.source, graph.target, graph.size, budget=allowed)
    strong = strong_components(graph.forward, budget=allowed)
    together = degree_assortativity(rows, budget=allowed)
    clustering, transitivity = knit(rows, budget=allowed)
    links, edges = len(rows.ids) // 2, len(graph.source)
    return {
        "parties": graph.size,
        "links": links,
        "mean_degree": float(degrees.mean()),
        "greatest_degree": int(degrees.max()),
        # an edge and its reverse are one link, so what edges have more than links leads back
        "reciprocity": 2 * (edges - links) / edges,
        "components": parts.count,
        "largest_component": int(parts.sizes().max()),
        "largest_strong_component": int(strong.sizes().max()),
        "clustering": float(np.mean(clustering)),
        "transitivity": transitivity,
        "assortativity": None if math.isnan(together) else together,
        "innermost_core": int(core_numbers(rows, budget=allowed).max()),
    }
