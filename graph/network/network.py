"""A snapshot: the structure of one tenant's graph at one version."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from graph.errors import BadInput, shown
from graph.network.csr import Ids
from graph.network.edges import EdgeTable
from graph.network.graphs import NetworkGraph
from graph.network.nodes import NodeTable
from graph.network.texts import Texts


@dataclass(frozen=True, slots=True, eq=False)
class Purchases:
    """Every purchase of a customer in the snapshot.

    They stand in the order of customer, time, amount, referral and key.

    Attributes:
        customer: (p,) node ids.
        at: (p,) microseconds since 1970.
        amount_minor: (p,) what was paid or owed, in minor units.
        referral: (p,) number of the referral it came through, in the Referral table; -1 = none.
        keys: the purchases' keys.
    """

    customer: Ids
    at: NDArray[np.int64]
    amount_minor: NDArray[np.int64]
    referral: Ids
    keys: Texts

    def __len__(self) -> int:
        return len(self.customer)


def _check(mask: NDArray[np.bool_], kind: str, size: int) -> None:
    if mask.dtype != np.bool_ or mask.shape != (size,):
        raise BadInput(
            f"the mask has type {mask.dtype} and shape {mask.shape}, a mask of {kind} has bool and "
            f"({size},); take one from graph.network.chosen"
        )


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """One tenant's nodes, edges and purchases at one version; its arrays are read-only.

    Attributes:
        version: the version it shows, neither more nor less.
        computed_at: when it was made.
        nodes: the nodes, by id.
        edges: the edges of each kind, by name of the edge record; every kind is there.
        purchases: the purchases.
        derived: what others have made of it and keep as long as it lives, by a key of theirs.
    """

    version: int
    computed_at: datetime
    nodes: NodeTable
    edges: Mapping[str, EdgeTable]
    purchases: Purchases
    derived: dict[Hashable, object] = field(default_factory=dict, init=False, repr=False)
    _graphs: dict[str, NetworkGraph] = field(default_factory=dict, init=False, repr=False)

    def graph(self, kind: str, mask: NDArray[np.bool_] | None = None) -> NetworkGraph:
        """The edges of one kind as a graph for networkx; whole, the same object at each call.

        Args:
            kind: name of the edge record.
            mask: (m,) those of the edges that count (`graph.network.chosen`); None = all.

        Raises:
            BadInput: there is no such kind, or the mask is not one of its edges.
        """
        if kind not in self.edges:
            raise BadInput(
                f"there is no kind of edges {shown(kind)}; there are {', '.join(self.edges)}"
            )
        if mask is not None:
            _check(mask, kind, len(self.edges[kind]))
        if mask is not None:
            return NetworkGraph(self, kind, mask)
        return self._graphs.setdefault(kind, NetworkGraph(self, kind))

    @property
    def referrals(self) -> NetworkGraph:
        """Who referred whom."""
        return self.graph("Referral")

    @property
    def ties(self) -> NetworkGraph:
        """Who knows whom, in both directions."""
        return self.graph("Tie")

    @property
    def affiliations(self) -> NetworkGraph:
        """Who works, studied or served where."""
        return self.graph("Affiliation")

    def __len__(self) -> int:
        return len(self.nodes)

    def __repr__(self) -> str:
        edges = sum(len(table) for table in self.edges.values())
        return f"<Network version {self.version}: {len(self):,} nodes, {edges:,} edges>"
