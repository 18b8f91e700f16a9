from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from referral.trades.highs import linear


def test_a_relaxation_has_its_value_and_a_price_of_each_row() -> None:
    # an odd circle of three pairs, each of which shares an end with the others
    matrix = csr_array(np.array([[1.0, 1, 0], [0, 1, 1], [1, 0, 1]]))

    found = linear(np.ones(3), matrix, np.ones(3), (np.zeros(3), np.full(3, np.inf)))

    assert found is not None
    assert round(found.value, 9) == 1.5
    assert found.rows.round(9).tolist() == [-0.5, -0.5, -0.5]


def test_rows_that_contradict_each_other_have_no_solution() -> None:
    matrix = csr_array(np.array([[1.0], [-1.0]]))

    assert (
        linear(np.ones(1), matrix, np.array([1.0, -2.0]), (np.zeros(1), np.full(1, np.inf))) is None
    )
