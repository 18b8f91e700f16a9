from __future__ import annotations

import threading
from itertools import islice
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from graph.errors import TimedOut
from graph.network import csr
from referral.kernels.budget import Budget
from referral.kernels.searching import distances_from, within_hops
from referral.kernels.shortest_paths import (
    all_shortest_paths,
    distance,
    nodes_between,
    shortest_path,
)
from tests.referral.kernels.graphs import EVERY, Graph, arrays, over, permuted


@over(EVERY)
@pytest.mark.parametrize("hops", [0, 1, 2, None])
def test_the_nodes_within_hops_stand_by_distance_and_id(graph: Graph, hops: int | None) -> None:
    rows = arrays(graph).rows()

    for node in graph:
        found = within_hops(rows, node, hops)

        lengths = nx.single_source_shortest_path_length(graph, node, cutoff=hops)
        expected = sorted((d, other) for other, d in lengths.items() if other != node)
        assert list(zip(found.distances.tolist(), found.ids.tolist(), strict=True)) == expected
        assert not found.cut


@over(EVERY)
def test_a_limit_keeps_the_nearest(graph: Graph) -> None:
    rows = arrays(graph).rows()

    for node in graph:
        whole = within_hops(rows, node, 3)
        for limit in (0, 1, 5):
            found = within_hops(rows, node, 3, limit=limit)

            assert found.ids.tolist() == whole.ids[:limit].tolist()
            assert found.cut == (len(whole.ids) > limit)


@over(EVERY)
def test_distances_to_all_are_those_of_networkx(graph: Graph) -> None:
    rows = arrays(graph).rows()

    for node in graph:
        lengths = nx.single_source_shortest_path_length(graph, node)
        assert distances_from(rows, node).tolist() == [lengths.get(n, -1) for n in sorted(graph)]


@over(EVERY)
def test_shortest_paths_are_those_of_networkx(graph: Graph) -> None:
    given = arrays(graph)
    rows, back = given.rows(), given.back()

    for source in range(0, given.size, 4):
        for target in range(0, given.size, 3):
            expected = (
                sorted(nx.all_shortest_paths(graph, source, target))
                if nx.has_path(graph, source, target)
                else []
            )
            length = len(expected[0]) - 1 if expected else -1
            between = nodes_between(rows, back, source, target)
            path = shortest_path(rows, back, source, target)

            assert distance(rows, back, source, target) == between.length == length
            assert (path is None and not expected) or path.tolist() in expected  # type: ignore[union-attr]
            assert between.count == len(expected)
            assert list(all_shortest_paths(rows, back, source, target)) == expected
            assert list(all_shortest_paths(rows, back, source, target, limit=2)) == expected[:2]
            assert [ring.tolist() for ring in between.rings] == [
                sorted(set(place)) for place in zip(*expected, strict=True)
            ]


def test_loops_and_parallel_edges_make_no_difference() -> None:
    given = arrays(nx.MultiDiGraph([(0, 0), (0, 1), (0, 1), (1, 2), (1, 2), (2, 2)]))

    assert list(all_shortest_paths(given.rows(), given.back(), 0, 2)) == [[0, 1, 2]]
    assert nodes_between(given.rows(), given.back(), 0, 2).count == 1.0


def test_paths_longer_than_a_few_bits_are_found() -> None:
    given = arrays(nx.path_graph(5_000))

    assert distance(given.rows(), given.back(), 0, 4_999) == 4_999
    assert within_hops(given.rows(), 0).distances.tolist() == list(range(1, 5_000))


def test_a_graph_that_cannot_be_written_to_is_searched(
    tmp_path: Path,
) -> None:
    rows = arrays(nx.path_graph(4)).rows()
    np.save(f"{tmp_path}/ids.npy", rows.ids)
    mapped = rows._replace(ids=np.load(f"{tmp_path}/ids.npy", mmap_mode="r"))

    assert within_hops(mapped, 0).ids.tolist() == [1, 2, 3]


def test_large_rings_are_sorted_too() -> None:
    given = arrays(nx.gnm_random_graph(900, 4_000, seed=3))

    for node in range(0, 900, 50):
        found = within_hops(given.rows(), node)

        lengths = nx.single_source_shortest_path_length(
            nx.gnm_random_graph(900, 4_000, seed=3), node
        )
        expected = sorted((d, other) for other, d in lengths.items() if other != node)
        assert list(zip(found.distances.tolist(), found.ids.tolist(), strict=True)) == expected


@over(EVERY)
def test_new_ids_change_nothing(graph: Graph) -> None:
    given = arrays(graph)
    other, new = permuted(given, 2)
    rows, back, same, turned = given.rows(), given.back(), other.rows(), other.back()

    for node in range(0, given.size, 5):
        near, moved = within_hops(rows, node, 2), within_hops(same, int(new[node]), 2)
        assert sorted(new[near.ids].tolist()) == sorted(moved.ids.tolist())
        assert near.distances.tolist() == moved.distances.tolist()
        for target in range(0, given.size, 7):
            one = nodes_between(rows, back, node, target)
            two = nodes_between(same, turned, int(new[node]), int(new[target]))
            assert (one.length, one.count) == (two.length, two.count)
            assert [sorted(new[r].tolist()) for r in one.rings] == [r.tolist() for r in two.rings]


def test_a_budget_that_is_over_stops_them() -> None:
    ladder: Graph = nx.DiGraph()  # 2^11 shortest paths
    for step in range(11):
        ladder.add_edges_from((3 * step, 3 * step + side) for side in (1, 2))
        ladder.add_edges_from((3 * step + side, 3 * step + 3) for side in (1, 2))
    given = arrays(ladder)
    rows, back = given.rows(), given.back()
    assert given.size == 34

    for work in (
        lambda: within_hops(rows, 0, budget=Budget(0)),
        lambda: distance(rows, back, 0, 33, budget=Budget(0)),
        lambda: shortest_path(rows, back, 0, 33, budget=Budget(0)),
        lambda: nodes_between(rows, back, 0, 33, budget=Budget(0)),
        lambda: list(all_shortest_paths(rows, back, 0, 33, budget=Budget(0))),
    ):
        with pytest.raises(TimedOut, match="takes longer than the 0 s allowed"):
            work()

    cancel = threading.Event()
    paths = all_shortest_paths(rows, back, 0, 33, budget=Budget(cancel=cancel))
    assert len(list(islice(paths, 1_000))) == 1_000
    cancel.set()
    with pytest.raises(TimedOut, match="listing shortest paths was cancelled"):
        next(paths)


@pytest.mark.parametrize("width", [30, 200, 20_000])
def test_dense_and_large_rings_are_sorted_too(width: int) -> None:
    """A ring is sorted in compiled code, by numpy, or by a sweep, as its size wants it."""
    others = np.random.default_rng(2).permutation(39_999)[:width].astype(np.int32) + 1
    rows = csr(np.zeros(width, np.int32), others, 40_000)

    first, again = within_hops(rows, 0, 1), within_hops(rows, 0, 1)

    assert first.ids.tolist() == again.ids.tolist() == np.sort(others).tolist()
    assert first.distances.tolist() == [1] * width
