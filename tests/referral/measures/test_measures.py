"""Every measure gives networkx's numbers on the same edges, or those worked by hand."""

from __future__ import annotations

import itertools
import math
import re
import threading
from typing import Any

import networkx as nx
import numpy as np
import pytest

from graph.errors import BadInput, NotFound, TimedOut
from graph.importing.edge_list import EdgeList
from referral.kernels.budget import UNLIMITED, Budget
from referral.kernels.order import level
from referral.measures.graph import Graph, graph_of, name_key
from referral.measures.ranking import ranked
from referral.measures.registry import Measured, measure_named, measures

Pairs = list[tuple[int, int]]

FORESTS = {"depth", "height"}
"""Measures of forests alone."""


def listed(pairs: Pairs, weights: list[float] | None = None) -> EdgeList:
    names = list(dict.fromkeys(str(end) for pair in pairs for end in pair))
    places = {name: place for place, name in enumerate(names)}
    ends = np.array([[places[str(a)], places[str(b)]] for a, b in pairs], np.int32).reshape(-1, 2)
    given = None if weights is None else np.array(weights)
    return EdgeList(names, ends[:, 0], ends[:, 1], given, "")


def graph(pairs: Pairs, *, directed: bool = True, weights: list[float] | None = None) -> Graph:
    return graph_of(listed(pairs, weights), directed=directed)


def measured(name: str, of: Graph, *words: str, budget: Budget = UNLIMITED) -> Measured:
    return measure_named(name).run(of, words, budget)


def by_node(of: Graph, found: Measured) -> dict[int, float]:
    assert found.scores is not None
    nodes = range(of.size) if found.nodes is None else found.nodes.tolist()
    return {int(of.labels[n]): s for n, s in zip(nodes, found.scores.tolist(), strict=True)}


def words_of(name: str, of: Graph) -> list[str]:
    """Words that fit a measure: the first node, the last, two steps, a tenth."""
    words = {"A": of.labels[0], "A...": of.labels[0], "B": of.labels[-1], "K": "2", "ERROR": "0.1"}
    return [words[word] for word in measures()[name].words]


def random_pairs(seed: int, nodes: int = 30, edges: int = 90) -> Pairs:
    draw = np.random.default_rng(seed)
    found = draw.integers(0, nodes, (edges, 2)).tolist()
    return [(a, b) for a, b in dict.fromkeys(map(tuple, found)) if a != b]


def same(of: Graph, found: Measured, expected: dict[int, float]) -> None:
    assert by_node(of, found) == pytest.approx(expected, rel=1e-6, abs=1e-6, nan_ok=True)


PEERS: dict[str, Any] = {
    "pagerank": lambda g: nx.pagerank(g, tol=1e-12, max_iter=1000),
    "betweenness": nx.betweenness_centrality,
    "harmonic": nx.harmonic_centrality,
    "closeness": nx.closeness_centrality,
    "degree": lambda g: dict(g.degree),
}
UNDIRECTED_PEERS: dict[str, Any] = {
    "k-core": nx.core_number,
    "triangles": nx.triangles,
    "clustering": nx.clustering,
    "constraint": nx.constraint,
    "effective-size": nx.effective_size,
    "eigenvector": lambda g: nx.eigenvector_centrality(g, max_iter=10_000, tol=1e-10),
}


@pytest.mark.parametrize("directed", [True, False])
@pytest.mark.parametrize("name", PEERS)
def test_directions_matter_when_they_are_asked_for(name: str, directed: bool) -> None:
    for seed in range(3):
        pairs = random_pairs(seed)
        plain: Any = nx.DiGraph(pairs) if directed else nx.Graph(pairs)
        own = graph(pairs, directed=directed)

        same(own, measured(name, own), PEERS[name](plain))


@pytest.mark.parametrize("name", UNDIRECTED_PEERS)
def test_measures_without_direction_join_both(name: str) -> None:
    for seed in range(3):
        pairs = [(a, b) for a, b in random_pairs(seed) if a < b]
        own = graph(pairs)

        same(own, measured(name, own), UNDIRECTED_PEERS[name](nx.Graph(pairs)))


