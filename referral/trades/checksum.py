"""A checksum of a question and its answer, by which anybody can tell that nothing was changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np

from referral.trades.plan_types import PlanOptions, Trade
from referral.trades.want_graph import WantGraph


def checksum(graph: WantGraph, options: PlanOptions, trades: Iterable[Trade]) -> str:
    """SHA-256 of graph, options and trades, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    digest.update("\n".join(graph.labels).encode())
    for column in (
        graph.giver, graph.receiver, graph.good, graph.value, graph.units, graph.cost,
        graph.probability, graph.offer_units, graph.need_units, graph.owner, graph.dummy,
        graph.gift,
    ):  # fmt: skip
        digest.update(np.ascontiguousarray(column).tobytes())
    digest.update(repr(options).encode())
    for trade in trades:
        digest.update(repr((trade.arcs, trade.chain, trade.times)).encode())
    return digest.hexdigest()
