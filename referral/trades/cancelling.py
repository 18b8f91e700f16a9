"""Circles in what is left of a flow: while one gains, the flow is not the best yet."""

from __future__ import annotations

import numpy as np

from referral.trades.want_graph import Ids, Longs


def cancel(debtor: Ids, creditor: Ids, amount: Longs, falls: Longs, size: int) -> Longs:
    """The largest circulation, from one that is near it; whole numbers throughout.

    A solver with floats overlooks debts a million times smaller than the largest; what it left
    out is found here as circles in the rest: forward over what is left of a debt, back over what
    has fallen.

    References: Klein 1967, doi:10.1287/mnsc.14.3.205 (cycle cancelling).
    """
    falls = falls.copy()
    count = len(amount)
    while True:
        forward = np.flatnonzero(falls < amount)
        back = np.flatnonzero(falls > 0)
        tail = np.concatenate((debtor[forward], creditor[back]))
        head = np.concatenate((creditor[forward], debtor[back]))
        cost = np.repeat(np.array([-1, 1]), [len(forward), len(back)])
        debt = np.concatenate((forward, back + count))
        circle = _gaining(tail, head, cost, size)
        if not len(circle):
            return falls
        steps = debt[circle]
        more, less = steps[steps < count], steps[steps >= count] - count
        amounts = np.concatenate(((amount - falls)[more], falls[less]))
        falls[more] += amounts.min()
        falls[less] -= amounts.min()


def _gaining(tail: Ids, head: Ids, cost: Longs, size: int) -> Longs:
    """The arcs of one circle of negative cost; empty when there is none (Bellman and Ford)."""
    distance = np.zeros(size, np.int64)
    by = np.full(size, -1, np.int64)
    check = 4
    for turn in range(1, 4 * size + 8):
        offer = distance[tail] + cost
        best = distance.copy()
        np.minimum.at(best, head, offer)
        better = np.flatnonzero((offer == best[head]) & (offer < distance[head]))
        if not len(better):
            return np.empty(0, np.int64)
        by[head[better]] = better
        distance = best
        if turn == check:
            check *= 2
            circle = _closed(tail, by, size)
            if len(circle):
                return circle
    return _closed(tail, by, size)


def _closed(tail: Ids, by: Longs, size: int) -> Longs:
    """A circle among the arcs by which nodes were reached; it always gains."""
    met = np.full(size, -1, np.int64)
    for start in range(size):
        node = start
        while by[node] >= 0 and met[node] < 0:
            met[node] = start
            node = int(tail[by[node]])
        if by[node] >= 0 and met[node] == start:
            circle = [int(by[node])]
            while tail[circle[-1]] != node:
                circle.append(int(by[tail[circle[-1]]]))
            return np.array(circle)
    return np.empty(0, np.int64)
