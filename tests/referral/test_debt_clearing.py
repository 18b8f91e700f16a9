from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import BadInput
from graph.model import Money
from graph.network import network_from_arrays
from referral.debt_clearing import Debt, debt_clearing
from referral.registry import run
from tests.referral.networks import contact, network

NOTHING = network_from_arrays({})


def owe(debtor: int, creditor: int, amount: int) -> Debt:
    return Debt(debtor=contact(debtor), creditor=contact(creditor), amount_minor=Money(amount))


def test_the_smallest_debt_of_a_circle_falls_away_from_all() -> None:
    found = debt_clearing(NOTHING, debts=(owe(0, 1, 100), owe(1, 2, 80), owe(2, 0, 70)))

    assert (found.total_minor, found.cleared_minor, found.remaining_minor) == (250, 210, 40)
    assert [d.remaining_minor for d in found.debts] == [30, 10, 0]
    (circle,) = found.circles
    assert (circle.amount_minor, len(circle.debts)) == (70, 3)


def test_nothing_cancels_where_there_is_no_circle() -> None:
    found = debt_clearing(NOTHING, debts=(owe(0, 1, 100), owe(1, 2, 80)))

    assert (found.cleared_minor, found.circles) == (0, ())


debts = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 10**12)).filter(
        lambda d: d[0] != d[1]
    ),
    max_size=25,
)


@settings(deadline=None)
@given(debts)
def test_nobody_is_owed_more_or_less_than_before_and_no_debt_grows(
    given_: list[tuple[int, int, int]],
) -> None:
    found = debt_clearing(NOTHING, debts=tuple(owe(*d) for d in given_))

    before: Counter[Any] = Counter()
    after: Counter[Any] = Counter()
    for debt in found.debts:
        assert 0 <= debt.remaining_minor <= debt.amount_minor
        before[debt.creditor] += debt.amount_minor
        before[debt.debtor] -= debt.amount_minor
        after[debt.creditor] += debt.remaining_minor
        after[debt.debtor] -= debt.remaining_minor
    assert {k: v for k, v in before.items() if v} == {k: v for k, v in after.items() if v}
    cleared = sum(d.amount_minor - d.remaining_minor for d in found.debts)
    assert found.cleared_minor == cleared
    assert sum(c.amount_minor * len(c.debts) for c in found.circles) == cleared
    assert found.total_minor - found.remaining_minor == cleared


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        (["contact:a,contact:b"], "write a debt as debtor,creditor,cents"),
        (["contact:a,contact:b,-1"], "debts.0.amount_minor"),
        (["contact:a,contact:b,x"], "debts.0.amount_minor"),
        ([f"contact:a,contact:b,{2**50 + 1}"], "debts.0.amount_minor"),
        (["good:a,contact:b,1"], "debts.0.debtor"),
        (["contact:a,contact:a,1"], "debts.0: 'a' owes itself; leave that debt out"),
        ([f"contact:a,contact:b,{2**49 + 1}"] * 2, "11258999068426.26 together, at most"),
    ],
)
def test_wrong_debts_are_refused(given_: list[str], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        run("debt_clearing", NOTHING, {"debts": given_})


def test_parties_that_are_not_recorded_are_told_of() -> None:
    """They are cleared all the same: a company may not keep every debtor."""
    debts = ["contact:c00000,contact:nobody,5", "contact:nobody,contact:c00000,5"]

    found = run("debt_clearing", network(1), {"debts": debts})

    assert found.cleared_minor == 10
    assert found.unrecorded == ("Contact nobody",)
