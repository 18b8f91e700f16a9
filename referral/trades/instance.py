"""A planning problem in arrays: what each arc uses up, earns and counts for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graph.errors import BadInput, shown
from referral.trades.dummies import Expanded, expand
from referral.trades.plan_types import Capacity, Goal, Objective, PlanOptions
from referral.trades.want_graph import Flags, Floats, Ids, Longs, WantGraph

LONGEST_CHAIN = 12


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """Arcs between parties, dummies taken out, ascending by giver and receiver.

    Attributes:
        size: number of parties.
        giver, receiver: (m,) parties of each arc.
        arc: (m,) its number in the graph of wants.
        via: (m, w) dummies passed.
        uses: (m, w) the resources it uses up once, filled with -1.
        room: (r,) how often each resource can be used.
        stock: (m,) how often an arc can be used at all.
        worth: (m,) value that moves.
        stake: (m,) what is lost if a trade fails: worth, or 1 where no value is known at all.
        cost: (m,) priority.
        chance: (m,) probability that it holds.
        mutual: (m,) whether the receiver could give something back.
        group: (n,) whom the goals PARTIES and USERS count a party as.
        gift: (n,) starts chains.
    """

    size: int
    giver: Ids
    receiver: Ids
    arc: Longs
    via: Ids
    uses: Ids
    room: Longs
    stock: Longs
    worth: Longs
    stake: Longs
    cost: Longs
    chance: Floats
    mutual: Flags
    group: Ids
    gift: Flags

    @property
    def arcs(self) -> int:
        """Number of arcs."""
        return len(self.giver)

    def serves(self, party: int) -> Flags:
        """(m,) arcs by which a party has its trade: it receives, or gives first."""
        served: Flags = self.receiver == party
        return served | (self.giver == party) if self.gift[party] else served


def instance(graph: WantGraph, options: PlanOptions) -> Instance:
    """The problem that a graph and options pose.

    Raises:
        BadInput: a forced party is not there.
    """
    for party in options.forced:
        if not 0 <= party < len(graph) or graph.dummy[party]:
            raise BadInput(f"forced party {shown(party)} is not there; give 0 to {len(graph) - 1}")
    expanded = expand(graph)
    keep = np.flatnonzero(_useful(graph, expanded, options))
    giver, receiver, arc = expanded.giver[keep], expanded.receiver[keep], expanded.arc[keep]
    units = options.capacity is Capacity.UNITS
    worth = np.maximum(graph.value[arc], 0) if units else graph.worth(arc)
    uses, room, stock = _resources(graph, expanded, keep, units)
    keys = giver.astype(np.int64) * len(graph) + receiver
    counted = options.users_first and (graph.owner >= 0).any()
    return Instance(
        size=len(graph),
        giver=giver,
        receiver=receiver,
        arc=arc,
        via=expanded.via[keep],
        uses=uses,
        room=room,
        stock=stock,
        worth=worth,
        stake=worth if (graph.value >= 0).any() else np.ones(len(keep), np.int64),
        cost=graph.cost[arc],
        chance=graph.probability[arc],
        mutual=np.isin(keys, receiver.astype(np.int64) * len(graph) + giver),
        group=graph.owner if counted else np.arange(len(graph), dtype=np.int32),
        gift=graph.gift & (options.max_chain != 0),
    )


def _useful(graph: WantGraph, arcs: Expanded, options: PlanOptions) -> Flags:
    """Arcs that lie on a cycle or may lie on a chain."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    size = len(graph)
    asked: Flags = ~graph.gift[arcs.receiver]  # who gives first asks nothing back, on a circle too
    if options.max_chain != 0 and graph.gift.any():
        return asked
    ends = arcs.giver[asked], arcs.receiver[asked]
    links = coo_array((np.ones(len(ends[0]), np.int8), ends), shape=(size, size))
    _, part = connected_components(links.tocsr(), directed=True, connection="strong")
    useful: Flags = asked & (part[arcs.giver] == part[arcs.receiver])
    return useful


def _resources(
    graph: WantGraph, arcs: Expanded, keep: Longs, units: bool
) -> tuple[Ids, Longs, Longs]:
    """What each arc uses, how much there is of it, and how often an arc can be used."""
    arc = arcs.arc[keep]
    if units:
        offers = len(graph.offer_units)
        uses = np.column_stack((graph.offer[arc], graph.need[arc] + offers)).astype(np.int32)
        room = np.concatenate((graph.offer_units, graph.need_units))
        return uses, room, np.minimum(room[uses[:, 0]], room[uses[:, 1]])
    giver = np.where(graph.gift[arcs.giver[keep]], arcs.giver[keep], -1)
    uses = np.column_stack((arcs.receiver[keep], giver, arcs.via[keep])).astype(np.int32)
    return uses, np.ones(len(graph), np.int64), np.ones(len(keep), np.int64)


def goals(graph: WantGraph, options: PlanOptions) -> tuple[Goal, ...]:
    """The levels of a plan, first things first."""
    units = options.capacity is Capacity.UNITS
    users = options.users_first and bool((graph.owner >= 0).any())
    many = [Goal.PARTIES] if units else [Goal.TRADES]
    if options.priorities and not units:
        many.append(Goal.PRIORITY)
    if users and not units:
        many.append(Goal.USERS)
    shape = [Goal.FEWER_LEGS] if units else []
    shape.append(Goal.SHORTER_CYCLES)
    worth = [Goal.VALUE] if (graph.value > 0).any() else []
    match options.objective:
        case Objective.PARTIES:
            order = [*many, *shape, *worth]
        case Objective.VALUE:
            order = [*(worth or [Goal.VALUE]), *many, *shape]
        case Objective.EXPECTED:
            order = [Goal.EXPECTED, *many, *shape]
    return (*order, Goal.EMBEDDED_SWAPS)


def pieces(problem: Instance, goal: Goal, longest: int) -> tuple[Floats, Floats]:
    """What a goal counts for each arc, and for each length of a cycle.

    EXPECTED is neither; PARTIES and USERS count groups, not arcs: all are 0.
    """
    arcs, lengths = np.zeros(problem.arcs), np.zeros(longest + 1)
    match goal:
        case Goal.TRADES:
            arcs[:] = 1
        case Goal.FEWER_LEGS:
            arcs[:] = -1
        case Goal.SHORTER_CYCLES:
            lengths = -(np.arange(longest + 1.0) ** 2)
        case Goal.PRIORITY:
            arcs = -problem.cost.astype(np.float64)
        case Goal.VALUE:
            arcs = problem.worth.astype(np.float64)
        case Goal.EMBEDDED_SWAPS:
            arcs = problem.mutual.astype(np.float64)
            if longest >= 2:
                lengths[2] = -2  # a swap is no swap within a larger trade
    return arcs, lengths


def groups_counted(goal: Goal) -> bool:
    """Whether a goal counts groups that trade at all."""
    return goal in (Goal.PARTIES, Goal.USERS)


ArcRows = NDArray[np.int32]
"""(c, longest) arcs of each column, filled with -1."""
