"""A graph as arrays, with what networkx asks of a graph."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graph.network import Csr, csr
from graph.network.csr import Ids
from referral.kernels.shape import Floats, WeightedRows, frozen, plain, summed, undirected

Node = Hashable


class ArrayGraph:
    """An immutable graph without parallel edges, on which networkx calls this backend.

    Args:
        labels: the nodes, or a function that makes them when they are first needed.
        size: number of nodes.
        source, target: (m,) edges by positions of nodes; of an undirected graph in both
            directions, a loop once. They must not be changed afterwards.
        directed: whether an edge may differ from its reverse.
        weights: (m,) values of edge attributes, by the attribute's name.
        snapshot: whether it is data of ours: then what no kernel answers is answered by
            networkx's own function on a copy; else the call is declined, for networkx has the
            graph already.

    What a networkx graph has beyond this (`edges`, `degree`, `adj`, ...) is answered by such a
    copy too, frozen, made once.
    """

    __networkx_backend__ = "renmai"

    def __init__(
        self,
        labels: Sequence[Node] | Callable[[], Sequence[Node]],
        size: int,
        source: Ids,
        target: Ids,
        *,
        directed: bool,
        weights: Mapping[str, Floats] | None = None,
        snapshot: bool = False,
    ) -> None:
        self._labels = labels
        self.size_ = size
        self.source = frozen(source, np.int32)
        self.target = frozen(target, np.int32)
        self.directed = directed
        self.attributes = weights or {}
        self.snapshot = snapshot

    # --- what networkx asks of a graph ---------------------------------------------------------

    def is_directed(self) -> bool:
        """Whether an edge may differ from its reverse."""
        return self.directed

    def is_multigraph(self) -> bool:
        """Never: parallel edges are joined when the graph is made."""
        return False

    def __len__(self) -> int:
        return self.size_

    def __iter__(self) -> Iterator[Node]:
        return iter(self.labels)

    def __contains__(self, node: object) -> bool:
        try:
            return node in self.places
        except TypeError:  # a list of nodes is no node, which is no error
            return False

    def number_of_nodes(self) -> int:
        """How many nodes there are."""
        return self.size_

    order = number_of_nodes

    def number_of_edges(self, u: Node | None = None, v: Node | None = None) -> int:
        """How many edges there are, or from one node to another."""
        if u is not None:
            found: int = self.as_networkx.number_of_edges(u, v)
            return found
        entries = len(self.source)
        return entries if self.directed else (entries + self.loops) // 2

    def __getitem__(self, node: Node) -> Any:
        return self.as_networkx[node]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.as_networkx, name)

    def __repr__(self) -> str:
        kind = "directed" if self.directed else "undirected"
        nodes, edges = self.size_, self.number_of_edges()
        return f"<ArrayGraph {kind}: {nodes:,} nodes, {edges:,} edges>"

    def __str__(self) -> str:
        kind = "DiGraph" if self.directed else "Graph"  # as networkx names it in its errors
        return f"{kind} with {self.size_} nodes and {self.number_of_edges()} edges"

    @cached_property
    def as_networkx(self) -> Any:
        """The same graph as a networkx graph that cannot be changed."""
        import networkx as nx

        from referral.backend.converting import networkx_graph

        return nx.freeze(networkx_graph(self))

    # --- what kernels ask ----------------------------------------------------------------------

    @cached_property
    def labels(self) -> Sequence[Node]:
        """The nodes by position."""
        return self._labels() if callable(self._labels) else self._labels

    @cached_property
    def places(self) -> dict[Node, int]:
        """Position of every node."""
        return dict(zip(self.labels, range(self.size_), strict=True))

    @cached_property
    def loops(self) -> int:
        """Number of edges from a node to itself."""
        return int(np.count_nonzero(self.source == self.target))

    @cached_property
    def forward(self) -> Csr:
        """Rows along the edges."""
        return plain(csr(self.source, self.target, self.size_))

    @cached_property
    def backward(self) -> Csr:
        """Rows against the edges."""
        if not self.directed:
            return self.forward
        return plain(csr(self.target, self.source, self.size_))

    @cached_property
    def simple(self) -> Csr:
        """Rows in both directions, without loops."""
        if not self.directed and not self.loops:
            return self.forward
        return plain(undirected(self.source, self.target, self.size_))

    def weights(self, attribute: str | None) -> Floats | None:
        """(m,) that attribute of the edges; None where each counts 1.

        Raises:
            NotImplementedError: some are below 0 or not finite, which the kernels do not take.
        """
        values = self.attributes.get(attribute) if attribute is not None else None
        if values is None or (values == 1).all():
            return None
        if not (np.isfinite(values) & (values >= 0)).all():
            raise NotImplementedError("a weight is below 0 or not finite")
        return values

    def backward_weighted(self, attribute: str | None) -> tuple[Csr, Floats | None]:
        """Rows against the edges, and the weights of their entries; None = 1 each."""
        values = self.weights(attribute)
        if values is None:
            return self.backward, None
        rows = self._weighted_backward(attribute)
        return rows.graph, rows.weights

    def _weighted_backward(self, attribute: str | None) -> WeightedRows:
        held: dict[str | None, WeightedRows] = self.__dict__.setdefault("_sorted", {})
        if attribute not in held:
            values = self.weights(attribute)
            assert values is not None
            rows = summed(self.target, self.source, self.size_, values)
            held[attribute] = WeightedRows(plain(rows.graph), rows.weights)
        return held[attribute]

    def named(self, values: NDArray[Any]) -> dict[Node, Any]:
        """A value for each node, as plain Python numbers."""
        return dict(zip(self.labels, values.tolist(), strict=True))
