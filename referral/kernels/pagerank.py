"""PageRank: of all nodes at once, or near one node alone."""

from __future__ import annotations

import numpy as np

from graph.errors import TooExpensive
from graph.network.csr import Csr, Ids, Positions, Starts
from referral.kernels.budget import UNLIMITED, Budget
from referral.kernels.compiling import compiled
from referral.kernels.shape import Floats, Mask, frozen, plain

DAMPING = 0.85
TOLERANCE = 1e-13
"""So small that parties with the same place get scores that are equal when compared: sweeps go
from node to node, so that what is left of the error is not the same for both."""

CHUNK = 8
"""Rounds between two looks at the budget."""

MOST_ROUNDS = 1_000

PUSHES = 100_000
"""Steps between two looks at the budget, near one node."""


def pagerank(
    backward: Csr,
    *,
    weights: Floats | None = None,
    jump: Floats | None = None,
    damping: float = DAMPING,
    tolerance: float = TOLERANCE,
    budget: Budget = UNLIMITED,
) -> Floats:
    """Share of time a random walker along the edges spends at each node; the sum is 1.

    Args:
        backward: rows from every node to those with an edge to it; parallel edges count each.
        weights: (m,) of the entries, from 0; the walker chooses in proportion. Default 1 each.
        jump: (n,) how the walker chooses where it goes on, from 0, not all 0; default equally.
        damping: probability of following an edge, 0 to below 1.
        tolerance: bound on the sum of all errors.
        budget: looked at every few rounds.

    With probability 1 - damping, or where there is no way on, the walker jumps. The jumps from
    dead ends only scale the solution of x = damping P x + (1 - damping) jump, so that is solved
    by Gauss-Seidel sweeps, which need about half the rounds of a power iteration, and scaled.
    A sweep shrinks the error at least by the damping factor, hence the bound.

    Time O(rounds (n + m)), at most log(tolerance) / log(damping) rounds.
    References: Page, Brin, Motwani & Winograd 1999; Del Corso, Gulli & Romani 2005,
    doi:10.1080/15427951.2005.10129108 (dead ends by scaling).

    Raises:
        TooExpensive: it does not settle, as with a damping factor very near to 1.
    """
    size = len(backward.starts) - 1
    if not size:
        return np.zeros(0)
    starts, ids = plain(backward)
    own = frozen(np.ones(0) if weights is None else weights, np.float64)
    leaving = np.bincount(ids, weights=weights, minlength=size).astype(np.float64)
    with np.errstate(divide="ignore"):
        factor = np.where(leaving > 0, damping / leaving, 0.0)
    goal = np.full(size, 1 / size) if jump is None else jump / jump.sum()
    rank = goal * (1 - damping)
    scaled = rank * factor
    bound = tolerance * (1 - damping) / max(damping, 1e-300)
    for _ in range(MOST_ROUNDS // CHUNK):
        budget.check("PageRank")
        if _sweeps(
            starts, ids, own, factor, frozen(goal, np.float64), damping, bound, rank, scaled
        ):
            share: Floats = rank / rank.sum()
            return share
    raise TooExpensive(
        f"PageRank does not settle within {tolerance:g} in {MOST_ROUNDS:,} rounds; "
        f"use a damping factor below {damping:g}"
    )


@compiled
def _sweeps(
    starts: Starts,
    ids: Ids,
    weights: Floats,
    factor: Floats,
    goal: Floats,
    damping: float,
    bound: float,
    rank: Floats,
    scaled: Floats,
) -> bool:
    """A few rounds in place; whether one changed less than the bound, as a share of the whole."""
    for _ in range(CHUNK):
        change, total = 0.0, 0.0
        for node in range(len(rank)):
            flow = 0.0
            if len(weights):
                for entry in range(starts[node], starts[node + 1]):
                    flow += scaled[ids[entry]] * weights[entry]
            else:
                for entry in range(starts[node], starts[node + 1]):
                    flow += scaled[ids[entry]]
            flow += (1 - damping) * goal[node]
            change += abs(flow - rank[node])
            total += flow
            rank[node] = flow
            scaled[node] = flow * factor[node]
        if change < bound * total:
            return True
    return False


def pagerank_near(
    forward: Csr,
    node: int,
    *,
    damping: float = DAMPING,
    error: float = 1e-6,
    budget: Budget = UNLIMITED,
) -> tuple[Ids, Floats]:
    """PageRank with all jumps to one node, without looking at the nodes far from it.

    Args:
        forward: rows along the edges; parallel ones count each.
        node: where the walker starts anew.
        damping: probability of following an edge.
        error: each score is too low by at most that much times the node's number of edges.
        budget: looked at after each 100,000 steps at most.

    Returns:
        Ids of the nodes with a score, ascending, and the scores.

    Time O(1 / (error (1 - damping))), whatever the number of nodes, but for 25 bytes a node of
    memory, of which little is touched.
    References: Andersen, Chung & Lang 2006, doi:10.1109/FOCS.2006.44.
    """
    size = len(forward.starts) - 1
    rows = plain(forward)
    score, rest, waiting = np.zeros(size), np.zeros(size), np.zeros(size, np.bool_)
    queue, touched = np.empty(size + 1, np.int32), np.empty(size, np.int32)
    rest[node], queue[0], touched[0] = 1.0, node, node
    waiting[node] = True
    state = np.array([0, 1, 1], np.int64)  # head and length of the queue, nodes touched
    while state[1]:
        budget.check("PageRank near a node")
        _push(*rows, node, damping, error, score, rest, waiting, queue, touched, state)
    ids = np.sort(touched[: state[2]])
    ids = ids[score[ids] > 0]
    return ids, score[ids]


@compiled
def _push(
    starts: Starts,
    ids: Ids,
    origin: int,
    damping: float,
    error: float,
    score: Floats,
    rest: Floats,
    waiting: Mask,
    queue: Ids,
    touched: Ids,
    state: Positions,
) -> None:
    """Moves what rests at nodes to their scores and neighbours, for up to so many steps."""
    first, length, known = state
    for _ in range(min(PUSHES, length)):
        node = queue[first]
        first = (first + 1) % len(queue)
        length -= 1
        waiting[node] = False
        held = rest[node]
        rest[node] = 0.0
        score[node] += (1 - damping) * held
        degree = starts[node + 1] - starts[node]
        share = damping * held / max(degree, 1)
        for at in range(max(degree, 1)):
            # from a dead end the walker goes back to the origin
            other = ids[starts[node] + at] if degree else origin
            if score[other] == 0 and rest[other] == 0 and other != origin:
                touched[known] = other
                known += 1
            rest[other] += share
            if not waiting[other] and rest[other] > error * max(
                1, starts[other + 1] - starts[other]
            ):
                waiting[other] = True
                queue[(first + length) % len(queue)] = other
                length += 1
    state[0], state[1], state[2] = first, length, known
