from __future__ import annotations

from collections import Counter
from typing import Any

import networkx as nx
import numpy as np
import pytest

from graph.errors import TimedOut
from referral.kernels.budget import Budget
from referral.kernels.communities import communities, modularity
from referral.kernels.likeness import structural_order
from tests.referral.kernels.graphs import (
    CLASSICS,
    UNDIRECTED,
    Graph,
    StoppingAfter,
    arrays,
    over,
    permuted,
    weighted,
)

TIMES = 6
"""New numberings that each graph gets."""

WEIGHTED = {f"{name}, weighted": lambda make=make: weighted(make(), 3) for name, make in
            UNDIRECTED.items()}  # fmt: skip


def kinds(graph: Graph) -> list[int]:
    """Which nodes colour refinement tells apart, the plain way: a number of each node's kind."""
    kind: dict[int, Any] = dict.fromkeys(graph, 0)
    for _ in range(len(graph) + 1):
        seen = {
            n: (kind[n], *sorted((kind[o], d.get("weight", 1)) for o, d in graph[n].items()))
            for n in graph
        }
        numbers = {key: place for place, key in enumerate(sorted(set(seen.values())))}
        kind = {n: numbers[seen[n]] for n in graph}
    return [kind[n] for n in sorted(graph)]


def parts(label: Any, names: list[int]) -> Counter[tuple[int, ...]]:
    """The parts by their members' names, however the parts are numbered."""
    members: dict[int, list[int]] = {}
    for one, name in zip(label.tolist(), names, strict=True):
        members.setdefault(one, []).append(name)
    return Counter(tuple(sorted(own)) for own in members.values())


@over({**UNDIRECTED, **WEIGHTED})
def test_new_ids_give_the_same_order_of_all_that_looks_different(graph: Graph) -> None:
    given, kind = arrays(graph), np.array(kinds(graph), np.int64)
    first = structural_order(*given.weighted())
    assert sorted(first.tolist()) == list(range(len(graph)))

    for seed in range(TIMES):
        other, new = permuted(given, seed)
        again = structural_order(*other.weighted())

        old = np.empty(len(new), np.int64)
        old[new] = np.arange(len(new))
        assert kind[old[again]].tolist() == kind[first].tolist()


def test_seeds_give_different_orders() -> None:
    rows = arrays(CLASSICS["karate"]()).rows()

    orders = {tuple(structural_order(rows, seed=seed).tolist()) for seed in range(5)}

    assert len(orders) == 5


def test_a_budget_stops_it_between_two_rounds() -> None:
    rows = arrays(nx.path_graph(400)).rows()

    for looks in (0, 1, 40):
        with pytest.raises(TimedOut, match="ordering nodes was stopped"):
            structural_order(rows, budget=StoppingAfter(looks))
    with pytest.raises(TimedOut):
        structural_order(rows, budget=Budget(0))
    star = arrays(nx.star_graph(3000)).rows()  # 66 times its entries are 400,000
    assert len(structural_order(star, budget=StoppingAfter(66))) == 3001
    with pytest.raises(TimedOut):
        structural_order(star, budget=StoppingAfter(65))


@over({**UNDIRECTED, **WEIGHTED})
def test_new_ids_give_the_same_communities(graph: Graph) -> None:
    given, kind = arrays(graph), kinds(graph)
    first = communities(*given.weighted())
    told_apart = len(set(kind)) == len(graph)

    for seed in range(TIMES):
        other, new = permuted(given, seed)
        again = communities(*other.weighted())

        names = list(range(len(graph))) if told_apart else kind
        assert parts(again.label[new], names) == parts(first.label, names)
        assert again.modularity == pytest.approx(first.modularity, abs=1e-12)


def test_sums_of_fractions_make_no_difference_to_communities() -> None:
    graph: Graph = nx.powerlaw_cluster_graph(400, 4, 0.3, seed=2)
    draw = np.random.default_rng(5)
    for *_, data in graph.edges(data=True):
        data["weight"] = draw.choice([0.1, 0.2, 0.3, 0.7])
    given = arrays(graph)
    rows = given.weighted()
    first = communities(*rows)

    for seed in range(TIMES):
        other, new = permuted(given, seed)
        names = list(range(len(graph)))
        assert parts(communities(*other.weighted()).label[new], names) == parts(first.label, names)
    for scale in (2.0**-600, 0.5, 2.0**600):
        assert communities(rows.graph, rows.weights * scale).label.tolist() == first.label.tolist()
    # a sum that was added up in another order
    noise = draw.choice([1 - 2**-52, 1, 1 + 2**-52], len(rows.weights))
    assert communities(rows.graph, rows.weights * noise).label.tolist() == first.label.tolist()
    assert modularity(rows.graph, first.label, rows.weights) == pytest.approx(first.modularity)


def test_edges_that_weigh_nothing_join_nobody() -> None:
    rows = arrays(CLASSICS["karate"]()).rows()

    found = communities(rows, np.zeros(len(rows.ids)))

    assert (found.count, found.modularity) == (34, 0.0)
