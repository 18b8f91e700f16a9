"""All the cycles of a graph of wants, counted exactly, the best of them listed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graph.errors import BadInput, shown
from referral.trades.want_graph import Ids, Longs, WantGraph

MOST_PARTIES = 5
_STEPS = 20_000_000
"""Arcs looked at between two looks at the clock: some 50 ms."""


@dataclass(frozen=True, slots=True)
class Opportunity:
    """A cycle of parties in which each offers what the next needs.

    Attributes:
        score: what it is ranked by.
        parties: from the lowest on, each giving to the next.
        arcs: the arc of most worth from each party to the next.
        value: the value that moves; legs of unknown value count 0.
        top_up: the most that one party would pay to be even: what it gets less what it gives.
    """

    score: float
    parties: tuple[int, ...]
    arcs: tuple[int, ...]
    value: int
    top_up: int


@dataclass(frozen=True, slots=True)
class After:
    """A place in the ranking: what stands behind it is listed.

    Attributes:
        score, parties: of the opportunity at that place.
    """

    score: float
    parties: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Opportunities:
    """The cycles of a graph.

    Attributes:
        total: number of cycles found.
        by_parties: their number by parties: place 2 for swaps, 3 for triangles ...
        exact: whether all were looked at; False when time ran out.
        items: the best, best first.
    """

    total: int
    by_parties: tuple[int, ...]
    exact: bool
    items: tuple[Opportunity, ...]


@dataclass(frozen=True, slots=True)
class Sieve:
    """Which cycles count.

    Attributes:
        party: it takes part.
        good: it moves on one of the legs.
        min_value: at least this value moves.
        min_trust: mean trust of the legs, 0 to 1.
    """

    party: int | None = None
    good: int | None = None
    min_value: int = 0
    min_trust: float = 0.0


def opportunities(
    graph: WantGraph,
    max_parties: int = 3,
    *,
    first: int = 20,
    after: After | None = None,
    sieve: Sieve | None = None,
    budget_s: float | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Opportunities:
    """Every cycle of 2 to `max_parties` parties, each once, whichever party it is read from.

    Score: (value + 1) x (1 + balance)/2 x (3 + trust)/4 x (1 + freshness)/2, where value is what
    moves in minor units (unknown = 0), balance is 1 less the largest top-up over the most
    valuable leg, and trust and freshness, 0 to 1, are means over the legs. Ties: fewer parties,
    then lower ids. Of several goods between two parties the one of most worth is taken.

    Args:
        graph: without dummies.
        max_parties: 2 to 5.
        first: how many to list, 0 or more; memory is O(n + m + first), however many there are.
        after: list those that rank behind this place; all are counted.
        sieve: which cycles count.
        budget_s: seconds after which to return what was found.
        clock: tells the time in seconds.

    Raises:
        BadInput: an argument is out of its bounds.

    Time O(sum over arcs of the smaller row) for triangles on heavy-tailed graphs, as each cycle is
    met at its node of fewest in- times out-arcs; one factor of a row more for each party more.

    References: Chiba & Nishizeki 1985, doi:10.1137/0214017.
    """
    _check(graph, max_parties, first)
    best = _Search(graph, max_parties, first, sieve or Sieve(), after)
    until = None if budget_s is None else clock() + budget_s
    through = best.step()
    while not through and (until is None or clock() < until):
        through = best.step()
    return best.found(through)


def _check(graph: WantGraph, max_parties: int, first: int) -> None:
    if not 2 <= max_parties <= MOST_PARTIES:
        raise BadInput(f"max_parties {shown(max_parties)}: give 2 to {MOST_PARTIES}")
    if first < 0:
        raise BadInput(f"first {shown(first)}: give 0 or more")
    if graph.dummy.any():
        raise BadInput("the graph has dummies; expand them first (referral.trades.dummies)")


class _Search:
    """A search that can be paused."""

    def __init__(
        self, graph: WantGraph, longest: int, first: int, sieve: Sieve, after: After | None
    ) -> None:
        size = len(graph)
        self._graph, self._longest = graph, longest
        self._arcs, self._wanted = _best_arcs(graph, sieve.good)
        self._giver, self._receiver = graph.giver[self._arcs], graph.receiver[self._arcs]
        order = _order(self._giver, self._receiver, size, sieve.party)
        rank = np.empty(size, np.int32)
        rank[order] = np.arange(size, dtype=np.int32)
        self._kernel, self._rows = self._short(rank) if longest <= 3 else self._long(rank)
        self._path = np.zeros(MOST_PARTIES + 1, np.int64)
        self._cursor = np.zeros(MOST_PARTIES + 1, np.int64)
        self._state = np.array([0, -1, 0], np.int64)
        self._last = size if sieve.party is None else min(1, size)
        self._least = np.array([sieve.min_value, round(sieve.min_trust * 1000)], np.int64)
        self._names = order.astype(np.int32)
        self.counts = np.zeros(MOST_PARTIES + 1, np.int64)
        self._scores = np.zeros(first)
        self._kept = np.full((first, MOST_PARTIES), -1, np.int32)
        self._ceiling = np.inf if after is None else after.score
        self._past = np.full(MOST_PARTIES, -1, np.int32)
        if after is not None:
            self._past[: len(after.parties)] = after.parties

    def _short(self, rank: Ids) -> tuple[Callable[..., bool], tuple[Any, ...]]:
        """Each arc in one row: all that cycles of two and three need."""
        from referral.trades.triangles import split_rows, triangles

        rows = split_rows(self._giver, self._receiver, rank)
        near = np.full((2, len(rank)), -1, np.int32)
        self._numbers = self._arcs
        return triangles, (*rows, near, np.empty_like(near))

    def _long(self, rank: Ids) -> tuple[Callable[..., bool], tuple[Any, ...]]:
        """Each arc in the rows of both of its ends."""
        from referral.trades.walking import sort_rows, walk

        found = sort_rows(rank[self._giver], rank[self._receiver], len(rank))
        starts, ids, order, back_starts, back_ids, back = found
        begins = starts[:-1].copy(), back_starts[:-1].copy()
        near = np.full(len(rank), -1, np.int32)
        self._numbers, self._wanted = self._arcs[order], self._wanted[order[: len(self._wanted)]]
        rows = (starts, ids, back_starts, back_ids, back)
        return walk, (*rows, *begins, near, np.empty_like(near))

    def step(self) -> bool:
        """Searches on for a while; True when it is through."""
        graph = self._graph
        arguments: tuple[Any, ...] = (
            *self._rows, self._path, self._cursor, self._state, self._last, self._longest, _STEPS,
            self._numbers, graph.value, graph.units, graph.trust, graph.freshness, self._wanted,
            self._least, self._names, self.counts, self._scores, self._kept,
            self._ceiling, self._past,
        )  # fmt: skip
        return bool(self._kernel(*arguments))

    def found(self, exact: bool) -> Opportunities:
        count = int(self._state[2])
        kept, scores = self._kept[:count], self._scores[:count]
        parties = (kept >= 0).sum(axis=1)
        order = np.lexsort((*kept.T[::-1], parties, -scores))
        return Opportunities(
            total=int(self.counts.sum()),
            by_parties=tuple(self.counts.tolist()),
            exact=exact,
            items=tuple(self._item(float(scores[i]), kept[i][: parties[i]]) for i in order),
        )

    def _item(self, score: float, cycle: Ids) -> Opportunity:
        graph = self._graph
        following = np.roll(cycle, -1).tolist()
        arcs = np.array([self._arc(*pair) for pair in zip(cycle.tolist(), following, strict=True)])
        worth = graph.worth(arcs)
        return Opportunity(
            score=score,
            parties=tuple(cycle.tolist()),
            arcs=tuple(arcs.tolist()),
            value=int(worth.sum()),
            top_up=int(max(0, (np.roll(worth, 1) - worth).max())),
        )

    def _arc(self, giver: int, receiver: int) -> int:
        """The arc kept between these parties; the arcs ascend by giver and receiver."""
        low, high = np.searchsorted(self._giver, np.array([giver, giver + 1], np.int32))
        return int(self._arcs[low + np.searchsorted(self._receiver[low:high], receiver)])


def _best_arcs(graph: WantGraph, good: int | None) -> tuple[Longs, NDArray[np.int8]]:
    """One arc for each pair of parties, of most worth; with a good, that one where it moves.

    Also, with a good, whether it moves on each; else none.
    """
    giver, receiver, order = graph.giver, graph.receiver, None
    if good is not None:
        order = np.lexsort((np.arange(graph.arcs), graph.good != good, receiver, giver))
        giver, receiver = giver[order], receiver[order]
    new = np.ones(graph.arcs, np.bool_)
    new[1:] = (giver[1:] != giver[:-1]) | (receiver[1:] != receiver[:-1])
    arcs = np.flatnonzero(new) if order is None else order[new]
    return arcs, (graph.good[arcs] == good).astype(np.int8)[: len(arcs) * (good is not None)]


def _order(giver: Ids, receiver: Ids, size: int, party: int | None) -> Longs:
    """The parties by in- times out-arcs, fewest first; the one asked for before all."""
    width = np.bincount(giver, minlength=size) * np.bincount(receiver, minlength=size)
    if party is not None:
        if not 0 <= party < size:
            raise BadInput(f"party {shown(party)}: the parties are 0 to {size - 1}")
        width[party] = -1
    return np.argsort(width, kind="stable")
