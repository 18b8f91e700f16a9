"""Communities: groups with many edges within and few between."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graph.network.csr import Csr, Ids, Positions, Starts
from referral.kernels.budget import UNLIMITED, Budget
from referral.kernels.compiling import compiled
from referral.kernels.components import Components, connected_components
from referral.kernels.shape import Floats, Mask, frozen, plain, sources

CHUNK = 200_000
"""Nodes looked at between two looks at the budget."""


@dataclass(frozen=True, slots=True, eq=False)
class Communities:
    """A partition of the nodes into communities, each connected.

    Attributes:
        count: number of communities.
        label: (n,) community of every node, numbered in order of their lowest node.
        modularity: share of the weight within, above what it would be at random; below 1.
    """

    count: int
    label: Ids
    modularity: float


def communities(
    graph: Csr,
    weights: Floats | None = None,
    *,
    resolution: float = 1.0,
    seed: int = 1,
    budget: Budget = UNLIMITED,
) -> Communities:
    """Louvain's communities.

    Args:
        graph: rows in both directions, without loops and parallel edges.
        weights: (m,) of the entries, from 0, the same both ways; default 1 each.
        resolution: above 1 gives smaller communities, below 1 larger ones.
        seed: of the order in which nodes are looked at; equal seeds give equal answers.
        budget: looked at every 200,000 nodes.

    Nodes move to the neighbouring community that raises modularity most, until none does; then
    each community becomes a node, and so on. A node is looked at again only when a neighbour has
    moved. In the end communities that fell apart are split, which never lowers modularity.

    Time O(rounds (n + m)), memory 40 bytes an entry. References: Blondel et al. 2008,
    doi:10.1088/1742-5468/2008/10/P10008; Traag, Waltman & van Eck 2019,
    doi:10.1038/s41598-019-41695-z (disconnected communities, the queue).
    """
    size = len(graph.starts) - 1
    given = np.ones(len(graph.ids)) if weights is None else weights
    draw = np.random.default_rng(seed)
    label = np.arange(size, dtype=np.int32)
    starts, ids = plain(graph)
    level = (starts, ids, frozen(given, np.float64))
    while given.sum() > 0:
        own, moved = _settled(*level, resolution, draw, budget)
        if not moved:
            break
        count, own = _numbered(own)
        label = own[label]
        level = _read_only(*_merged(*level, own, count))
    found = _split(graph, label)
    quality = modularity(graph, found.label, given, resolution=resolution, budget=budget)
    return Communities(found.count, found.label, quality)


def modularity(
    graph: Csr,
    label: Ids,
    weights: Floats | None = None,
    *,
    resolution: float = 1.0,
    budget: Budget = UNLIMITED,
) -> float:
    """Share of the weight within communities, less what it would be at random; 0 without edges.

    Args:
        graph: rows in both directions.
        label: (n,) community of every node.
        weights: (m,) of the entries; default 1 each.
        resolution: how much the second part counts.
        budget: looked at before each of its two sums.

    References: Newman & Girvan 2004, doi:10.1103/PhysRevE.69.026113.
    """
    given = np.ones(len(graph.ids)) if weights is None else weights
    total = float(given.sum())
    if total == 0:
        return 0.0
    budget.check("measuring modularity")
    near = label[sources(graph)]
    within = float(given[near == label[graph.ids]].sum())
    budget.check("measuring modularity")
    shares = np.bincount(near, weights=given) / total
    return within / total - resolution * float((shares**2).sum())


def _settled(
    starts: Starts,
    ids: Ids,
    weights: Floats,
    resolution: float,
    draw: np.random.Generator,
    budget: Budget,
) -> tuple[Ids, bool]:
    """Each node's community once no move is better, and whether any node moved."""
    size = len(starts) - 1
    label = np.arange(size, dtype=np.int32)
    strength = np.zeros(size)
    _strengths(starts, weights, strength)
    queue = draw.permutation(size).astype(np.int32)
    state = np.array([0, size, 0], np.int64)  # head and length of the queue, moves
    waiting = np.ones(size, np.bool_)
    totals, links, near = strength.copy(), np.zeros(size), np.empty(size, np.int32)
    scale = resolution / float(strength.sum())
    while state[1]:
        budget.check("finding communities")
        _move(
            starts, ids, weights, strength, scale, label, queue, state, waiting, totals, links, near
        )
    return label, bool(state[2])


