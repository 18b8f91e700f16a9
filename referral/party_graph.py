"""The graph that a question is about: parties, and the referrals or ties among them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from graph.network import Csr, EdgeTable, Network, chosen, csr
from graph.network.csr import Ids
from referral.kernels.shape import Floats, WeightedRows, summed
from referral.referrals import within

PLAIN_STRENGTH = 0.5
"""What a tie of unknown strength weighs."""


class InfluenceGraph(StrEnum):
    """Along which edges influence is measured."""

    REFERRALS = "REFERRALS"
    TIES = "TIES"
    BOTH = "BOTH"  # a tie leads both ways, a referral one way


@dataclass(frozen=True, eq=False)
class PartyGraph:
    """The parties with an edge, numbered anew in order of kind and key, and distinct edges.

    Attributes:
        nodes: (k,) ids in the network.
        source, target: (m,) edges by the new numbers, both directions of a tie; no loops.
        weights: (m,) how many referrals an edge stands for, or how strong the tie is.
        directed: whether an edge may differ from its reverse.
        weighted: whether the weights may differ from 1.
    """

    nodes: Ids
    source: Ids
    target: Ids
    weights: Floats
    directed: bool
    weighted: bool

    @property
    def size(self) -> int:
        """Number of parties."""
        return len(self.nodes)

    @cached_property
    def forward(self) -> Csr:
        """Rows along the edges."""
        return csr(self.source, self.target, self.size)

    @cached_property
    def backward(self) -> Csr:
        """Rows against the edges."""
        return csr(self.target, self.source, self.size) if self.directed else self.forward

    @cached_property
    def both_ways(self) -> WeightedRows:
        """Rows in both directions, with the sum of the weights of both."""
        if not self.directed:
            return WeightedRows(self.forward, self.weights)
        ends = (
            np.concatenate((self.source, self.target)),
            np.concatenate((self.target, self.source)),
        )
        return summed(*ends, self.size, np.concatenate((self.weights, self.weights)))

    def number_of(self, ids: Ids) -> Ids:
        """New numbers of nodes of the network; -1 for one that has no edge here."""
        places = np.searchsorted(self.nodes, ids).clip(max=max(0, self.size - 1))
        there = self.nodes[places] == ids if self.size else np.zeros(len(ids), bool)
        return np.where(there, places, -1).astype(np.int32)


def party_graph(
    network: Network,
    over: InfluenceGraph,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    weighted: bool = False,
) -> PartyGraph:
    """The graph of one question.

    Args:
        network: where it is taken from.
        over: which edges.
        since, until: only referrals made in that window, and ties that held at some time of it;
            a day that is not known sets no bound.
        weighted: an edge weighs as many referrals as it stands for, plus the strength of its ties
            (0 to 1; 0.5 where none is said); else each weighs 1.

    Raises:
        BadInput: the window ends before it begins.
    """
    parts = []
    if over is not InfluenceGraph.TIES:
        table = network.edges["Referral"]
        kept = within(table, since, until)
        parts.append((table.source[kept], table.target[kept], np.ones(int(kept.sum()))))
    if over is not InfluenceGraph.REFERRALS:
        source, target, strength = tie_ends(network.edges["Tie"], since, until)
        parts += [(source, target, strength), (target, source, strength)]
    source, target, weights = (np.concatenate(column) for column in zip(*parts, strict=True))
    ends = np.zeros(len(network), np.bool_)
    ends[source] = ends[target] = True
    numbers = (np.cumsum(ends) - 1).astype(np.int32)
    size = int(ends.sum())
    rows = summed(numbers[source], numbers[target], size, weights)
    return PartyGraph(
        nodes=np.flatnonzero(ends).astype(np.int32),
        source=np.repeat(np.arange(size, dtype=np.int32), rows.graph.degrees()),
        target=rows.graph.ids,
        weights=rows.weights if weighted else np.ones(len(rows.weights)),
        directed=over is not InfluenceGraph.TIES,
        weighted=weighted,
    )


def tie_ends(
    table: EdgeTable, since: datetime | None = None, until: datetime | None = None
) -> tuple[Ids, Ids, NDArray[np.float64]]:
    """Both ends of every tie and its strength, each tie once, those to oneself left out.

    Args:
        table: the ties.
        since, until: only those that held at some time of that window.

    Raises:
        BadInput: the window ends before it begins.
    """
    proper = chosen(table, since=since, until=until, loops=False)
    strength = table.columns["strength"][proper].astype(np.float64)
    # a tie of strength 0 was declared, so it still binds a little
    weights = np.where(np.isnan(strength), PLAIN_STRENGTH, np.maximum(strength, 0.01))
    return table.source[proper], table.target[proper], weights
