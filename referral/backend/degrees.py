"""networkx's measures of degrees: centrality, assortativity, reciprocity."""

from __future__ import annotations

import math
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from referral.backend.answering import answers
from referral.backend.graph import ArrayGraph, Node
from referral.backend.nodes import places_among
from referral.kernels.assortativity import degree_assortativity
from referral.kernels.cycles import two_cycles

Shares = dict[Node, float]


@answers()
def degree_centrality(G: ArrayGraph) -> Shares:
    """Degree by the number of other nodes; a loop counts twice."""
    degrees = G.forward.degrees()
    if G.directed:
        return _shares(G, degrees + G.backward.degrees())
    if G.loops:
        degrees = degrees + np.bincount(G.source[G.source == G.target], minlength=len(G))
    return _shares(G, degrees)


@answers(directed=True)
def in_degree_centrality(G: ArrayGraph) -> Shares:
    """In-degree by the number of other nodes."""
    return _shares(G, G.backward.degrees())


@answers(directed=True)
def out_degree_centrality(G: ArrayGraph) -> Shares:
    """Out-degree by the number of other nodes."""
    return _shares(G, G.forward.degrees())


def _shares(graph: ArrayGraph, degrees: NDArray[np.int64]) -> Shares:
    if len(graph) <= 1:
        return dict.fromkeys(graph, 1)
    return graph.named(degrees * (1.0 / (len(graph) - 1.0)))


@answers(x="out", y="in", weight=None, nodes=None)
def degree_assortativity_coefficient(
    G: ArrayGraph, x: str = "out", y: str = "in", weight: None = None, nodes: None = None
) -> float:
    """Correlation of the degrees at the two ends of an edge; declined where it has none."""
    if G.loops:
        raise NotImplementedError("a loop counts twice in the degree")
    found = degree_assortativity(G.forward, G.backward if G.directed else None)
    if math.isnan(found):
        raise NotImplementedError("all degrees are the same")
    return found


@answers(directed=True)
def overall_reciprocity(G: ArrayGraph) -> float:
    """Share of the edges whose reverse is there too; declined for undirected graphs.

    Raises:
        NetworkXError: there is no edge.
    """
    count = G.number_of_edges()
    if not count:
        raise nx.NetworkXError("Not defined for empty graphs")
    proper = G.source != G.target
    return 2 * len(two_cycles(G.source[proper], G.target[proper])) / count


@answers(directed=True)
def reciprocity(G: ArrayGraph, nodes: Any = None) -> Any:
    """The same of the edges at one node, or at several by node (None at one without edges).

    Raises:
        NetworkXError: there is no edge.
    """
    if nodes is None:
        return overall_reciprocity(G)
    places = places_among(G, nodes).tolist()
    if nodes in G:
        found = _reciprocity(G, places[0])
        if found is None:
            raise nx.NetworkXError("Not defined for isolated nodes.")
        return found
    return {G.labels[place]: _reciprocity(G, place) for place in places}


def _reciprocity(graph: ArrayGraph, place: int) -> float | None:
    there, back = graph.forward.row(place), graph.backward.row(place)
    total = len(there) + len(back)
    return 2 * len(np.intersect1d(there, back)) / total if total else None
