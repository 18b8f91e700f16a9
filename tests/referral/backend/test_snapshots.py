"""The graphs of a network snapshot speak networkx."""

from __future__ import annotations

from typing import Any

import networkx as nx
import pytest

from graph.model import NodeRef
from referral.backend.converting import convert_to_nx
from referral.backend.snapshots import array_graph
from tests.referral.networks import contact, network

PAIRS = [(0, 1), (0, 1), (1, 2), (2, 0), (2, 3), (5, 6)]


@pytest.fixture(name="snapshot")
def _snapshot() -> Any:
    return network(8, Referral=PAIRS, Tie=[(0, 4), (4, 3)], Affiliation=[])


@pytest.fixture(name="plain")
def _plain() -> nx.DiGraph[NodeRef]:
    plain: nx.DiGraph[NodeRef] = nx.DiGraph()
    plain.add_nodes_from(map(contact, (0, 1, 2, 3, 5, 6)))
    for source, target in PAIRS:
        before = plain.get_edge_data(contact(source), contact(target), {"weight": 0.0})
        plain.add_edge(contact(source), contact(target), weight=before["weight"] + 1)
    return plain


def test_a_kernel_answers_about_a_snapshot(snapshot: Any, plain: nx.DiGraph[NodeRef]) -> None:
    found = nx.pagerank(snapshot.referrals, tol=1e-9, max_iter=500)

    assert found == pytest.approx(nx.pagerank(plain, tol=1e-9, max_iter=500), abs=1e-8)
    assert list(found) == list(plain)
    assert nx.descendants(snapshot.referrals, contact(2)) == {contact(n) for n in (0, 1, 3)}
    assert nx.number_connected_components(snapshot.ties) == 1
    assert nx.pagerank(G=snapshot.referrals).keys() == found.keys()


def test_what_has_no_kernel_is_answered_by_networkx(
    snapshot: Any, plain: nx.DiGraph[NodeRef]
) -> None:
    referrals = snapshot.referrals

    assert nx.density(referrals) == nx.density(plain)
    assert sorted(nx.simple_cycles(referrals)) == sorted(nx.simple_cycles(plain))
    assert nx.clustering(referrals) == nx.clustering(plain)
    assert nx.pagerank(referrals, max_iter=90, nstart=dict.fromkeys(plain, 1)) == nx.pagerank(
        plain, max_iter=90, nstart=dict.fromkeys(plain, 1)
    )
    same: Any = array_graph(referrals)
    assert nx.is_isomorphic(referrals, same)
    assert nx.compose_all([referrals, referrals]).edges == plain.edges
    with pytest.raises(nx.NetworkXNotImplemented, match="not implemented for directed type"):
        nx.triangles(referrals)


def test_networkx_own_exceptions_come_through(snapshot: Any) -> None:
    with pytest.raises(nx.NodeNotFound, match="Source nobody is not in G"):
        nx.shortest_path_length(snapshot.referrals, "nobody", contact(0))
    with pytest.raises(nx.NetworkXNoPath):
        nx.shortest_path_length(snapshot.referrals, contact(3), contact(0))


def test_a_snapshot_is_not_changed(snapshot: Any) -> None:
    with pytest.raises(nx.NetworkXError, match="a snapshot cannot be changed; give it a copy"):
        nx.set_node_attributes(snapshot.referrals, {contact(0): {"colour": 1}})
    with pytest.raises(nx.NetworkXError, match="Frozen graph"):
        array_graph(snapshot.referrals).add_edge(1, 2)


def test_a_graph_is_made_once(snapshot: Any) -> None:
    assert snapshot.referrals is snapshot.referrals
    assert array_graph(snapshot.referrals) is array_graph(snapshot.referrals)


def test_it_has_what_a_networkx_graph_has(snapshot: Any, plain: nx.DiGraph[NodeRef]) -> None:
    graph = array_graph(snapshot.referrals)

    assert graph.edges == plain.edges
    assert dict(graph.degree) == dict(plain.degree)
    assert graph[contact(0)] == plain[contact(0)]
    assert graph.number_of_edges() == 5
    assert graph.number_of_edges(contact(0), contact(1)) == 1
    assert contact(0) in graph
    assert [contact(0)] not in graph
    assert repr(graph) == "<ArrayGraph directed: 6 nodes, 5 edges>"
    assert repr(array_graph(snapshot.ties)) == "<ArrayGraph undirected: 3 nodes, 2 edges>"
    assert not hasattr(graph, "_private")
    assert nx.utils.graphs_equal(convert_to_nx(snapshot.referrals), plain)
    assert nx.utils.graphs_equal(convert_to_nx(graph), plain)


def test_a_graph_of_a_snapshot_knows_its_nodes(snapshot: Any) -> None:
    graph = snapshot.referrals

    assert len(graph) == graph.number_of_nodes() == 6
    assert list(graph) == [contact(n) for n in (0, 1, 2, 3, 5, 6)]
    assert contact(5) in graph
    assert contact(7) not in graph
    assert contact(9) not in graph
    assert "c00005" not in graph
    assert graph.is_directed()
    assert not graph.is_multigraph()
    assert not snapshot.ties.is_directed()
    assert repr(graph) == "<NetworkGraph of Referral: 6 nodes, 6 edges>"


def test_no_edge_of_a_kind_is_an_empty_graph(snapshot: Any) -> None:
    graph: Any = snapshot.affiliations

    assert len(graph) == 0
    assert contact(0) not in graph
    assert nx.pagerank(graph) == {}


def test_a_tie_weighs_its_strength(snapshot: Any) -> None:
    assert set(nx.get_edge_attributes(snapshot.ties, "weight").values()) == {0.5}
