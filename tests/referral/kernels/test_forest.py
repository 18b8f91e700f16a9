from __future__ import annotations

from collections.abc import Callable
from functools import partial

import networkx as nx
import numpy as np
import pytest

from referral.kernels.forest import counts, forest, parents
from tests.referral.kernels.graphs import CLASSICS, EVERY, Graph, arrays, over


def spanning(make: Callable[[], Graph]) -> Graph:
    """A breadth-first tree in every part of the graph, from its lowest node."""
    graph = make()
    tree: Graph = nx.DiGraph()
    tree.add_nodes_from(sorted(graph))
    for part in nx.connected_components(graph.to_undirected()):
        tree.add_edges_from(nx.bfs_edges(graph.to_undirected(), min(part)))
    return tree


FORESTS: dict[str, Callable[[], Graph]] = {
    name: partial(spanning, make) for name, make in EVERY.items()
}


@over(FORESTS)
def test_depth_height_and_who_is_below_are_those_of_shortest_paths(graph: Graph) -> None:
    given = arrays(graph)
    value = np.random.default_rng(1).integers(0, 99, given.size)
    lengths = dict(nx.all_pairs_shortest_path_length(graph))

    above = parents(given.source, given.target, given.size)
    assert above is not None
    found = forest(above, value, decay=0.5)

    assert found is not None
    assert found.height.tolist() == [max(lengths[n].values()) for n in range(given.size)]
    roots = [n for n in graph if not graph.in_degree(n)]
    depth = {other: d for root in roots for other, d in lengths[root].items()}
    assert found.depth.tolist() == [depth[n] for n in range(given.size)]
    below = [{o: d for o, d in lengths[n].items() if d} for n in range(given.size)]
    assert found.count.tolist() == [len(nodes) for nodes in below]
    assert found.value.tolist() == [int(sum(value[o] for o in nodes)) for nodes in below]
    assert found.decayed.tolist() == pytest.approx(
        [sum(0.5 ** (d - 1) for d in nodes.values()) for nodes in below]
    )
    counted = counts(above)
    assert counted is not None
    assert counted.tolist() == found.count.tolist()
    assert above.tolist() == [next(graph.predecessors(n), -1) for n in range(given.size)]


@over(CLASSICS)
def test_a_graph_that_leads_both_ways_is_no_forest(graph: Graph) -> None:
    given = arrays(graph)

    assert parents(given.source, given.target, given.size) is None
