"""networkx's measures of how neighbours know each other: cores, triangles, holes, communities."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
from networkx.algorithms.community.quality import NotAPartition

from referral.backend.answering import ATTRIBUTE, answers
from referral.backend.graph import ArrayGraph, Node
from referral.backend.nodes import chosen
from referral.kernels.communities import modularity as modularity_kernel
from referral.kernels.cores import core_numbers
from referral.kernels.holes import constraint as constraint_kernel
from referral.kernels.holes import effective_size as effective_size_kernel
from referral.kernels.shape import WeightedRows, undirected_weighted
from referral.kernels.triangles import triangles as triangles_kernel


@answers(slow=True)
def core_number(G: ArrayGraph) -> dict[Node, int]:
    """Core number of every node; declined where two nodes lead to each other.

    Raises:
        NetworkXNotImplemented: there is a loop.
    """
    if G.loops:
        raise nx.NetworkXNotImplemented(
            "Input graph has self loops which is not permitted; "
            "Consider using G.remove_edges_from(nx.selfloop_edges(G))."
        )
    if G.directed and len(G.simple.ids) < 2 * len(G.source):
        raise NotImplementedError("networkx counts such a pair as two neighbours")
    return G.named(core_numbers(G.simple))


@answers(slow=True)
def triangles(G: ArrayGraph, nodes: Any = None) -> Any:
    """Number of triangles at one node, or at several or all by node."""
    return chosen(G, nodes, triangles_kernel(G.simple).tolist())


@answers(slow=True, weight=None)
def clustering(G: ArrayGraph, nodes: Any = None, weight: None = None) -> Any:
    """Share of a node's pairs of neighbours that are joined; not of directed graphs."""
    return chosen(G, nodes, _clustering(G))


@answers(slow=True, weight=None)
def average_clustering(
    G: ArrayGraph, nodes: Any = None, weight: None = None, count_zeros: bool = True
) -> float:
    """Mean of the same, of all nodes or of those above 0; not of directed graphs."""
    found = chosen(G, nodes, _clustering(G))
    values = [v for v in found.values() if count_zeros or v]
    return float(sum(values) / len(values))


def _clustering(graph: ArrayGraph) -> list[float]:
    """networkx's value for none is a whole 0."""
    if graph.directed:
        raise NotImplementedError("clustering of directed graphs has no kernel")
    counts = zip(
        triangles_kernel(graph.simple).tolist(), graph.simple.degrees().tolist(), strict=True
    )
    return [2 * t / (d * (d - 1)) if t else 0 for t, d in counts]


@answers(slow=True)
def transitivity(G: ArrayGraph) -> float:
    """Share of all pairs of neighbours that are joined; not of directed graphs."""
    if G.directed:
        raise NotImplementedError("triangles of directed graphs have no kernel")
    degrees = G.simple.degrees()
    closed = 2 * int(triangles_kernel(G.simple).sum())
    return closed / int((degrees * (degrees - 1)).sum()) if closed else 0


@answers(slow=True, weight=ATTRIBUTE)
def constraint(G: ArrayGraph, nodes: Any = None, weight: str | None = None) -> dict[Node, float]:
    """Burt's constraint; NaN for a node without neighbours."""
    rows = _mutual(G, weight)
    return _of(G, nodes, constraint_kernel(rows.graph, rows.weights).tolist())


@answers(slow=True, weight=ATTRIBUTE)
def effective_size(
    G: ArrayGraph, nodes: Any = None, weight: str | None = None
) -> dict[Node, float]:
    """Burt's effective size; NaN for a node without neighbours.

    With weights or directions networkx has two answers: for all nodes at once it divides by the
    greatest weight at the wrong end. The kernel agrees with the one for given nodes, which is
    that of the definition; the other is left to networkx.
    """
    if nodes is None and (G.directed or G.weights(weight) is not None):
        raise NotImplementedError("networkx has a definition of its own here")
    rows = _mutual(G, weight)
    return _of(G, nodes, effective_size_kernel(rows.graph, rows.weights).tolist())


def _mutual(graph: ArrayGraph, weight: str | None) -> WeightedRows:
    """Rows in both directions with the weights of both added up."""
    if graph.loops or not len(graph):
        raise NotImplementedError("a loop has no part in structural holes, nor has no node")
    weights = graph.weights(weight)
    if weights is not None and not weights.all():
        raise NotImplementedError("an edge weighs nothing")
    return undirected_weighted(graph.source, graph.target, len(graph), weights)


def _of(graph: ArrayGraph, nodes: Any, values: list[float]) -> dict[Node, float]:
    """The values of some nodes by node, each of which must be there."""
    if nodes is None:
        return dict(zip(graph.labels, values, strict=True))
    wanted = list(nodes)
    if not all(node in graph for node in wanted):
        raise NotImplementedError("a node is not there")
    return {node: values[graph.places[node]] for node in wanted}


@answers(weight=ATTRIBUTE)
def modularity(
    G: ArrayGraph, communities: Any, weight: str | None = "weight", resolution: float = 1
) -> float:
    """Share of the weight within communities above what it would be at random.

    Declined for directed graphs, loops and graphs without edges, or whose weights add up to 0.

    Raises:
        NotAPartition: a node stands in no community, or in two.
    """
    if G.directed or G.loops or not len(G.source):
        raise NotImplementedError("modularity is answered for undirected graphs without loops")
    groups = communities if isinstance(communities, list) else list(communities)
    nodes = [node for group in groups for node in group if node in G]
    if len(nodes) != len(G) or len(set(nodes)) != len(G):
        named: Any = G
        raise NotAPartition(named, groups)
    label = np.empty(len(G), np.int32)
    for number, group in enumerate(groups):
        for node in group:
            if node in G:
                label[G.places[node]] = number
    rows, weights = G.backward_weighted(weight)
    if weights is not None and not weights.sum():
        raise NotImplementedError("all edges together weigh nothing")
    return modularity_kernel(rows, label, weights, resolution=resolution)
