"""Directed cycles of two, three and four nodes: swaps that are possible."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from graph.network.csr import Ids
from referral.kernels.budget import Budget
from referral.measures.graph import Graph
from referral.measures.registry import Measured, measure

MOST_WALKS = 20_000_000
"""Walks of two steps held at a time: some 250 MB."""


@measure("cycles2", needs_direction=True)
def two(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """Number of pairs that lead to each other in which a node is; total: how many pairs."""
    from referral.kernels.cycles import two_cycles

    found = two_cycles(graph.source, graph.target, budget=budget)
    return Measured(len(found), _at_nodes(found, graph.size))


@measure("cycles3", needs_direction=True)
def three(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """Number of directed cycles of three nodes in which a node is; total: how many cycles."""
    from referral.kernels.cycles import three_cycles

    counts = np.zeros(graph.size, np.int64)
    total = 0
    for batch in three_cycles(graph.along, graph.against, budget=budget):
        counts += _at_nodes(batch, graph.size)
        total += len(batch)
    return Measured(total, counts)


@measure("cycles4", needs_direction=True)
def four(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """Number of directed cycles of four nodes in which a node is; total: how many cycles.

    Closed walks of four steps, less those that visit a node twice: u, v, u, w with both v and w
    mutual neighbours of u, and the same one step on.
    """
    counts = _closed_walks(graph, budget)
    pairs = _mutual(graph, budget)
    partners = np.bincount(pairs.ravel(), minlength=graph.size)
    theirs = np.bincount(pairs[:, 0], partners[pairs[:, 1]], graph.size)
    theirs += np.bincount(pairs[:, 1], partners[pairs[:, 0]], graph.size)
    counts -= partners**2 + theirs.astype(np.int64) - partners
    return Measured(int(counts.sum()) // 4, counts)


def _mutual(graph: Graph, budget: Budget) -> NDArray[np.int32]:
    from referral.kernels.cycles import two_cycles

    return two_cycles(graph.source, graph.target, budget=budget)


def _at_nodes(cycles: NDArray[np.int32], size: int) -> NDArray[np.int64]:
    return np.bincount(cycles.ravel(), minlength=size)


def _closed_walks(graph: Graph, budget: Budget) -> NDArray[np.int64]:
    """Number of closed walks of four steps at each node: the diagonal of the fourth power.

    Some rows at a time: walks of two steps from them, met by those of two steps back to them.
    """
    from scipy.sparse import csr_array

    size = graph.size
    shape = (size, size)
    one = np.ones(len(graph.source), np.int64)
    there = csr_array((one, graph.along.ids, graph.along.starts), shape=shape)
    back = csr_array((one, graph.against.ids, graph.against.starts), shape=shape)
    counts = np.zeros(size, np.int64)
    for first, last in _parts(graph.along.ids, graph):
        budget.check("counting cycles")
        forth = there[first:last] @ there
        home = back[first:last] @ back
        counts[first:last] = np.asarray(forth.multiply(home).sum(axis=1)).ravel()
    return counts


def _parts(ids: Ids, graph: Graph) -> Iterator[tuple[int, int]]:
    """Ranges of nodes with few enough walks of two steps in both directions."""
    walks = _two_steps(graph.along) + _two_steps(graph.against)
    ends = np.cumsum(walks)
    first = 0
    while first < graph.size:
        before = int(ends[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(ends, before + MOST_WALKS, side="right")))
        yield first, last
        first = last


def _two_steps(rows: tuple[NDArray[np.int64], Ids]) -> NDArray[np.int64]:
    starts, ids = rows
    following = np.concatenate(([0], np.cumsum(np.diff(starts)[ids])))
    steps: NDArray[np.int64] = following[starts[1:]] - following[starts[:-1]]
    return steps
