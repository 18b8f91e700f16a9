from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from graph.errors import BadInput, TimedOut, TooExpensive
from graph.network import csr
from referral.kernels.budget import Budget
from referral.kernels.pagerank import pagerank, pagerank_near
from referral.kernels.spectral import eigenvector, hits, katz
from tests.referral.kernels.graphs import (
    CLASSICS,
    EVERY,
    RANDOM_DIRECTED,
    Graph,
    arrays,
    listed,
    over,
    permuted,
    weighted,
)

CONNECTED = {
    **CLASSICS,
    "preferential": lambda: nx.barabasi_albert_graph(80, 3, seed=4),
    "large": lambda: nx.barabasi_albert_graph(300, 2, seed=9),
}


@over(EVERY)
def test_pagerank_is_that_of_networkx(graph: Graph) -> None:
    given = arrays(graph)

    found = pagerank(given.back())

    expected = nx.pagerank(graph, tol=1e-13, max_iter=5_000)
    assert found.tolist() == pytest.approx(listed(expected), abs=1e-9)


@over(EVERY)
def test_pagerank_with_weights_and_jumps_is_that_of_networkx(graph: Graph) -> None:
    given = arrays(weighted(graph.copy(), 1))
    if not given.size:
        return
    rows = arrays(weighted(graph.copy(), 1))._replace(source=given.target, target=given.source)
    back = rows.weighted()
    jump = np.random.default_rng(2).random(given.size)

    found = pagerank(back.graph, weights=back.weights, jump=jump, damping=0.7)

    named = dict(enumerate(jump.tolist()))
    expected = nx.pagerank(
        weighted(graph.copy(), 1), 0.7, named, tol=1e-13, max_iter=5_000, dangling=named
    )
    assert found.tolist() == pytest.approx(listed(expected), abs=1e-9)


@over(RANDOM_DIRECTED)
def test_new_ids_change_nothing_in_pagerank(graph: Graph) -> None:
    given = arrays(graph)
    other, new = permuted(given, 4)

    found = pagerank(other.back())

    np.testing.assert_allclose(found[new], pagerank(given.back()), atol=1e-9)


def test_pagerank_refuses_a_damping_that_does_not_settle_and_keeps_its_budget() -> None:
    back = arrays(nx.path_graph(50)).back()

    with pytest.raises(TooExpensive, match=r"use a damping factor below 0\.999999"):
        pagerank(back, damping=0.999999)
    with pytest.raises(TimedOut, match="PageRank takes longer than the 0 s allowed"):
        pagerank(back, budget=Budget(0))
    with pytest.raises(TimedOut, match="PageRank near a node takes longer than the 0 s allowed"):
        pagerank_near(back, 0, budget=Budget(0))


@over(EVERY)
def test_pagerank_near_a_node_keeps_its_bound(graph: Graph) -> None:
    given = arrays(graph)
    rows, back = given.rows(), given.back()
    for node in range(0, given.size, 7):
        jump = np.zeros(given.size)
        jump[node] = 1
        exact = pagerank(back, jump=jump)

        ids, scores = pagerank_near(rows, node, error=1e-4)

        found = np.zeros(given.size)
        found[ids] = scores
        assert (found <= exact + 1e-9).all()
        # the bound needs edges both ways; one way it is the sum of what rests
        assert exact.sum() - found.sum() <= 1e-4 * np.maximum(rows.degrees(), 1).sum() + 1e-9


@over(CONNECTED)
def test_eigenvector_centrality_is_that_of_networkx(graph: Graph) -> None:
    weighed = weighted(graph.copy(), 3)
    rows = arrays(weighed).weighted()

    plain, _ = eigenvector(arrays(graph).rows())
    found, value = eigenvector(rows.graph, weights=rows.weights)

    assert plain.tolist() == pytest.approx(listed(nx.eigenvector_centrality_numpy(graph)), abs=1e-8)
    assert found.tolist() == pytest.approx(
        listed(nx.eigenvector_centrality_numpy(weighed, weight="weight")), abs=1e-8
    )
    assert value == pytest.approx(float(max(nx.adjacency_spectrum(weighed).real)))


def test_equal_parts_share_the_eigenvector() -> None:
    two = nx.disjoint_union(nx.complete_graph(3), nx.complete_graph(3))
    graph = nx.disjoint_union(two, nx.path_graph(2))

    found, value = eigenvector(arrays(graph).rows())

    assert found.tolist() == pytest.approx([6**-0.5] * 6 + [0, 0])
    assert value == pytest.approx(2)


# davis has two kinds of nodes, so two vectors with the same value, and networkx gives any mixture
MIXED = {name: make for name, make in CONNECTED.items() if name != "davis"}


@over({**MIXED, **{f"d{s}": EVERY[f"digraph {s}"] for s in range(3)}})
def test_hubs_and_authorities_are_those_of_networkx(graph: Graph) -> None:
    hub, authority = hits(arrays(graph).rows())

    hubs, authorities = nx.hits(graph, max_iter=10_000, tol=1e-14)
    assert hub.tolist() == pytest.approx(listed(hubs), abs=1e-6)
    assert authority.tolist() == pytest.approx(listed(authorities), abs=1e-6)


def test_without_edges_nothing_is_central() -> None:
    none = csr(np.empty(0, np.int32), np.empty(0, np.int32), 3)
    nobody = csr(np.empty(0, np.int32), np.empty(0, np.int32), 0)

    assert [scores.tolist() for scores in hits(none)] == [[0, 0, 0], [0, 0, 0]]
    assert eigenvector(nobody)[0].tolist() == []
    assert pagerank(nobody).tolist() == []


@over(EVERY)
def test_katz_is_that_of_networkx(graph: Graph) -> None:
    given = arrays(graph)
    if not given.size:
        return

    found = katz(given.back(), attenuation=0.05)

    expected = nx.katz_centrality_numpy(graph, 0.05)
    unit = found / np.linalg.norm(found)
    assert unit.tolist() == pytest.approx([abs(s) for s in listed(expected)], abs=1e-7)


def test_katz_refuses_an_attenuation_without_a_limit() -> None:
    rows = arrays(nx.complete_graph(5)).rows()

    with pytest.raises(BadInput, match=r"attenuation 0\.25 is not below 1 / the largest"):
        katz(rows, attenuation=0.25)
    with pytest.raises(BadInput, match=r"attenuation 3 is not below"):
        katz(rows, attenuation=3)


@over({**MIXED, **{f"d{s}": EVERY[f"digraph {s}"] for s in range(3)}})
def test_new_ids_change_nothing_in_eigenvectors_and_walks(graph: Graph) -> None:
    given = arrays(weighted(graph.copy(), 2))
    other, new = permuted(given, 6)
    one, same = given.weighted(), other.weighted()

    for found, expected in zip(
        hits(same.graph, weights=same.weights), hits(one.graph, weights=one.weights), strict=True
    ):
        np.testing.assert_allclose(found[new], expected, atol=1e-8)
    both, again = arrays(graph.to_undirected()).rows(), permuted(arrays(graph.to_undirected()), 6)
    np.testing.assert_allclose(
        eigenvector(again[0].rows())[0][again[1]], eigenvector(both)[0], atol=1e-8
    )
    np.testing.assert_allclose(
        katz(other.back(), attenuation=0.02)[new], katz(given.back(), attenuation=0.02), atol=1e-9
    )
