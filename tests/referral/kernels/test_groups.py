from __future__ import annotations

import math

import networkx as nx
import numpy as np
import pytest

from graph.errors import TimedOut
from referral.kernels.assortativity import degree_assortativity
from referral.kernels.betweenness import betweenness
from referral.kernels.budget import Budget
from referral.kernels.communities import communities, modularity
from referral.kernels.cores import core_numbers
from referral.kernels.holes import constraint, effective_size, holes
from referral.kernels.random_paths import sampled_betweenness
from referral.kernels.triangles import clustering, transitivity, triangles
from tests.referral.kernels.graphs import (
    CLASSICS,
    EVERY,
    UNDIRECTED,
    Graph,
    arrays,
    listed,
    over,
    permuted,
    weighted,
)

SIMPLE = {name: make for name, make in UNDIRECTED.items() if name != "nothing"}


@over(UNDIRECTED)
def test_triangles_and_clustering_are_those_of_networkx(graph: Graph) -> None:
    rows = arrays(graph).rows()

    assert triangles(rows).tolist() == listed(nx.triangles(graph))
    assert clustering(rows).tolist() == pytest.approx(listed(nx.clustering(graph)))
    assert transitivity(rows) == pytest.approx(nx.transitivity(graph))


@over(UNDIRECTED)
def test_core_numbers_are_those_of_networkx(graph: Graph) -> None:
    assert core_numbers(arrays(graph).rows()).tolist() == listed(nx.core_number(graph))


@over(SIMPLE)
def test_constraint_and_effective_size_are_those_of_networkx(graph: Graph) -> None:
    rows = arrays(graph).rows()

    def same(one: list[float], other: list[float]) -> None:
        assert one == pytest.approx(other, nan_ok=True)

    same(constraint(rows).tolist(), listed(nx.constraint(graph)))
    same(effective_size(rows).tolist(), listed(nx.effective_size(graph)))
    weighed = weighted(graph.copy(), 2)
    heavy = arrays(weighed).weighted()
    same(constraint(*heavy).tolist(), listed(nx.constraint(weighed, weight="weight")))
    # asked for all nodes at once, networkx 3.6 divides by the greatest weights of the wrong ends
    sizes = nx.effective_size(weighed, nodes=list(weighed), weight="weight")
    same(effective_size(*heavy).tolist(), listed(sizes))


def test_hierarchy_by_hand() -> None:
    star, wheel = nx.star_graph(3), nx.Graph([(0, 1), (0, 2), (0, 3), (1, 2)])

    found = holes(arrays(star).rows())
    assert found.constraint.tolist() == pytest.approx([1 / 3, 1, 1, 1])
    assert found.hierarchy.tolist() == pytest.approx([0, 1, 1, 1])
    # of 0: 1 and 2 hold (1/3 + 1/6)^2 each, 3 holds (1/3)^2
    parts = np.array([1 / 4, 1 / 4, 1 / 9]) / (11 / 18) * 3
    uneven = float((parts * np.log(parts)).sum()) / (3 * math.log(3))
    assert holes(arrays(wheel).rows()).hierarchy[0] == pytest.approx(uneven)


@over(EVERY)
def test_betweenness_is_that_of_networkx(graph: Graph) -> None:
    given = arrays(graph)

    found = betweenness(given.rows())

    expected = listed(nx.betweenness_centrality(graph.to_directed(), normalized=False))
    assert found.tolist() == pytest.approx(expected)
    halves = [np.arange(n, given.size, 2, dtype=np.int32) for n in (0, 1)]
    parts = [betweenness(given.rows(), origins=half) for half in halves]
    assert (parts[0] + parts[1]).tolist() == pytest.approx(expected)


@over(CLASSICS)
def test_sampled_betweenness_keeps_its_bound(graph: Graph) -> None:
    given = arrays(graph)
    pairs = (given.size - 1) * (given.size - 2)

    found, bound = sampled_betweenness(given.rows(), given.back(), directed=False, error=0.02)

    assert bound == pytest.approx(0.02 * given.size / (given.size - 2))
    np.testing.assert_allclose(found, betweenness(given.rows()) / pairs, atol=bound)
    again, _ = sampled_betweenness(given.rows(), given.back(), directed=False, error=0.02)
    assert again.tolist() == found.tolist()


@over(SIMPLE)
def test_communities_are_connected_and_their_quality_is_said(graph: Graph) -> None:
    given = arrays(weighted(graph.copy(), 4))
    rows = given.weighted()

    found = communities(*rows)

    parts = [set(np.flatnonzero(found.label == c).tolist()) for c in range(found.count)]
    assert all(nx.is_connected(graph.subgraph(part)) for part in parts)
    assert [min(part) for part in parts] == sorted(min(part) for part in parts)
    if graph.number_of_edges():
        weighed = weighted(graph.copy(), 4)
        assert found.modularity == pytest.approx(nx.community.modularity(weighed, parts))
        theirs = nx.community.louvain_communities(weighed, seed=1)
        assert found.modularity > nx.community.modularity(weighed, theirs) - 0.03
    else:
        assert found.modularity == 0.0
        assert found.count == given.size


def test_communities_are_the_cliques_where_there_are_cliques() -> None:
    given = arrays(nx.ring_of_cliques(8, 6))
    other, new = permuted(given, 7)

    found = communities(given.rows())

    assert found.label.tolist() == [n // 6 for n in range(48)]
    same = communities(other.rows(), seed=3).label[new]
    assert len(set(zip(found.label.tolist(), same.tolist(), strict=True))) == 8
    assert found.modularity == pytest.approx(modularity(given.rows(), found.label))


def test_a_higher_resolution_makes_smaller_communities() -> None:
    rows = arrays(CLASSICS["karate"]()).rows()

    assert communities(rows, resolution=4).count > communities(rows, resolution=0.3).count


@over({k: v for k, v in EVERY.items() if k not in ("nothing", "no nodes")})
def test_assortativity_is_that_of_networkx(graph: Graph) -> None:
    given = arrays(graph)

    found = degree_assortativity(given.rows(), given.back() if graph.is_directed() else None)

    both = graph.to_directed()
    ends = [(both.out_degree(a), both.in_degree(b)) for a, b in both.edges]
    if any(len(set(end)) < 2 for end in zip(*ends, strict=True)) or not ends:
        assert math.isnan(found)
    else:
        assert found == pytest.approx(nx.degree_assortativity_coefficient(graph), abs=1e-9)


def test_budgets_that_are_over_stop_them() -> None:
    rows = arrays(CLASSICS["karate"]()).rows()

    for work in (
        lambda: betweenness(rows, budget=Budget(0)),
        lambda: communities(rows, budget=Budget(0)),
        lambda: sampled_betweenness(rows, rows, directed=False, budget=Budget(0)),
    ):
        with pytest.raises(TimedOut, match="takes longer than the 0 s allowed"):
            work()