def test_weights_are_looked_at() -> None:
    pairs = random_pairs(4)
    weights = np.random.default_rng(1).integers(1, 9, len(pairs)).astype(float).tolist()
    plain: Any = nx.DiGraph()
    plain.add_weighted_edges_from((a, b, w) for (a, b), w in zip(pairs, weights, strict=True))
    own = graph(pairs, weights=weights)
    joined = graph(pairs, weights=weights, directed=False)

    same(own, measured("pagerank", own), nx.pagerank(plain, tol=1e-12, max_iter=999))
    same(own, measured("constraint", own), nx.constraint(plain, weight="weight"))
    same(own, measured("out-degree", own), dict(plain.out_degree(weight="weight")))
    same(own, measured("in-degree", own), dict(plain.in_degree(weight="weight")))
    both = {n: d + plain.in_degree(n, "weight") for n, d in plain.out_degree(weight="weight")}
    same(joined, measured("degree", joined), both)
    assert measured("communities", own).note is not None
    hubs = measured("hits", own)
    assert hubs.total == pytest.approx(1)
    assert hubs.more["hub"].sum() == pytest.approx(1)


def test_katz_sums_up_walks() -> None:
    own = graph([(1, 2), (2, 3)])

    found = measured("katz", own)

    attenuation = 0.5 / math.sqrt(2)
    assert by_node(own, found) == pytest.approx(
        {1: 1, 2: 1 + attenuation, 3: 1 + attenuation + attenuation**2}
    )
    assert found.note == f"a step multiplies by {attenuation:.6g}"
    assert measured("katz", graph([(1, 1)])).total == 1


def test_hits_of_a_star() -> None:
    own = graph([(1, 2), (1, 3)])

    found = measured("hits", own)

    assert by_node(own, found) == pytest.approx({1: 0, 2: 0.5, 3: 0.5})
    assert found.more["hub"].tolist() == pytest.approx([1, 0, 0])


def test_reach_does_not_count_the_node_itself() -> None:
    own = graph([(1, 2), (2, 3), (3, 2), (4, 4)])

    found = measured("reach", own)

    assert by_node(own, found) == {1: 2, 2: 1, 3: 1, 4: 0}
    assert found.total == 4


def cycles(pairs: Pairs, length: int) -> dict[int, int]:
    """By trying every row of nodes."""
    edges = set(pairs)
    nodes = sorted({end for pair in pairs for end in pair})
    counts = dict.fromkeys(nodes, 0)
    for row in itertools.permutations(nodes, length):
        if row[0] == min(row) and all(
            (row[i], row[(i + 1) % length]) in edges for i in range(length)
        ):
            for node in row:
                counts[node] += 1
    return counts


@pytest.mark.parametrize("seed", range(30))
def test_cycles_are_counted_as_by_trying_all(seed: int) -> None:
    pairs = random_pairs(seed, 3 + seed % 5, 2 + seed)
    own = graph([*pairs, (0, 0)])

    for length in (2, 3, 4):
        found = measured(f"cycles{length}", own)
        expected = cycles([*pairs, (0, 0)], length)

        assert by_node(own, found) == expected
        assert found.total == sum(expected.values()) // length


def test_cycles_of_four_are_counted_a_part_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    own = graph(random_pairs(1, 40, 300))
    whole = measured("cycles4", own)

    monkeypatch.setattr("referral.measures.cycles.MOST_WALKS", 50)
    parts = measured("cycles4", graph(random_pairs(1, 40, 300)))

    assert whole.total == parts.total
    assert whole.scores is not None
    assert parts.scores is not None
    assert whole.scores.tolist() == parts.scores.tolist()


def test_the_largest_part_is_the_first_group() -> None:
    own = graph([(1, 2), (3, 4), (4, 5), (5, 3), (6, 3)])

    parts, strong = measured("components", own), measured("strong-components", own)
    groups = measured("communities", own)

    assert by_node(own, parts) == {1: 2, 2: 2, 3: 4, 4: 4, 5: 4, 6: 4}
    assert parts.total == 2
    assert parts.more["group"].tolist() == [2, 2, 1, 1, 1, 1]
    assert by_node(own, strong) == {1: 1, 2: 1, 3: 3, 4: 3, 5: 3, 6: 1}
    assert strong.total == 4
    assert groups.total == 2


