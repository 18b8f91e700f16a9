from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest

from graph.errors import TimedOut
from referral.kernels.budget import Budget
from referral.kernels.distances import distance_sums, distance_sums_from
from tests.referral.kernels.graphs import EVERY, UNDIRECTED, Graph, arrays, listed, over, permuted


def naive(graph: Graph, node: int) -> list[int]:
    lengths = nx.single_source_shortest_path_length(graph, node)
    return [distance for other, distance in lengths.items() if other != node]


def expect(found: Any, graph: Graph, nodes: list[int], most: int) -> None:
    ways = [[d for d in naive(graph, node) if d <= most] for node in nodes]
    assert found.reached.tolist() == [len(d) for d in ways]
    assert found.total.tolist() == [sum(d) for d in ways]
    assert found.harmonic.tolist() == pytest.approx([sum(1 / x for x in d) for d in ways])
    assert found.decayed.tolist() == pytest.approx([sum(0.3 ** (x - 1) for x in d) for d in ways])
    assert found.by_depth.tolist() == [[d.count(level) for level in (1, 2, 3)] for d in ways]


@over(EVERY)
@pytest.mark.parametrize("within", [None, 2])
def test_sums_are_those_of_a_search_from_every_node(graph: Graph, within: int | None) -> None:
    given = arrays(graph)

    found = distance_sums(given.rows(), given.back(), decay=0.3, levels=3, within=within)

    expect(found, graph, list(range(given.size)), within or given.size)


@over(EVERY)
@pytest.mark.parametrize("within", [None, 2])
def test_sums_of_chosen_nodes_are_the_same(graph: Graph, within: int | None) -> None:
    given = arrays(graph)
    nodes = np.arange(0, given.size, 3, dtype=np.int32)

    found = distance_sums_from(
        given.rows(), given.back(), nodes, decay=0.3, levels=3, within=within
    )

    expect(found, graph, nodes.tolist(), within or given.size)


@over(UNDIRECTED)
def test_harmonic_and_closeness_are_those_of_networkx(graph: Graph) -> None:
    given = arrays(graph)

    found = distance_sums(given.rows(), given.back())

    assert found.harmonic.tolist() == pytest.approx(listed(nx.harmonic_centrality(graph)))
    assert found.closeness(given.size).tolist() == pytest.approx(
        listed(nx.closeness_centrality(graph))
    )


@pytest.mark.parametrize("edges", [900, 6_000])
def test_more_than_one_block_is_counted(edges: int) -> None:
    graph = nx.gnm_random_graph(700, edges, seed=2, directed=True)
    given = arrays(graph)

    found = distance_sums(given.rows(), given.back())
    chosen = distance_sums_from(given.rows(), given.back(), np.arange(700, dtype=np.int32))

    assert found.reached.tolist() == [len(naive(graph, node)) for node in range(700)]
    for one, other in zip(found, chosen, strict=True):
        np.testing.assert_allclose(one, other)


@over(EVERY)
def test_new_ids_change_nothing(graph: Graph) -> None:
    given = arrays(graph)
    other, new = permuted(given, 4)

    found = distance_sums(other.rows(), other.back(), levels=2)

    for one, same in zip(distance_sums(given.rows(), given.back(), levels=2), found, strict=True):
        np.testing.assert_allclose(one, same[new])


def test_a_budget_that_is_over_stops_both() -> None:
    given = arrays(nx.path_graph(4))

    with pytest.raises(TimedOut, match="measuring distances takes longer than the 0 s allowed"):
        distance_sums(given.rows(), given.back(), budget=Budget(0))
    with pytest.raises(TimedOut):
        distance_sums_from(
            given.rows(), given.back(), np.arange(2, dtype=np.int32), budget=Budget(0)
        )
