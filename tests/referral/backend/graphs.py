"""networkx graphs that the backend is held against."""

from __future__ import annotations

import math
from typing import Any

import networkx as nx
import numpy as np

Graph = Any


def undirected() -> list[Graph]:
    """Classics and seeded random graphs: parts, isolated nodes, letters as nodes, weights."""
    letters = nx.relabel_nodes(nx.gnp_random_graph(20, 0.15, seed=3), lambda n: chr(97 + n))
    parts: Graph = nx.disjoint_union(nx.path_graph(5), nx.complete_graph(4))
    parts.add_node("alone")
    return [
        nx.karate_club_graph(),
        nx.florentine_families_graph(),
        nx.davis_southern_women_graph(),
        weighted(letters, 1),
        weighted(parts, 2),
    ]


def directed() -> list[Graph]:
    """Seeded random ones, with cycles and without, and one in several parts."""
    scale: Graph = nx.DiGraph(nx.scale_free_graph(40, seed=5))
    scale.remove_edges_from(nx.selfloop_edges(scale))
    tree: Graph = nx.DiGraph([(i, 2 * i + j) for i in range(1, 8) for j in (0, 1)])
    tree.add_node(0)
    whole: Graph = nx.gnp_random_graph(15, 0.3, seed=1, directed=True)
    return [
        weighted(scale, 3),
        weighted(nx.gnp_random_graph(25, 0.1, seed=4, directed=True), 4),
        weighted(tree, 5),
        whole,
    ]


def weighted(graph: Graph, seed: int) -> Graph:
    draw = np.random.default_rng(seed)
    for *_, data in graph.edges(data=True):
        data["weight"] = float(draw.integers(1, 9))
    return graph


def outcome(function: Any, *args: Any, **kwargs: Any) -> Any:
    """What a call gives: its value, iterators as lists, or its exception."""
    try:
        value = function(*args, **kwargs)
    except Exception as error:
        return type(error), str(error)
    return list(value) if hasattr(value, "__next__") else value


def alike(one: Any, other: Any) -> bool:
    """Whether two answers are of the same types and, to 1e-6, of the same values."""
    if isinstance(other, float) and not isinstance(other, bool):
        same = math.isclose(one, other, rel_tol=1e-6, abs_tol=2e-6)
        return type(one) is float and (same or (math.isnan(one) and math.isnan(other)))
    if type(one) is not type(other):
        return False
    if isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[k], v) for k, v in other.items())
    if isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(alike, one, other))
    return bool(one == other)
