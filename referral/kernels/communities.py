"""Communities: groups with many edges within and few between."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from graph.network.csr import Csr, Ids, Positions, Starts
from referral.kernels.budget import UNLIMITED, Budget
from referral.kernels.compiling import compiled
from referral.kernels.components import Components, connected_components
from referral.kernels.likeness import structural_order
from referral.kernels.prefetch import prefetch_row
from referral.kernels.shape import Floats, Mask, Unsigned, frozen, plain
from referral.kernels.upward import NO_WEIGHTS

CHUNK = 200_000
"""Nodes looked at between two looks at the budget."""

LEAST = 1e-12
"""What a move must gain at least, as a share of the node's weight: more than rounding."""

ONE = np.uint32(1)


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

    Nodes are looked at in `structural_order`, sums of weights are exact, and of equal gains the
    community whose first node stands first in that order counts: so numbering the nodes anew
    gives the same communities, but for nodes that this order does not tell apart. Weights are
    rounded to 2^-48 of their sum.

    Time O(rounds (n + m)), memory 40 bytes an entry. References: Blondel et al. 2008,
    doi:10.1088/1742-5468/2008/10/P10008; Traag, Waltman & van Eck 2019,
    doi:10.1038/s41598-019-41695-z (disconnected communities, the queue).
    """
    given = None if weights is None else _exact(weights)
    order = structural_order(graph, given, seed=seed, budget=budget)
    place = np.empty(len(order), np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    level = _ordered(graph, given, order, place)
    label = place
    while level[2].sum() > 0:
        own, moved = _settled(*level, resolution, budget)
        if not moved:
            break
        count, own = _numbered(own)
        label = own[label]
        starts, ids, tied = level
        merged = _merged(starts, ids.view(np.uint32), tied, own.view(np.uint32), count)
        level = _read_only(*merged)
    found = _split(graph, label)
    quality = modularity(graph, found.label, weights, resolution=resolution, budget=budget)
    return Communities(found.count, found.label, quality)


def _exact(weights: Floats) -> Floats:
    """The weights as whole numbers of sum below 2^48: added up in any order, that is the same.

    Times a power of two, and rounded so far that what an order of adding did before is gone too.
    """
    total = float(weights.sum()) * (1 + 2**-30)  # itself not quite the same in any order
    if total == 0:
        return weights
    return np.rint(np.ldexp(weights, 48 - math.frexp(total)[1]))


def _ordered(
    graph: Csr, weights: Floats | None, order: Ids, place: Ids
) -> tuple[Starts, Ids, Floats]:
    """The rows, and weights, with the nodes in another order."""
    own = frozen(NO_WEIGHTS if weights is None else weights, np.float64)
    starts, ids, given = _reordered(*plain(graph), own, order, place)
    return _read_only(starts, ids, np.ones(len(ids)) if weights is None else given)


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
    starts, ids = plain(graph)
    given = frozen(np.ones(len(ids)) if weights is None else weights, np.float64)
    total = float(given.sum())
    if total == 0:
        return 0.0
    budget.check("measuring modularity")
    own = frozen(label, np.int32)
    within = _weight_within(starts, ids.view(np.uint32), given, own.view(np.uint32))
    budget.check("measuring modularity")
    strength = np.zeros(len(label))
    _strengths(starts, given, strength)
    shares = np.bincount(own, weights=strength) / total
    return within / total - resolution * float((shares**2).sum())


def _settled(
    starts: Starts,
    ids: Ids,
    weights: Floats,
    resolution: float,
    budget: Budget,
) -> tuple[Ids, bool]:
    """Each node's community once no move is better, and whether any node moved."""
    size = len(starts) - 1
    label = np.arange(size, dtype=np.uint32)
    strength = np.zeros(size)
    _strengths(starts, weights, strength)
    state = np.array([0, size, 0], np.int64)  # the next node, how many are waiting, moves
    waiting = np.ones(size, np.bool_)
    totals, links, near = strength.copy(), np.zeros(size), np.empty(size, np.uint32)
    scale = resolution / float(strength.sum())
    rows = starts, ids.view(np.uint32), weights, strength
    while state[1]:
        budget.check("finding communities")
        _move(*rows, scale, label, state, waiting, totals, links, near)
    return label.view(np.int32), bool(state[2])


def _numbered(label: Ids) -> tuple[int, Ids]:
    """The same labels without gaps."""
    used = np.zeros(len(label), np.bool_)
    used[label] = True
    places = (np.cumsum(used) - 1).astype(np.int32)
    return int(used.sum()), places[label]


def _split(graph: Csr, label: Ids) -> Components:
    starts, ids = plain(graph)
    own = frozen(label, np.int32).view(np.uint32)
    return connected_components(*_edges_within(starts, ids.view(np.uint32), own), len(label))


def _read_only(starts: Starts, ids: Ids, weights: Floats) -> tuple[Starts, Ids, Floats]:
    return *plain(Csr(starts, ids)), frozen(weights, np.float64)


@compiled
def _strengths(starts: Starts, weights: Floats, strength: Floats) -> None:
    for node in range(len(strength)):
        for entry in range(starts[node], starts[node + 1]):
            strength[node] += weights[entry]


