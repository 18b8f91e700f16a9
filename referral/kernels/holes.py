"""Structural holes: who joins people that do not know each other (Burt)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from graph.network.csr import Csr, Ids, Positions
from referral.kernels.compiling import compiled
from referral.kernels.shape import Floats, frozen, plain
from referral.kernels.triangles import triangles


class Holes(NamedTuple):
    """Burt's measures of every node; NaN for one without neighbours.

    Attributes:
        constraint: (n,) from above 0; low = a broker between groups, above 1 = closed in.
        hierarchy: (n,) 0 to 1: whether the constraint comes from all neighbours alike or from
            one of them; 1 with a single neighbour.
    """

    constraint: Floats
    hierarchy: Floats


def holes(graph: Csr, weights: Floats | None = None) -> Holes:
    """Constraint and hierarchy of every node.

    Args:
        graph: rows in both directions, without loops and parallel edges. For directed edges,
            those of the sum of both directions.
        weights: (m,) of the entries, above 0, the same both ways; default 1 each.

    With p(u, v) the share of u's weight that goes to v, the constraint of u is the sum over its
    neighbours v of c(u, v) = (p(u, v) + sum over w of p(u, w) p(w, v))^2. The inner sums are
    credited triangle by triangle. Time O(m^1.5), memory 40 bytes an entry.
    References: Burt 1992, Structural Holes, 50-81; Burt 2004, doi:10.1086/421787.
    """
    given = np.ones(len(graph.ids)) if weights is None else weights
    return Holes(*_holes(*plain(graph), frozen(given, np.float64)))


def constraint(graph: Csr, weights: Floats | None = None) -> Floats:
    """Burt's constraint of every node, as `holes` says."""
    return holes(graph, weights).constraint


def effective_size(graph: Csr, weights: Floats | None = None) -> Floats:
    """Number of a node's neighbours, less what they know of each other; NaN without neighbours.

    Args:
        graph: rows in both directions, without loops and parallel edges.
        weights: (m,) of the entries, the same both ways; default 1 each.

    Without weights it is degree - 2 triangles / degree; with them each neighbour v loses the sum
    over common neighbours w of p(u, w) times w's weight to v by v's greatest weight.
    Time O(m^1.5). References: Burt 1992; Borgatti 1997, Connections 20(1):35-38.
    """
    degree = graph.degrees()
    if weights is None:
        with np.errstate(divide="ignore", invalid="ignore"):
            sizes: Floats = degree - 2 * triangles(graph) / degree
        return sizes
    redundant = _redundancy(*plain(graph), frozen(weights, np.float64))
    return np.where(degree > 0, degree - redundant, np.nan)


@compiled
def _oriented(starts: Positions, ids: Ids) -> tuple[Positions, Positions, Positions]:
    """Entry of the reverse of each edge, and rows of the entries from lower to higher degree."""
    size = len(starts) - 1
    reverse = np.empty(len(ids), np.int64)
    filled = starts[:-1].copy()
    for node in range(size):  # rows are sorted, so reverse entries come up in order
        for entry in range(starts[node], starts[node + 1]):
            other = ids[entry]
            reverse[filled[other]] = entry
            filled[other] += 1
    up_starts = np.empty(size + 1, np.int64)
    up = np.empty(len(ids) // 2, np.int64)
    up_starts[0] = 0
    at = 0
    for node in range(size):
        degree = starts[node + 1] - starts[node]
        for entry in range(starts[node], starts[node + 1]):
            other = ids[entry]
            theirs = starts[other + 1] - starts[other]
            if theirs > degree or (theirs == degree and other > node):
                up[at] = entry
                at += 1
        up_starts[node + 1] = at
    return reverse, up_starts, up


@compiled
def _holes(starts: Positions, ids: Ids, weights: Floats) -> tuple[Floats, Floats]:
    size = len(starts) - 1
    share = np.empty(len(ids))
    for node in range(size):
        total = 0.0
        for entry in range(starts[node], starts[node + 1]):
            total += weights[entry]
        for entry in range(starts[node], starts[node + 1]):
            share[entry] = weights[entry] / total
    held = share.copy()
    reverse, up_starts, up = _oriented(starts, ids)
    marked = np.full(size, -1, np.int32)
    at = np.empty(size, np.int64)
    for u in range(size):
        if up_starts[u + 1] - up_starts[u] < 2:
            continue
        for place in range(up_starts[u], up_starts[u + 1]):
            marked[ids[up[place]]] = u
            at[ids[up[place]]] = up[place]
        for place in range(up_starts[u], up_starts[u + 1]):
            uv = up[place]
            v = ids[uv]
            vu = reverse[uv]
            for step in range(up_starts[v], up_starts[v + 1]):
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
    return _summed(starts, held)


@compiled
def _summed(starts: Positions, held: Floats) -> tuple[Floats, Floats]:
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
def _redundancy(starts: Positions, ids: Ids, weights: Floats) -> Floats:
    """Sum over a node's neighbours v of what its other neighbours w have to do with v."""
    size = len(starts) - 1
    total = np.zeros(size)
    greatest = np.zeros(size)
    for node in range(size):
        for entry in range(starts[node], starts[node + 1]):
            total[node] += weights[entry]
            greatest[node] = max(greatest[node], weights[entry])
    _, up_starts, up = _oriented(starts, ids)
    lost = np.zeros(size)
    marked = np.full(size, -1, np.int32)
    at = np.empty(size, np.int64)
    for u in range(size):
        for place in range(up_starts[u], up_starts[u + 1]):
            marked[ids[up[place]]] = u
            at[ids[up[place]]] = up[place]
        for place in range(up_starts[u], up_starts[u + 1]):
            v = ids[up[place]]
            uv = weights[up[place]]
            for step in range(up_starts[v], up_starts[v + 1]):
                w = ids[up[step]]
                if marked[w] == u:
                    vw, uw = weights[up[step]], weights[at[w]]
                    lost[u] += (uw / greatest[v] + uv / greatest[w]) * vw / total[u]
                    lost[v] += (vw / greatest[u] + uv / greatest[w]) * uw / total[v]
                    lost[w] += (uw / greatest[v] + vw / greatest[u]) * uv / total[w]
    return lost
