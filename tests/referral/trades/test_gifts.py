from __future__ import annotations

import pytest

from referral.trades.gifts import reached_by_chains, without_givers
from referral.trades.want_graph import want_graph


@pytest.mark.parametrize(
    ("longest", "reached"),
    [(0, []), (1, [0, 1]), (2, [0, 1, 2]), (None, [0, 1, 2, 3])],
)
def test_a_chain_comes_as_far_as_it_has_legs(longest: int | None, reached: list[int]) -> None:
    graph = want_graph(5, [0, 1, 2, 3, 4], [1, 2, 3, 0, 0], gift=[True, *[False] * 4])

    assert reached_by_chains(graph, longest).nonzero()[0].tolist() == reached


def test_nothing_goes_to_a_giver() -> None:
    graph = want_graph(3, [0, 1, 2, 1], [1, 2, 0, 0], gift=[True, False, False])

    left = without_givers(graph)

    assert (left.giver.tolist(), left.receiver.tolist()) == ([0, 1], [1, 2])
    assert without_givers(left) is not left
    plain = want_graph(2, [0, 1], [1, 0])
    assert without_givers(plain) is plain
