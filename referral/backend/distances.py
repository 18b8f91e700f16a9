"""networkx's measures of distances: who is reached, how far, closeness and harmonic."""

from __future__ import annotations

import math
from typing import Any

import networkx as nx
import numpy as np

from graph.network import Csr
from referral.backend.answering import answers
from referral.backend.components import is_connected, is_strongly_connected
from referral.backend.graph import ArrayGraph, Node
from referral.backend.nodes import place_of, places_among
from referral.kernels.distances import DistanceSums, distance_sums, distance_sums_from
from referral.kernels.searching import Near, within_hops
from referral.kernels.shortest_paths import NONE, distance

Lengths = dict[Node, int]


@answers()
def descendants(G: ArrayGraph, source: Node) -> set[Node]:
    """All nodes that can be reached from one.

    Raises:
        NetworkXError: it is not there.
    """
    return _around(G, G.forward, source)


@answers()
def ancestors(G: ArrayGraph, source: Node) -> set[Node]:
    """All nodes from which one can be reached.

    Raises:
        NetworkXError: it is not there.
    """
    return _around(G, G.backward, source)


def _around(graph: ArrayGraph, rows: Csr, node: Node) -> set[Node]:
    if node not in graph:
        kind = "digraph" if graph.directed else "graph"
        raise nx.NetworkXError(f"The node {node} is not in the {kind}.")
    found = within_hops(rows, graph.places[node])
    return set(map(graph.labels.__getitem__, found.ids.tolist()))


@answers()
def single_source_shortest_path_length(
    G: ArrayGraph, source: Node, cutoff: float | None = None
) -> Lengths:
    """Hops to every node that can be reached, the nearest first.

    Raises:
        NodeNotFound: the source is not there.
    """
    return _lengths(G, G.forward, source, cutoff, "Source")


@answers()
def single_target_shortest_path_length(
    G: ArrayGraph, target: Node, cutoff: float | None = None
) -> Lengths:
    """Hops from every node that reaches the target, the nearest first.

    Raises:
        NodeNotFound: the target is not there.
    """
    return _lengths(G, G.backward, target, cutoff, "Target")


def _lengths(graph: ArrayGraph, rows: Csr, node: Node, cutoff: float | None, part: str) -> Lengths:
    place = place_of(graph, node, part)
    # networkx takes one ring more while the cutoff is above the last one
    hops = None if cutoff is None or cutoff == math.inf else max(0, math.ceil(cutoff))
    return {node: 0, **_named(graph, within_hops(rows, place, hops))}


def _named(graph: ArrayGraph, found: Near) -> Lengths:
    nodes = map(graph.labels.__getitem__, found.ids.tolist())
    return dict(zip(nodes, found.distances.tolist(), strict=True))


@answers(weight=None, method=("dijkstra", "unweighted"))
def shortest_path_length(
    G: ArrayGraph,
    source: Node | None = None,
    target: Node | None = None,
    weight: None = None,
    method: str = "dijkstra",
) -> Any:
    """Hops from one node to another, or from one to all, or from all to one.

    Raises:
        NodeNotFound: a node is not there.
        NetworkXNoPath: there is no way.
    """
    if source is None and target is None:
        raise NotImplementedError("all pairs are given by an iterator")
    if target is None:
        return _lengths(G, G.forward, source, None, "Source")
    if source is None:
        return _lengths(G, G.backward, target, None, "Source")
    length = _hops(G, source, target)
    if length == NONE:
        raise nx.NetworkXNoPath(f"No path between {source} and {target}.")
    return length


@answers()
def has_path(G: ArrayGraph, source: Node, target: Node) -> bool:
    """Whether one node can be reached from another.

    Raises:
        NodeNotFound: a node is not there.
    """
    return _hops(G, source, target) != NONE


def _hops(graph: ArrayGraph, source: Node, target: Node) -> int:
    places = graph.places
    try:
        begin, end = places[source], places[target]
    except KeyError:
        begin, end = place_of(graph, source, "Source"), place_of(graph, target, "Target")
    return distance(graph.forward, graph.backward, begin, end)


@answers(slow=True, distance=None, sp=None)
def closeness_centrality(
    G: ArrayGraph,
    u: Node | None = None,
    distance: None = None,
    wf_improved: bool = True,
    *,
    sp: None = None,
) -> Any:
    """Reciprocal of the mean distance of those who reach a node, of one or of all by node.

    Raises:
        NodeNotFound: the node is not there.
    """
    if u is None:
        sums = distance_sums(G.backward, G.forward)
    else:
        place = place_of(G, u, "Source")
        sums = distance_sums_from(G.backward, G.forward, np.array([place], np.int32))
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = sums.reached / sums.total
        if wf_improved:
            scores *= sums.reached / (len(G) - 1)
    scores[sums.total == 0] = 0.0
    return G.named(scores) if u is None else float(scores[0])


@answers(slow=True, distance=None, sources=None)
def harmonic_centrality(
    G: ArrayGraph, nbunch: Any = None, distance: None = None, sources: None = None
) -> dict[Node, float]:
    """Sum of 1 / distance over those who reach a node."""
    if nbunch is None:
        return dict(zip(G.labels, _harmonic(_all(G)), strict=True))
    places = np.unique(places_among(G, nbunch))
    sums = distance_sums_from(G.backward, G.forward, places)
    return dict(zip(map(G.labels.__getitem__, places.tolist()), _harmonic(sums), strict=True))


def _harmonic(sums: DistanceSums) -> list[float]:
    """networkx begins its sums with a whole 0."""
    return [value or 0 for value in sums.harmonic.tolist()]


def _all(graph: ArrayGraph) -> DistanceSums:
    return distance_sums(graph.backward, graph.forward)


@answers(slow=True)
def global_efficiency(G: ArrayGraph) -> float:
    """Mean of 1 / distance over all pairs."""
    pairs = len(G) * (len(G) - 1)
    return float(_all(G).harmonic.sum()) / pairs if pairs else 0


@answers(slow=True, weight=None, method=(None, "unweighted"))
def average_shortest_path_length(
    G: ArrayGraph, weight: None = None, method: str | None = None
) -> float:
    """Mean distance over all pairs.

    Raises:
        NetworkXPointlessConcept: there is no node.
        NetworkXError: some node does not reach some other.
    """
    size = len(G)
    if not size:
        raise nx.NetworkXPointlessConcept(
            "the null graph has no paths, thus there is no average shortest path length"
        )
    if size == 1:
        return 0
    total = _total(G)
    if total is None:
        raise nx.NetworkXError(f"Graph is not {'strongly ' if G.directed else ''}connected.")
    return total / (size * (size - 1))


@answers(slow=True, weight=None)
def wiener_index(G: ArrayGraph, weight: None = None) -> float:
    """Sum of the distances of all pairs, infinite where some node does not reach some other.

    Raises:
        NetworkXPointlessConcept: there is no node.
    """
    total = _total(G)
    if total is None:
        return math.inf
    return total if G.directed else total / 2


def _total(graph: ArrayGraph) -> int | None:
    """Sum of all distances; None where some node does not reach some other."""
    whole = is_strongly_connected(graph) if graph.directed else is_connected(graph)
    return int(_all(graph).total.sum()) if whole else None
