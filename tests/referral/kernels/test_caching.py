from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from graph.errors import BadInput, TimedOut
from graph.network import csr
from referral.kernels.budget import UNLIMITED, Budget
from referral.kernels.scratch import KEPT, scratch
from referral.kernels.searching import within_hops
from referral.kernels.shape import (
    checked_size,
    frozen,
    strengths,
    summed,
    turned,
    undirected,
    undirected_weighted,
)
from referral.kernels.triangles import triangles

SCRIPT = """
import logging, sys
from pathlib import Path
logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
if sys.argv[2] == "late":
    import numba
from referral.kernels.cache import cache_in
cache_in(Path(sys.argv[1]))
import numpy as np
from graph.network import csr
from referral.kernels.triangles import triangles
ends = np.array([0, 1, 1, 2, 2, 0], np.int32), np.array([1, 0, 2, 1, 0, 2], np.int32)
print(triangles(csr(*ends, 3)).tolist())
"""


@pytest.mark.parametrize("when", ["early", "late"])
def test_compiled_code_is_kept_in_the_folder_and_its_making_is_told_once(
    tmp_path: Path, when: str
) -> None:
    def run() -> list[str]:
        made = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(tmp_path), when],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "NUMBA_CACHE_DIR": ""},
        )
        return [line for line in made.stdout.splitlines() if "upward" not in line]

    first, second = run(), run()

    name = "referral.kernels.triangles._triangles"
    assert first[0] == f"compiling {name}: first use without a cache, some seconds"
    assert first[1].startswith(f"compiled {name} in ")
    assert first[1].endswith(" s; `renmai warm` does it ahead")
    assert second == ["[1, 1, 1]"]
    assert list(tmp_path.rglob("*.nbc"))


def test_a_budget_without_bounds_never_stops() -> None:
    UNLIMITED.check("anything")
    Budget(3_600, threading.Event()).check("anything")


def test_a_flag_stops_and_so_does_the_clock() -> None:
    cancel = threading.Event()
    cancel.set()

    with pytest.raises(TimedOut, match="reach was cancelled; ask again for an answer"):
        Budget(cancel=cancel).check("reach")
    with pytest.raises(TimedOut, match=r"reach takes longer than the 0 s allowed; ask about fewer"):
        Budget(0).check("reach")


def test_scratches_are_shared_and_new_ones_made_while_they_are_held() -> None:
    with scratch(10) as one, scratch(20) as other:
        assert one is not other
        assert other.marks.shape[1] >= 20
        before = other.stamp
    with scratch(5) as again:
        assert again in (one, other)
        assert again.stamp > 0
    assert before >= 1
    assert KEPT == 2


def test_kernels_take_row_starts_of_64_bits_where_32_are_too_few(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    draw = np.random.default_rng(3)
    source, target = draw.integers(0, 40, (2, 200)).astype(np.int32)
    rows = undirected(source, target, 40)
    near, corners = within_hops(rows, 0, 2), triangles(rows)

    monkeypatch.setattr(import_module("graph.network.csr"), "MOST_IN_32_BITS", 100)
    wide = undirected(source, target, 40)

    assert wide.starts.dtype == np.int64
    assert within_hops(wide, 0, 2).ids.tolist() == near.ids.tolist()
    assert triangles(wide).tolist() == corners.tolist()


def test_turned_rows_are_those_of_the_reversed_edges() -> None:
    source, target = np.array([0, 0, 2], np.int32), np.array([1, 2, 1], np.int32)

    back = turned(csr(source, target, 3))

    assert back.starts.tolist() == [0, 0, 2, 3]
    assert back.ids.tolist() == [0, 2, 0]


def test_undirected_rows_have_no_loops_and_each_edge_once() -> None:
    source, target = np.array([0, 1, 1, 2], np.int32), np.array([1, 0, 1, 1], np.int32)

    rows = undirected(source, target, 3)
    heavy = undirected_weighted(source, target, 3, np.array([1, 10, 100, 1_000]))

    assert rows.ids.tolist() == heavy.graph.ids.tolist() == [1, 0, 2, 1]
    assert heavy.weights.tolist() == [11, 11, 1_000, 1_000]
    assert strengths(heavy).tolist() == [11, 1_011, 1_000]
    assert undirected_weighted(source, target, 3).weights.tolist() == [2, 2, 1, 1]


def test_sums_of_nothing_are_empty() -> None:
    none = np.empty(0, np.int32)

    assert summed(none, none, 2, np.empty(0)).weights.tolist() == []


def test_frozen_values_are_the_same_memory_and_cannot_be_written() -> None:
    values = np.arange(3, dtype=np.int32)

    view = frozen(values, np.int32)

    assert np.shares_memory(view, values)
    assert values.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 1
    assert frozen(values[::2], np.int64).tolist() == [0, 2]


def test_more_nodes_than_ids_are_refused() -> None:
    assert checked_size(2**31 - 1) == 2**31 - 1
    with pytest.raises(BadInput, match="2,147,483,648 nodes are too many; at most 2,147,483,647"):
        checked_size(2**31)


def test_what_others_compile_is_not_told(caplog: pytest.LogCaptureFixture) -> None:
    from numba import njit

    with caplog.at_level(logging.INFO, logger="referral.kernels.compiling"):
        assert njit(lambda x: x + 1)(1) == 2

    assert caplog.messages == []