def test_one_number_of_the_whole() -> None:
    pairs = random_pairs(2)
    own, plain = graph(pairs), nx.DiGraph(pairs)
    joined = graph(pairs, directed=False)

    assert measured("reciprocity", own).total == pytest.approx(nx.overall_reciprocity(plain))
    assert measured("transitivity", own).total == pytest.approx(nx.transitivity(nx.Graph(pairs)))
    assert measured("assortativity", own).total == pytest.approx(
        nx.degree_assortativity_coefficient(plain)
    )
    assert measured("assortativity", joined).total == pytest.approx(
        nx.degree_assortativity_coefficient(nx.Graph(pairs))
    )
    each: Any = nx.triangles(nx.Graph(pairs))
    assert measured("triangles", own).total == sum(each.values()) // 3
    assert measured("assortativity", graph([(1, 1)])).total is None
    assert measured("reciprocity", graph([(1, 1)])).total is None
    assert measured("constraint", graph([(1, 1)])).total is None


def test_hops_and_ways() -> None:
    own = graph([(1, 2), (2, 3), (3, 4), (9, 1)])

    near = measured("k-hop", own, "1", "2")
    way = measured("shortest-path", own, "1", "4")
    none = measured("shortest-path", own, "4", "1")

    assert by_node(own, near) == {2: 1, 3: 2}
    assert near.total == 2
    assert by_node(own, way) == {1: 0, 2: 1, 3: 2, 4: 3}
    assert way.total == 3
    assert none.total is None
    assert none.note == "there is no way from 4 to 1"
    assert measured("shortest-path", graph([(1, 2), (2, 3)], directed=False), "3", "1").total == 2
    with pytest.raises(NotFound, match="there is no node 'x'; nodes are named as the file writes"):
        measured("k-hop", own, "x", "2")
    with pytest.raises(BadInput, match="K is '-1'; give a whole number from 0"):
        measured("k-hop", own, "1", "-1")


def test_hierarchy_is_highest_where_one_neighbour_binds() -> None:
    """Of a triangle both bind alike; who knows one alone is bound by that one."""
    own = graph([(1, 2), (2, 3), (3, 1), (4, 1)])

    found = by_node(own, measured("hierarchy", own))

    # 1: c(2) = c(3) = (1/3 + 1/3 * 1/2)^2 = 1/4, c(4) = 1/9; sum 11/18
    parts = [0.25 / (11 / 18) * 3] * 2 + [1 / 9 / (11 / 18) * 3]
    assert found[1] == pytest.approx(sum(p * math.log(p) for p in parts) / (3 * math.log(3)))
    assert found[4] == 1
    assert measured("hierarchy", graph([(1, 2), (2, 3), (3, 1)])).total == pytest.approx(0)


def test_personalized_looks_from_the_nodes_named() -> None:
    pairs = random_pairs(6)
    own = graph(pairs)

    for chosen in ([own.labels[0]], own.labels[:3]):
        jump = {int(name): 1.0 for name in chosen}
        expected = nx.pagerank(
            nx.DiGraph(pairs), personalization=jump, dangling=jump, tol=1e-12, max_iter=1000
        )
        same(own, measured("personalized", own, *chosen), expected)
    with pytest.raises(NotFound, match="there is no node 'x'"):
        measured("personalized", own, own.labels[0], "x")


def test_estimated_reach_keeps_its_error_whatever_the_order_of_the_lines() -> None:
    pairs = [(a, b) for a, b in random_pairs(3, nodes=300, edges=600)]
    own, turned = graph(pairs), graph(pairs[::-1])

    found = measured("estimated-reach", own, "0.05")

    true = by_node(own, measured("reach", own))
    estimates = by_node(own, found)
    assert by_node(turned, measured("estimated-reach", turned, "0.05")) == estimates
    off = [abs(estimates[n] - r) / (r + 1) for n, r in true.items()]
    assert sum(share <= 0.05 for share in off) >= 2 / 3 * len(off)
    assert max(off) <= 0.15
    assert found.total == pytest.approx(sum(true.values()), rel=0.05)
    assert found.note == (
        "estimated: two of three are within 0.049 of their reach, 19 of 20 within twice that"
    )


