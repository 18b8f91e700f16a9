"""Structural holes: who joins people that do not know each other (Burt)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from graph.network.csr import Csr, Starts
from referral.kernels.budget import UNLIMITED, Budget
from referral.kernels.compiling import compiled
from referral.kernels.prefetch import ROWS_AHEAD, prefetch
from referral.kernels.shape import Floats, Unsigned, frozen, plain, ranges
from referral.kernels.triangles import triangles
from referral.kernels.upward import Marks, marks, upward

CHUNK = 100_000
"""Edges taken between two looks at the budget: some hundredths of a second, at worst one second."""

ONE, SIX, REST, BIT = np.uint32(1), np.uint32(6), np.uint32(63), np.uint64(1)


class Holes(NamedTuple):
    """Burt's measures of every node; NaN for one without neighbours.

    Attributes:
        constraint: (n,) from above 0; low = a broker between groups, above 1 = closed in.
        hierarchy: (n,) 0 to 1: whether the constraint comes from all neighbours alike or from
            one of them; 1 with a single neighbour.
    """

    constraint: Floats
    hierarchy: Floats


def holes(graph: Csr, weights: Floats | None = None, *, budget: Budget = UNLIMITED) -> Holes:
    """Constraint and hierarchy of every node.

    Args:
        graph: rows in both directions, without loops and parallel edges. For directed edges,
            those of the sum of both directions.
        weights: (m,) of the entries, above 0, the same both ways; default 1 each.
        budget: looked at after each 100,000 edges.

    With p(u, v) the share of u's weight that goes to v, the constraint of u is the sum over its
    neighbours v of c(u, v) = (p(u, v) + sum over w of p(u, w) p(w, v))^2. Times u's weight, what
    is squared is the same seen from v: so it is held once an edge, and the inner sums are
    credited triangle by triangle. Time O(m^1.5), memory 12 bytes an edge, with weights 20.
    References: Burt 1992, Structural Holes, 50-81; Burt 2004, doi:10.1086/421787.
    """
    total, inverse, logs = _constraint(graph, weights, True, budget)
    degree = graph.degrees()
    with np.errstate(divide="ignore", invalid="ignore"):
        # the sum of x ln x over shares x of the total, by the logarithms of what is squared
        uneven = 2 * (logs / total + np.log(inverse)) - np.log(total)
        hierarchy = np.clip(uneven / np.log(degree) + 1, 0, 1)
    return Holes(total, np.where(degree > 1, hierarchy, np.where(degree == 1, 1.0, np.nan)))


def constraint(graph: Csr, weights: Floats | None = None, *, budget: Budget = UNLIMITED) -> Floats:
    """Burt's constraint of every node, as `holes` says."""
    return _constraint(graph, weights, False, budget)[0]


def _constraint(
    graph: Csr, weights: Floats | None, with_logs: bool, budget: Budget
) -> tuple[Floats, Floats, Floats]:
    """Of every node the constraint, 1 / its weight, and the sum that hierarchy takes."""
    starts, ids, tied, rank, rows = upward(graph, weights)
    inverse, by_rank = _inverse(graph, weights), np.empty(len(rank))
    by_rank[rank] = inverse
    held = np.ones(len(ids)) if weights is None else tied.copy()
    marked, place = marks(len(rank)), np.empty(len(rank), np.uint32)
    for first, last in ranges(starts, CHUNK):
        budget.check("finding structural holes")
        _credit(starts, ids, tied, rank, rows, by_rank, first, last, marked, place, held)
    sums = np.zeros((len(rank), 2))
    _sum(starts, ids, rank, by_rank, held, with_logs, sums)
    total, logs = sums[rank].T
    return np.where(np.isinf(inverse), np.nan, total), inverse, logs


def _inverse(graph: Csr, weights: Floats | None) -> Floats:
    """1 / the sum of every node's weights; infinite where it has none."""
    total = (
        graph.degrees()
        if weights is None
        else _totals(plain(graph).starts, frozen(weights, np.float64))[0]
    )
    with np.errstate(divide="ignore"):
        inverse: Floats = 1 / total
    return inverse


def effective_size(
    graph: Csr, weights: Floats | None = None, *, budget: Budget = UNLIMITED
) -> Floats:
    """Number of a node's neighbours, less what they know of each other; NaN without neighbours.

    Args:
        graph: rows in both directions, without loops and parallel edges.
        weights: (m,) of the entries, the same both ways; default 1 each.
        budget: looked at after each 100,000 edges or more.

    Without weights it is degree - 2 triangles / degree; with them each neighbour v loses the sum
    over common neighbours w of p(u, w) times w's weight to v by v's greatest weight.
    Time O(m^1.5). References: Burt 1992; Borgatti 1997, Connections 20(1):35-38.
    """
    degree = graph.degrees()
    if weights is None:
        with np.errstate(divide="ignore", invalid="ignore"):
            sizes: Floats = degree - 2 * triangles(graph, budget=budget) / degree
        return sizes
    starts, ids, tied, rank, rows = upward(graph, weights)
    total, greatest = np.empty(len(rank)), np.empty(len(rank))
    total[rank], greatest[rank] = _totals(plain(graph).starts, frozen(weights, np.float64))
    marked, place, lost = marks(len(rank)), np.empty(len(rank), np.uint32), np.zeros(len(rank))
    for first, last in ranges(starts, CHUNK):
        budget.check("measuring effective sizes")
        _lose(starts, ids, tied, rank, rows, total, greatest, first, last, marked, place, lost)
    return np.where(degree > 0, degree - lost[rank], np.nan)


