from __future__ import annotations

from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings

from referral.network_statistics import network_statistics
from referral.party_graph import InfluenceGraph
from tests.referral.networks import Pair, bitcoin_otc, digraphs, everything, network

REFERRALS, TIES, BOTH = InfluenceGraph


def test_counts_records_and_edges_by_kind() -> None:
    answer = network_statistics(everything())

    nodes = {row.kind: row.count for row in answer.nodes}
    edges = {row.kind: row.count for row in answer.edges if row.count}
    assert nodes == {"Customer": 6, "Contact": 6, "Organization": 0, "Staff": 0, "Good": 3}
    assert edges == {"Referral": 7, "Tie": 4, "DealRole": 2, "Offer": 5, "Need": 5}


@settings(deadline=None)
@given(digraphs())
def test_numbers_are_those_of_networkx(drawn: tuple[int, list[Pair]]) -> None:
    size, pairs = drawn
    graph: nx.DiGraph[int] = nx.DiGraph([(a, b) for a, b in pairs if a != b])
    plain = graph.to_undirected()

    answer = network_statistics(network(size, Referral=pairs))

    assert (answer.parties, answer.links) == (len(graph), plain.number_of_edges())
    if not len(graph):
        assert (answer.reciprocity, answer.assortativity) == (None, None)
        return
    degrees = [d for _, d in plain.degree]
    assert answer.mean_degree == pytest.approx(float(np.mean(degrees)))
    assert answer.greatest_degree == max(degrees)
    assert answer.reciprocity == pytest.approx(nx.overall_reciprocity(graph))
    parts = [len(part) for part in nx.connected_components(plain)]
    assert (answer.components, answer.largest_component) == (len(parts), max(parts))
    strong = max(map(len, nx.strongly_connected_components(graph)))
    assert answer.largest_strong_component == strong
    assert answer.clustering == pytest.approx(nx.average_clustering(plain))
    assert answer.transitivity == pytest.approx(nx.transitivity(plain))
    assert answer.innermost_core == max(nx.core_number(plain).values())
    if len(set(degrees)) == 1:
        assert answer.assortativity is None
    else:
        expected = nx.degree_assortativity_coefficient(plain)
        assert answer.assortativity == pytest.approx(expected, abs=1e-9)


def test_ties_lead_back_always() -> None:
    assert network_statistics(network(3, Tie=[(0, 1), (1, 2)]), over=TIES).reciprocity == 1.0


def test_the_trust_network_has_the_known_strong_component(shared_data: Path) -> None:
    answer = network_statistics(bitcoin_otc(shared_data))

    assert answer.parties == 5_881
    assert answer.largest_strong_component == 4_709
