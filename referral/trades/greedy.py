"""A first plan at once: the best columns that still fit, one after the other."""

from __future__ import annotations

import numpy as np

from referral.trades.master import Master
from referral.trades.plan_types import Goal
from referral.trades.want_graph import Longs

LOOKED_AT = 20_000
"""Most columns that are tried."""


def greedy(master: Master, goal: Goal, forced: tuple[int, ...]) -> tuple[Longs, Longs] | None:
    """A plan in milliseconds, however short the time is; none when it misses a forced party.

    Those that serve forced parties come first, then those that have most of the goal for each
    leg, then those that use what few others use.

    Args:
        master: the columns; no goal is settled.
        goal: what to have most of.
        forced: parties that must trade.

    Returns:
        The columns tried, ascending, and how often each is used.
    """
    columns, problem = master.columns, master.columns.problem
    used = master.uses[columns.arcs].reshape(len(columns), -1)
    wanted = np.bincount(used[used >= 0], minlength=len(problem.room) + 1)
    wanted[-1] = 0
    each = columns.measure(goal) / columns.lengths
    serves = np.zeros(len(columns), np.bool_)
    for party in forced:
        serves |= np.append(problem.serves(party), False)[columns.arcs].any(axis=1)
    order = np.lexsort((wanted[used].sum(axis=1), -each, ~serves))[:LOOKED_AT]
    room = problem.room.tolist()
    times = np.zeros(len(columns), np.int64)
    for column in order.tolist():
        parts = [part for part in used[column].tolist() if part >= 0]
        fits = min(room[part] // parts.count(part) for part in parts)
        if fits:
            times[column] = fits
            for part in parts:
                room[part] -= fits
    among = np.flatnonzero(times)
    arcs = columns.arcs[among]
    met = all(np.append(problem.serves(p), False)[arcs].any() for p in forced)
    return (among, times[among]) if met else None