@pytest.mark.parametrize("word", ["0", "1.5", "nan", "a tenth", "1e-9"])
def test_an_error_that_is_no_share_is_refused(word: str) -> None:
    with pytest.raises(BadInput, match=r"ERROR is .*; give a number from 0.001 to 1"):
        measured("estimated-reach", graph([(1, 2)]), word)


def test_decayed_reach_halves_with_every_step() -> None:
    forest, ring = graph([(1, 2), (2, 3), (2, 4)]), graph([(1, 2), (2, 3), (3, 1), (1, 3)])

    assert by_node(forest, measured("decayed-reach", forest)) == {1: 2, 2: 2, 3: 0, 4: 0}
    assert by_node(ring, measured("decayed-reach", ring)) == {1: 2, 2: 1.5, 3: 1.5}


def test_depth_and_height_of_a_forest() -> None:
    own = graph([(1, 2), (2, 3), (2, 4), (4, 5), (8, 9)])

    deep, high = measured("depth", own), measured("height", own)

    assert by_node(own, deep) == {1: 0, 2: 1, 3: 2, 4: 2, 5: 3, 8: 0, 9: 1}
    assert by_node(own, high) == {1: 3, 2: 2, 3: 0, 4: 1, 5: 0, 8: 1, 9: 0}
    assert (deep.total, high.total) == (3, 3)
    for pairs in ([(1, 2), (2, 1)], [(1, 3), (2, 3)]):
        with pytest.raises(BadInput, match="this graph is no forest"):
            measured("depth", graph(pairs))


def test_all_shortest_ways_are_counted() -> None:
    """A grid of 4 by 4 has 20 ways from corner to corner."""
    steps = [(4 * r + c, 4 * r + c + 1) for r in range(4) for c in range(3)]
    steps += [(4 * r + c, 4 * r + c + 4) for r in range(3) for c in range(4)]
    own = graph([*reversed(steps)])

    found = measured("shortest-paths", own, "0", "15")
    part = measured("shortest-paths", own, "0", "5")

    assert found.total == 20
    assert by_node(own, part) == {0: 0, 1: 1, 4: 1, 5: 2}
    assert [own.labels[n] for n in part.nodes.tolist()] == ["0", "1", "4", "5"]  # type: ignore[union-attr]
    assert part.total == 2
    none = measured("shortest-paths", own, "15", "0")
    assert (none.total, none.note) == (0, "there is no way from 15 to 0")


def test_betweenness_of_a_large_graph_is_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    own = graph(random_pairs(3), directed=False)
    exact = measured("betweenness", own)
    monkeypatch.setattr("referral.measures.ranks.EXACT_STEPS", 0)

    sampled = measured("betweenness", own)

    assert exact.scores is not None
    assert sampled.scores is not None
    assert float(np.abs(exact.scores - sampled.scores).max()) < 0.02
    assert sampled.note is not None
    assert re.search(r"each score within 0\.0\d+ with probability 0\.9$", sampled.note)


@pytest.mark.parametrize("name", sorted(measures()))
def test_every_measure_answers_about_a_single_node(name: str) -> None:
    own = graph([(1, 1)])

    found = measured(name, own, *words_of(name, own))

    assert found.scores is None or len(found.scores) <= 1


def test_every_measure_says_what_it_is_and_what_its_total_is() -> None:
    for found in measures().values():
        assert found.summary.endswith((".", ")")), found.name
        assert "total" in found.summary or "one number" in found.summary, found.name


def test_loops_are_left_out_and_parallel_edges_joined() -> None:
    found = graph([(1, 2), (1, 2), (2, 1), (3, 3)], weights=[1, 2, 4, 8])
    joined = graph([(1, 2), (1, 2), (2, 1), (3, 3)], directed=False)

    assert (found.loops, found.parallel, found.pairs, found.size) == (1, 1, 2, 3)
    assert found.weights is not None
    assert found.weights.tolist() == [3, 4]
    assert found.both_weighted.weights.tolist() == [7, 7]
    assert joined.pairs == 1
    assert joined.both_weights() is None