def _numbered(label: Ids) -> tuple[int, Ids]:
    """The same labels without gaps."""
    used = np.zeros(len(label), np.bool_)
    used[label] = True
    places = (np.cumsum(used) - 1).astype(np.int32)
    return int(used.sum()), places[label]


def _split(graph: Csr, label: Ids) -> Components:
    near = sources(graph)
    within = label[near] == label[graph.ids]
    return connected_components(near[within], graph.ids[within], len(label))


def _read_only(starts: Starts, ids: Ids, weights: Floats) -> tuple[Starts, Ids, Floats]:
    return *plain(Csr(starts, ids)), frozen(weights, np.float64)


@compiled
def _strengths(starts: Starts, weights: Floats, strength: Floats) -> None:
    for node in range(len(strength)):
        for entry in range(starts[node], starts[node + 1]):
            strength[node] += weights[entry]


@compiled
def _move(
    starts: Starts,
    ids: Ids,
    weights: Floats,
    strength: Floats,
    scale: float,
    label: Ids,
    queue: Ids,
    state: Positions,
    waiting: Mask,
    totals: Floats,
    links: Floats,
    near: Ids,
) -> None:
    """Looks at up to CHUNK nodes of the queue; `links` is all zero before and after each."""
    size = len(label)
    head, length = state[0], state[1]
    for _ in range(min(CHUNK, length)):
        node = queue[head]
        head = head + 1 if head + 1 < size else 0
        length -= 1
        waiting[node] = False
        own = label[node]
        known = 0
        for entry in range(starts[node], starts[node + 1]):
            other = ids[entry]
            if other != node:
                place = label[other]
                if links[place] == 0:
                    near[known] = place
                    known += 1
                links[place] += weights[entry]
        totals[own] -= strength[node]
        cost = scale * strength[node]
        best, gain = own, links[own] - totals[own] * cost
        for at in range(known):
            value = links[near[at]] - totals[near[at]] * cost
            if value > gain + 1e-12:
                best, gain = near[at], value
        for at in range(known):
            links[near[at]] = 0
        totals[best] += strength[node]
        if best == own:
            continue
        label[node] = best
        state[2] += 1
        for entry in range(starts[node], starts[node + 1]):
            other = ids[entry]
            if not waiting[other] and label[other] != best:
                waiting[other] = True
                end = head + length
                queue[end if end < size else end - size] = other
                length += 1
    state[0], state[1] = head, length


@compiled
def _merged(
    starts: Starts, ids: Ids, weights: Floats, label: Ids, count: int
) -> tuple[Starts, Ids, Floats]:
    """One node for each community; an entry of weight within stays as a loop."""
    size = len(label)
    begin = np.zeros(count + 1, np.int64)
    for node in range(size):
        begin[label[node] + 1] += 1
    for place in range(count):
        begin[place + 1] += begin[place]
    members = np.empty(size, np.int32)
    filled = begin[:-1].copy()
    for node in range(size):
        members[filled[label[node]]] = node
        filled[label[node]] += 1
    new_starts = np.zeros(count + 1, starts.dtype)
    new_ids = np.empty(len(ids), np.int32)
    new_weights = np.empty(len(ids))
    place_of = np.full(count, -1, np.int64)
    end = 0
    for community in range(count):
        first = end
        for at in range(begin[community], begin[community + 1]):
            node = members[at]
            for entry in range(starts[node], starts[node + 1]):
                other = label[ids[entry]]
                place = place_of[other]
                if place < first:
                    place_of[other] = end
                    new_ids[end] = other
                    new_weights[end] = weights[entry]
                    end += 1
                else:
                    new_weights[place] += weights[entry]
        new_starts[community + 1] = end
    return new_starts, new_ids[:end].copy(), new_weights[:end].copy()
