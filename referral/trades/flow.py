"""Plans of cycles of any length by arcs: goals that an assignment can't count, and units.

What a party gives equals what it receives; owners that trade are counted by a variable each. With
nothing but resources the matrix is a network's, whose corners are whole; HiGHS settles the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import scipy

from referral.trades.highs import mixed
from referral.trades.want_graph import Flags, Floats, Ids, Longs


class Network(NamedTuple):
    """What flows where.

    Attributes:
        size: number of parties.
        giver, receiver: (m,) arcs.
        uses: (m, w) resources used by a unit on each arc, filled with -1.
        room: (r,) of each resource.
        most: (m,) most units of each arc.
        group: (m,) group that trades when the arc is used; -1 = none.
    """

    size: int
    giver: Ids
    receiver: Ids
    uses: Ids
    room: Longs
    most: Longs
    group: Longs


class Sum(NamedTuple):
    """A goal: the sum of weights of arcs, or where they are None, the number of groups."""

    weight: Floats | None
    scale: float = 1.0


class Found(NamedTuple):
    """Units on each arc, or None; a bound on the goal; whether it is reached."""

    units: Longs | None
    bound: float


def best_flow(
    network: Network,
    goal: Sum,
    settled: list[tuple[Sum, float]],
    allowed: Flags,
    forced: Flags,
    left: Callable[[], float],
) -> Found:
    """The flow that is best for the goal, and no worse than what is settled.

    Args:
        network: parties and arcs.
        goal: what to have most of.
        settled: goals before, each with the value it must keep.
        allowed: (m,) arcs that may be used.
        forced: (n,) parties that must trade.
        left: seconds left.
    """
    arcs = np.flatnonzero(allowed)
    if not len(arcs):
        nothing = None if forced.any() else np.zeros(len(network.giver), np.int64)
        return Found(nothing, 0.0)
    names, group = np.unique(network.group[arcs], return_inverse=True)
    unnamed = int((names < 0).sum())
    counted = goal.weight is None or any(s.weight is None for s, _ in settled)
    groups = len(names) - unnamed if counted else 0
    matrix, low, high = _rows(network, arcs, group - unnamed, groups, settled, forced)
    objective = np.zeros(len(arcs) + groups)
    if goal.weight is None:
        objective[len(arcs) :] = 1
    else:
        objective[: len(arcs)] = goal.weight[arcs] / goal.scale
    upper = np.concatenate((network.most[arcs].astype(np.float64), np.ones(groups)))
    found = mixed(objective, matrix, (low, high), (np.zeros(len(upper)), upper), left())
    bound = found.bound * goal.scale
    if found.variables is None:
        return Found(None, bound)
    units = np.zeros(len(network.giver), np.int64)
    units[arcs] = found.variables[: len(arcs)]
    return Found(units, bound)


def _rows(
    network: Network,
    arcs: Longs,
    group: Longs,
    groups: int,
    settled: list[tuple[Sum, float]],
    forced: Flags,
) -> tuple[scipy.sparse.csr_array, Floats, Floats]:
    giver, receiver = network.giver[arcs], network.receiver[arcs]
    every = np.arange(len(arcs))
    gives = _matrix(giver, every, (network.size, len(arcs)))
    takes = _matrix(receiver, every, (network.size, len(arcs)))
    at, which = np.nonzero(network.uses[arcs] >= 0)
    uses = _matrix(network.uses[arcs][at, which], at, (len(network.room), len(arcs)))
    parts: list[Any] = [gives - takes, uses, takes[np.flatnonzero(forced)]]
    counts = [0, 0, 0]
    size, rooms, must = network.size, len(network.room), int(forced.sum())
    low = [np.zeros(size), np.full(rooms, -np.inf), np.ones(must)]
    high = [np.zeros(size), network.room.astype(np.float64), np.full(must, np.inf)]
    for goal, best in settled:
        weight = np.zeros(len(arcs)) if goal.weight is None else goal.weight[arcs] / goal.scale
        parts.append(scipy.sparse.csr_array(weight[None, :]))
        counts.append(int(goal.weight is None))
        least = best / goal.scale
        low.append(np.array([least - 1e-9 * max(1.0, abs(least))]))
        high.append(np.array([np.inf]))
    if groups:
        named = group >= 0
        parts.append(_matrix(group[named], every[named], (groups, len(arcs))))
        low.append(np.zeros(groups))
        high.append(np.full(groups, np.inf))
    matrix = scipy.sparse.block_array([[part] for part in parts], format="csr")
    if groups:
        matrix = scipy.sparse.block_array([[matrix, _links(parts, counts, groups)]], format="csr")
    return matrix, np.concatenate(low), np.concatenate(high)


def _links(parts: list[Any], counts: list[int], groups: int) -> scipy.sparse.coo_array:
    """What groups count for in rows of settled goals, and their own rows: group <= its arcs."""
    starts = np.cumsum([0] + [part.shape[0] for part in parts])
    row, column, value = [starts[-2] + np.arange(groups)], [np.arange(groups)], [-np.ones(groups)]
    for place, counted in enumerate(counts):
        if counted:
            row.append(np.full(groups, starts[place]))
            column.append(np.arange(groups))
            value.append(np.ones(groups))
    ends = (np.concatenate(row), np.concatenate(column))
    return scipy.sparse.coo_array((np.concatenate(value), ends), shape=(int(starts[-1]), groups))


def _matrix(row: Any, column: Any, shape: tuple[int, int]) -> scipy.sparse.csr_array:
    return scipy.sparse.coo_array((np.ones(len(row)), (row, column)), shape=shape).tocsr()


def circles(giver: Ids, receiver: Ids, units: Longs, size: int) -> list[tuple[int, ...]]:
    """The cycles that a circulation consists of, no party twice in any; arcs of each in order."""
    waiting: list[list[int]] = [[] for _ in range(size)]
    for arc in np.flatnonzero(units > 0)[::-1].tolist():
        waiting[int(giver[arc])] += [arc] * int(units[arc])
    found = []
    for start in range(size):
        path: list[int] = []
        place = {start: 0}
        node = start
        while waiting[node]:
            path.append(waiting[node].pop())
            node = int(receiver[path[-1]])
            if node in place:
                cycle = tuple(path[place[node] :])
                del path[place[node] :]
                found.append(cycle)
                for arc in cycle[1:]:
                    del place[int(giver[arc])]
            else:
                place[node] = len(path)
    return found
