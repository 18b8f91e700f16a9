"""What gifts open and close: whom chains reach, and the circles that go without givers."""

from __future__ import annotations

from referral.trades.want_graph import Flags, WantGraph, with_arcs


def reached_by_chains(graph: WantGraph, longest: int | None) -> Flags:
    """(n,) parties to which a chain can come, and the givers themselves.

    Args:
        graph: without dummies, or no party too few may be told.
        longest: most legs of a chain; None = any number.
    """
    reached: Flags = graph.gift & (longest != 0)
    asked = ~graph.gift[graph.receiver]
    for _ in range(len(graph) if longest is None or graph.dummy.any() else longest):
        more = reached.copy()
        more[graph.receiver[reached[graph.giver] & asked]] = True
        if (more == reached).all():
            break
        reached = more
    return reached


def without_givers(graph: WantGraph) -> WantGraph:
    """The wants among which circles are: a giver asks nothing back, so it is on none."""
    if not graph.gift.any():
        return graph
    return with_arcs(graph, ~graph.gift[graph.receiver])
