"""The graph of a list of edges, as measures see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from graph.errors import NotFound, shown
from graph.importing.edge_list import EdgeList
from graph.network import Csr, csr
from graph.network.csr import Ids
from referral.kernels.shape import Floats, WeightedRows, plain, summed, undirected_weighted


@dataclass(frozen=True, eq=False)
class Graph:
    """A graph without loops, where parallel edges count as one with the sum of their weights.

    Attributes:
        labels: the nodes' names by position.
        source, target: (m,) distinct edges by position, as they are directed in the list.
        weights: (m,) of the edges; None = 1 each.
        directed: whether measures that can do without directions shall look at them.
        loops, parallel: how many lines of the list were left out, or joined with another.
    """

    labels: Sequence[str]
    source: Ids
    target: Ids
    weights: Floats | None
    directed: bool
    loops: int
    parallel: int

    @property
    def size(self) -> int:
        """Number of nodes."""
        return len(self.labels)

    @property
    def pairs(self) -> int:
        """Number of edges: of directed ones, or of joined pairs."""
        return len(self.source) if self.directed else len(self.both.ids) // 2

    @cached_property
    def along(self) -> Csr:
        """Rows along the directed edges."""
        return plain(csr(self.source, self.target, self.size))

    @cached_property
    def against(self) -> Csr:
        """Rows against the directed edges."""
        return plain(csr(self.target, self.source, self.size))

    @cached_property
    def both_weighted(self) -> WeightedRows:
        """Rows in both directions; the weights of an edge and its reverse add up."""
        return undirected_weighted(self.source, self.target, self.size, self.weights)

    @property
    def both(self) -> Csr:
        """Rows in both directions."""
        return self.both_weighted.graph

    @property
    def forward(self) -> Csr:
        """Rows along the edges, or in both directions where these do not matter."""
        return self.along if self.directed else self.both

    @property
    def backward(self) -> Csr:
        """Rows against the edges, or in both directions where these do not matter."""
        return self.against if self.directed else self.both

    def backward_weighted(self) -> tuple[Csr, Floats | None]:
        """The same with the weights of their entries; None = 1 each."""
        if self.weights is None:
            return self.backward, None
        if not self.directed:
            return self.both_weighted
        return summed(self.target, self.source, self.size, self.weights)

    def both_weights(self) -> Floats | None:
        """Weights of the rows in both directions; None = 1 each."""
        return None if self.weights is None else self.both_weighted.weights

    def by_name(self) -> tuple[Graph, NDArray[np.int64]]:
        """The same graph with its nodes in order of their names, and each node's place there."""
        order = sorted(range(self.size), key=lambda node: name_key(self.labels[node]))
        place = np.empty(self.size, np.int64)
        place[order] = np.arange(self.size)
        source, target = (place[ends].astype(np.int32) for ends in (self.source, self.target))
        lines = np.lexsort((target, source))
        weights = None if self.weights is None else self.weights[lines]
        labels = [self.labels[node] for node in order]
        found = replace(
            self, labels=labels, source=source[lines], target=target[lines], weights=weights
        )
        return found, place

    def place(self, name: str) -> int:
        """Position of a node.

        Raises:
            NotFound: it is not there.
        """
        try:
            return self.labels.index(name)
        except ValueError as error:
            raise NotFound(
                f"there is no node {shown(name)}; nodes are named as the file writes them"
            ) from error


def graph_of(edges: EdgeList, *, directed: bool = True) -> Graph:
    """The graph of a list; a node whose only edge is a loop is a node still."""
    proper = edges.source != edges.target
    source, target = edges.source[proper], edges.target[proper]
    size = len(edges.labels)
    if edges.weights is None:
        rows, weights = csr(source, target, size, unique=True), None
    else:
        rows, weights = summed(source, target, size, edges.weights[proper])
    return Graph(
        labels=edges.labels,
        source=np.repeat(np.arange(size, dtype=np.int32), rows.degrees()),
        target=rows.ids,
        weights=weights,
        directed=directed,
        loops=len(proper) - len(source),
        parallel=len(source) - len(rows.ids),
    )


def name_key(name: str) -> tuple[bool, int, str]:
    """What names are sorted by."""
    whole = name.isascii() and name.isdecimal() and len(name) < 20
    return (not whole, int(name) if whole else 0, name)
