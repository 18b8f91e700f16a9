from __future__ import annotations

from pathlib import Path

import networkx as nx

from referral.kernels.components import condensed, connected_components, strong_components
from referral.kernels.shape import sources
from tests.referral.kernels.graphs import EVERY, Graph, arrays, over, permuted
from tests.referral.networks import bitcoin_otc


def parts(label: list[int]) -> set[frozenset[int]]:
    return {frozenset(n for n, own in enumerate(label) if own == c) for c in set(label)}


@over(EVERY)
def test_strong_components_are_those_of_networkx(graph: Graph) -> None:
    given = arrays(graph)

    found = strong_components(given.rows())

    expected = nx.strongly_connected_components(graph.to_directed())
    assert parts(found.label.tolist()) == set(map(frozenset, expected))
    assert found.sizes().tolist() == [found.label.tolist().count(c) for c in range(found.count)]


@over(EVERY)
def test_strong_components_are_numbered_downstream(graph: Graph) -> None:
    rows = arrays(graph).rows()

    found = strong_components(rows)

    assert (found.label[sources(rows)] <= found.label[rows.ids]).all()
    upstream = condensed(rows, found)
    assert (upstream.ids < sources(upstream)).all()


@over(EVERY)
def test_connected_components_are_those_of_networkx_in_order_of_their_lowest_node(
    graph: Graph,
) -> None:
    given = arrays(graph)

    found = connected_components(given.source, given.target, given.size)

    expected = sorted(map(sorted, nx.connected_components(graph.to_undirected())))
    assert found.count == len(expected)
    assert [
        [n for n in range(given.size) if found.label[n] == c] for c in range(found.count)
    ] == expected


@over(EVERY)
def test_new_ids_change_nothing(graph: Graph) -> None:
    given = arrays(graph)
    other, new = permuted(given, 5)

    strong = strong_components(other.rows()).label[new].tolist()
    weak = connected_components(other.source, other.target, other.size).label[new].tolist()

    assert parts(strong) == parts(strong_components(given.rows()).label.tolist())
    assert parts(weak) == parts(
        connected_components(given.source, given.target, given.size).label.tolist()
    )


def test_the_largest_part_of_the_trust_network_is_known(shared_data: Path) -> None:
    found = strong_components(bitcoin_otc(shared_data).edges["Referral"].forward)

    assert int(found.sizes().max()) == 4_709
