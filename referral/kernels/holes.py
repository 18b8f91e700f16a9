"""Structural holes: who joins people that do not know each other (Burt)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from graph.network.csr import Csr, Ids, Starts
from referral.kernels.budget import UNLIMITED, Budget
from referral.kernels.compiling import compiled
from referral.kernels.shape import Floats, Unsigned, frozen, plain, ranges
from referral.kernels.triangles import triangles

CHUNK = 100_000
"""Edges taken between two looks at the budget: some hundredths of a second, at worst one second."""

ONE = np.uint32(1)


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
    neighbours v of c(u, v) = (p(u, v) + sum over w of p(u, w) p(w, v))^2. The inner sums are
    credited triangle by triangle. Time O(m^1.5), memory 22 bytes an entry.
    References: Burt 1992, Structural Holes, 50-81; Burt 2004, doi:10.1086/421787.
    """
    starts, signed = plain(graph)
    ids = signed.view(np.uint32)
    given = np.ones(len(ids)) if weights is None else weights
    share = frozen(_shares(starts, frozen(given, np.float64)), np.float64)
    held = share.copy()
    rows = (ids, *_oriented(starts, ids))
    marked, at = _marks(len(starts) - 1)
    for first, last in ranges(rows[2], CHUNK):
        budget.check("finding structural holes")
        _credit(*rows, share, first, last, marked, at, held)
    return Holes(*_summed(starts, held))


def constraint(graph: Csr, weights: Floats | None = None, *, budget: Budget = UNLIMITED) -> Floats:
    """Burt's constraint of every node, as `holes` says."""
    return holes(graph, weights, budget=budget).constraint


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
    starts, signed = plain(graph)
    ids = signed.view(np.uint32)
    given = frozen(weights, np.float64)
    total, greatest = _totals(starts, given)
    _, up_starts, up = _oriented(starts, ids)
    marked, at = _marks(len(degree))
    lost = np.zeros(len(degree))
    for first, last in ranges(up_starts, CHUNK):
        budget.check("measuring effective sizes")
        _lose(ids, up_starts, up, given, total, greatest, first, last, marked, at, lost)
    return np.where(degree > 0, degree - lost, np.nan)


def _marks(size: int) -> tuple[Ids, Unsigned]:
    """For each node whose neighbour it was marked as last, and by which entry."""
    return np.full(size, -1, np.int32), np.empty(size, np.uint32)


@compiled
def _oriented(starts: Starts, ids: Unsigned) -> tuple[Unsigned, Starts, Unsigned]:
    """Entry of the reverse of each edge, and rows of the entries from lower to higher degree.

    Entries are counted in 32 bits: 4 * 10^9 of them would be 80 GB here.
    """
    size = len(starts) - 1
    reverse = np.empty(len(ids), np.uint32)
    filled = starts[:-1].copy()
    up_starts = np.empty(size + 1, starts.dtype)
    up = np.empty(len(ids) // 2, np.uint32)
    up_starts[0] = 0
    at = 0
    for node in range(np.uint32(size)):
        degree = starts[node + ONE] - starts[node]
        for entry in range(np.uint64(starts[node]), np.uint64(starts[node + ONE])):
            other = ids[entry]
            # rows are sorted, so reverse entries come up in order
            reverse[np.uint64(filled[other])] = entry
            filled[other] += 1
            theirs = starts[other + ONE] - starts[other]
            if theirs > degree or (theirs == degree and other > node):
                up[at] = entry
                at += 1
        up_starts[node + ONE] = at
    return reverse, up_starts, up


@compiled
def _shares(starts: Starts, weights: Floats) -> Floats:
    """p(u, v) of every entry."""
    share = np.empty(len(weights))
    for node in range(len(starts) - 1):
        total = 0.0
        for entry in range(starts[node], starts[node + 1]):
            total += weights[entry]
        for entry in range(starts[node], starts[node + 1]):
            share[entry] = weights[entry] / total
    return share


@compiled
def _credit(
    ids: Unsigned,
    reverse: Unsigned,
    up_starts: Starts,
    up: Unsigned,
    share: Floats,
    first: int,
    last: int,
    marked: Ids,
    at: Unsigned,
    held: Floats,
) -> None:
    """Adds p(u, w) p(w, v) to `held` for each triangle whose lowest node is in the range."""
    for u in range(np.uint32(first), np.uint32(last)):
        begin, end = np.uint64(up_starts[u]), np.uint64(up_starts[u + ONE])
        if end - begin < 2:
            continue
        for place in range(begin, end):
            marked[ids[up[place]]] = u
            at[ids[up[place]]] = up[place]
        for place in range(begin, end):
            uv = up[place]
            v = ids[uv]
            vu = reverse[uv]
            for step in range(np.uint64(up_starts[v]), np.uint64(up_starts[v + ONE])):
                vw = up[step]
                w = ids[vw]
                if marked[w] == u:
                    uw = at[w]
                    wu, wv = reverse[uw], reverse[vw]
                    held[uv] += share[uw] * share[wv]
                    held[uw] += share[uv] * share[vw]
                    held[vu] += share[vw] * share[wu]
                    held[vw] += share[vu] * share[uw]
                    held[wu] += share[wv] * share[vu]
                    held[wv] += share[wu] * share[uv]


@compiled
def _summed(starts: Starts, held: Floats) -> tuple[Floats, Floats]:
    """Constraint and hierarchy from p(u, v) + sum of p(u, w) p(w, v) of each entry."""
    size = len(starts) - 1
    constraint = np.full(size, np.nan)
    hierarchy = np.full(size, np.nan)
    for node in range(size):
        degree = starts[node + 1] - starts[node]
        if degree == 0:
            continue
        total = 0.0
        for entry in range(starts[node], starts[node + 1]):
            total += held[entry] ** 2
        constraint[node] = total
        hierarchy[node] = 1.0
        if degree > 1:
            uneven = 0.0
            for entry in range(starts[node], starts[node + 1]):
                part = held[entry] ** 2 / total * degree
                if part > 0:
                    uneven += part * np.log(part)
            hierarchy[node] = uneven / (degree * np.log(degree))
    return constraint, hierarchy


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
    ids: Unsigned,
    up_starts: Starts,
    up: Unsigned,
    weights: Floats,
    total: Floats,
    greatest: Floats,
    first: int,
    last: int,
    marked: Ids,
    at: Unsigned,
    lost: Floats,
) -> None:
    """Adds what a node's neighbours have to do with each other, triangle by triangle."""
    for u in range(np.uint32(first), np.uint32(last)):
        begin, end = np.uint64(up_starts[u]), np.uint64(up_starts[u + ONE])
        for place in range(begin, end):
            marked[ids[up[place]]] = u
            at[ids[up[place]]] = up[place]
        for place in range(begin, end):
            v = ids[up[place]]
            uv = weights[up[place]]
            for step in range(np.uint64(up_starts[v]), np.uint64(up_starts[v + ONE])):
                w = ids[up[step]]
                if marked[w] == u:
                    vw, uw = weights[up[step]], weights[at[w]]
                    lost[u] += (uw / greatest[v] + uv / greatest[w]) * vw / total[u]
                    lost[v] += (vw / greatest[u] + uv / greatest[w]) * uw / total[v]
                    lost[w] += (uw / greatest[v] + vw / greatest[u]) * uv / total[w]
