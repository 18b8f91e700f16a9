"""From a networkx graph to arrays, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

import networkx as nx
import numpy as np

from graph.network import NetworkGraph
from graph.network.csr import Ids
from referral.backend.graph import ArrayGraph
from referral.backend.snapshots import array_graph
from referral.kernels.shape import Floats


def convert_from_nx(
    graph: Any,
    *,
    edge_attrs: Mapping[str, Any] | None = None,
    node_attrs: Mapping[str, Any] | None = None,
    preserve_edge_attrs: bool = False,
    preserve_node_attrs: bool = False,
    preserve_graph_attrs: bool = False,
    name: str | None = None,
    graph_name: str | None = None,
) -> ArrayGraph:
    """The graph as arrays, with the edge attributes asked for; networkx caches it.

    Args:
        graph: a networkx graph.
        edge_attrs: the value an edge has that lacks the attribute, by the attribute's name.
        node_attrs, preserve_edge_attrs, preserve_node_attrs: no function here asks for them.
        preserve_graph_attrs: of no consequence.
        name, graph_name: what networkx is about to call, and with which argument.

    Time O(n + m): about 0.1 s for a million entries without attributes.

    Raises:
        NotImplementedError: it has parallel edges, or what is asked for cannot be kept.
    """
    if not hasattr(graph, "adjacency") or graph.is_multigraph():
        raise NotImplementedError("parallel edges are not kept apart here")
    if preserve_edge_attrs or preserve_node_attrs or node_attrs:
        raise NotImplementedError("only numbers on edges are kept here")
    labels = list(graph)
    places = dict(zip(labels, range(len(labels)), strict=True))
    # not graph.edges: a subclass such as networkx's _AntiGraph redefines adjacency alone
    rows = [neighbours for _, neighbours in graph.adjacency()]
    source, target = _entries(rows, places)
    return ArrayGraph(
        labels,
        len(labels),
        source,
        target,
        directed=graph.is_directed(),
        weights={
            attribute: _values(rows, attribute, default, len(source))
            for attribute, default in (edge_attrs or {}).items()
        },
    )


def _entries(rows: list[Any], places: Mapping[Any, int]) -> tuple[Ids, Ids]:
    lengths = np.fromiter(map(len, rows), np.int64, len(rows))
    source = np.repeat(np.arange(len(rows), dtype=np.int32), lengths)
    ends = map(places.__getitem__, chain.from_iterable(rows))
    return source, np.fromiter(ends, np.int32, len(source))


def _values(rows: Iterable[Any], attribute: str, default: Any, count: int) -> Floats:
    """The attribute of every entry.

    Raises:
        NotImplementedError: one is no number; networkx's own function may know what to do.
    """
    otherwise = 1 if default is None else default
    found = [data.get(attribute, otherwise) for row in rows for data in row.values()]
    if not all(isinstance(value, int | float | np.number) for value in found):
        raise NotImplementedError(f"an edge's {attribute!r} is no number")
    try:
        return np.fromiter(found, np.float64, count)
    except (TypeError, OverflowError) as error:
        raise NotImplementedError(f"an edge's {attribute!r} has no place in a float") from error


def convert_to_nx(value: Any, *, name: str | None = None) -> Any:
    """A graph of ours as a networkx graph; anything else as it is."""
    if isinstance(value, NetworkGraph):
        return networkx_graph(array_graph(value))
    return networkx_graph(value) if isinstance(value, ArrayGraph) else value


def networkx_graph(graph: ArrayGraph) -> Any:
    """A new networkx graph with the same nodes, edges and numbers on edges, in the same order."""
    made: Any = nx.DiGraph() if graph.directed else nx.Graph()
    labels = graph.labels
    made.add_nodes_from(labels)
    source = map(labels.__getitem__, graph.source.tolist())
    target = map(labels.__getitem__, graph.target.tolist())
    if not graph.attributes:
        made.add_edges_from(zip(source, target, strict=True))
        return made
    names = list(graph.attributes)
    columns = [graph.attributes[name].tolist() for name in names]
    data = (dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True))
    made.add_edges_from(zip(source, target, data, strict=True))
    return made
