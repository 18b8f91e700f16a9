"""Betweenness centrality from random shortest paths, with an error bound."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from graph.network.csr import Csr, Ids, Positions, distinct, gather
from referral.kernels.budget import UNLIMITED, Budget
from referral.kernels.compiling import compiled
from referral.kernels.components import Components, connected_components
from referral.kernels.shape import Floats, plain, sources

ERROR = 0.01
RISK = 0.1
SEED = 1
CHUNK = 1_000
"""Paths drawn between two looks at the budget."""


def sampled_betweenness(
    forward: Csr,
    backward: Csr,
    *,
    directed: bool,
    error: float = ERROR,
    seed: int = SEED,
    budget: Budget = UNLIMITED,
) -> tuple[Floats, float]:
    """Share of ordered pairs of other nodes with a shortest path through each, estimated.

    Args:
        forward, backward: rows in both directions, of at least 3 nodes.
        directed: whether the two differ.
        error: bound on the difference, over all pairs of nodes.
        seed: of the random pairs and paths; equal seeds give equal answers.
        budget: looked at every thousand paths.

    Returns:
        The shares, and the bound that all of them keep with probability 0.9.

    Takes one random shortest path for each of O(log(longest path) / error^2) random pairs, found
    from both ends at once.
    References: Riondato & Kornaropoulos 2016, doi:10.1007/s10618-015-0423-0.
    """
    size = len(forward.starts) - 1
    vertices = largest_component(forward) if directed else 2 * farthest(forward) + 1
    draws = sample_size(vertices, error)
    rows = (*plain(forward), *plain(backward))
    hits = np.zeros(size, np.int64)
    distance, paths = np.full((2, size), -1, np.int32), np.zeros((2, size))
    queue = np.empty((2, size), np.int32)
    for first in range(0, draws, CHUNK):
        budget.check("betweenness")
        here = min(CHUNK, draws - first)
        # numba's generator belongs to the thread, so each chunk begins it anew
        _sample(*rows, here, seed * 1_000_003 + first, hits, distance, paths, queue)
    # the estimate is over n (n - 1) pairs, the share over the (n - 1) (n - 2) of the others
    scale = size / (size - 2)
    return hits / draws * scale, error * scale


def sample_size(vertices: int, error: float, risk: float = RISK) -> int:
    """Paths to draw where the longest shortest path has at most that many vertices."""
    dimension = math.floor(math.log2(max(vertices - 2, 1))) + 1
    return math.ceil(0.5 / error**2 * (dimension + math.log(1 / risk)))


def largest_component(graph: Csr) -> int:
    """Nodes of the largest part that hangs together, direction aside."""
    return int(_components(graph).sizes().max())


def farthest(graph: Csr) -> int:
    """Greatest distance from one node of each component of an undirected graph.

    No two nodes are farther apart than twice that.
    """
    _, begin = np.unique(_components(graph).label, return_index=True)
    frontier = begin.astype(np.int32)
    seen = np.zeros(len(graph.starts) - 1, np.bool_)
    distance = -1
    while len(frontier):
        seen[frontier] = True
        distance += 1
        reached = graph.ids[gather(graph.starts, frontier)]
        frontier = distinct(np.sort(reached[~seen[reached]]))
    return distance


def _components(graph: Csr) -> Components:
    return connected_components(sources(graph), graph.ids, len(graph.starts) - 1)


@compiled
def _sample(
    starts: Positions,
    ids: Ids,
    back_starts: Positions,
    back_ids: Ids,
    draws: int,
    seed: int,
    hits: Positions,
    distance: NDArray[np.int32],
    paths: NDArray[np.float64],
    queue: NDArray[np.int32],
) -> None:
    """Adds how often each node is inside the random shortest path of a random pair."""
    np.random.seed(seed)
    size = len(starts) - 1
    for _ in range(draws):
        source = np.random.randint(size)
        target = np.random.randint(size - 1)
        if target >= source:
            target += 1
        ends, met = _meet(
            starts, ids, back_starts, back_ids, source, target, distance, paths, queue
        )
        if met >= 0:
            if met != source and met != target:
                hits[met] += 1
            _walk(back_starts, back_ids, distance[0], paths[0], met, hits)
            _walk(starts, ids, distance[1], paths[1], met, hits)
        for side in range(2):
            for at in range(ends[side]):
                distance[side, queue[side, at]] = -1
                paths[side, queue[side, at]] = 0.0


@compiled
def _meet(
    starts: Positions,
    ids: Ids,
    back_starts: Positions,
    back_ids: Ids,
    source: int,
    target: int,
    distance: NDArray[np.int32],
    paths: NDArray[np.float64],
    queue: NDArray[np.int32],
) -> tuple[NDArray[np.int64], int]:
    """Searches from both ends, the cheaper side first, until the rings touch.

    Returns:
        How many nodes each side saw, and a node of the last rings, drawn by the number of
        shortest paths through it; -1 where there is no path.
    """
    begins = np.zeros(2, np.int64)
    ends = np.ones(2, np.int64)
    width = np.array(
        [starts[source + 1] - starts[source], back_starts[target + 1] - back_starts[target]]
    )
    for side in range(2):
        origin = source if side == 0 else target
        queue[side, 0] = origin
        distance[side, origin] = 0
        paths[side, origin] = 1.0
    met = False
    while not met and begins[0] < ends[0] and begins[1] < ends[1]:
        side = 0 if width[0] <= width[1] else 1
        row_starts = starts if side == 0 else back_starts
        row_ids = ids if side == 0 else back_ids
        width[side] = 0
        new = ends[side]
        for at in range(begins[side], ends[side]):
            node = queue[side, at]
            for entry in range(row_starts[node], row_starts[node + 1]):
                other = row_ids[entry]
                if distance[side, other] < 0:
                    distance[side, other] = distance[side, node] + 1
                    queue[side, new] = other
                    new += 1
                    width[side] += row_starts[other + 1] - row_starts[other]
                if distance[side, other] == distance[side, node] + 1:
                    paths[side, other] += paths[side, node]
                    met = met or distance[1 - side, other] >= 0
        begins[side], ends[side] = ends[side], new
    if not met:
        return ends, -1
    return ends, _draw_middle(distance, paths, queue, begins, ends)


@compiled
def _draw_middle(
    distance: NDArray[np.int32],
    paths: NDArray[np.float64],
    queue: NDArray[np.int32],
    begins: NDArray[np.int64],
    ends: NDArray[np.int64],
) -> int:
    """A node in the last rings of both sides, by the number of shortest paths through it."""
    side = 0 if ends[0] - begins[0] <= ends[1] - begins[1] else 1
    last = distance[1 - side, queue[1 - side, begins[1 - side]]]
    total = 0.0
    for at in range(begins[side], ends[side]):
        node = queue[side, at]
        if distance[1 - side, node] == last:
            total += paths[0, node] * paths[1, node]
    left = np.random.random() * total
    chosen = -1
    for at in range(begins[side], ends[side]):
        node = queue[side, at]
        if left >= 0 and distance[1 - side, node] == last:
            left -= paths[0, node] * paths[1, node]
            chosen = node
    return chosen


@compiled
def _walk(
    starts: Positions,
    ids: Ids,
    distance: NDArray[np.int32],
    paths: NDArray[np.float64],
    node: int,
    hits: Positions,
) -> None:
    """Goes back to the search's origin by a random shortest path, counting what lies between."""
    while distance[node] > 1:
        left = np.random.random() * paths[node]
        step = -1
        for entry in range(starts[node], starts[node + 1]):
            other = ids[entry]
            if left >= 0 and distance[other] == distance[node] - 1:
                left -= paths[other]
                step = other
        node = step
        hits[node] += 1