@compiled
def _credit(
    starts: Starts,
    ids: Unsigned,
    tied: Floats,
    rank: Unsigned,
    rows: NDArray[np.uint32],
    inverse: Floats,
    first: int,
    last: int,
    marked: Marks,
    place: Unsigned,
    held: Floats,
) -> None:
    """Adds to each side of a triangle the weights of the two others by that of their corner.

    Takes the triangles whose lowest node is one of first ... last - 1. `tied` is empty where
    all edges weigh 1.
    """
    weighted = len(tied) > 0
    for node in range(np.uint32(first), np.uint32(last)):
        begin, end = np.uint64(starts[node]), np.uint64(starts[node + ONE])
        if end - begin < 2:
            continue
        for at in range(begin, end):
            marked[ids[at] >> SIX] |= BIT << np.uint64(ids[at] & REST)
            place[ids[at]] = at
        own = inverse[rank[node]]
        for at in range(begin, end):
            if at + 2 * ROWS_AHEAD < len(ids):
                prefetch(rows, ids[at + 2 * ROWS_AHEAD])
                prefetch(inverse, ids[at + ROWS_AHEAD])
                prefetch(ids, rows[ids[at + ROWS_AHEAD], 0])
                prefetch(held, rows[ids[at + ROWS_AHEAD], 0])
            other = ids[at]
            theirs, more = inverse[other], 0.0
            for step in range(np.uint64(rows[other, 0]), np.uint64(rows[other, 1])):
                third = ids[step]
                if (marked[third >> SIX] >> np.uint64(third & REST)) & BIT:
                    across = place[third]
                    if weighted:
                        more += inverse[third] * tied[across] * tied[step]
                        held[across] += theirs * tied[at] * tied[step]
                        held[step] += own * tied[at] * tied[across]
                    else:
                        more += inverse[third]
                        held[across] += theirs
                        held[step] += own
            held[at] += more
        for at in range(begin, end):
            marked[ids[at] >> SIX] = np.uint64(0)


@compiled
def _sum(
    starts: Starts,
    ids: Unsigned,
    rank: Unsigned,
    inverse: Floats,
    held: Floats,
    with_logs: bool,
    sums: Floats,
) -> None:
    """Adds to both ends of every edge the square of their share of it, and that times its log."""
    for node in range(np.uint32(len(rank))):
        own = inverse[rank[node]]
        total, logs = 0.0, 0.0
        for at in range(np.uint64(starts[node]), np.uint64(starts[node + ONE])):
            other = ids[at]
            log = np.log(held[at]) if with_logs else 0.0
            mine, theirs = held[at] * own, held[at] * inverse[other]
            mine, theirs = mine * mine, theirs * theirs
            total += mine
            logs += mine * log
            sums[other, 0] += theirs
            if with_logs:
                sums[other, 1] += theirs * log
        sums[rank[node], 0] += total
        sums[rank[node], 1] += logs


@compiled
def _totals(starts: Starts, weights: Floats) -> tuple[Floats, Floats]:
    """Sum and greatest of every node's weights."""
    size = len(starts) - 1
    total, greatest = np.zeros(size), np.zeros(size)
    for node in range(size):
        for entry in range(starts[node], starts[node + 1]):
            total[node] += weights[entry]
            greatest[node] = max(greatest[node], weights[entry])
    return total, greatest


@compiled
def _lose(
    starts: Starts,
    ids: Unsigned,
    tied: Floats,
    rank: Unsigned,
    rows: NDArray[np.uint32],
    total: Floats,
    greatest: Floats,
    first: int,
    last: int,
    marked: Marks,
    place: Unsigned,
    lost: Floats,
) -> None:
    """Adds what a node's neighbours have to do with each other, triangle by triangle, by rank."""
    for node in range(np.uint32(first), np.uint32(last)):
        begin, end = np.uint64(starts[node]), np.uint64(starts[node + ONE])
        for at in range(begin, end):
            marked[ids[at] >> SIX] |= BIT << np.uint64(ids[at] & REST)
            place[ids[at]] = at
        u = rank[node]
        for at in range(begin, end):
            v, uv = ids[at], tied[at]
            for step in range(np.uint64(rows[v, 0]), np.uint64(rows[v, 1])):
                w = ids[step]
                if (marked[w >> SIX] >> np.uint64(w & REST)) & BIT:
                    vw, uw = tied[step], tied[place[w]]
                    lost[u] += (uw / greatest[v] + uv / greatest[w]) * vw / total[u]
                    lost[v] += (vw / greatest[u] + uv / greatest[w]) * uw / total[v]
                    lost[w] += (uw / greatest[v] + vw / greatest[u]) * uv / total[w]
        for at in range(begin, end):
            marked[ids[at] >> SIX] = np.uint64(0)
