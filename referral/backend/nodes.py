"""Nodes named by a caller, as networkx understands them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import networkx as nx
import numpy as np

from graph.network.csr import Ids
from referral.backend.graph import ArrayGraph


def place_of(graph: ArrayGraph, node: Any, part: str) -> int:
    """Position of a node.

    Args:
        graph: whose node it is.
        node: the node.
        part: what it is to the caller: Source or Target.

    Raises:
        NodeNotFound: it is not there.
    """
    place = graph.places.get(node)
    if place is None:
        raise nx.NodeNotFound(f"{part} {node} is not in G")
    return place


def places_among(graph: ArrayGraph, nodes: Any) -> Ids:
    """Positions of those of the nodes that are there, as networkx's `nbunch_iter` chooses them.

    Args:
        graph: whose nodes they are.
        nodes: one node, or several of any kind, or None = all.

    Raises:
        NetworkXError: it is neither a node nor a sequence of what could be nodes.
    """
    if nodes is None:
        return np.arange(graph.size_, dtype=np.int32)
    if nodes in graph:
        return np.array([graph.places[nodes]], np.int32)
    return np.fromiter(_known(graph, nodes), np.int32)


def _known(graph: ArrayGraph, nodes: Any) -> Iterator[int]:
    try:
        several = iter(nodes)
    except TypeError as error:
        raise nx.NetworkXError("nbunch is not a node or a sequence of nodes.") from error
    for node in several:
        try:
            place = graph.places.get(node)
        except TypeError as error:
            raise nx.NetworkXError(
                f"Node {node} in sequence nbunch is not a valid node."
            ) from error
        if place is not None:
            yield place


def chosen(graph: ArrayGraph, nodes: Any, values: list[Any]) -> Any:
    """The one value where `nodes` is a node; else those of the nodes, or of all, by node."""
    if nodes is None:
        return dict(zip(graph.labels, values, strict=True))
    if nodes in graph:
        return values[graph.places[nodes]]
    labels = graph.labels
    return {labels[place]: values[place] for place in places_among(graph, nodes).tolist()}
