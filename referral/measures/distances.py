"""Measures of distances: reach, harmonic, closeness, hops and shortest paths."""

from __future__ import annotations

import math

import numpy as np

from graph.errors import BadInput, shown
from graph.network.csr import Ids
from referral.kernels.budget import Budget
from referral.kernels.forest import Below
from referral.measures.graph import Graph, name_key
from referral.measures.ranks import whole_number
from referral.measures.registry import Measured, measure

LEAST_ERROR = 0.001
"""Of an estimate: a million draws a node."""


@measure("reach", needs_direction=True)
def reach(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """Number of nodes that can be reached along the edges, itself not counted; total: the sum."""
    from referral.kernels.reach import reach as kernel

    counts = kernel(graph.source, graph.target, graph.size, budget=budget)
    return Measured(int(counts.sum()), counts)


@measure("estimated-reach", "ERROR", needs_direction=True)
def estimated(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """Reach estimated, for graphs where counting takes too long; total: the sum.

    ERROR is the standard error wanted, as a share of each reach (0.1 = 10 %). The draws depend on
    the order of the nodes, so they are taken in order of their names.
    """
    from referral.kernels.sketches import estimated_reach as kernel

    wanted = _share(words[0], "ERROR")
    named, place = graph.by_name()
    reached, error = kernel(named.source, named.target, named.size, error=wanted, budget=budget)
    note = (
        f"estimated: two of three are within {error:.2g} of their reach, 19 of 20 within twice that"
    )
    return Measured(float(reached.sum()), reached[place], note=note)


def _share(text: str, what: str) -> float:
    """A share that stands on the command line.

    Raises:
        BadInput: it is none from 0.001 to 1.
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not LEAST_ERROR <= value <= 1:
        raise BadInput(f"{what} is {shown(text)}; give a number from {LEAST_ERROR} to 1")
    return value


@measure("decayed-reach", needs_direction=True)
def decayed(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """Number of nodes along the edges, each step farther counting half; total: the sum."""
    from referral.kernels.distances import decayed_reach

    scores = decayed_reach(graph.source, graph.target, graph.size, budget=budget)
    return Measured(float(scores.sum()), scores)


@measure("depth", needs_direction=True)
def depth(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """Steps from a forest's root to a node; total: the most. Refused where it is no forest."""
    scores = _below(graph, budget).depth
    return Measured(int(scores.max(initial=0)), scores)


@measure("height", needs_direction=True)
def height(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """Steps from a node to the farthest below; total: the most. Refused where it is no forest."""
    scores = _below(graph, budget).height
    return Measured(int(scores.max(initial=0)), scores)


def _below(graph: Graph, budget: Budget) -> Below:
    """What a forest says of every node.

    Raises:
        BadInput: it is none.
    """
    from referral.kernels.forest import forest, parents

    above = parents(graph.source, graph.target, graph.size, budget=budget)
    own = np.zeros(graph.size, np.int64)
    found = None if above is None else forest(above, own, budget=budget)
    if found is None:
        raise BadInput(
            "this graph is no forest: two edges lead to one node, or a way leads back to where "
            "it began; ask for k-hop or decayed-reach"
        )
    return found


@measure("harmonic")
def harmonic(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """Sum of 1 / distance over those who reach a node; total: the sum over all nodes."""
    from referral.kernels.distances import distance_sums

    scores = distance_sums(graph.backward, graph.forward, budget=budget).harmonic
    return Measured(float(scores.sum()), scores)


@measure("closeness")
def closeness(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """1 / mean distance of those who reach a node, times their share; total: the mean."""
    from referral.kernels.distances import distance_sums

    sums = distance_sums(graph.backward, graph.forward, budget=budget)
    scores = sums.closeness(graph.size)
    return Measured(float(scores.mean()), scores)


@measure("k-hop", "A", "K")
def k_hop(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """The nodes within K hops of A, the nearest first, by distance; total: their number."""
    from referral.kernels.searching import within_hops

    name, hops = words
    found = within_hops(graph.forward, graph.place(name), whole_number(hops, "K"), budget=budget)
    return Measured(len(found.ids), found.distances, nodes=found.ids)


@measure("shortest-path", "A", "B")
def shortest_path(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """The nodes on one shortest way from A to B, by distance; total: its edges, none = no way."""
    from referral.kernels.shortest_paths import shortest_path as kernel

    begin, end = (graph.place(name) for name in words)
    path = kernel(graph.forward, graph.backward, begin, end, budget=budget)
    if path is None:
        return _no_way(words, None)
    return Measured(len(path) - 1, np.arange(len(path)), nodes=path)


@measure("shortest-paths", "A", "B")
def shortest_paths(graph: Graph, words: tuple[str, ...], budget: Budget) -> Measured:
    """The nodes on all shortest ways from A to B, by distance; total: how many ways, 0 = none."""
    from referral.kernels.shortest_paths import nodes_between

    begin, end = (graph.place(name) for name in words)
    found = nodes_between(graph.forward, graph.backward, begin, end, budget=budget)
    if not found.rings:
        return _no_way(words, 0)
    rings = [_by_name(graph, ring) for ring in found.rings]
    away = np.repeat(np.arange(len(rings)), [len(ring) for ring in rings])
    ways = int(found.count) if found.count < 2**53 else found.count
    return Measured(ways, away, nodes=np.concatenate(rings))


def _by_name(graph: Graph, ring: Ids) -> Ids:
    order = sorted(ring.tolist(), key=lambda node: name_key(graph.labels[node]))
    return np.array(order, np.int32)


def _no_way(words: tuple[str, ...], total: int | None) -> Measured:
    empty = np.empty(0, np.int32)
    note = f"there is no way from {words[0]} to {words[1]}"
    return Measured(total, empty, nodes=empty, note=note)
