from __future__ import annotations

import networkx as nx
import numpy as np

from graph.network import csr
from referral.kernels.ways import number_of_ways, rings_between, ways
from tests.referral.kernels.graphs import UNDIRECTED, Graph, over

MORE = {"gnm": lambda: nx.gnm_random_graph(40, 70, seed=3)}


@over({**UNDIRECTED, **MORE})
def test_ways_over_two_kinds_are_shortest_paths_over_both(graph: Graph) -> None:
    halves = [list(graph.edges)[::2], list(graph.edges)[1::2]]
    graphs = []
    for half in halves:
        source = np.array([a for a, _ in half], np.int32)
        target = np.array([b for _, b in half], np.int32)
        graphs += [csr(source, target, len(graph)), csr(target, source, len(graph))]

    for other in range(len(graph)):
        rings = rings_between(graphs, 0, other)

        expected = (
            sorted(nx.all_shortest_paths(graph, 0, other)) if nx.has_path(graph, 0, other) else []
        )
        assert list(ways(graphs, rings)) == expected
        assert number_of_ways(graphs, rings) == len(expected)
        assert [ring.tolist() for ring in rings] == [
            sorted(set(place)) for place in zip(*expected, strict=True)
        ]
