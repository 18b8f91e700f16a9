"""The same graph as other libraries keep it, each built once and only if it takes part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import networkit as nk
import networkx as nx
import numpy as np
import rustworkx as rx
from scipy.sparse import csr_array

from benchmarks.graphs import Edges

Run = Callable[[], Any]

MOST_EDGES = {"networkx": 100_000, "rustworkx": 1_000_000, "networkit": 1_000_000, "scipy": 10**7}
"""Edges up to which each takes part: beyond, building the graph or running it takes minutes."""


class Peers:
    """The other libraries' graphs of these edges.

    Args:
        edges: the graph.
        wanted: names of the libraries that may take part.
        most: edges up to which they do, where it is not MOST_EDGES.
    """

    def __init__(
        self, edges: Edges, wanted: frozenset[str], most: Mapping[str, int] | None = None
    ) -> None:
        self._edges = edges
        count, limits = len(edges.source), MOST_EDGES | dict(most or {})
        self._wanted = {name for name in wanted if count <= limits[name]}

    def of(self, **algorithms: Callable[[Any], Any]) -> dict[str, Run]:
        """What to run, by library, of those that take part; each is given its graph."""
        return {
            name: _bound(algorithm, getattr(self, name))
            for name, algorithm in algorithms.items()
            if name in self._wanted
        }

    @cached_property
    def networkit(self) -> Any:
        """networkit's graph."""
        return networkit_of(self._edges)

    @cached_property
    def rustworkx(self) -> Any:
        """rustworkx's graph."""
        graph = rx.PyDiGraph() if self._edges.directed else rx.PyGraph()
        graph.add_nodes_from(range(self._edges.size))
        graph.add_edges_from_no_data(self._pairs())
        return graph

    @cached_property
    def networkx(self) -> Any:
        """networkx's graph."""
        graph: Any = nx.DiGraph() if self._edges.directed else nx.Graph()
        graph.add_nodes_from(range(self._edges.size))
        graph.add_edges_from(self._pairs())
        return graph

    @cached_property
    def scipy(self) -> Any:
        """scipy's sparse matrix, of an undirected graph with both directions."""
        source, target, size, directed = self._edges
        matrix = csr_array((np.ones(len(source)), (source, target)), shape=(size, size))
        return matrix if directed else csr_array(matrix + matrix.T)

    def _pairs(self) -> list[tuple[int, int]]:
        return list(zip(self._edges.source.tolist(), self._edges.target.tolist(), strict=True))


def networkit_of(edges: Edges) -> Any:
    """The graph as networkit keeps it."""
    ends = (np.ones(len(edges.source)), (edges.source, edges.target))
    return nk.GraphFromCoo(ends, n=edges.size, weighted=False, directed=edges.directed)


def ran(algorithm: Any) -> Any:
    """A networkit algorithm after its run."""
    algorithm.run()
    return algorithm


def _bound(algorithm: Callable[[Any], Any], graph: Any) -> Run:
    return lambda: algorithm(graph)