@compiled
def _weight_within(starts: Starts, ids: Unsigned, weights: Floats, label: Unsigned) -> float:
    """Sum of the weights of the entries between nodes of one label."""
    total = 0.0
    for node in range(np.uint32(len(label))):
        for entry in range(np.uint64(starts[node]), np.uint64(starts[node + ONE])):
            if label[ids[entry]] == label[node]:
                total += weights[entry]
    return total


@compiled
def _edges_within(starts: Starts, ids: Unsigned, label: Unsigned) -> tuple[Ids, Ids]:
    """The edges between nodes of one label, each once."""
    source, target = np.empty(len(ids) // 2, np.int32), np.empty(len(ids) // 2, np.int32)
    end = 0
    for node in range(np.uint32(len(label))):
        for entry in range(np.uint64(starts[node]), np.uint64(starts[node + ONE])):
            other = ids[entry]
            if other < node and label[other] == label[node]:
                source[end], target[end] = node, other
                end += 1
    return source[:end], target[:end]


@compiled
def _reordered(
    starts: Starts, ids: Ids, weights: Floats, order: Ids, place: Ids
) -> tuple[Starts, Ids, Floats]:
    """The rows with the nodes in another order; within a row the old one. No weights: none."""
    new_starts, new_ids = np.empty_like(starts), np.empty_like(ids)
    new_weights = np.empty(len(weights))
    end = 0
    new_starts[0] = 0
    for at in range(np.uint32(len(order))):
        node = np.uint32(order[at])
        for entry in range(np.uint64(starts[node]), np.uint64(starts[node + ONE])):
            new_ids[end] = place[np.uint32(ids[entry])]
            if len(weights):
                new_weights[end] = weights[entry]
            end += 1
        new_starts[at + ONE] = end
    return new_starts, new_ids, new_weights


@compiled
def _move(
    starts: Starts,
    ids: Unsigned,
    weights: Floats,
    strength: Floats,
    scale: float,
    label: Unsigned,
    state: Positions,
    waiting: Mask,
    totals: Floats,
    links: Floats,
    near: Unsigned,
) -> None:
    """Looks at up to CHUNK of the nodes that are waiting, by their numbers, round after round.

    Of communities that are equally good the lowest number counts: so the order within a row makes
    no difference. `links` is all zero before and after each node.
    """
    size = np.uint32(len(label))
    node, left = np.uint32(state[0]), state[1]
    for _ in range(min(CHUNK, left)):
        while not waiting[node]:
            node = node + ONE if node + ONE < size else np.uint32(0)
        waiting[node] = False
        left -= 1
        own = label[node]
        begin, end = np.uint64(starts[node]), np.uint64(starts[node + ONE])
        known = 0
        for entry in range(begin, end):
            other = ids[entry]
            if other != node:
                place = label[other]
                if links[place] == 0:
                    near[known] = place
                    known += 1
                links[place] += weights[entry]
        totals[own] -= strength[node]
        cost = scale * strength[node]
        best, gain = own, links[own] - totals[own] * cost + LEAST * strength[node]
        for at in range(known):
            place = near[at]
            value = links[place] - totals[place] * cost
            links[place] = 0
            if value > gain or (value == gain and place < best and best != own):
                best, gain = place, value
        totals[best] += strength[node]
        if best == own:
            continue
        label[node] = best
        state[2] += 1
        for entry in range(begin, end):
            other = ids[entry]
            if not waiting[other] and label[other] != best:
                waiting[other] = True
                left += 1
    state[0], state[1] = node, left


@compiled
def _merged(
    starts: Starts, ids: Unsigned, weights: Floats, label: Unsigned, count: int
) -> tuple[Starts, Ids, Floats]:
    """One node for each community; an entry of weight within stays as a loop."""
    size = len(label)
    begin = np.zeros(count + 1, np.uint32)
    for node in range(size):
        begin[label[node] + ONE] += ONE
    for place in range(count):
        begin[place + 1] += begin[place]
    members = np.empty(size, np.uint32)
    filled = begin[:-1].copy()
    for node in range(size):
        members[filled[label[node]]] = node
        filled[label[node]] += ONE
    new_starts = np.zeros(count + 1, starts.dtype)
    new_ids = np.empty(len(ids), np.int32)
    new_weights = np.empty(len(ids))
    place_of = np.full(count, -1, np.int64)
    end = 0
    for community in range(count):
        first = end
        for at in range(begin[community], begin[community + 1]):
            prefetch_row(starts, ids, members, at, size)
            node = members[at]
            for entry in range(np.uint64(starts[node]), np.uint64(starts[node + ONE])):
                other = label[ids[entry]]
                place = place_of[other]
                if place < first:
                    place_of[other] = end
                    new_ids[end] = other
                    new_weights[end] = weights[entry]
                    end += 1
                else:
                    new_weights[np.uint64(place)] += weights[entry]
        new_starts[community + 1] = end
    return new_starts, new_ids[:end].copy(), new_weights[:end].copy()