def test_a_name_that_is_nearly_a_measure_is_told_the_nearest() -> None:
    assert measure_named("K_Core").name == "k-core"
    with pytest.raises(BadInput, match="no measure 'pagernk'; did you mean pagerank"):
        measure_named("pagernk")
    with pytest.raises(BadInput, match="no measure 'zzz'; there are: assortativity, between"):
        measure_named("zzz")


@pytest.mark.parametrize("name", sorted(measures()))
def test_every_measure_keeps_to_its_time_and_stops_when_it_is_told(name: str) -> None:
    cancel = threading.Event()
    cancel.set()
    own = graph(random_pairs(1))

    with pytest.raises(TimedOut, match="takes longer than the 0 s allowed"):
        measured(name, own, *words_of(name, own), budget=Budget(0))
    with pytest.raises(TimedOut, match="was cancelled"):
        measured(name, own, *words_of(name, own), budget=Budget(cancel=cancel))


@pytest.mark.parametrize("size", [8, 97])
@pytest.mark.parametrize(
    "name",
    sorted(n for n, m in measures().items() if not m.words and n not in {"communities", *FORESTS}),
)
def test_all_nodes_of_a_ring_are_equal_in_any_order_of_lines(name: str, size: int) -> None:
    names = np.random.default_rng(size).permutation(size).tolist()
    ring = list(zip(names, names[1:] + names[:1], strict=True))
    lines = np.random.default_rng(1).permutation(size).tolist()
    own = graph([ring[line] for line in lines])

    found = measured(name, own)

    if found.scores is not None:
        assert len(np.unique(level(found.scores, found.blur))) == 1
        assert [own.labels[n] for n in ranked(own.labels, found)] == [str(n) for n in range(size)]


@pytest.mark.parametrize("directed", [True, False])
@pytest.mark.parametrize(
    "name", sorted(n for n, m in measures().items() if "B" not in m.words and n not in FORESTS)
)
def test_the_order_of_lines_makes_no_difference(name: str, directed: bool) -> None:
    pairs = random_pairs(7, 80, 200) + [(100 + k, 200 + k % 3) for k in range(9)]
    answers = []
    for seed in range(3):
        draw = np.random.default_rng(seed).permutation(len(pairs)).tolist()
        own = graph([pairs[i] for i in draw], directed=directed)
        given = {"A": "3", "A...": "3", "K": "2", "ERROR": "0.3"}
        words = [given[word] for word in measures()[name].words]
        found = measured(name, own, *words)
        levels = None if found.scores is None else level(found.scores, found.blur)
        nodes = range(own.size) if found.nodes is None else found.nodes.tolist()
        order = [own.labels[nodes[place]] for place in ranked(own.labels, found)]
        scored = [] if levels is None else [levels[p] for p in ranked(own.labels, found)]
        answers.append((found.total, order, scored))

    for total, order, scored in answers[1:]:
        assert total == pytest.approx(answers[0][0], rel=1e-9)
        assert order == answers[0][1] or name == "k-hop"
        assert sorted(order) == sorted(answers[0][1])
        assert scored == pytest.approx(answers[0][2], rel=1e-7, abs=1e-9)


def test_equal_scores_stand_in_order_of_their_names() -> None:
    found = Measured(0, np.array([1.0, 3.0, 1.0 + 1e-15, 1.0, np.nan]))
    labels = ["10", "b", "9", "a", "c"]

    assert [labels[i] for i in ranked(labels, found)] == ["b", "9", "10", "a"]
    assert [labels[i] for i in ranked(labels, found, 2)] == ["b", "9"]
    assert ranked(labels, Measured(1)) == []
    lowest = Measured(0, found.scores, lowest_first=True)
    assert [labels[i] for i in ranked(labels, lowest)] == ["9", "10", "a", "b"]
    way = Measured(0, np.arange(3), nodes=np.array([4, 2, 0], np.int32))
    assert ranked(labels, way, 2) == [0, 1]
    assert name_key("9" * 30)[0]
