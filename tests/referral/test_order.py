from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral.kernels.order import best, significant


def test_floats_keep_twelve_digits_at_any_size() -> None:
    rounded = significant(np.array([0.1 + 0.2, 1.0000000000001e300, -4e-310, 0.0]))

    assert rounded.tolist() == pytest.approx([0.3, 1e300, -4e-310, 0.0], rel=1e-12)
    assert rounded[0] == 0.3


def test_whole_numbers_are_compared_exactly() -> None:
    values = np.array([2**60, 2**60 + 1])

    assert best(values, np.arange(2), 1).tolist() == [1]


def test_sums_that_differ_in_the_last_digit_are_equal() -> None:
    values = np.array([0.3, 0.1 + 0.2])

    assert best(values, np.arange(2), 2).tolist() == [0, 1]


@given(st.lists(st.integers(0, 5)), st.integers(1, 8))
def test_best_is_sorting_by_score_then_id(values: list[int], first: int) -> None:
    expected = sorted(range(len(values)), key=lambda i: (-values[i], i))[:first]

    assert best(np.array(values, np.int64), np.arange(len(values)), first).tolist() == expected
