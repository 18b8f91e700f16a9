from __future__ import annotations

import math

import networkx as nx
import numpy as np
import pytest

from graph.errors import TimedOut, TooExpensive
from referral.kernels.assortativity import degree_assortativity
from referral.kernels.betweenness import betweenness
from referral.kernels.budget import Budget
from referral.kernels.communities import communities, modularity
from referral.kernels.cores import core_numbers
from referral.kernels.holes import constraint, effective_size, holes
from referral.kernels.random_paths import deviation, sampled_betweenness
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


def coleman_theil(graph: Graph) -> list[float]:
    """Burt 1992, formula 2.9: sum of r ln r over N ln N, r = c / (C / N), of all N neighbours.

    c is what each of them adds to the constraint C: (p + sum of p q over the others) squared,
    p and q the shares of a node's weights; those both ways count together.
    """
    size = len(graph)
    ties = nx.to_numpy_array(graph, nodelist=range(size))
    both = ties + ties.T
    with np.errstate(invalid="ignore"):
        share = both / both.sum(axis=1, keepdims=True)
    share[np.isnan(share)] = 0
    part = np.where(both > 0, (share + share @ share) ** 2, 0)
    scores = []
    for node in range(size):
        own = part[node][both[node] > 0]
        ratio = own / own.mean() if len(own) else own
        disorder = float((ratio * np.log(ratio)).sum())
        only = math.nan if not len(own) else 1.0
        scores.append(disorder / (len(own) * math.log(len(own))) if len(own) > 1 else only)
    return scores


@over(SIMPLE)
def test_hierarchy_is_the_formula_of_the_book(graph: Graph) -> None:
    weighed = weighted(graph.copy(), 9)

    plain, heavy = holes(arrays(graph).rows()), holes(*arrays(weighed).weighted())

    one = weighted(graph.copy(), 9)
    for *_, data in one.edges(data=True):
        data["weight"] = 1
    for found, expected in ((plain, one), (heavy, weighed)):
        formula = coleman_theil(expected)
        assert found.hierarchy.tolist() == pytest.approx(formula, abs=1e-9, nan_ok=True)


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

    assert bound <= 0.02 * given.size / (given.size - 2)
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
        lambda: triangles(rows, budget=Budget(0)),
        lambda: clustering(rows, budget=Budget(0)),
        lambda: transitivity(rows, budget=Budget(0)),
        lambda: core_numbers(rows, budget=Budget(0)),
        lambda: constraint(rows, budget=Budget(0)),
        lambda: effective_size(rows, budget=Budget(0)),
        lambda: effective_size(rows, np.ones(156), budget=Budget(0)),
    ):
        with pytest.raises(TimedOut, match="takes longer than the 0 s allowed"):
            work()


@over(UNDIRECTED)
def test_new_ids_change_nothing(graph: Graph) -> None:
    given = arrays(weighted(graph.copy(), 6))
    other, new = permuted(given, 8)
    one, same = given.weighted(), other.weighted()

    assert triangles(same.graph)[new].tolist() == triangles(one.graph).tolist()
    assert core_numbers(same.graph)[new].tolist() == core_numbers(one.graph).tolist()
    for kernel in (clustering, betweenness):
        np.testing.assert_allclose(kernel(same.graph)[new], kernel(one.graph))
    for measured, expected in zip(holes(*same), holes(*one), strict=True):
        np.testing.assert_allclose(measured[new], expected, atol=1e-12)
    np.testing.assert_allclose(effective_size(*same)[new], effective_size(*one))
    assert transitivity(same.graph) == transitivity(one.graph)
    found, expected_one = degree_assortativity(same.graph), degree_assortativity(one.graph)
    assert found == pytest.approx(expected_one, nan_ok=True)


def test_a_chunk_may_end_at_any_node(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = arrays(weighted(CLASSICS["les miserables"](), 1)).weighted()
    whole = (*holes(*rows), effective_size(*rows), triangles(rows.graph))
    monkeypatch.setattr("referral.kernels.holes.CHUNK", 7)
    monkeypatch.setattr("referral.kernels.triangles.CHUNK", 1)

    parts = (*holes(*rows), effective_size(*rows), triangles(rows.graph))

    for one, same in zip(whole, parts, strict=True):
        assert one.tolist() == same.tolist()


def test_sampling_ends_when_the_shares_seen_are_small_or_enough_paths_are_drawn() -> None:
    path, star = arrays(nx.path_graph(300)), arrays(nx.star_graph(300))

    rings = arrays(nx.random_regular_graph(4, 600, seed=1))
    low, early = sampled_betweenness(rings.rows(), rings.back(), directed=False, error=0.02)
    half, _ = sampled_betweenness(path.rows(), path.back(), directed=False, error=0.02)
    one, late = sampled_betweenness(star.rows(), star.back(), directed=False, error=0.02)

    assert early < 0.02 * 600 / 598
    assert late == pytest.approx(0.02 * 301 / 299)
    for given, found in ((rings, low), (path, half), (star, one)):
        pairs = (given.size - 1) * (given.size - 2)
        np.testing.assert_allclose(found, betweenness(given.rows()) / pairs, atol=0.0205)


def test_a_deviation_is_where_the_divergence_is_the_exponent() -> None:
    # of no hits the upper end solves (1 - p) = exp(-exponent)
    assert deviation(0.0, 0.01) == pytest.approx(1 - math.exp(-0.01))
    assert deviation(0.9, 0.01) == deviation(0.5, 0.01)
    up = deviation(0.2, 0.01)
    assert 0.2 * math.log(0.2 / (0.2 + up)) + 0.8 * math.log(0.8 / (0.8 - up)) == pytest.approx(
        0.01
    )
    assert deviation(0.5, 100) == 0.5


def test_too_many_steps_are_refused() -> None:
    rows = arrays(CLASSICS["karate"]()).rows()

    with pytest.raises(TooExpensive, match="over 156 edges would take 5,304 steps, at most 5,303"):
        betweenness(rows, most_steps=5_303)
    assert betweenness(rows, most_steps=5_304).max() == pytest.approx(462.142857)
