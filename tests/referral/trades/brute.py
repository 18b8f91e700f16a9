"""The best plan by trying everything: slow, plain, and nothing shared with the engine."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from math import prod

import numpy as np

from referral.trades.want_graph import WantGraph

Cycle = tuple[int, ...]
"""Arcs in order."""

Merit = tuple[float, ...]
"""What is compared, first things first."""


def cycles(graph: WantGraph, longest: int) -> list[Cycle]:
    """All cycles without a party twice, each from its lowest party on."""
    found = []
    out = outgoing(graph)

    def extend(start: int, node: int, arcs: Cycle, met: frozenset[int]) -> None:
        for arc in out[node]:
            other = int(graph.receiver[arc])
            if other == start:
                found.append((*arcs, arc))
            elif other > start and other not in met and len(arcs) + 2 <= longest:
                extend(start, other, (*arcs, arc), met | {other})

    for start in range(len(graph)):
        extend(start, start, (), frozenset([start]))
    return found


def chains(graph: WantGraph, longest: int) -> list[Cycle]:
    """All chains that a gift starts, also those that stop early."""
    found = []
    out = outgoing(graph)

    def extend(node: int, arcs: Cycle, met: frozenset[int]) -> None:
        for arc in out[node]:
            other = int(graph.receiver[arc])
            if other not in met and not graph.gift[other] and len(arcs) < longest:
                found.append((*arcs, arc))
                extend(other, (*arcs, arc), met | {other})

    for start in np.flatnonzero(graph.gift).tolist():
        extend(start, (), frozenset([start]))
    return found


def outgoing(graph: WantGraph) -> list[list[int]]:
    out: list[list[int]] = [[] for _ in range(len(graph))]
    for arc, giver in enumerate(graph.giver.tolist()):
        out[giver].append(arc)
    return out


def parties(graph: WantGraph, arcs: Cycle) -> frozenset[int]:
    ends = (*graph.giver[list(arcs)].tolist(), *graph.receiver[list(arcs)].tolist())
    return frozenset(ends)


def merit(graph: WantGraph, arcs: Cycle, goals: tuple[str, ...], *, chain: bool) -> Merit:
    """What one trade adds to each goal; all of these add up over trades."""
    each = list(arcs)
    worth = int(graph.worth()[each].sum())
    stake = worth if (graph.value >= 0).any() else len(each)
    ends = set(zip(graph.giver.tolist(), graph.receiver.tolist(), strict=True))
    swaps = sum(
        (r, g) in ends
        for g, r in zip(graph.giver[each].tolist(), graph.receiver[each].tolist(), strict=True)
    )
    every = {
        "trades": len(each),
        "shorter cycles": -(len(each) ** 2),
        "value": worth,
        "expected value": round(stake * prod(graph.probability[each].tolist()), 9),
        "embedded swaps": 0 if chain or len(each) == 2 else swaps,
        "priority": -int(graph.cost[each].sum()),
    }
    return tuple(every[goal] for goal in goals)


def best(graph: WantGraph, longest: int, goals: tuple[str, ...], longest_chain: int = 0) -> Merit:
    """The best sum of merits over trades that share no party."""
    trades = [
        (parties(graph, arcs), merit(graph, arcs, goals, chain=chain))
        for chain, found in (
            (False, cycles(graph, longest)),
            (True, chains(graph, longest_chain) if longest_chain else []),
        )
        for arcs in found
    ]
    of: list[list[tuple[int, Merit]]] = [[] for _ in range(len(graph))]
    for members, value in trades:
        of[min(members)].append((sum(1 << p for p in members), value))
    nothing = tuple(0.0 for _ in goals)

    @cache
    def most(free: int, party: int) -> Merit:
        if party == len(graph):
            return nothing
        found = most(free, party + 1)
        if free >> party & 1:
            for mask, value in of[party]:
                if mask & free == mask:
                    rest = most(free & ~mask, party + 1)
                    found = max(found, tuple(a + b for a, b in zip(value, rest, strict=True)))
        return found

    return most((1 << len(graph)) - 1, 0)


def packings(graph: WantGraph, longest: int) -> Iterator[list[Cycle]]:
    """Every set of cycles, repeated as often as units allow."""
    found = cycles(graph, longest)

    def extend(
        at: int, chosen: list[Cycle], offers: list[int], needs: list[int]
    ) -> Iterator[list[Cycle]]:
        yield chosen
        for place in range(at, len(found)):
            less, fewer = offers.copy(), needs.copy()
            for arc in found[place]:
                less[int(graph.offer[arc])] -= 1
                fewer[int(graph.need[arc])] -= 1
            if min(less) >= 0 and min(fewer) >= 0:
                yield from extend(place, [*chosen, found[place]], less, fewer)

    yield from extend(0, [], graph.offer_units.tolist(), graph.need_units.tolist())


def is_cycle(graph: WantGraph, arcs: Cycle) -> bool:
    """Whether each receiver gives the next leg, and the last gives to the first."""
    legs = [*arcs, arcs[0]]
    return all(graph.receiver[a] == graph.giver[b] for a, b in pairwise(legs))
