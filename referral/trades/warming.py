"""Compiling what trades run on ahead, so that no first plan spends its time on it."""

from __future__ import annotations

import time

from referral.trades.opportunities import opportunities
from referral.trades.plan import plan
from referral.trades.plan_types import Objective, PlanOptions
from referral.trades.want_graph import want_graph


def warm() -> float:
    """Searches and plans once on a graph of four parties; the seconds that took."""
    begun = time.perf_counter()
    giver, receiver = (0, 1, 1, 2, 3, 0), (1, 0, 2, 0, 0, 3)
    graph = want_graph(
        4, giver, receiver, value=(5, 4, 3, 2, 1, 6), gift=(True, False, False, False)
    )
    for longest in (3, 5):  # short cycles have a kernel of their own
        opportunities(graph, longest, first=2)
    for objective in Objective:
        for pool in (0, 100):  # columns made as needed, and all listed
            plan(graph, PlanOptions(objective=objective, max_parties=4, max_chain=2, pool=pool))
    return time.perf_counter() - begun
