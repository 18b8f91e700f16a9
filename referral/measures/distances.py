"""Measures of distances: reach, harmonic, closeness, hops and shortest paths."""

from __future__ import annotations

import numpy as np

from referral.kernels.budget import Budget
from referral.measures.graph import Graph
from referral.measures.ranks import whole_number
from referral.measures.registry import Measured, measure


@measure("reach", needs_direction=True)
def reach(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """Number of nodes that can be reached along the edges, itself not counted; total: the sum."""
    from referral.kernels.reach import reach as kernel

    counts = kernel(graph.source, graph.target, graph.size, budget=budget)
    return Measured(int(counts.sum()), counts)


@measure("harmonic")
def harmonic(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """Sum of 1 / distance over those who reach a node; total: the sum over all nodes."""
    from referral.kernels.distances import distance_sums

    scores = distance_sums(graph.backward, graph.forward, budget=budget).harmonic
    return Measured(float(scores.sum()), scores)


@measure("closeness")
def closeness(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """1 / mean distance of those who reach a node, times their share; total: the mean."""
    from referral.kernels.distances import distance_sums

    sums = distance_sums(graph.backward, graph.forward, budget=budget)
    scores = sums.closeness(graph.size)
    return Measured(float(scores.mean()), scores)


@measure("k-hop", "A", "K")
def k_hop(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """The nodes within K hops of A, the nearest first, by distance; total: their number."""
    from referral.kernels.searching import within_hops

    name, hops = words
    found = within_hops(graph.forward, graph.place(name), whole_number(hops, "K"), budget=budget)
    return Measured(len(found.ids), found.distances, nodes=found.ids)


@measure("shortest-path", "A", "B")
def shortest_path(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """The nodes on one shortest way from A to B, by distance; total: its edges, none = no way."""
    from referral.kernels.shortest_paths import shortest_path as kernel

    begin, end = (graph.place(name) for name in words)
    path = kernel(graph.forward, graph.backward, begin, end, budget=budget)
    if path is None:
        empty = np.empty(0, np.int32)
        note = f"there is no way from {words[0]} to {words[1]}"
        return Measured(None, empty, nodes=empty, note=note)
    return Measured(len(path) - 1, np.arange(len(path)), nodes=path)
