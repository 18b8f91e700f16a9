"""Plans near the best by diving: the relaxation's own choice, made whole a few cycles at a time.

Of the fractional best the cycles used most are fixed, the relaxation of what is left is solved
anew, and so on till a part is left that is small enough to be chosen from exactly.

References: Sadykov et al. 2019, doi:10.1287/ijoc.2018.0822 (diving in column generation).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from referral.trades.master import Master
from referral.trades.plan_types import Goal
from referral.trades.want_graph import Floats, Longs

WIDTH = 12
"""Columns in a relaxation for each party."""

FIXED = 0.08
"""Share of what is left that is fixed at a time."""

PART = 500
"""Columns that the part left is chosen from."""

SURE = 0.99
"""Columns used so much are fixed at once."""


def dive(
    master: Master,
    goal: Goal,
    scores: Floats,
    fixed: Longs,
    last: float,
    enough: Callable[[], bool],
) -> tuple[Longs, Longs] | None:
    """Fixes columns of a plan till few cycles are left to choose.

    Args:
        master: the columns, of which none may be used twice.
        goal: what to have most of.
        scores: (c,) what each column is worth, less the prices of what it uses.
        fixed: columns that are used in any case, ascending.
        last: cycles that are left to choose at the end.
        enough: whether to stop.

    Returns:
        The columns fixed and those to choose from, the fixed among them, both ascending; None
        when there is no solution with the fixed ones, or it was stopped.
    """
    free = master.free_of(fixed)
    while not enough():
        order = np.argsort(-scores[free], kind="stable")[: WIDTH * master.columns.problem.size]
        among = np.union1d(fixed, free[order])
        relaxed = master.relax(goal, among, np.isin(among, fixed).astype(np.int64))
        if relaxed is None:
            return None
        used = np.where(np.isin(among, fixed), 0.0, relaxed.variables)
        scores = master.columns.score(master.prices(goal, relaxed))
        if used.sum() <= last:
            best = free[np.argsort(-scores[free], kind="stable")[:PART]]
            return fixed, np.union1d(fixed, best)
        fixed = np.union1d(fixed, _most_used(master, among, used))
        free = master.free_of(fixed, free)
    return None


def _most_used(master: Master, among: Longs, used: Floats) -> Longs:
    """Columns that are used most and share nothing."""
    least = max(1, int(FIXED * used.sum()))
    order = np.argsort(-used, kind="stable")
    order = order[(used[order] >= SURE) | (np.arange(len(order)) < least)]
    order = order[used[order] > 0]
    taken = np.zeros(len(master.columns.problem.room) + 1, np.bool_)
    new = []
    for column in among[order].tolist():
        uses = master.uses[master.columns.arcs[column]].ravel()
        uses = uses[uses >= 0]
        if not taken[uses].any():
            taken[uses] = True
            new.append(column)
    return np.array(new, np.int64)
