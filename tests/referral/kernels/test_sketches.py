from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from graph.errors import BadInput, TimedOut
from referral.kernels.budget import Budget
from referral.kernels.reach import reach_with_value
from referral.kernels.sketches import estimated_reach
from tests.referral.kernels.graphs import EVERY, Graph, arrays, over, permuted


@over(EVERY)
def test_estimates_are_within_a_few_standard_errors_of_the_count(graph: Graph) -> None:
    given = arrays(graph)
    value = np.random.default_rng(1).integers(0, 50, given.size)
    exact = reach_with_value(given.source, given.target, given.size, value)

    count, error = estimated_reach(given.source, given.target, given.size, error=0.04)
    total, _ = estimated_reach(given.source, given.target, given.size, value, error=0.04)

    assert error <= 0.04
    assert (abs(count - exact.count) <= 4.5 * error * (exact.count + 1)).all()
    assert (abs(total - exact.value) <= 4.5 * error * (exact.value + value)).all()
    assert (count[exact.count == 0] == 0).all()


def test_two_of_three_estimates_keep_the_standard_error() -> None:
    given = arrays(nx.gnm_random_graph(3_000, 3_300, seed=5, directed=True))
    exact = reach_with_value(given.source, given.target, 3_000, np.ones(3_000, np.int64)).count + 1

    found, error = estimated_reach(given.source, given.target, 3_000)

    assert error == pytest.approx(1 / np.sqrt(112 - 2))
    off = abs(found + 1 - exact)[exact > 1] / exact[exact > 1]
    # neighbours share their draws, so the share is not exactly that of independent draws
    assert 0.5 < float((off <= error).mean()) < 0.9


@over(EVERY)
def test_new_ids_change_no_more_than_the_error(graph: Graph) -> None:
    given = arrays(graph)
    other, new = permuted(given, 3)

    found, error = estimated_reach(given.source, given.target, given.size, error=0.04)
    same, _ = estimated_reach(other.source, other.target, other.size, error=0.04)

    assert (abs(same[new] - found) <= 6 * error * (found + 1)).all()


def test_equal_seeds_give_equal_answers() -> None:
    given = arrays(nx.gnm_random_graph(200, 300, seed=5, directed=True))
    ends = given.source, given.target, 200

    assert estimated_reach(*ends)[0].tolist() == estimated_reach(*ends, seed=1)[0].tolist()
    assert estimated_reach(*ends)[0].tolist() != estimated_reach(*ends, seed=2)[0].tolist()


def test_what_cannot_be_estimated_is_refused() -> None:
    one, two = np.array([0], np.int32), np.array([1], np.int32)

    with pytest.raises(BadInput, match=r"error 0 is not above 0; ask for 0\.1"):
        estimated_reach(one, two, 2, error=0)
    with pytest.raises(BadInput, match="value -3 is below 0"):
        estimated_reach(one, two, 2, np.array([5, -3]))
    with pytest.raises(TimedOut, match="estimating reach takes longer than the 0 s allowed"):
        estimated_reach(one, two, 2, budget=Budget(0))
