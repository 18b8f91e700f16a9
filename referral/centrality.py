"""The measures of influence, each a function of one graph of parties."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from graph.errors import TooExpensive
from graph.network.csr import Ids
from referral.allowance import budget
from referral.party_graph import PartyGraph

EXACT_STEPS = 400_000_000
"""Nodes times edges up to which betweenness is exact: some seconds."""

HARMONIC_STEPS = 10_000_000_000
"""Nodes times edges up to which harmonic centrality is computed: some ten seconds."""

ATTENUATION = 0.5
"""Katz: what a step multiplies by, as a share of what would have no limit."""


class InfluenceMeasure(StrEnum):
    """What influence is."""

    PAGERANK = "PAGERANK"  # referred by it are parties that themselves refer many
    PERSONALIZED = "PERSONALIZED"  # the same, as seen from some parties
    BETWEENNESS = "BETWEENNESS"  # the shortest ways between others lead through it
    HARMONIC = "HARMONIC"  # it is near to many
    EIGENVECTOR = "EIGENVECTOR"  # it knows those who know many
    HITS_HUB = "HITS_HUB"  # it leads to good authorities
    HITS_AUTHORITY = "HITS_AUTHORITY"  # good hubs lead to it
    K_CORE = "K_CORE"  # it lies in a part where everybody knows many
    KATZ = "KATZ"  # many walks begin at it, long ones counting less
    BROKERAGE = "BROKERAGE"  # its neighbours do not know each other
    EFFECTIVE_SIZE = "EFFECTIVE_SIZE"  # it has many neighbours that do not know each other


class Scored(NamedTuple):
    """Scores of all nodes of a graph.

    Attributes:
        scores: (k,) more is better.
        method: how they were computed.
        error_bound: largest error with probability 0.9; None = exact.
        blur: scores nearer than this share of the greatest are equal (`kernels.order.level`).
    """

    scores: NDArray[Any]
    method: str
    error_bound: float | None = None
    blur: float = 0.0


def centrality(measure: InfluenceMeasure, graph: PartyGraph, chosen: Ids) -> Scored:
    """The scores of a measure.

    Args:
        measure: which one.
        graph: of at least one node.
        chosen: numbers of the parties that PERSONALIZED looks from.

    Raises:
        TooExpensive: the graph is too large for the measure.
        TimedOut: it took too long.
    """
    if measure is InfluenceMeasure.PERSONALIZED:
        return _personalized(graph, chosen)
    return _MEASURES[measure](graph)


def _pagerank(graph: PartyGraph, jump: NDArray[np.float64] | None = None) -> Scored:
    from referral.kernels.pagerank import pagerank

    # the walk goes against the referrals, so the rows against it are those along them
    scores = pagerank(graph.forward, weights=graph.weights, jump=jump, budget=budget())
    return Scored(scores, "Gauss-Seidel on the reversed graph until all errors are under 1e-13")


def _personalized(graph: PartyGraph, chosen: Ids) -> Scored:
    jump = np.zeros(graph.size)
    jump[chosen] = 1.0
    return _pagerank(graph, jump)


def _betweenness(graph: PartyGraph) -> Scored:
    from referral.kernels.betweenness import betweenness
    from referral.kernels.random_paths import sampled_betweenness

    size = graph.size
    if size * len(graph.source) > EXACT_STEPS and size > 2:
        scores, bound = sampled_betweenness(
            graph.forward, graph.backward, directed=graph.directed, budget=budget()
        )
        return Scored(scores, "shortest paths of random pairs, sampled", bound)
    pairs = max(1, (size - 1) * (size - 2))
    scores = betweenness(graph.forward, budget=budget()) / pairs
    return Scored(scores, "all shortest paths counted")


def _harmonic(graph: PartyGraph) -> Scored:
    from referral.kernels.distances import distance_sums

    steps = graph.size * len(graph.source)
    if steps > HARMONIC_STEPS:
        raise TooExpensive(
            f"HARMONIC would take {steps:,} steps over {graph.size:,} parties, at most "
            f"{HARMONIC_STEPS:,} are allowed; ask for PAGERANK, BETWEENNESS or K_CORE"
        )
    sums = distance_sums(graph.forward, graph.backward, budget=budget())
    return Scored(sums.harmonic, "breadth-first search from every party")


def _eigenvector(graph: PartyGraph) -> Scored:
    from referral.kernels.spectral import BLUR, eigenvector

    rows = graph.both_ways
    scores, _ = eigenvector(rows.graph, weights=rows.weights, budget=budget())
    return Scored(scores, "largest eigenvector by Lanczos' method", blur=BLUR)


def _hub(graph: PartyGraph) -> Scored:
    return _hits(graph, 0)


def _authority(graph: PartyGraph) -> Scored:
    return _hits(graph, 1)


def _hits(graph: PartyGraph, side: int) -> Scored:
    from referral.kernels.spectral import BLUR, hits

    scores = hits(graph.forward, weights=graph.weights, budget=budget())[side]
    return Scored(scores, "largest singular vectors by Lanczos' method", blur=BLUR)


def _katz(graph: PartyGraph) -> Scored:
    from referral.kernels.spectral import eigenvector, katz

    rows = graph.both_ways
    # no eigenvalue of one direction is above the largest of both together
    _, largest = eigenvector(rows.graph, weights=rows.weights, budget=budget())
    scores = katz(
        graph.forward, weights=graph.weights, attenuation=ATTENUATION / largest, budget=budget()
    )
    return Scored(scores, "walks summed until they add under 1e-10")


def _k_core(graph: PartyGraph) -> Scored:
    from referral.kernels.cores import core_numbers

    return Scored(core_numbers(graph.both_ways.graph, budget=budget()), "peeling by degree")


def _brokerage(graph: PartyGraph) -> Scored:
    from referral.kernels.holes import constraint

    found = constraint(*graph.both_ways, budget=budget())
    return Scored(1 / found, "1 / Burt's constraint, triangle by triangle")


def _effective_size(graph: PartyGraph) -> Scored:
    from referral.kernels.holes import effective_size

    found = effective_size(*graph.both_ways, budget=budget())
    return Scored(found, "Burt's effective size, triangle by triangle")


_MEASURES: dict[InfluenceMeasure, Callable[[PartyGraph], Scored]] = {
    InfluenceMeasure.PAGERANK: _pagerank,
    InfluenceMeasure.BETWEENNESS: _betweenness,
    InfluenceMeasure.HARMONIC: _harmonic,
    InfluenceMeasure.EIGENVECTOR: _eigenvector,
    InfluenceMeasure.HITS_HUB: _hub,
    InfluenceMeasure.HITS_AUTHORITY: _authority,
    InfluenceMeasure.K_CORE: _k_core,
    InfluenceMeasure.KATZ: _katz,
    InfluenceMeasure.BROKERAGE: _brokerage,
    InfluenceMeasure.EFFECTIVE_SIZE: _effective_size,
}
