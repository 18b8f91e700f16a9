"""Betweenness centrality from random shortest paths, with an error bound."""

from __future__ import annotations

import math

import numpy as np

from graph.network.csr import Csr, Ids, Positions, Starts, distinct, gather
from referral.kernels.budget import UNLIMITED, Budget
from referral.kernels.compiling import compiled
from referral.kernels.components import Components, connected_components
from referral.kernels.shape import Floats, Unsigned, plain, sources

ERROR = 0.01
RISK = 0.1
SEED = 1
CHUNK = 1_000
"""Paths drawn between two looks at the budget."""

GROWTH = 1.2
"""How many more paths there are when the error is looked at again."""

ONE = np.uint32(1)


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
        error: greatest difference wanted, over all pairs of nodes.
        seed: of the random pairs and paths; equal seeds give equal answers.
        budget: looked at every thousand paths.

    Returns:
        The shares, and the bound that all of them keep with probability 0.9.

    Draws a random pair and a random shortest path between them, found from both ends at once,
    again and again. It ends when the shares seen so far say that all errors are small enough, at
    the latest after O(log(longest path) / error^2) paths, whatever the shares.
    References: Riondato & Kornaropoulos 2016, doi:10.1007/s10618-015-0423-0 (paths, and how many
    at most); Hoeffding 1963, doi:10.1080/01621459.1963.10500830 (the bound on the way).
    """
    size = len(forward.starts) - 1
    vertices = largest_component(forward) if directed else 2 * farthest(forward) + 1
    stages = _stages(size, vertices, error)
    rows = (*_unsigned(forward), *_unsigned(backward))
    hits = np.zeros(size, np.int64)
    work = _work(size), _work(size)
    drawn, bound = 0, error
    for stage in stages:
        for first in range(drawn, stage, CHUNK):
            budget.check("betweenness")
            here = min(CHUNK, stage - first)
            # numba's generator belongs to the thread, so each chunk begins it anew
            _sample(*rows, here, seed * 1_000_003 + first, hits, *work[0], *work[1])
        drawn = stage
        seen = deviation(int(hits.max()) / drawn, _exponent(size, len(stages)) / drawn)
        if seen <= error:
            bound = seen
            break
    # the estimate is over n (n - 1) pairs, the share over the (n - 1) (n - 2) of the others
    scale = size / (size - 2)
    return hits / drawn * scale, bound * scale


def _stages(size: int, vertices: int, error: float) -> list[int]:
    """Numbers of paths after which the errors are looked at; the last is enough in any case."""
    most = sample_size(vertices, error, RISK / 2)
    stages = [most]
    least = _exponent(size, 1) / -math.log1p(-min(error, 0.5))  # enough if no path met any node
    while stages[-1] / GROWTH > least:
        stages.append(math.ceil(stages[-1] / GROWTH))
    return stages[::-1]


def _exponent(size: int, stages: int) -> float:
    """What half the risk leaves for each node, side and stage, as a logarithm."""
    return math.log(2 * size * stages / (RISK / 2))


def sample_size(vertices: int, error: float, risk: float = RISK) -> int:
    """Paths to draw where the longest shortest path has at most that many vertices."""
    dimension = math.floor(math.log2(max(vertices - 2, 1))) + 1
    return math.ceil(0.5 / error**2 * (dimension + math.log(1 / risk)))


def deviation(share: float, exponent: float) -> float:
    """How far the true share may be from one seen, or from any smaller one.

    Args:
        share: of the draws that were hits.
        exponent: the chance of being farther off to one side is exp(-exponent * draws).

    Up to one half the way up is the longer one, and grows with the share.
    """
    seen = min(share, 0.5)
    low, high = seen, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if _divergence(seen, middle) <= exponent:
            low = middle
        else:
            high = middle
    return high - seen


def _divergence(seen: float, true: float) -> float:
    """Kullback and Leibler's divergence of two coins."""
    if true >= 1:
        return math.inf
    heads = seen * math.log(seen / true) if seen > 0 else 0.0
    return heads + (1 - seen) * math.log((1 - seen) / (1 - true))


def _unsigned(graph: Csr) -> tuple[Starts, Unsigned]:
    starts, ids = plain(graph)
    return starts, ids.view(np.uint32)


