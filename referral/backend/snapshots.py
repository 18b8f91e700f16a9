"""The graphs of a network snapshot, as this backend computes on them."""

from __future__ import annotations

import numpy as np

from graph.network import NetworkGraph
from graph.network.csr import Ids
from referral.backend.graph import ArrayGraph
from referral.kernels.shape import Floats, summed
from referral.party_graph import tie_ends


def array_graph(graph: NetworkGraph) -> ArrayGraph:
    """The graph of one kind of edges, made at first use and kept.

    Its nodes are the `NodeRef`s with such an edge, in order of kind and key. An edge's `weight`
    is the number of parallel edges it stands for, of a tie the sum of their strengths (0.5 where
    none is said). It has all that a networkx graph has, read-only.
    """
    if graph.held is None:
        graph.held = _made(graph)
    made: ArrayGraph = graph.held
    return made


def _made(graph: NetworkGraph) -> ArrayGraph:
    source, target, weights = _ends(graph)
    ids = graph.ids
    numbers = np.full(len(graph.network), -1, np.int32)
    numbers[ids] = np.arange(len(ids), dtype=np.int32)
    rows = summed(numbers[source], numbers[target], len(ids), weights)
    nodes = graph.network.nodes
    return ArrayGraph(
        lambda: nodes.refs(ids),
        len(ids),
        np.repeat(np.arange(len(ids), dtype=np.int32), rows.graph.degrees()),
        rows.graph.ids,
        directed=graph.is_directed(),
        weights={"weight": rows.weights},
        snapshot=True,
    )


def _ends(graph: NetworkGraph) -> tuple[Ids, Ids, Floats]:
    if graph.is_directed():
        return graph.table.source, graph.table.target, np.ones(len(graph.table))
    source, target, strength = tie_ends(graph.table)
    ends = np.concatenate((source, target)), np.concatenate((target, source))
    return *ends, np.concatenate((strength, strength))
