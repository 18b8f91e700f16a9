"""Dummies taken out: arcs between parties that remember which dummies they pass."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from graph.errors import TooExpensive
from referral.trades.want_graph import Ids, Longs, WantGraph

LARGEST = 5_000_000
"""Most arcs after dummies are taken out."""


class Expanded(NamedTuple):
    """Arcs between parties.

    Attributes:
        giver, receiver: (m,) parties.
        arc: (m,) the arc of the graph by which the receiver wants it: what it costs.
        via: (m, w) the dummies passed, filled with -1.
    """

    giver: Ids
    receiver: Ids
    arc: Longs
    via: Ids


def expand(graph: WantGraph) -> Expanded:
    """Arcs between parties, directly or through dummies.

    Of arcs between the same parties those are left out that cost no less than another and pass
    the same dummies and more.

    Raises:
        TooExpensive: more than 5 million arcs.
    """
    if not graph.dummy.any():
        arcs = np.arange(graph.arcs)
        return Expanded(graph.giver, graph.receiver, arcs, np.empty((graph.arcs, 0), np.int32))
    wanted: list[list[tuple[int, int]]] = [[] for _ in graph.labels]
    for arc, (giver, receiver) in enumerate(
        zip(graph.giver.tolist(), graph.receiver.tolist(), strict=True)
    ):
        wanted[receiver].append((giver, arc))
    dummy, cost = graph.dummy.tolist(), graph.cost.tolist()
    found: list[tuple[int, int, tuple[int, ...], tuple[int, ...]]] = []
    for receiver in np.flatnonzero(~graph.dummy).tolist():
        ways = _ways(receiver, wanted, dummy)
        found += [(giver, receiver, via, steps) for giver, via, steps in _useful(ways, cost)]
        if len(found) > LARGEST:
            raise TooExpensive(f"more than {LARGEST:,} arcs behind dummies; use fewer of them")
    found.sort()
    width = max((len(via) for _, _, via, _ in found), default=0)
    padded = [via + (-1,) * (width - len(via)) for _, _, via, _ in found]
    return Expanded(
        giver=np.array([f[0] for f in found], np.int32),
        receiver=np.array([f[1] for f in found], np.int32),
        arc=np.array([f[3][0] for f in found], np.int64),
        via=np.array(padded, np.int32).reshape(len(found), width),
    )


Way = tuple[int, tuple[int, ...], tuple[int, ...]]
"""A giver, the dummies passed and the arcs taken."""


def _ways(receiver: int, wanted: list[list[tuple[int, int]]], dummy: list[bool]) -> list[Way]:
    ways: list[Way] = []
    waiting: list[Way] = [(receiver, (), ())]
    while waiting:
        node, via, steps = waiting.pop()
        for giver, arc in wanted[node]:
            if not dummy[giver]:
                if giver != receiver:
                    ways.append((giver, via, (*steps, arc)))
            elif giver not in via:
                waiting.append((giver, (*via, giver), (*steps, arc)))
    return ways


def _useful(ways: list[Way], cost: list[int]) -> list[Way]:
    """Those that no other beats: the first arc, the receiver's own want, is what costs."""
    kept: dict[int, list[Way]] = {}
    for way in sorted(ways, key=lambda w: (len(w[1]), cost[w[2][0]], w[2])):
        giver, via, steps = way
        others = kept.setdefault(giver, [])
        if not any(set(o[1]) <= set(via) and cost[o[2][0]] <= cost[steps[0]] for o in others):
            others.append(way)
    return [way for ways in kept.values() for way in ways]
