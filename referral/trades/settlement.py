"""Money that evens out trades of unequal value, as little of it as possible."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from referral.trades.plan_types import Trade
from referral.trades.want_graph import Longs, WantGraph


@dataclass(frozen=True, slots=True)
class Payment:
    """Money from one party to another, in minor units."""

    payer: int
    payee: int
    amount: int


def settle_trades(
    graph: WantGraph, trades: Iterable[Trade], *, by_units: bool = False
) -> tuple[Payment, ...]:
    """The payments after which every party has given as much as it got.

    Legs of unknown value count 0. See `settle` for what is least.

    Args:
        graph: the graph of wants.
        trades: what is done.
        by_units: whether one unit moves on each leg each time, not all that can.
    """
    net = np.zeros(len(graph), np.int64)
    for trade in trades:
        arcs = np.array(trade.arcs, np.int64)
        worth = np.maximum(graph.value[arcs], 0) if by_units else graph.worth(arcs)
        worth = worth * trade.times
        np.add.at(net, graph.giver[arcs], worth)
        np.add.at(net, graph.receiver[arcs], -worth)
    return settle(net)


def settle(net: Longs) -> tuple[Payment, ...]:
    """Payments that bring every balance to zero.

    The money moved is least: half the sum of all balances, since nobody both pays and is paid.
    Exact pairs are paid first, then the largest debtor pays the largest creditor, so that there
    are fewer payments than parties with a balance (the least number of all is NP-hard).

    Args:
        net: (n,) balance of each party in minor units, above 0 = is owed; the sum is 0.

    Time O(n log n).
    """
    payments, net = _pairs(net.copy())
    owed = [(-int(v), p) for p, v in enumerate(net.tolist()) if v > 0]
    owing = [(int(v), p) for p, v in enumerate(net.tolist()) if v < 0]
    heapq.heapify(owed)
    heapq.heapify(owing)
    while owed and owing:
        credit, payee = heapq.heappop(owed)
        debt, payer = heapq.heappop(owing)
        amount = min(-credit, -debt)
        payments.append(Payment(payer, payee, amount))
        if -credit > amount:
            heapq.heappush(owed, (credit + amount, payee))
        if -debt > amount:
            heapq.heappush(owing, (debt + amount, payer))
    return tuple(sorted(payments, key=lambda p: (p.payer, p.payee)))


def _pairs(net: Longs) -> tuple[list[Payment], Longs]:
    """Those who owe exactly what another is owed pay it, and are done."""
    waiting: dict[int, list[int]] = {}
    for party in np.flatnonzero(net > 0)[::-1].tolist():
        waiting.setdefault(int(net[party]), []).append(party)
    payments = []
    for payer in np.flatnonzero(net < 0).tolist():
        if payees := waiting.get(-int(net[payer])):
            payee = payees.pop()
            payments.append(Payment(payer, payee, int(net[payee])))
            net[payer] = net[payee] = 0
    return payments, net
