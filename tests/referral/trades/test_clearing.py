from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import BadInput
from referral.trades.clearing import clear_debts

DEBTS = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 10**12)), max_size=25
)


@settings(deadline=None, derandomize=True, database=None, max_examples=300)
@given(DEBTS)
def test_clearing_debts_keeps_every_balance_and_cancels_the_most(
    debts: list[tuple[int, int, int]],
) -> None:
    debts = [debt for debt in debts if debt[0] != debt[1]]
    debtor, creditor, amount = (np.array([d[i] for d in debts], np.int64) for i in range(3))

    cleared = clear_debts(debtor, creditor, amount)

    def net(owed: Any) -> Any:
        return np.bincount(creditor, owed, 7) - np.bincount(debtor, owed, 7)

    assert (net(cleared.remaining) == net(amount)).all() if len(debts) else True
    assert (cleared.remaining >= 0).all()
    assert (cleared.remaining <= amount).all()
    assert cleared.cleared == sum(c.amount * len(c.debts) for c in cleared.circles)
    assert cleared.total == amount.sum()
    assert cleared.cleared == most(debts)


def most(debts: list[tuple[int, int, int]]) -> int:
    """The most that cancels, by another's solver in whole numbers."""
    network: Any = nx.MultiDiGraph()
    for debtor, creditor, amount in debts:
        network.add_edge(debtor, creditor, capacity=amount, weight=-1)
    return -int(nx.network_simplex(network)[0]) if debts else 0


def test_debts_too_small_beside_the_largest_for_the_solver_cancel_too() -> None:
    debts = [(0, 1, 1), (0, 2, 1), (0, 2, 59_829_979_520), (1, 0, 1), (0, 1, 5982), (2, 0, 5982)]

    cleared = clear_debts(*zip(*debts, strict=True))

    assert cleared.cleared == most(debts)


def test_three_debts_in_a_triangle_fall_by_the_smallest() -> None:
    cleared = clear_debts([0, 1, 2, 0], [1, 2, 0, 3], [100, 80, 70, 5])

    assert (cleared.total, cleared.cleared) == (255, 210)
    assert cleared.remaining.tolist() == [30, 10, 0, 5]
    assert [(c.debts, c.amount) for c in cleared.circles] == [((0, 1, 2), 70)]


@pytest.mark.parametrize(
    ("debts", "message"),
    [
        (([0], [1], [-1]), "a debt of -1"),
        (([0], [0], [1]), "party 0 owes itself"),
        (([0], [1], [1, 2]), "are not as many"),
        (([0], [-1], [1]), "number parties from 0"),
        (([0], [1], [2**51]), "22517998136852.48 together, at most 11258999068426.24"),
    ],
)
def test_wrong_debts_are_refused(debts: Any, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        clear_debts(*debts)
