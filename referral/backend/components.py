"""networkx's questions about the parts of a graph: connected, strong, acyclic, trees."""

from __future__ import annotations

from collections.abc import Iterator

import networkx as nx
import numpy as np

from referral.backend.answering import answers
from referral.backend.graph import ArrayGraph, Node
from referral.kernels.components import Components, strong_components
from referral.kernels.components import connected_components as components_kernel
from referral.kernels.searching import within_hops

Parts = Iterator[set[Node]]


def _whole(graph: ArrayGraph) -> Components:
    return components_kernel(graph.source, graph.target, graph.size_)


def _strong(graph: ArrayGraph) -> Components:
    return strong_components(graph.forward)


def _sets(graph: ArrayGraph, parts: Components) -> list[set[Node]]:
    """The nodes of every component, by its number."""
    order = np.argsort(parts.label, kind="stable").tolist()
    ends = np.cumsum(parts.sizes()).tolist()
    nodes = list(map(graph.labels.__getitem__, order))
    return [set(nodes[a:b]) for a, b in zip([0, *ends], ends, strict=False)]


def _must_have_nodes(graph: ArrayGraph) -> None:
    if not len(graph):
        raise nx.NetworkXPointlessConcept("Connectivity is undefined for the null graph.")


@answers(directed=False)
def connected_components(G: ArrayGraph) -> Parts:
    """The nodes of every part, in order of its first node."""
    return iter(_sets(G, _whole(G)))


@answers(directed=False)
def number_connected_components(G: ArrayGraph) -> int:
    """How many parts there are."""
    return _whole(G).count


@answers(directed=False)
def is_connected(G: ArrayGraph) -> bool:
    """Whether all nodes hang together.

    Raises:
        NetworkXPointlessConcept: there is none.
    """
    _must_have_nodes(G)
    return _whole(G).count == 1


@answers(directed=False)
def node_connected_component(G: ArrayGraph, n: Node) -> set[Node]:
    """The nodes that hang together with one.

    Raises:
        KeyError: it is not there.
    """
    found = within_hops(G.forward, G.places[n])
    return {n, *map(G.labels.__getitem__, found.ids.tolist())}


@answers(directed=True)
def weakly_connected_components(G: ArrayGraph) -> Parts:
    """The nodes of every part, direction aside, in order of its first node."""
    return iter(_sets(G, _whole(G)))


@answers(directed=True)
def number_weakly_connected_components(G: ArrayGraph) -> int:
    """How many parts there are, direction aside."""
    return _whole(G).count


@answers(directed=True)
def is_weakly_connected(G: ArrayGraph) -> bool:
    """Whether all nodes hang together, direction aside.

    Raises:
        NetworkXPointlessConcept: there is none.
    """
    _must_have_nodes(G)
    return _whole(G).count == 1


@answers(directed=True)
def strongly_connected_components(G: ArrayGraph) -> Parts:
    """The nodes of every strong component; those that an edge leads to come first, as always."""
    return reversed(_sets(G, _strong(G)))


@answers(directed=True)
def number_strongly_connected_components(G: ArrayGraph) -> int:
    """How many strong components there are."""
    return _strong(G).count


@answers(directed=True)
def is_strongly_connected(G: ArrayGraph) -> bool:
    """Whether every node reaches every other.

    Raises:
        NetworkXPointlessConcept: there is none.
    """
    _must_have_nodes(G)
    return _strong(G).count == 1


@answers()
def is_directed_acyclic_graph(G: ArrayGraph) -> bool:
    """Whether it is directed and no way leads back to where it began."""
    return G.directed and not G.loops and _strong(G).count == len(G)


@answers()
def is_forest(G: ArrayGraph) -> bool:
    """Whether every part is a tree, direction aside.

    Raises:
        NetworkXPointlessConcept: there is no node.
    """
    if not len(G):
        raise nx.NetworkXPointlessConcept("G has no nodes.")
    return G.number_of_edges() == len(G) - _whole(G).count


@answers()
def is_tree(G: ArrayGraph) -> bool:
    """Whether it is one tree, direction aside.

    Raises:
        NetworkXPointlessConcept: there is no node.
    """
    if not len(G):
        raise nx.NetworkXPointlessConcept("G has no nodes.")
    return G.number_of_edges() == len(G) - 1 and _whole(G).count == 1
