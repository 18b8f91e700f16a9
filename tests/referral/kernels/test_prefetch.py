"""Asking for memory ahead changes no answer and reads nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from graph.network.csr import Csr
from referral.kernels.compiling import compiled
from referral.kernels.prefetch import ROWS_AHEAD, prefetch, prefetch_row


@compiled
def asked(values: Any, place: Any) -> None:
    """Sends for one place."""
    prefetch(values, place)


@pytest.mark.parametrize("place", [0, 3, -1, 2**40, np.int32(-1), np.uint32(2**32 - 1)])
@pytest.mark.parametrize(
    "values",
    [np.arange(4), np.arange(8, dtype=np.uint32).reshape(4, 2), np.empty(0, np.bool_)],
    ids=["numbers", "rows", "nothing"],
)
def test_any_place_may_be_asked_for(values: np.ndarray[Any, Any], place: Any) -> None:
    before = values.copy()

    asked(values, place)

    assert (values == before).all()


def test_the_core_is_told() -> None:
    asked(np.arange(4), 2)

    assert all("@llvm.prefetch" in code for code in asked.inspect_llvm().values())  # type: ignore[attr-defined]


@pytest.mark.parametrize("count", range(2 * ROWS_AHEAD + 2))
def test_rows_are_sent_for_up_to_the_end(count: int) -> None:
    rows = Csr(np.arange(count + 1, dtype=np.int32), np.zeros(count, np.int32))
    nodes = np.arange(count, dtype=np.uint32)

    for at in range(count):
        prefetch_row(*rows, nodes, at, count)

    assert (nodes == np.arange(count)).all()
