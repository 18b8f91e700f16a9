"""Measures of how neighbours know each other, and of the whole: triangles, cores, holes."""

from __future__ import annotations

import math

import numpy as np

from referral.kernels.budget import Budget
from referral.kernels.shape import Floats
from referral.measures.graph import Graph
from referral.measures.registry import Measured, measure


@measure("triangles")
def triangles(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """Number of triangles at a node, direction aside; total: how many triangles there are."""
    from referral.kernels.triangles import triangles as kernel

    counts = kernel(graph.both, budget=budget)
    return Measured(int(counts.sum()) // 3, counts)


@measure("clustering")
def clustering(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """Share of a node's pairs of neighbours that are joined, direction aside; total: the mean."""
    from referral.kernels.triangles import clustering as kernel

    scores = kernel(graph.both, budget=budget)
    return Measured(float(scores.mean()), scores)


@measure("transitivity")
def transitivity(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """Share of all pairs of neighbours that are joined, direction aside: one number."""
    from referral.kernels.triangles import transitivity as kernel

    return Measured(float(kernel(graph.both, budget=budget)))


@measure("k-core")
def k_core(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """The greatest k whose part with k neighbours each holds the node; total: the greatest."""
    from referral.kernels.cores import core_numbers

    numbers = core_numbers(graph.both, budget=budget)
    return Measured(int(numbers.max()), numbers)


@measure("constraint", weights=True)
def constraint(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """Burt's constraint, the lowest (brokers) first; total: the mean. Both directions add up."""
    from referral.kernels.holes import constraint as kernel

    scores = kernel(graph.both, graph.both_weighted.weights, budget=budget)
    return Measured(_mean(scores), scores, lowest_first=True)


@measure("hierarchy", weights=True)
def hierarchy(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """Burt's hierarchy: whether one neighbour binds a node (1) or all alike (0); total: the mean.

    Both directions add up.
    """
    from referral.kernels.holes import holes

    scores = holes(graph.both, graph.both_weighted.weights, budget=budget).hierarchy
    return Measured(_mean(scores), scores)


@measure("effective-size", weights=True)
def effective_size(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """Neighbours less what they know of each other; total: the mean. Both directions add up."""
    from referral.kernels.holes import effective_size as kernel

    weights = graph.both_weighted.weights
    scores = kernel(graph.both, None if (weights == 1).all() else weights, budget=budget)
    return Measured(_mean(scores), scores)


def _mean(scores: Floats) -> float | None:
    known = scores[~np.isnan(scores)]
    return float(known.mean()) if len(known) else None


@measure("assortativity")
def assortativity(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """Whether those with many edges are joined to others with many, -1 to 1: one number."""
    from referral.kernels.assortativity import degree_assortativity

    found = degree_assortativity(
        graph.forward, graph.backward if graph.directed else None, budget=budget
    )
    return Measured(None if math.isnan(found) else found)


@measure("reciprocity", needs_direction=True)
def reciprocity(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """Share of the edges whose reverse is there too: one number."""
    from referral.kernels.cycles import two_cycles

    mutual = 2 * len(two_cycles(graph.source, graph.target, budget=budget))
    return Measured(mutual / len(graph.source) if len(graph.source) else None)
