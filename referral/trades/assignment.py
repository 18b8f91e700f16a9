"""The best cover by cycles of any length: an assignment of receivers to givers.

Each party is a row (what it gives to) and a column (whom it receives from); one that does not
trade is assigned to itself. After a level is solved only those arcs are kept that lie in some best
assignment: tight under the dual prices, and on a circle of tight arcs. So later levels need no
weights of another order of magnitude, and nothing is lost to rounding.

References: Abraham, Blum & Sandholm 2007, doi:10.1145/1250910.1250954; Roth, Sonmez & Unver 2004.
"""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray

from referral.trades.want_graph import Flags, Floats, Ids, Longs


class Cover:
    """Arcs of which a best set of cycles is chosen, one level after the other.

    Attributes:
        allowed: (m,) arcs that can still be in a best cover.
        idle: (n,) parties that may stay without a trade.
        match: (n,) arc by which each party gives; -1 = none.
    """

    def __init__(self, size: int, giver: Ids, receiver: Ids, idle: Flags) -> None:
        self._size, self._giver, self._receiver = size, giver, receiver
        self.allowed: Flags = np.ones(len(giver), np.bool_)
        self.idle: Flags = idle.copy()
        self.match: Longs = np.full(size, -1, np.int64)

    def maximize(self, weight: NDArray[np.int64], order: Longs | None = None) -> int | None:
        """Settles a goal: the largest sum of the arcs' weights; None when there is no cover.

        Args:
            weight: (m,) of each arc.
            order: (n,) a renumbering of the parties, by which equals are told apart.
        """
        arcs = np.flatnonzero(self.allowed)
        alone = np.flatnonzero(self.idle)
        numbers = np.arange(self._size) if order is None else order
        row = np.concatenate((numbers[self._giver[arcs]], numbers[alone]))
        column = np.concatenate((numbers[self._receiver[arcs]], numbers[alone]))
        gains = np.concatenate((weight[arcs], np.zeros(len(alone), np.int64)))
        # of parallel arcs the heaviest counts; explicit zeros are no entries, so all are above 0
        lift = 1 - int(gains.min(initial=0))
        best = np.lexsort((-gains, column, row))
        row, column, gains = row[best], column[best], gains[best]
        new = np.ones(len(row), np.bool_)
        new[1:] = (row[1:] != row[:-1]) | (column[1:] != column[:-1])
        numbered = np.concatenate((arcs, np.full(len(alone), -1)))[best][new]
        row, column, gains = row[new], column[new], gains[new]
        shape = (self._size, self._size)
        lifted = scipy.sparse.coo_array(
            ((gains + lift).astype(np.float64), (row, column)), shape=shape
        ).tocsr()
        try:
            rows, columns = scipy.sparse.csgraph.min_weight_full_bipartite_matching(
                lifted, maximize=True
            )
        except ValueError:
            return None
        at = np.searchsorted(row.astype(np.int64) * self._size + column,
                             rows.astype(np.int64) * self._size + columns)  # fmt: skip
        back = np.empty(self._size, np.int64)
        back[numbers] = np.arange(self._size)
        self.match = np.full(self._size, -1, np.int64)
        self.match[back[rows]] = numbered[at]
        return int(gains[at].sum())

    def tighten(self, weight: NDArray[np.int64]) -> None:
        """Leaves only what lies in some cover that is best by these weights, as `match` is."""
        giver, receiver, size = self._giver, self._receiver, self._size
        takes: Longs = np.arange(size)
        used = np.flatnonzero(self.match >= 0)
        takes[used] = receiver[self.match[used]]
        gain = np.zeros(size)
        gain[used] = weight[self.match[used]]
        owner = np.empty(size, np.int64)
        owner[takes] = np.arange(size)
        # an arc g -> r moves giver g to the column of r, whose present giver must move on
        price = _prices(size, giver, owner[receiver], weight, gain, self.allowed, self.idle, owner)
        slack = gain[giver] - weight + price[owner[receiver]] - price[giver]
        tight = self.allowed & (np.abs(slack) < 0.5)
        own = np.arange(size)
        still = self.idle & (np.abs(gain + price[owner] - price) < 0.5)
        ends = (
            np.concatenate((giver[tight].astype(np.int64), own[still])),
            np.concatenate((owner[receiver[tight]], owner[own[still]])),
        )
        links = scipy.sparse.coo_array(
            (np.ones(len(ends[0]), np.int8), ends), shape=(size, size)
        ).tocsr()
        _, part = scipy.sparse.csgraph.connected_components(
            links, directed=True, connection="strong"
        )
        self.allowed = tight & (part[giver] == part[owner[receiver]])
        self.idle = still & (part[own] == part[owner[own]])


def _prices(
    size: int,
    giver: Ids,
    moved: Longs,
    weight: NDArray[np.int64],
    gain: Floats,
    allowed: Flags,
    idle: Flags,
    owner: Longs,
) -> Floats:
    """Least loss of making room at each giver: shortest paths, Bellman and Ford's in rounds.

    Losses are whole and the assignment is best, so no circle is negative.
    """
    tail = np.concatenate((giver[allowed], np.flatnonzero(idle)))
    head = np.concatenate((moved[allowed], owner[np.flatnonzero(idle)]))
    loss = np.concatenate((gain[giver[allowed]] - weight[allowed], gain[np.flatnonzero(idle)]))
    order = np.argsort(tail, kind="stable")
    tail, head, loss = tail[order], head[order], loss[order]
    price = np.zeros(size)
    if not len(tail):
        return price
    first = np.flatnonzero(np.concatenate(([True], tail[1:] != tail[:-1])))
    for _ in range(size + 1):
        reached = np.minimum.reduceat(loss + price[head], first)
        better = np.minimum(price[tail[first]], reached)
        if np.array_equal(better, price[tail[first]]):
            break
        price[tail[first]] = better
    return price
