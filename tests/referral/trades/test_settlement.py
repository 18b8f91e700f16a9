from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from referral.trades.plan import plan
from referral.trades.settlement import Payment, settle, settle_trades
from referral.trades.want_graph import want_graph


@settings(deadline=None, derandomize=True, database=None, max_examples=200)
@given(st.lists(st.integers(-50, 50), max_size=12))
def test_payments_bring_every_balance_to_zero_with_the_least_money(balances: list[int]) -> None:
    net = np.array([*balances, -sum(balances)], np.int64)

    payments = settle(net)

    after = net.copy()
    for payment in payments:
        after[payment.payer] += payment.amount
        after[payment.payee] -= payment.amount
    assert not after.any()
    assert sum(p.amount for p in payments) == np.maximum(net, 0).sum()
    assert all(p.amount > 0 for p in payments)
    assert len(payments) <= max(0, int((net != 0).sum()) - 1)


def test_trades_of_unequal_value_are_evened_out() -> None:
    graph = want_graph(3, [0, 2, 1], [2, 1, 0], value=[500, 300, 900])

    payments = settle_trades(graph, plan(graph).trades)

    # 0 gave 500 and got 900, 2 gave 300 and got 500, 1 gave 900 and got 300
    assert payments == (Payment(0, 1, 400), Payment(2, 1, 200))
