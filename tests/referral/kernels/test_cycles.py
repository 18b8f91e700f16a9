from __future__ import annotations

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from graph.network.csr import Ids
from referral.kernels.cycles import three_cycles, two_cycles
from tests.referral.kernels.graphs import EVERY, Arrays, Graph, arrays, over


def simple(graph: Graph) -> Arrays:
    """Its edges without those from a node to itself."""
    plain = graph.copy()
    plain.remove_edges_from(list(nx.selfloop_edges(graph)))
    return arrays(plain)


def begun_at_the_lowest(cycle: list[int]) -> tuple[int, ...]:
    at = cycle.index(min(cycle))
    return tuple(cycle[at:] + cycle[:at])


def expected(graph: Graph, length: int) -> list[tuple[int, ...]]:
    """networkx's cycles of a directed graph, an undirected one leading both ways."""
    found = nx.simple_cycles(graph.to_directed(), length_bound=length)
    return sorted(begun_at_the_lowest(cycle) for cycle in found if len(cycle) == length)


def rows(found: NDArray[np.int32] | Ids) -> list[tuple[int, ...]]:
    return [tuple(row) for row in found.tolist()]


@over(EVERY)
def test_pairs_that_lead_to_each_other_are_those_of_networkx(graph: Graph) -> None:
    given = simple(graph)

    found = two_cycles(given.source, given.target)

    assert rows(found) == expected(graph, 2)


@over(EVERY)
def test_cycles_of_three_are_those_of_networkx_each_once(graph: Graph) -> None:
    given = simple(graph)

    found = [row for batch in three_cycles(given.rows(), given.back()) for row in rows(batch)]

    assert sorted(found) == expected(graph, 3)
