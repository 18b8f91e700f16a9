"""The choice among given columns: its linear relaxation with prices, and its whole solution."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

from referral.trades.columns import Columns, Prices, no_prices, priced
from referral.trades.highs import Linear, linear, mixed
from referral.trades.instance import groups_counted
from referral.trades.plan_types import Goal
from referral.trades.want_graph import Floats, Longs

LARGEST_COEFFICIENT = 1e6
"""HiGHS stops at an absolute gap of 1e-6, so that goals are scaled to at most this."""


class Whole(NamedTuple):
    """A whole solution: how often each of the columns is used, and a bound on all solutions."""

    times: Longs | None
    bound: float
    proven: bool


class Master:
    """Columns, the resources they share, and what earlier levels have settled.

    Settled goals are kept as rows `goal >= best`.

    Attributes:
        columns: what is chosen from.
        uses: (m + 1, w) what each arc uses up, as in the problem; nothing at the place -1.
        settled: goals and what the plan has of them.
    """

    def __init__(self, columns: Columns, forced: tuple[int, ...]) -> None:
        problem = columns.problem
        self.columns, self._problem = columns, problem
        self._forced = np.array(forced, np.int64)
        self._groups = np.unique(problem.group[problem.receiver])
        self._group_at = np.searchsorted(self._groups, problem.group[problem.receiver])
        none = np.full((1, problem.uses.shape[1]), -1, np.int32)
        self.uses = np.concatenate((problem.uses, none))
        self.settled: list[tuple[Goal, float]] = []
        self._scale: dict[Goal, float] = {}

    @property
    def grouped(self) -> bool:
        """Whether a settled goal counts groups."""
        return any(groups_counted(goal) for goal, _ in self.settled)

    def scale(self, goal: Goal) -> float:
        """What a goal is divided by."""
        if goal not in self._scale:
            arcs = {
                Goal.VALUE: self._problem.worth,
                Goal.EXPECTED: self._problem.stake,
                Goal.PRIORITY: self._problem.cost,
            }.get(goal, np.empty(0, np.int64))
            most = float(arcs.max()) * self.columns.longest if len(arcs) else 1.0
            self._scale[goal] = max(1.0, most / LARGEST_COEFFICIENT)
        return self._scale[goal]

    def free_of(self, kept: Longs, of: Longs | None = None) -> Longs:
        """Columns that use nothing that these use, ascending; each can be used once only.

        Args:
            kept: columns.
            of: those looked at; default all.
        """
        of = np.arange(len(self.columns)) if of is None else of
        taken = np.zeros(len(self._problem.room) + 1, np.bool_)
        taken[self.uses[self.columns.arcs[kept]]] = True
        taken[-1] = False
        free: Longs = of[~taken[self.uses[self.columns.arcs[of]]].any(axis=(1, 2))]
        return free

    def relax(self, goal: Goal, among: Longs, kept: Longs | None = None) -> Linear | None:
        """The linear relaxation over some columns; None when there is no solution.

        Args:
            goal: what to have most of.
            among: the columns.
            kept: how often each of them is used at the least; default not at all.
        """
        matrix, most = self._rows(goal, among)
        gain = self._objective(goal, among, matrix.shape[1])
        found = linear(gain, matrix, most, self._bounds(len(gain), len(among), kept))
        if found is None:
            return None
        return Linear(found.value * self.scale(goal), found.rows, found.variables[: len(among)])

    def choose(
        self,
        goal: Goal,
        among: Longs,
        limit_s: float,
        kept: Longs | None = None,
        nodes: int | None = None,
    ) -> Whole:
        """The best whole solution over some columns.

        Args:
            goal: what to have most of.
            among: the columns.
            limit_s: seconds.
            kept: how often each of them is used at the least; default not at all.
            nodes: most nodes of the search; default any number.
        """
        matrix, most = self._rows(goal, among)
        gain = self._objective(goal, among, matrix.shape[1])
        rows = np.full(len(most), -np.inf), most
        bounds = self._bounds(len(gain), len(among), kept)
        found = mixed(gain, matrix, rows, bounds, limit_s, nodes)
        bound = found.bound * self.scale(goal)
        if found.variables is None:
            return Whole(None, bound, found.ended)
        return Whole(found.variables[: len(among)].astype(np.int64), bound, found.ended)

    @staticmethod
    def _bounds(width: int, columns: int, kept: Longs | None) -> tuple[Floats, Floats]:
        """Columns are limited by what they use, groups count once."""
        lower, upper = np.zeros(width), np.full(width, np.inf)
        upper[columns:] = 1
        if kept is not None:
            lower[:columns] = kept
        return lower, upper

    def reached(self, goal: Goal, among: Longs, times: Longs) -> float:
        """What a solution has of a goal."""
        used = among[times > 0]
        if groups_counted(goal):
            arcs = self.columns.arcs[used]
            return float(len(np.unique(self._group_at[arcs[arcs >= 0]])))
        return float((self.columns.measure(goal)[used] * times[times > 0]).sum())

    def prices(self, goal: Goal, relaxed: Linear) -> Prices:
        """What a column would add to the goal, less the prices of what it uses, unscaled."""
        problem, longest = self._problem, self.columns.longest
        scale = self.scale(goal)
        rows = relaxed.rows
        resources, rows = rows[: len(problem.room)], rows[len(problem.room) :]
        prices = priced(problem, goal, longest, 1.0 / scale, no_prices(problem, longest))
        gain = prices.gain + np.append(resources, 0.0)[problem.uses].sum(axis=1)
        if groups_counted(goal) or self.grouped:
            links, rows = rows[: len(self._groups)], rows[len(self._groups) :]
            gain = gain - links[self._group_at]
        for party, row in zip(self._forced, rows, strict=False):
            gain = gain - row * problem.serves(int(party))
        prices = Prices(gain, prices.swaps, prices.cycles, prices.chains, prices.share)
        for (settled, _), row in zip(self.settled, rows[len(self._forced) :], strict=True):
            weight = -float(row) / self.scale(settled)
            prices = priced(problem, settled, longest, weight, prices)
        return prices

    def _objective(self, goal: Goal, among: Longs, width: int) -> Floats:
        counts = np.zeros(width)
        if groups_counted(goal):
            counts[len(among) :] = 1
        else:
            counts[: len(among)] = self.columns.measure(goal)[among] / self.scale(goal)
        return counts

    def _rows(self, goal: Goal, among: Longs) -> tuple[scipy.sparse.csr_array, Floats]:
        """All rows as A x <= b: resources, groups, forced parties, settled goals."""
        problem, arcs = self._problem, self.columns.arcs[among]
        column, place = np.nonzero(arcs >= 0)
        arc = arcs[column, place]
        uses = problem.uses[arc]
        at, which = np.nonzero(uses >= 0)
        shape = (len(problem.room), len(among))
        parts: list[Any] = [_counted(uses[at, which], column[at], shape)]
        right: list[Any] = [problem.room]
        grouped = groups_counted(goal) or self.grouped
        groups = len(self._groups) if grouped else 0
        if grouped:
            parts.append(-_counted(self._group_at[arc], column, (groups, len(among))))
            right.append(np.zeros(groups))
        for party in self._forced:
            hits = column[problem.serves(int(party))[arc]]
            parts.append(-_counted(np.zeros(len(hits), np.int64), hits, (1, len(among))))
            right.append([-1])
        sides: list[Any] = []
        for settled, best in self.settled:
            scale = self.scale(settled)
            counts = np.zeros(len(among))
            if not groups_counted(settled):
                counts = self.columns.measure(settled)[among] / scale
            parts.append(scipy.sparse.csr_array(-counts[None, :]))
            sides.append(-1.0 if groups_counted(settled) else 0.0)
            right.append([-best / scale + 1e-9 * max(1.0, abs(best / scale))])
        matrix = scipy.sparse.block_array([[part] for part in parts], format="csr")
        if grouped:
            matrix = scipy.sparse.block_array(
                [[matrix, self._links(matrix.shape[0], groups, sides)]], format="csr"
            )
        return matrix, np.concatenate([np.asarray(r, np.float64) for r in right])

    def _links(self, rows: int, groups: int, sides: list[Any]) -> scipy.sparse.coo_array:
        """The part of the rows that says what groups count for."""
        first = len(self._problem.room)
        row = [first + np.arange(groups)]
        column = [np.arange(groups)]
        value = [np.ones(groups)]
        for place, side in enumerate(sides):
            if side:
                row.append(np.full(groups, rows - len(sides) + place))
                column.append(np.arange(groups))
                value.append(np.full(groups, side))
        ends = (np.concatenate(row), np.concatenate(column))
        return scipy.sparse.coo_array((np.concatenate(value), ends), shape=(rows, groups))


def _counted(
    row: NDArray[np.integer], column: Longs, shape: tuple[int, int]
) -> scipy.sparse.csr_array:
    ones = np.ones(len(row))
    return scipy.sparse.coo_array((ones, (row, column)), shape=shape).tocsr()
