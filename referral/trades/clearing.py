"""Multilateral set-off of debts (三角债): what cancels in circles without any money.

A debts B, B debts C, C debts A: the smallest of the three falls away from all. What cancels is the
largest circulation within the debts; what remains is a flow of the same balances that costs least.

References: Fleischman, Dini & Littera 2020, doi:10.3390/jrfm13120295 (liquidity-saving by
minimum-cost flow on obligation networks).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import ArrayLike

from graph.errors import BadInput
from graph.model.fields import show_money
from referral.trades.amounts import LARGEST_AMOUNT
from referral.trades.cancelling import cancel
from referral.trades.want_graph import Floats, Ids, Longs


@dataclass(frozen=True, slots=True)
class SetOff:
    """One circle of debts that cancel.

    Attributes:
        debts: the debts, each owed to the debtor of the next.
        amount: what each is lowered by.
    """

    debts: tuple[int, ...]
    amount: int


@dataclass(frozen=True, slots=True, eq=False)
class Clearing:
    """What cancels.

    Attributes:
        total: all debts together.
        cleared: what falls away: the most that can without changing anybody's balance.
        remaining: (m,) what is left of each debt.
        circles: the circles that cancel; their sums are `cleared`.
    """

    total: int
    cleared: int
    remaining: Longs
    circles: tuple[SetOff, ...]


def clear_debts(debtor: ArrayLike, creditor: ArrayLike, amount: ArrayLike) -> Clearing:
    """The largest amount of debts that cancels in circles.

    Args:
        debtor, creditor: (m,) parties, numbered from 0.
        amount: (m,) minor units, 0 or more.

    Returns:
        The clearing; every party's balance is what it was, and no debt grows.

    Raises:
        BadInput: a debt is negative, absurdly large, or owed to its own debtor.

    Time of a linear programme on a network matrix, whose corners are whole.
    """
    source, target = np.asarray(debtor, np.int32), np.asarray(creditor, np.int32)
    owed = _checked(source, target, np.asarray(amount, np.int64))
    falls = _circulation(source, target, owed)
    size = int(max(source.max(initial=-1), target.max(initial=-1))) + 1
    return Clearing(
        total=int(owed.sum()),
        cleared=int(falls.sum()),
        remaining=owed - falls,
        circles=_circles(source, target, falls, size),
    )


def _checked(debtor: Ids, creditor: Ids, amount: Longs) -> Longs:
    if not len(debtor) == len(creditor) == len(amount):
        raise BadInput("debtors, creditors and amounts are not as many; give one of each a debt")
    if (amount < 0).any():
        raise BadInput(f"a debt of {int(amount.min()):,}; give 0 or more, and turn it round")
    if (total := sum(amount.tolist())) > LARGEST_AMOUNT:
        raise BadInput(
            f"the debts are {show_money(total)} together, at most {show_money(LARGEST_AMOUNT)} "
            "can be set off exactly; correct the largest, or clear them in parts"
        )
    if (debtor == creditor).any():
        party = int(debtor[debtor == creditor][0])
        raise BadInput(f"party {party} owes itself; leave that debt out")
    if len(debtor) and min(debtor.min(), creditor.min()) < 0:
        raise BadInput("a party's number is negative; number parties from 0")
    return amount


def _circulation(debtor: Ids, creditor: Ids, amount: Longs) -> Longs:
    """The largest circulation with at most these amounts; only circles' debts take part."""
    falls = np.zeros(len(amount), np.int64)
    size = int(max(debtor.max(initial=-1), creditor.max(initial=-1))) + 1
    if not size:
        return falls
    ones = np.ones(len(amount), np.int8)
    links = scipy.sparse.coo_array((ones, (debtor, creditor)), shape=(size, size)).tocsr()
    _, part = scipy.sparse.csgraph.connected_components(links, directed=True, connection="strong")
    inside = np.flatnonzero((part[debtor] == part[creditor]) & (amount > 0))
    if not len(inside):
        return falls
    source, target, most = debtor[inside], creditor[inside], amount[inside]
    near = _whole(source, target, most, _relaxed(source, target, most, size), size)
    falls[inside] = cancel(source, target, most, near, size)
    return falls


