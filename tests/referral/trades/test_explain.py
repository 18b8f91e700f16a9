from __future__ import annotations

from referral.trades.explain import LeftOut, Reason, left_out, why
from referral.trades.plan import plan
from referral.trades.plan_types import Goal, Objective, PlanOptions
from referral.trades.want_graph import want_graph


def test_each_party_left_out_is_told_why() -> None:
    # 0, 1 swap; 2 offers nothing wanted, 3 needs nothing offered, 4 is on no circle, 5 competes
    graph = want_graph(
        7, [0, 1, 0, 3, 0, 4, 4, 0, 5], [1, 0, 2, 0, 4, 6, 2, 5, 0],
        value=[9, 9, 1, 1, 1, 1, 1, 1, 1],
    )  # fmt: skip
    options = PlanOptions(objective=Objective.VALUE)
    found = plan(graph, options)

    told = left_out(graph, options, found, costs=True)

    assert [(t.party, t.reason) for t in told] == [
        (2, Reason.NOT_WANTED),
        (3, Reason.NOTHING_FITS),
        (4, Reason.NO_CIRCLE),
        (5, Reason.COMPETING),
        (6, Reason.NOT_WANTED),
    ]
    last = told[3]
    assert (last.circles, last.winners) == (1, (0,))
    assert last.cost is not None
    assert last.cost[Goal.VALUE] == 16
    assert why(last) == "it is on circles, but others won (1 circle)"
    assert why(LeftOut(2, Reason.NOT_WANTED)) == "nobody else needs what it offers"
    many = LeftOut(2, Reason.COMPETING, circles=2_000, circles_exact=False)
    assert why(many) == "it is on circles, but others won (at least 2,000 circles)"
    assert left_out(graph, options, found, parties=[1, 4])[0].party == 4
