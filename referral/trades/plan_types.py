"""What a plan is asked for, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Objective(StrEnum):
    """What the best plan has most of."""

    PARTIES = "PARTIES"
    VALUE = "VALUE"
    EXPECTED = "EXPECTED"


class Capacity(StrEnum):
    """What can't be used twice."""

    PARTY = "PARTY"
    UNITS = "UNITS"


class Goal(StrEnum):
    """One level of a plan: what it has most or least of once the levels before are settled."""

    KEPT_LEGS = "kept legs"
    TRADES = "trades"
    PARTIES = "parties"
    USERS = "users"
    FEWER_LEGS = "fewer legs"
    SHORTER_CYCLES = "shorter cycles"
    PRIORITY = "priority"
    VALUE = "value"
    EXPECTED = "expected value"
    EMBEDDED_SWAPS = "embedded swaps"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOptions:
    """What is asked for.

    Attributes:
        objective: what comes first.
        max_parties: most parties of a cycle, 2 to 5; None = no limit.
        capacity: PARTY = each party trades once; UNITS = as often as units of goods allow.
        max_chain: most legs of a chain that a gift starts; 0 = no chains, None = no limit.
        forced: parties that must trade.
        users_first: among as many trades, more users come before shorter cycles.
        priorities: among as many trades, less cost comes next.
        seed: of equally good plans, another seed may give another.
        iterations: without a limit on cycles: how many equally good plans to compare for short
            cycles.
        time_limit_s: seconds after which the best known plan is returned; None = no limit.
        pool: up to this many cycles, all are listed at once; beyond, they are made as needed.
    """

    objective: Objective = Objective.PARTIES
    max_parties: int | None = 3
    capacity: Capacity = Capacity.PARTY
    max_chain: int | None = 0
    forced: tuple[int, ...] = ()
    users_first: bool = True
    priorities: bool = False
    seed: int = 1
    iterations: int = 1
    time_limit_s: float | None = 60.0
    pool: int = 3_000


@dataclass(frozen=True, slots=True)
class Trade:
    """One cycle or chain of a plan.

    Attributes:
        arcs: its legs in order; each receiver gives the next leg.
        parties: who gives each leg; of a chain, the last receiver comes behind.
        chain: whether it starts with a gift and does not return.
        times: how often it is done.
        embedded_swaps: pairs of neighbours in it that could also swap by themselves.
    """

    arcs: tuple[int, ...]
    parties: tuple[int, ...]
    chain: bool = False
    times: int = 1
    embedded_swaps: int = 0


@dataclass(frozen=True, slots=True)
class Level:
    """How good a plan is in one respect, the levels before being settled.

    Attributes:
        goal: the respect.
        value: what the plan has.
        bound: what no plan can surpass.
        proven: whether it is the best possible.
    """

    goal: Goal
    value: float
    bound: float
    proven: bool


@dataclass(frozen=True, slots=True)
class TradePlan:
    """A set of trades that can all be done.

    Attributes:
        trades: the cycles and chains.
        legs: number of arcs used.
        parties: number of parties that trade.
        users: number of owners that trade; None where the graph names none.
        value: value that moves, legs of unknown value counting 0.
        expected: expected value: a trade counts only if all its legs hold.
        levels: the respects in which it is best, in order.
        optimal: whether the first level is proven.
        bound: what no plan can surpass in the first level.
        method: how it was found.
        checksum: of input, options and result.
    """

    trades: tuple[Trade, ...]
    legs: int
    parties: int
    users: int | None
    value: int
    expected: float
    levels: tuple[Level, ...]
    optimal: bool
    bound: float
    method: str
    checksum: str
