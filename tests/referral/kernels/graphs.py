"""Graphs that kernels are held against: seeded random ones and the classics."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import networkx as nx
import numpy as np
import pytest
from numpy.typing import NDArray

from graph.errors import TimedOut
from graph.network import Csr, csr
from graph.network.csr import Ids
from referral.kernels.budget import Budget
from referral.kernels.shape import WeightedRows, summed

Graph = Any
"""A networkx graph over 0 ... n - 1; its stubs want type arguments that say nothing here."""


class StoppingAfter(Budget):
    """A budget that is used up when it has been looked at so many times."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self.looks = looks

    def check(self, what: str) -> None:
        self.looks -= 1
        if self.looks < 0:
            raise TimedOut(f"{what} was stopped")


class Arrays(NamedTuple):
    """A graph's edges in arrays: both directions of an undirected one."""

    source: Ids
    target: Ids
    size: int
    weights: NDArray[np.float64]

    def rows(self) -> Csr:
        return csr(self.source, self.target, self.size)

    def back(self) -> Csr:
        return csr(self.target, self.source, self.size)

    def weighted(self) -> WeightedRows:
        return summed(self.source, self.target, self.size, self.weights)


def arrays(graph: Graph) -> Arrays:
    rows = [(a, b, d.get("weight", 1)) for a, b, d in graph.edges(data=True)]
    if not graph.is_directed():
        rows += [(b, a, w) for a, b, w in rows if a != b]
    ends = np.array([(a, b) for a, b, _ in rows], np.int32).reshape(-1, 2)
    weights = np.array([w for *_, w in rows], np.float64)
    return Arrays(ends[:, 0].copy(), ends[:, 1].copy(), len(graph), weights)


def numbered(graph: Graph) -> Graph:
    """The same graph over 0 ... n - 1, without the weights it may have."""
    same = nx.convert_node_labels_to_integers(graph, ordering="sorted")
    plain: Graph = nx.Graph()
    plain.add_nodes_from(sorted(same))
    plain.add_edges_from(same.edges)
    return plain


def weighted(graph: Graph, seed: int) -> Graph:
    draw = np.random.default_rng(seed)
    for *_, data in graph.edges(data=True):
        data["weight"] = int(draw.integers(1, 9))
    return graph


CLASSICS: dict[str, Callable[[], Graph]] = {
    "karate": lambda: numbered(nx.karate_club_graph()),
    "florentine": lambda: numbered(nx.florentine_families_graph()),
    "davis": lambda: numbered(nx.davis_southern_women_graph()),
    "les miserables": lambda: numbered(nx.les_miserables_graph()),
}

RANDOM_UNDIRECTED: dict[str, Callable[[], Graph]] = {
    **{f"gnp {s}": partial(nx.gnp_random_graph, 60, 0.05, seed=s) for s in range(3)},
    "preferential": lambda: nx.barabasi_albert_graph(80, 3, seed=4),
    "tree": lambda: nx.random_labeled_tree(50, seed=5),
    "path": lambda: nx.path_graph(70),
    "star": lambda: nx.star_graph(9),
    "empty": lambda: nx.empty_graph(5),
    "nothing": nx.Graph,
}

RANDOM_DIRECTED: dict[str, Callable[[], Graph]] = {
    **{
        f"digraph {s}": partial(nx.gnp_random_graph, 60, 0.04, seed=s, directed=True)
        for s in range(3)
    },
    "sparse": lambda: nx.gnm_random_graph(80, 90, seed=6, directed=True),
    "scale free": lambda: nx.DiGraph(nx.scale_free_graph(70, seed=7)),
    "cycle": lambda: nx.cycle_graph(12, create_using=nx.DiGraph),
    "arborescence": lambda: nx.bfs_tree(nx.random_labeled_tree(60, seed=8), 0),
    "no edges": lambda: nx.empty_graph(4, create_using=nx.DiGraph),
    "no nodes": nx.DiGraph,
}

UNDIRECTED = {**CLASSICS, **RANDOM_UNDIRECTED}
EVERY = {**UNDIRECTED, **RANDOM_DIRECTED}


def over(graphs: dict[str, Callable[[], Graph]]) -> pytest.MarkDecorator:
    """Runs a test for each of the graphs."""
    return pytest.mark.parametrize("graph", [make() for make in graphs.values()], ids=list(graphs))


def listed(scores: Any) -> list[float]:
    """The scores by node."""
    return [scores[node] for node in sorted(scores)]


def permuted(graph: Arrays, seed: int) -> tuple[Arrays, NDArray[np.int32]]:
    """The same graph with other ids and edges in another order, and each node's new id."""
    draw = np.random.default_rng(seed)
    new = draw.permutation(graph.size).astype(np.int32)
    mix = draw.permutation(len(graph.source))
    ends = new[graph.source[mix]], new[graph.target[mix]]
    return Arrays(*ends, graph.size, graph.weights[mix]), new
