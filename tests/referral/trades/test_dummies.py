from __future__ import annotations

import pytest

from graph.errors import TooExpensive
from referral.trades import dummies
from referral.trades.dummies import expand
from referral.trades.want_graph import want_graph


def test_dummies_that_no_want_needs_are_beaten_by_direct_wants() -> None:
    graph = want_graph(3, [0, 0, 1], [2, 1, 2], dummy=[False, True, False], cost=[1, 0, 5])

    expanded = expand(graph)

    assert expanded.giver.tolist() == [0]
    assert expanded.via.tolist() == [[]]


def test_too_many_ways_through_dummies_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dummies, "LARGEST", 0)

    with pytest.raises(TooExpensive, match="more than 0 arcs behind dummies"):
        expand(want_graph(3, [0, 1], [1, 2], dummy=[False, True, False]))
