"""One kind of a snapshot's edges as a graph, such as networkx is asked about."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from graph.model import NodeRef
from graph.network.csr import Ids
from graph.network.edges import EdgeTable

if TYPE_CHECKING:
    from graph.network.network import Network

UNDIRECTED = frozenset({"Tie"})
"""Kinds of edges that say the same in both directions."""


class NetworkGraph:
    """The edges of one kind, and the nodes that have one; parallel edges count as one.

    networkx hands it to the backend `renmai` (`referral.backend`), so `nx.pagerank(graph)` runs
    a kernel on the snapshot's own arrays. What else a networkx graph has (`edges`, `degree`, ...)
    it has too.

    Attributes:
        network: the snapshot.
        kind: name of the edge record.
        mask: (m,) those of the edges that count; None = all (`graph.network.chosen`).
        held: what the backend has made of it, kept as long as it is.
    """

    __networkx_backend__ = "renmai"

    def __init__(self, network: Network, kind: str, mask: NDArray[np.bool_] | None = None) -> None:
        self.network = network
        self.kind = kind
        self.mask = mask
        self.held: Any = None

    @cached_property
    def table(self) -> EdgeTable:
        """The edges, parallel ones apart."""
        whole = self.network.edges[self.kind]
        return whole if self.mask is None else whole.where(self.mask)

    @cached_property
    def ids(self) -> Ids:
        """(k,) ids in the snapshot of the nodes that have an edge, ascending."""
        has_edge = np.zeros(len(self.network), np.bool_)
        has_edge[self.table.source] = has_edge[self.table.target] = True
        return np.flatnonzero(has_edge).astype(np.int32)

    def is_directed(self) -> bool:
        """Whether an edge may differ from its reverse."""
        return self.kind not in UNDIRECTED

    def is_multigraph(self) -> bool:
        """Never: parallel edges count as one."""
        return False

    def __len__(self) -> int:
        return len(self.ids)

    number_of_nodes = order = __len__

    def __iter__(self) -> Iterator[NodeRef]:
        return iter(self.network.nodes.refs(self.ids))

    def __contains__(self, node: object) -> bool:
        if not isinstance(node, NodeRef):
            return False
        number = self.network.nodes.id_of(node)
        place = int(np.searchsorted(self.ids, number))
        return number >= 0 and place < len(self.ids) and int(self.ids[place]) == number

    def __getattr__(self, name: str) -> Any:
        """Whatever else a networkx graph has, read-only: asked of the backend of that name."""
        if name.startswith("_"):
            raise AttributeError(name)
        (backend,) = entry_points(group="networkx.backends", name=self.__networkx_backend__)
        return getattr(backend.load().array_graph(self), name)

    def __getitem__(self, node: NodeRef) -> Any:
        return self.adj[node]

    def __repr__(self) -> str:
        return f"<NetworkGraph of {self.kind}: {len(self):,} nodes, {len(self.table):,} edges>"
