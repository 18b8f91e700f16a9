"""Seeded graphs to measure on: a forest, referrals, trust, a social network, wants."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import csr_array

Ids = NDArray[np.int32]


class Edges(NamedTuple):
    """A graph's distinct edges in random order, each once; no loops."""

    source: Ids
    target: Ids
    size: int
    directed: bool


def forest(count: int) -> Edges:
    """A forest grown by preferential attachment: about `count` edges, one node in 100 a root."""
    parent = _forest(count, 1)
    child = np.flatnonzero(parent >= 0).astype(np.int32)
    return _mixed(parent[child], child, count, directed=True)


def referrals(count: int) -> Edges:
    """1.3 referrals a party, older to newer, hubs preferred; 2 in 1,000 lead back."""
    size = int(count / 1.3)
    return _mixed(*_grown(size, count, 0.002, 2), size, directed=True)


def trust(count: int) -> Edges:
    """5 edges a node, hubs preferred, 15 % of them back: a giant strong component."""
    size = count // 5
    return _mixed(*_grown(size, count, 0.15, 3), size, directed=True)


def social(count: int) -> Edges:
    """10 edges a node, heavy-tailed, 80 % inside communities of 20 to 500."""
    draw = np.random.default_rng(4)
    size, wanted = count // 5, int(count * 1.35)
    groups = np.minimum(500, (20 * (1 - draw.random(size // 20 + 10)) ** (-1 / 1.5)).astype(int))
    group = np.repeat(np.arange(len(groups)), groups)[:size]
    ends = np.cumsum(np.minimum((1 - draw.random(size)) ** (-1 / 1.5), 1000))
    borders = np.append(0, ends)[np.searchsorted(group, np.arange(group[-1] + 2))]
    source = np.searchsorted(ends, draw.random(wanted) * ends[-1])
    low, high = borders[group[source]], borders[group[source] + 1]
    anywhere = draw.random(wanted) < 0.2
    place = np.where(
        anywhere, draw.random(wanted) * ends[-1], low + draw.random(wanted) * (high - low)
    )
    target = np.minimum(np.searchsorted(ends, place), size - 1)
    new = draw.permutation(size)
    source, target = new[source], new[target]
    pairs = np.minimum(source, target), np.maximum(source, target)
    return _mixed(*pairs, size, directed=False, most=count)


def wants(count: int) -> Edges:
    """Who offers what another needs: 3 goods a party on either side, few goods wanted by many."""
    draw = np.random.default_rng(5)
    size, each = count // 10, 3
    goods = size * each * each // 25
    party = np.repeat(np.arange(size), each)
    offered = np.minimum((goods * draw.random(size * each) ** 1.25).astype(int), goods - 1)
    needed = draw.permutation(goods)[
        np.minimum((goods * draw.random(size * each) ** 1.25).astype(int), goods - 1)
    ]
    ones = np.ones(size * each, np.int8)
    offers = csr_array((ones, (party, offered)), shape=(size, goods))
    needs = csr_array((ones, (needed, party)), shape=(goods, size))
    pairs = (offers @ needs).tocoo()
    return _mixed(pairs.row, pairs.col, size, directed=True, most=count)


def _mixed(
    source: NDArray[np.integer],
    target: NDArray[np.integer],
    size: int,
    *,
    directed: bool,
    most: int | None = None,
) -> Edges:
    """Each edge once, without loops, in random order."""
    proper = source != target
    pairs = np.unique(source[proper].astype(np.int64) * size + target[proper])
    pairs = np.random.default_rng(9).permutation(pairs)[:most]
    return Edges((pairs // size).astype(np.int32), (pairs % size).astype(np.int32), size, directed)


@njit(cache=True)
def _forest(size: int, seed: int) -> Ids:
    np.random.seed(seed)
    parent = np.full(size, -1, np.int32)
    for node in range(1, size):
        if np.random.random() >= 0.01:
            other = np.random.randint(node)
            up = parent[other]
            parent[node] = up if up >= 0 and np.random.random() < 0.5 else other
    return parent


@njit(cache=True)
def _grown(size: int, count: int, back: float, seed: int) -> tuple[Ids, Ids]:
    np.random.seed(seed)
    source = np.empty(count, np.int32)
    target = np.empty(count, np.int32)
    for edge in range(count):
        newer = 1 + int(edge / count * (size - 1))
        older = np.int32(np.random.randint(newer))
        if edge > 0 and np.random.random() < 0.5:
            known = source[np.random.randint(edge)]
            older = known if known < newer else older
        turn = np.random.random() < back
        source[edge] = newer if turn else older
        target[edge] = older if turn else newer
    return source, target