def _work(size: int) -> tuple[Ids, Floats, Unsigned]:
    """Of one side: distances, numbers of shortest paths, nodes seen."""
    return np.full(size, -1, np.int32), np.zeros(size), np.empty(size, np.uint32)


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
    starts: Starts,
    ids: Unsigned,
    back_starts: Starts,
    back_ids: Unsigned,
    draws: int,
    seed: int,
    hits: Positions,
    ahead: Ids,
    ways: Floats,
    queue: Unsigned,
    behind: Ids,
    back_ways: Floats,
    back_queue: Unsigned,
) -> None:
    """Adds how often each node is inside the random shortest path of a random pair.

    Searches from both ends, always the side with fewer edges next, until the rings touch.
    """
    np.random.seed(seed)
    size = len(starts) - 1
    for _ in range(draws):
        source = np.uint32(np.random.randint(size))
        target = np.uint32(np.random.randint(size - 1))
        if target >= source:
            target += ONE
        queue[0], ahead[source], ways[source] = source, 0, 1.0
        back_queue[0], behind[target], back_ways[target] = target, 0, 1.0
        first, end, depth = np.uint32(0), ONE, 0
        back_first, back_end, back_depth = np.uint32(0), ONE, 0
        width = starts[source + ONE] - starts[source]
        back_width = back_starts[target + ONE] - back_starts[target]
        met = False
        while not met and first < end and back_first < back_end:
            if width <= back_width:
                depth += 1
                last = end
                end, width, met = _ring(starts, ids, queue, first, last, depth, ahead, ways, behind)
                first = last
            else:
                back_depth += 1
                last = back_end
                back_end, back_width, met = _ring(
                    back_starts, back_ids, back_queue, back_first, last, back_depth,
                    behind, back_ways, ahead,
                )  # fmt: skip
                back_first = last
        if met:
            if end - first <= back_end - back_first:
                ring, away, wanted = queue[first:end], behind, back_depth
            else:
                ring, away, wanted = back_queue[back_first:back_end], ahead, depth
            middle = _draw_middle(ring, away, wanted, ways, back_ways)
            if middle != source and middle != target:
                hits[middle] += 1
            _walk(back_starts, back_ids, ahead, ways, middle, hits)
            _walk(starts, ids, behind, back_ways, middle, hits)
        for node in queue[:end]:
            ahead[node], ways[node] = -1, 0.0
        for node in back_queue[:back_end]:
            behind[node], back_ways[node] = -1, 0.0


@compiled
def _ring(
    starts: Starts,
    ids: Unsigned,
    queue: Unsigned,
    first: np.uint32,
    last: np.uint32,
    depth: int,
    away: Ids,
    ways: Floats,
    theirs: Ids,
) -> tuple[np.uint32, np.int64, bool]:
    """One step out from queue[first:last], counting the shortest paths.

    Returns:
        The end of the queue, the edges of the new ring, and whether it touches the other side's.
        Once it does, only what the other side has seen matters, so nothing else is kept.
    """
    end, width, met = last, np.int64(0), False
    for at in range(first, last):
        node = queue[at]
        own = ways[node]
        for entry in range(np.uint64(starts[node]), np.uint64(starts[node + ONE])):
            other = ids[entry]
            if theirs[other] >= 0:
                met = True
            elif met:
                continue
            if away[other] < 0:
                away[other] = depth
                queue[end] = other
                end += ONE
                width += starts[other + ONE] - starts[other]
            if away[other] == depth:
                ways[other] += own
    return end, width, met


@compiled
def _draw_middle(
    ring: Unsigned, away: Ids, wanted: int, ways: Floats, back_ways: Floats
) -> np.uint32:
    """A node of the last rings of both sides, drawn by the number of shortest paths through it."""
    total = 0.0
    for node in ring:
        if away[node] == wanted:
            total += ways[node] * back_ways[node]
    left = np.random.random() * total
    chosen: np.uint32 = ring[0]
    for node in ring:
        if left >= 0 and away[node] == wanted:
            left -= ways[node] * back_ways[node]
            chosen = node
    return chosen


@compiled
def _walk(
    starts: Starts, ids: Unsigned, away: Ids, ways: Floats, node: np.uint32, hits: Positions
) -> None:
    """Goes back to the search's origin by a random shortest path, counting what lies between."""
    while away[node] > 1:
        left = np.random.random() * ways[node]
        nearer = away[node] - 1
        step = node
        for entry in range(np.uint64(starts[node]), np.uint64(starts[node + ONE])):
            other = ids[entry]
            if left >= 0 and away[other] == nearer:
                left -= ways[other]
                step = other
        node = step
        hits[node] += 1
