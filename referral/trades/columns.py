"""The cycles and chains a plan is chosen from, and where they come from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from referral.trades.instance import ArcRows, Instance, groups_counted, pieces
from referral.trades.plan_types import Goal
from referral.trades.want_graph import Flags, Floats, Longs

STEPS = 2_000_000_000
"""Arcs looked at in one search for columns, some 10 s, after which the search is given up."""


@dataclass(frozen=True, slots=True)
class Prices:
    """What a column is worth: its goal less what it uses up.

    Attributes:
        gain: (m,) of each arc in a cycle; in a chain less `swaps`.
        swaps: (m,) the part of `gain` that only cycles have.
        cycles, chains: by length.
        share: of the expected value.
    """

    gain: Floats
    swaps: Floats
    cycles: Floats
    chains: Floats
    share: float


class Columns:
    """Cycles and chains of a problem, as rows of arcs.

    Attributes:
        arcs: (c, longest) the arcs.
        chain: (c,) whether it is a chain.
    """

    def __init__(self, problem: Instance, max_cycle: int, max_chain: int) -> None:
        self.problem = problem
        self.max_cycle, self.max_chain = max_cycle, max_chain
        self.longest = max(max_cycle, max_chain, 2)
        self.arcs: ArcRows = np.empty((0, self.longest), np.int32)
        self.chain: Flags = np.empty(0, np.bool_)
        self._known: set[bytes] = set()
        self._finder = _Finder(problem)

    def __len__(self) -> int:
        return len(self.arcs)

    @property
    def lengths(self) -> Longs:
        """Number of legs of each."""
        lengths: Longs = (self.arcs >= 0).sum(axis=1)
        return lengths

    def measure(self, goal: Goal) -> Floats:
        """What each column counts for a goal that is no count of groups."""
        arcs, lengths = pieces(self.problem, goal, self.longest)
        if goal is Goal.EXPECTED:
            return self.summed(self.problem.stake.astype(np.float64)) * self.odds()
        total = self.summed(arcs) + lengths[self.lengths]
        return np.where(self.chain, 0.0, total) if goal is Goal.EMBEDDED_SWAPS else total

    def summed(self, by_arc: Floats) -> Floats:
        """(c,) sums over the arcs of each."""
        sums: Floats = np.append(by_arc, 0.0)[self.arcs].sum(axis=1)
        return sums

    def odds(self) -> Floats:
        """(c,) chance that all arcs hold."""
        odds: Floats = np.append(self.problem.chance, 1.0)[self.arcs].prod(axis=1)
        return odds

    def search(self, prices: Prices, threshold: float, room: int, each: int) -> tuple[int, bool]:
        """Adds columns priced above the threshold.

        Args:
            prices: what a column is worth.
            threshold: only above it.
            room: most columns that are found.
            each: most cycles with the same first party, and chains with the same gift.

        Returns:
            How many are new, and whether none was passed over.
        """
        cycles, whole = self._finder.cycles(prices, self.max_cycle, threshold, room, each)
        added = self._add(cycles, chain=False)
        if self.max_chain and self.problem.gift.any():
            chains, all_ = self._finder.chains(prices, self.max_chain, threshold, room, each)
            added += self._add(chains, chain=True)
            whole = whole and all_
        return added, whole

    def score(self, prices: Prices) -> Floats:
        """(c,) what each column is worth at these prices."""
        cycles = self.summed(prices.gain) + prices.cycles[self.lengths]
        if self.chain.any():
            chains = self.summed(prices.gain - prices.swaps) + prices.chains[self.lengths]
            cycles = np.where(self.chain, chains, cycles)
        if prices.share:
            cycles = cycles + prices.share * self.measure(Goal.EXPECTED)
        return cycles

    def _add(self, rows: NDArray[np.int32], *, chain: bool) -> int:
        wide = np.full((len(rows), self.longest), -1, np.int32)
        wide[:, : rows.shape[1]] = rows
        new = [i for i, row in enumerate(wide) if self._take(row.tobytes() + bytes([chain]))]
        self.arcs = np.concatenate((self.arcs, wide[new]))
        self.chain = np.concatenate((self.chain, np.full(len(new), chain)))
        return len(new)

    def _take(self, key: bytes) -> bool:
        if key in self._known:
            return False
        self._known.add(key)
        return True


class _Finder:
    """Searches a problem's arcs, its parties renumbered so that hubs come last."""

    def __init__(self, problem: Instance) -> None:
        from referral.trades.walking import sort_rows

        giver, receiver, size = problem.giver, problem.receiver, problem.size
        width = np.bincount(giver, minlength=size) * np.bincount(receiver, minlength=size)
        order = np.argsort(width, kind="stable")
        rank = np.empty(size, np.int32)
        rank[order] = np.arange(size, dtype=np.int32)
        found = sort_rows(rank[giver], rank[receiver], size)
        self._starts, self._target, self._rows, self._back_starts, _, self._back = found
        self._source = rank[giver][self._rows]
        self._stake = problem.stake[self._rows].astype(np.float64)
        self._chance = problem.chance[self._rows]
        self._gift = problem.gift[order]
        self._first = np.flatnonzero(self._gift).astype(np.int32)

    def cycles(
        self, prices: Prices, longest: int, threshold: float, room: int, each: int
    ) -> tuple[NDArray[np.int32], bool]:
        from referral.trades.pricing import price_cycles

        found = np.empty((room, longest), np.int32)
        count, whole = price_cycles(
            self._starts, self._target, self._back_starts, self._back, self._source,
            prices.gain[self._rows], prices.cycles[: longest + 1], prices.share, self._stake,
            self._chance, threshold, each, STEPS, found,
        )  # fmt: skip
        return self._named(found[:count]), whole

    def chains(
        self, prices: Prices, longest: int, threshold: float, room: int, each: int
    ) -> tuple[NDArray[np.int32], bool]:
        from referral.trades.pricing import price_chains

        found = np.empty((room, longest), np.int32)
        gain = prices.gain - prices.swaps
        count, whole = price_chains(
            self._starts, self._target, self._source, self._first, self._gift,
            gain[self._rows], prices.chains[: longest + 1], prices.share, self._stake,
            self._chance, threshold, each, STEPS, found,
        )  # fmt: skip
        return self._named(found[:count]), whole

    def _named(self, found: NDArray[np.int32]) -> NDArray[np.int32]:
        """Arcs by their numbers in the problem."""
        return np.append(self._rows, np.int32(-1))[found]


def priced(problem: Instance, goal: Goal, longest: int, weight: float, prices: Prices) -> Prices:
    """Prices with `weight` times a goal added."""
    if goal is Goal.EXPECTED:
        return Prices(
            prices.gain, prices.swaps, prices.cycles, prices.chains, prices.share + weight
        )
    if groups_counted(goal):
        return prices
    arcs, lengths = pieces(problem, goal, longest)
    swaps = arcs * weight if goal is Goal.EMBEDDED_SWAPS else np.zeros(problem.arcs)
    own = np.zeros(longest + 1) if goal is Goal.EMBEDDED_SWAPS else lengths * weight
    return Prices(
        gain=prices.gain + arcs * weight,
        swaps=prices.swaps + swaps,
        cycles=prices.cycles + lengths * weight,
        chains=prices.chains + own,
        share=prices.share,
    )


def no_prices(problem: Instance, longest: int) -> Prices:
    """Prices of nothing."""
    empty = np.zeros(longest + 1)
    return Prices(np.zeros(problem.arcs), np.zeros(problem.arcs), empty, empty.copy(), 0.0)
