from __future__ import annotations

from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from graph.errors import TimedOut
from graph.network import csr
from referral.kernels.budget import Budget
from referral.kernels.forest import forest, parents
from referral.kernels.reach import downstream, reach, reach_with_value
from tests.referral.kernels.graphs import EVERY, RANDOM_DIRECTED, Graph, arrays, over, permuted
from tests.referral.networks import bitcoin_otc


@over(EVERY)
def test_counts_and_values_are_those_of_the_descendants(graph: Graph) -> None:
    given = arrays(graph)
    value = np.random.default_rng(1).integers(0, 100, given.size)
    below = [sorted(nx.descendants(graph, node)) for node in range(given.size)]

    found = reach_with_value(given.source, given.target, given.size, value)

    assert found.count.tolist() == [len(nodes) for nodes in below]
    assert found.value.tolist() == [int(value[nodes].sum()) for nodes in below]
    assert reach(given.source, given.target, given.size).tolist() == found.count.tolist()


@over(RANDOM_DIRECTED)
def test_the_way_for_any_graph_agrees_with_the_one_for_forests(graph: Graph) -> None:
    given = arrays(graph)
    value = np.arange(given.size, dtype=np.int64)

    found = downstream(given.rows(), value)

    expected = reach_with_value(given.source, given.target, given.size, value)
    np.testing.assert_array_equal(found.count, expected.count)
    np.testing.assert_array_equal(found.value, expected.value)


@over(EVERY)
def test_new_ids_change_nothing(graph: Graph) -> None:
    given = arrays(graph)
    other, new = permuted(given, 3)

    found = reach(other.source, other.target, other.size)

    assert found[new].tolist() == reach(given.source, given.target, given.size).tolist()


def test_more_than_one_block_with_components_of_many_is_counted() -> None:
    graph = nx.gnm_random_graph(1_500, 1_700, seed=3, directed=True)
    given = arrays(graph)

    found = reach(given.source, given.target, given.size)

    assert found.tolist() == [len(nx.descendants(graph, node)) for node in range(given.size)]


def test_a_forest_knows_depth_and_height() -> None:
    above = parents(np.array([0, 0, 2, 2, 3], np.int32), np.array([1, 2, 3, 4, 3], np.int32), 6)

    assert above is not None
    below = forest(above, np.array([1, 10, 100, 1_000, 10_000, 5]))

    assert above.tolist() == [-1, 0, 0, 2, 2, -1]
    assert below is not None
    assert below.count.tolist() == [4, 0, 2, 0, 0, 0]
    assert below.value.tolist() == [11_110, 0, 11_000, 0, 0, 0]
    assert below.height.tolist() == [2, 0, 1, 0, 0, 0]
    assert below.depth.tolist() == [0, 1, 1, 2, 2, 0]


def test_a_cycle_and_a_second_parent_are_no_forest() -> None:
    one, two = np.array([0, 1], np.int32), np.array([1, 0], np.int32)

    assert parents(np.array([0, 1], np.int32), np.array([2, 2], np.int32), 3) is None
    above = parents(one, two, 3)
    assert above is not None
    assert forest(above, np.zeros(3, np.int64)) is None


def test_the_trust_network_has_the_known_sum(shared_data: Path) -> None:
    edges = bitcoin_otc(shared_data).edges["Referral"]

    counts = reach(edges.source, edges.target, 5_881)

    assert int(counts.sum()) == 27_690_498 - 5_881


def test_a_budget_that_is_over_stops_it() -> None:
    graph = csr(np.array([0, 1], np.int32), np.array([1, 0], np.int32), 2)

    with pytest.raises(TimedOut, match="counting reach takes longer than the 0 s allowed"):
        downstream(graph, np.zeros(2, np.int64), budget=Budget(0))
