"""Measures that divide the nodes: components, strong components, communities."""

from __future__ import annotations

import numpy as np

from graph.network.csr import Ids
from referral.kernels.budget import Budget
from referral.measures.graph import Graph
from referral.measures.registry import Measured, measure


@measure("components")
def components(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """Size of the part in which a node hangs together, direction aside; total: how many parts."""
    from referral.kernels.components import connected_components

    found = connected_components(graph.source, graph.target, graph.size, budget=budget)
    return _sizes(found.label, found.count)


@measure("strong-components", needs_direction=True)
def strong(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """Size of the part in which each reaches each along the edges; total: how many parts."""
    from referral.kernels.components import strong_components

    found = strong_components(graph.along, budget=budget)
    return _sizes(found.label, found.count)


@measure("communities", weights=True)
def communities(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """Size of a node's community (Louvain), direction aside; total: how many there are.

    Nodes that look alike in the structure are taken in order of their names.
    """
    from referral.kernels.communities import communities as kernel

    named, place = graph.by_name()
    found = kernel(named.both, named.both_weights(), budget=budget)
    note = f"a heuristic: modularity {found.modularity:.4f} reached, more may be possible"
    return _sizes(found.label[place], found.count, note=note)


def _sizes(label: Ids, count: int, note: str | None = None) -> Measured:
    """The size of each node's part, and the part's number: 1 is the largest."""
    sizes = np.bincount(label, minlength=count)
    number = np.empty(count, np.int64)
    number[np.argsort(-sizes, kind="stable")] = np.arange(1, count + 1)
    return Measured(count, sizes[label], more={"group": number[label]}, note=note)
