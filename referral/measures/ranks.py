"""Measures of rank: degree, PageRank, betweenness, eigenvector, Katz, HITS."""

from __future__ import annotations

from typing import Any

import numpy as np

from graph.errors import BadInput, shown
from referral.kernels.budget import Budget
from referral.kernels.shape import strengths
from referral.measures.graph import Graph
from referral.measures.registry import Measured, Scores, measure

EXACT_STEPS = 400_000_000
"""Nodes times edges up to which betweenness is exact: some seconds."""

KATZ_SHARE = 0.5
"""What a Katz step multiplies by, as a share of 1 / the largest eigenvalue."""


@measure("degree", weights=True)
def degree(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """Number of edges at a node, or the sum of their weights; total: the sum over all nodes.

    Of a directed graph, in- and out-degree together; each stands beside it.
    """
    into, out = _in_and_out(graph, budget)
    if graph.directed:
        return Measured(_plain(out.sum() + into.sum()), into + out, more={"in": into, "out": out})
    return Measured(_plain(into.sum()), into)


@measure("in-degree", weights=True, needs_direction=True)
def in_degree(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """Number of edges that lead to a node, or the sum of their weights; total: their number."""
    into, _ = _in_and_out(graph, budget)
    return Measured(_plain(into.sum()), into)


@measure("out-degree", weights=True, needs_direction=True)
def out_degree(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """Number of edges that lead from a node, or the sum of their weights; total: their number."""
    _, out = _in_and_out(graph, budget)
    return Measured(_plain(out.sum()), out)


def _in_and_out(graph: Graph, budget: Budget) -> tuple[Scores, Scores]:
    """The sum of the weights of the edges to each node, and from it."""
    budget.check("counting edges")
    if graph.directed:
        into = np.bincount(graph.target, graph.weights, graph.size)
        return into, np.bincount(graph.source, graph.weights, graph.size)
    if graph.weights is None:
        return graph.both.degrees(), graph.both.degrees()
    strength = strengths(graph.both_weighted)
    return strength, strength


def _plain(value: Any) -> float | int:
    found: float | int = value.item()
    return found


@measure("pagerank", weights=True)
def pagerank(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """Share of time a random walker along the edges is there; total: 1 (damping 0.85)."""
    from referral.kernels.pagerank import pagerank as kernel

    rows, weights = graph.backward_weighted()
    scores = kernel(rows, weights=weights, budget=budget)
    return Measured(float(scores.sum()), scores)


@measure("personalized", "A...", weights=True)
def personalized(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """PageRank as seen from the nodes A, B ..., to which all jumps go; total: 1 (damping 0.85)."""
    from referral.kernels.pagerank import pagerank as kernel

    rows, weights = graph.backward_weighted()
    jump = np.zeros(graph.size)
    jump[[graph.place(name) for name in words]] = 1.0
    scores = kernel(rows, weights=weights, jump=jump, budget=budget)
    return Measured(float(scores.sum()), scores)


@measure("betweenness")
def betweenness(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """Share of the pairs of others whose shortest ways lead through a node; total: the sum."""
    from referral.kernels.betweenness import betweenness as kernel
    from referral.kernels.random_paths import sampled_betweenness

    others = graph.size - 1
    if graph.size * len(graph.forward.ids) <= EXACT_STEPS:
        pairs = max(1, others * (others - 1))
        scores = kernel(graph.forward, budget=budget) / pairs
        return Measured(float(scores.sum()), scores)
    scores, error = sampled_betweenness(
        graph.forward, graph.backward, directed=graph.directed, budget=budget
    )
    note = f"from a sample of shortest ways: each score within {error:g} with probability 0.9"
    return Measured(float(scores.sum()), scores, note=note)


@measure("eigenvector", weights=True)
def eigenvector(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """A node matters as much as its neighbours together; total: the largest eigenvalue.

    Directions do not matter.
    """
    from referral.kernels.spectral import BLUR
    from referral.kernels.spectral import eigenvector as kernel

    scores, value = kernel(graph.both, weights=graph.both_weights(), budget=budget)
    return Measured(value, scores, blur=BLUR)


@measure("katz", weights=True)
def katz(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """All walks that end at a node, longer ones counting less; total: the sum.

    A step multiplies by half of 1 / the largest eigenvalue without directions, so that the sum
    always has a limit.
    """
    from referral.kernels.spectral import eigenvector as largest
    from referral.kernels.spectral import katz as kernel

    _, value = largest(graph.both, weights=graph.both_weights(), budget=budget)
    attenuation = KATZ_SHARE / value if value > 0 else KATZ_SHARE
    rows, weights = graph.backward_weighted()
    scores = kernel(rows, weights=weights, attenuation=attenuation, budget=budget)
    return Measured(float(scores.sum()), scores, note=f"a step multiplies by {attenuation:.6g}")


@measure("hits", weights=True, needs_direction=True)
def hits(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """Authority: led to by good hubs; the hub score beside it; total: 1, or 0 without edges."""
    from referral.kernels.shape import WeightedRows, summed
    from referral.kernels.spectral import BLUR
    from referral.kernels.spectral import hits as kernel

    rows = WeightedRows(graph.along, np.ones(len(graph.source)))
    if graph.weights is not None:
        rows = summed(graph.source, graph.target, graph.size, graph.weights)
    hub, authority = kernel(rows.graph, weights=rows.weights, budget=budget)
    return Measured(float(authority.sum()), authority, more={"hub": hub}, blur=BLUR)


def whole_number(text: str, what: str) -> int:
    """A number from 0 that stands on the command line.

    Raises:
        BadInput: it is none.
    """
    if not (text.isascii() and text.isdigit()):
        raise BadInput(f"{what} is {shown(text)}; give a whole number from 0")
    return int(text[:18])
