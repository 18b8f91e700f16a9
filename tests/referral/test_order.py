from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from referral.kernels.order import best, level


def test_floats_that_differ_by_a_billionth_are_equal_at_any_size() -> None:
    levels = level(np.array([0.1 + 0.2, 1e300, 0.3, -4e-310, 1.0000000001e300, 0.0, 0.3000001]))

    assert levels.tolist() == [0.3, 1e300, 0.3, -4e-310, 1e300, 0.0, 0.3000001]


def test_near_scores_are_equal_on_both_sides_of_any_border() -> None:
    border = 0.1234567895
    near = border + np.arange(-5, 6) * 1e-14

    assert set(level(near).tolist()) == {near[0]}


def test_what_is_nearer_than_a_kernel_may_be_off_by_is_equal() -> None:
    scores = np.array([1.0, 1e-7, 1.00001e-7, 0.0])

    assert level(scores, blur=1e-11).tolist() == [1.0, 1e-7, 1e-7, 0.0]
    assert level(scores).tolist() == scores.tolist()


def test_unknown_and_infinite_scores_stay_what_they_are() -> None:
    levels = level(np.array([np.nan, np.inf, 1.0, np.nan, np.inf]))

    assert levels[[1, 2, 4]].tolist() == [np.inf, 1.0, np.inf]
    assert np.isnan(levels[[0, 3]]).all()
    assert level(np.zeros(0)).tolist() == []


def test_whole_numbers_are_compared_exactly() -> None:
    values = np.array([2**60, 2**60 + 1])

    assert best(values, np.arange(2), 1).tolist() == [1]


def test_sums_that_differ_in_the_last_digit_are_equal() -> None:
    values = np.array([0.3, 0.1 + 0.2])

    assert best(level(values), np.arange(2), 2).tolist() == [0, 1]


@given(st.lists(st.integers(0, 5)), st.integers(1, 8))
def test_best_is_sorting_by_score_then_id(values: list[int], first: int) -> None:
    expected = sorted(range(len(values)), key=lambda i: (-values[i], i))[:first]

    assert best(np.array(values, np.int64), np.arange(len(values)), first).tolist() == expected