def _relaxed(debtor: Ids, creditor: Ids, amount: Longs, size: int) -> Floats:
    """A corner of the programme in floats, near the best; nothing where the solver finds none.

    Amounts are scaled by the largest, so that the solver's tolerances are relative to it. Debts
    that are below its tolerance then can make it say that there is no solution (there always is:
    nothing falls away); as they are, they are no trouble to it, only less exact.
    """
    every = np.arange(len(amount))
    signs = np.concatenate((np.ones(len(amount)), -np.ones(len(amount))))
    ends = (np.concatenate((debtor, creditor)), np.concatenate((every, every)))
    balanced: Any = scipy.sparse.coo_array((signs, ends), shape=(size, len(amount))).tocsr()
    for scale in (float(amount.max()), 1.0):
        bounds: Any = np.column_stack((np.zeros(len(amount)), amount / scale))
        found = scipy.optimize.linprog(
            -np.ones(len(amount)),
            A_eq=balanced,
            b_eq=np.zeros(size),
            bounds=bounds,
            method="highs-ds",
        )
        if found.x is not None:
            return np.asarray(found.x * scale, np.float64)
    return np.zeros(len(amount))


def _whole(debtor: Ids, creditor: Ids, amount: Longs, near: Floats, size: int) -> Longs:
    """The corner of the programme that floats come near to, in whole numbers.

    At a corner the debts strictly between nothing and all form a forest; balances determine them,
    from the leaves on. Sums of rounded floats would lose a cent here and there.
    """
    slack = 1e-9 * float(amount.max()) + 1e-6
    falls = np.where(near > amount - slack, amount, np.int64(0))
    free = np.flatnonzero((near >= slack) & (near <= amount - slack))
    excess = np.zeros(size, np.int64)
    np.add.at(excess, debtor, falls)
    np.subtract.at(excess, creditor, falls)
    open_at: list[set[int]] = [set() for _ in range(size)]
    for debt in free.tolist():
        open_at[debtor[debt]].add(debt)
        open_at[creditor[debt]].add(debt)
    leaves = [party for party in range(size) if len(open_at[party]) == 1]
    while leaves:
        party = leaves.pop()
        if len(open_at[party]) != 1:
            continue
        debt = open_at[party].pop()
        giving = int(debtor[debt]) == party
        other = int(creditor[debt] if giving else debtor[debt])
        falls[debt] = -excess[party] if giving else excess[party]
        excess[other] += excess[party]
        excess[party] = 0
        open_at[other].discard(debt)
        if len(open_at[other]) == 1:
            leaves.append(other)
    if excess.any() or (falls < 0).any() or (falls > amount).any():
        return np.zeros(len(amount), np.int64)  # a start like any other, only farther away
    return falls


def _circles(debtor: Ids, creditor: Ids, falls: Longs, size: int) -> tuple[SetOff, ...]:
    """The circulation as circles: walk on till a party comes again, take the smallest debt off."""
    left = falls.tolist()
    waiting: list[list[int]] = [[] for _ in range(size)]
    for debt in np.flatnonzero(falls)[::-1].tolist():
        waiting[debtor[debt]].append(debt)
    found = []
    for start in range(size):
        path: list[int] = []
        place = {start: 0}
        node = start
        while waiting[node]:
            path.append(waiting[node][-1])
            node = int(creditor[path[-1]])
            if node not in place:
                place[node] = len(path)
                continue
            cycle = path[place[node] :]
            amount = min(left[debt] for debt in cycle)
            found.append(SetOff(tuple(cycle), amount))
            for debt in cycle:
                left[debt] -= amount
                if not left[debt]:
                    waiting[debtor[debt]].pop()
            path = []
            place = {start: 0}
            node = start
    return tuple(found)
