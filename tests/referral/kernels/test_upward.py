from __future__ import annotations

import numpy as np

from referral.kernels.upward import marks, upward
from tests.referral.kernels.graphs import UNDIRECTED, Graph, arrays, over, weighted


@over(UNDIRECTED)
def test_every_edge_stands_once_at_the_end_with_fewer_neighbours(graph: Graph) -> None:
    rows = arrays(weighted(graph, 5)).weighted()

    found = upward(*rows)

    node = np.argsort(found.rank)
    degrees = rows.graph.degrees()[node]
    assert degrees.tolist() == sorted(degrees.tolist())
    edges = {}
    for own in range(len(graph)):
        begin, end = found.starts[own : own + 2].tolist()
        assert found.rows[found.rank[own]].tolist() == [begin, end]
        assert (found.ids[begin:end] > found.rank[own]).all()
        for other, weight in zip(found.ids[begin:end], found.weights[begin:end], strict=True):
            edges[frozenset((own, int(node[other])))] = weight
    assert edges == {frozenset((a, b)): w for a, b, w in graph.edges(data="weight")}


def test_without_weights_none_are_held() -> None:
    found = upward(arrays(UNDIRECTED["karate"]()).rows())

    assert len(found.weights) == 0
    assert len(found.ids) == 78
    assert marks(64).tolist() == [0, 0]
