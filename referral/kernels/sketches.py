"""Reach of every node estimated, for graphs in which counting it exactly takes too long."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from graph.errors import BadInput
from graph.network.csr import Ids, Starts, csr
from referral.kernels.budget import UNLIMITED, Budget
from referral.kernels.compiling import compiled
from referral.kernels.components import Components, condensed, strong_components
from referral.kernels.shape import Floats, plain, without_loops

ERROR = 0.1
SEED = 1
WIDTH = 16
"""Draws of a component that are kept at once: 64 bytes, one cache line."""

CHUNK = 100_000
"""Components looked at between two looks at the budget."""


def estimated_reach(
    source: Ids,
    target: Ids,
    size: int,
    value: NDArray[np.integer] | None = None,
    *,
    error: float = ERROR,
    seed: int = SEED,
    budget: Budget = UNLIMITED,
) -> tuple[Floats, float]:
    """Number of distinct nodes downstream of every node, or the sum of their values, estimated.

    Args:
        source, target: (m,) edges; cycles, parallel edges and loops are allowed.
        size: number of nodes.
        value: (n,) from 0; default 1 each.
        error: relative standard error wanted of each estimate, above 0.
        seed: equal seeds give equal answers to equal inputs.
        budget: looked at after each 100,000 components.

    Returns:
        The estimates, without the node itself, and the standard error they keep: two of three
        are off by less than that share of what they and their node count together.

    The least of exponential draws with rates w1, w2, ... is a draw with rate w1 + w2 + ..., and
    the least of the least counts nobody twice; k such draws tell a sum to within 1 / sqrt(k - 2).
    Where nothing lies downstream of a component the answer is exact. Time O(k (n + m)) whatever
    the structure, memory 72 bytes a component.
    References: Cohen 1997, doi:10.1006/jcss.1997.1534.

    Raises:
        BadInput: the error is not above 0, or a value is below 0.
    """
    if not error > 0:
        raise BadInput(f"error {error:g} is not above 0; ask for 0.1, or count exactly")
    if value is not None and value.min(initial=0) < 0:
        raise BadInput(f"value {value.min():,} is below 0; sums of such values are counted exactly")
    draws = WIDTH * math.ceil((2 + 1 / error**2) / WIDTH)
    own = np.ones(size) if value is None else value.astype(np.float64)
    budget.check("estimating reach")
    forward = csr(*without_loops(source, target), size)
    components = strong_components(forward, budget=budget)
    rows = plain(condensed(forward, components, budget=budget))
    weight: Floats = np.bincount(components.label, own, components.count).astype(np.float64)
    sums = _sums(*rows, weight, draws, seed, budget)
    found = (draws - 1) / sums
    last = _last(rows.ids, components)
    found[last] = weight[last]
    below: Floats = np.maximum(found[components.label] - own, 0.0)
    return below, 1 / math.sqrt(draws - 2)


def _last(upstream: Ids, components: Components) -> NDArray[np.bool_]:
    """The components from which no edge leads out."""
    last = np.ones(components.count, np.bool_)
    last[upstream] = False
    return last


def _sums(
    starts: Starts, ids: Ids, weight: Floats, draws: int, seed: int, budget: Budget
) -> Floats:
    """Of every component the sum of the least draws at it and downstream of it."""
    size = len(starts) - 1
    random = np.random.default_rng(seed)
    least = np.empty((size, WIDTH), np.float32)
    sums = np.zeros(size)
    for _ in range(draws // WIDTH):
        least.fill(np.inf)
        for last in range(size, 0, -CHUNK):
            budget.check("estimating reach")
            first = max(0, last - CHUNK)
            fresh = random.standard_exponential((last - first, WIDTH), np.float32)
            _spread(starts, ids, weight, fresh, first, least, sums)
    return sums


@compiled
def _spread(
    starts: Starts,
    ids: Ids,
    weight: Floats,
    fresh: NDArray[np.float32],
    first: int,
    least: NDArray[np.float32],
    sums: Floats,
) -> None:
    """Gives the draws of some components, the highest number first, to those upstream of them."""
    for place in range(len(fresh) - 1, -1, -1):
        node = first + place
        if weight[node] > 0:
            scale = np.float32(1 / weight[node])
            for at in range(WIDTH):
                least[node, at] = min(least[node, at], fresh[place, at] * scale)
        for at in range(WIDTH):
            sums[node] += least[node, at]
        for entry in range(starts[node], starts[node + 1]):
            up = ids[entry]
            for at in range(WIDTH):
                least[up, at] = min(least[up, at], least[node, at])
