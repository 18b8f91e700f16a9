"""Who matters most in the graph of referrals or of ties."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from graph.errors import TooExpensive
from graph.model.fields import Text
from graph.model.words import Stage
from graph.network import Csr, Network, csr
from graph.network.csr import Ids
from referral.answers import PartyRef, Ranking, Row, ranking
from referral.kernels.order import best, significant
from referral.registry import analytic

EXACT_STEPS = 400_000_000
"""Nodes times edges up to which betweenness is exact: some seconds."""

HARMONIC_STEPS = 10_000_000_000
"""Nodes times edges up to which harmonic centrality is computed: some ten seconds."""


class InfluenceMeasure(StrEnum):
    """What influence is."""

    PAGERANK = "PAGERANK"  # referred by it are parties that themselves refer many
    BETWEENNESS = "BETWEENNESS"  # the shortest ways between others lead through it
    HARMONIC = "HARMONIC"  # it is near to many
    K_CORE = "K_CORE"  # it lies in a part where everybody knows many


class InfluenceGraph(StrEnum):
    """Along which edges influence is measured."""

    REFERRALS = "REFERRALS"
    TIES = "TIES"


@dataclass(frozen=True, slots=True, kw_only=True)
class Influencer(Row):
    """A party that matters, with its place in the graph."""

    party: Annotated[PartyRef, Field(description="The party.")]
    in_degree: Annotated[
        int, Field(description="Distinct parties that lead to it: that referred or know it.")
    ]
    out_degree: Annotated[
        int, Field(description="Distinct parties it leads to: that it referred or knows.")
    ]
    percentile: Annotated[
        float, Field(description="Percent of the parties in the graph with a lower score.")
    ]


class _Graph(NamedTuple):
    """The parties with an edge, numbered anew, and distinct edges between them.

    Attributes:
        nodes: (k,) ids in the network.
        source, target: (m,) edges by the new numbers, both directions of a tie.
        directed: whether an edge differs from its reverse.
    """

    nodes: Ids
    source: Ids
    target: Ids
    directed: bool

    @property
    def size(self) -> int:
        return len(self.nodes)

    def rows(self) -> Csr:
        return csr(self.source, self.target, self.size)


Scores = tuple[NDArray[np.float64] | NDArray[np.int64], str, float | None]
"""Score of every node, how they were computed, and the error bound unless exact."""


@analytic()
def influencers(
    network: Network,
    *,
    measure: Annotated[
        InfluenceMeasure, Field(description="What influence is.")
    ] = InfluenceMeasure.PAGERANK,
    over: Annotated[
        InfluenceGraph, Field(description="Along which edges.")
    ] = InfluenceGraph.REFERRALS,
    region: Annotated[
        Text | None, Field(description="Only parties of that region; scored over all.")
    ] = None,
    industry: Annotated[
        Text | None, Field(description="Only parties of that industry; scored over all.")
    ] = None,
    stage: Annotated[
        Stage | None, Field(description="Only customers at that stage; scored over all.")
    ] = None,
    first: Annotated[int, Field(ge=1, le=1000, description="Number of rows, 1 to 1,000.")] = 20,
) -> Ranking[Influencer]:
    """Who matters most in the graph of referrals or of ties, by a measure of centrality.

    The graph has every party with at least one such edge; parallel edges count once, loops not
    at all; ties that have ended count, ties have no direction. Scores:

    - PAGERANK, above 0 to 1, sum 1: influence flows downstream, so a referred party passes its
      weight on to its referrers (the referral graph reversed); damping 0.85.
    - BETWEENNESS, 0 to 1: share of all ordered pairs of other parties with a shortest path
      through it, along the referrals' direction.
    - HARMONIC, 0 to k - 1: sum of 1 / distance to every other party, downstream.
    - K_CORE, whole from 1: the greatest k such that it lies in a part where each has k
      neighbours; referrals taken without direction.

    Filters choose the rows shown; scores and percentiles are of the whole graph. Ties: scores are
    compared on 12 significant digits, then lower kind, then key.

    Time: PAGERANK O(rounds (k + m)), at most 147 rounds; BETWEENNESS exact O(k m) up to
    4e8 steps, beyond that sampled shortest paths, every score within `errorBound` with
    probability 0.9; HARMONIC O(levels k m / 256); K_CORE O(k + m). Memory O(k + m).

    Raises:
        TooExpensive: HARMONIC over more than 1e10 parties times edges.

    References: Page et al. 1999; Brandes 2001, doi:10.1080/0022250X.2001.9990249; Riondato &
    Kornaropoulos 2016, doi:10.1007/s10618-015-0423-0; Boldi & Vigna 2014,
    doi:10.1080/15427951.2013.865686; Batagelj & Zaversnik 2003, arXiv:cs/0310049.
    """
    graph = _graph(network, over)
    scores, method, error_bound = _MEASURES[measure](graph)
    shown = np.flatnonzero(_matching(network, region, industry, stage)[graph.nodes])
    ids = best(scores, shown, first)
    rows = _rows(network, graph, scores, ids)
    return ranking(network, rows, total=len(shown), method=method, error_bound=error_bound)


def _graph(network: Network, over: InfluenceGraph) -> _Graph:
    table = network.edges["Referral" if over is InfluenceGraph.REFERRALS else "Tie"]
    proper = table.source != table.target
    source, target = table.source[proper], table.target[proper]
    if over is InfluenceGraph.TIES:
        source, target = np.concatenate((source, target)), np.concatenate((target, source))
    ends = np.zeros(len(network), np.bool_)
    ends[source] = ends[target] = True
    numbers = (np.cumsum(ends) - 1).astype(np.int32)
    size = int(ends.sum())
    rows = csr(numbers[source], numbers[target], size, unique=True)
    return _Graph(
        nodes=np.flatnonzero(ends).astype(np.int32),
        source=np.repeat(np.arange(size, dtype=np.int32), rows.degrees()),
        target=rows.ids,
        directed=over is InfluenceGraph.REFERRALS,
    )


def _matching(
    network: Network, region: str | None, industry: str | None, stage: Stage | None
) -> NDArray[np.bool_]:
    mask = np.ones(len(network), np.bool_)
    for field, value in (("region", region), ("industry", industry), ("stage", stage)):
        if value is not None:
            mask &= network.nodes.having(field, value)
    return mask


def _rows(
    network: Network, graph: _Graph, scores: NDArray[np.number], ids: NDArray[np.int64]
) -> list[Influencer]:
    into = np.bincount(graph.target, minlength=graph.size)[ids].tolist()
    out = np.bincount(graph.source, minlength=graph.size)[ids].tolist()
    rounded = significant(scores)
    lower = np.searchsorted(np.sort(rounded), rounded[ids])
    percentiles = (lower * 100 / max(1, graph.size)).tolist()
    parties = network.nodes.refs(graph.nodes[ids])
    return [
        Influencer(
            rank=rank, score=float(score), party=party, in_degree=i, out_degree=o, percentile=p
        )
        for rank, (score, party, i, o, p) in enumerate(
            zip(scores[ids].tolist(), parties, into, out, percentiles, strict=True), 1
        )
    ]


def _pagerank(graph: _Graph) -> Scores:
    from referral.kernels.pagerank import pagerank

    scores = pagerank(graph.rows())
    return scores, "power iteration on the reversed graph until a round changes under 1e-10", None


def _betweenness(graph: _Graph) -> Scores:
    from referral.kernels.betweenness import betweenness
    from referral.kernels.random_paths import sampled_betweenness

    size = graph.size
    if size * len(graph.source) > EXACT_STEPS:
        backward = csr(graph.target, graph.source, size)
        scores, bound = sampled_betweenness(graph.rows(), backward, directed=graph.directed)
        return scores, "shortest paths of random pairs, sampled", bound
    pairs = max(1, (size - 1) * (size - 2))
    return betweenness(graph.rows()) / pairs, "all shortest paths counted", None


def _harmonic(graph: _Graph) -> Scores:
    from referral.kernels.distances import distance_sums

    steps = graph.size * len(graph.source)
    if steps > HARMONIC_STEPS:
        raise TooExpensive(
            f"HARMONIC would take {steps:,} steps over {graph.size:,} parties, at most "
            f"{HARMONIC_STEPS:,} are allowed; ask for PAGERANK, BETWEENNESS or K_CORE"
        )
    backward = csr(graph.target, graph.source, graph.size)
    return (
        distance_sums(graph.rows(), backward).harmonic,
        "breadth-first search from every party",
        None,
    )


def _k_core(graph: _Graph) -> Scores:
    from referral.kernels.cores import core_numbers

    source = np.concatenate((graph.source, graph.target))
    target = np.concatenate((graph.target, graph.source))
    return core_numbers(csr(source, target, graph.size, unique=True)), "peeling by degree", None


_MEASURES: dict[InfluenceMeasure, Callable[[_Graph], Scores]] = {
    InfluenceMeasure.PAGERANK: _pagerank,
    InfluenceMeasure.BETWEENNESS: _betweenness,
    InfluenceMeasure.HARMONIC: _harmonic,
    InfluenceMeasure.K_CORE: _k_core,
}
