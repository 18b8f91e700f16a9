from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from graph.errors import TimedOut
from graph.network import csr
from referral.kernels.assortativity import degree_assortativity
from referral.kernels.budget import Budget
from referral.kernels.components import connected_components, strong_components
from referral.kernels.cores import core_numbers
from referral.kernels.cycles import three_cycles
from referral.kernels.forest import Below, counts, forest, parents
from referral.kernels.searching import distances_from, within_hops
from referral.kernels.shape import undirected
from referral.kernels.shortest_paths import nodes_between, shortest_path
from tests.referral.kernels.graphs import StoppingAfter

SIZE = 300
DRAW = np.random.default_rng(8)
SOURCE, TARGET = DRAW.integers(0, SIZE, (2, 700)).astype(np.int32)
FORWARD, BACKWARD = csr(SOURCE, TARGET, SIZE), csr(TARGET, SOURCE, SIZE)
BOTH = undirected(SOURCE, TARGET, SIZE)
CHAIN = csr(np.arange(SIZE - 1, dtype=np.int32), np.arange(1, SIZE, dtype=np.int32), SIZE)
BACK = csr(np.arange(1, SIZE, dtype=np.int32), np.arange(SIZE - 1, dtype=np.int32), SIZE)
CHILD = np.arange(1, SIZE, dtype=np.int32)
PARENT = (DRAW.random(SIZE - 1) * CHILD).astype(np.int32)
ABOVE = np.concatenate((np.array([-1], np.int32), PARENT))

Work = Callable[[Budget], Any]


def below(budget: Budget) -> Below:
    found = forest(ABOVE, np.arange(SIZE), budget=budget)
    assert found is not None
    return found


WORK: dict[str, tuple[str, str, Work]] = {
    "connected components": (
        "components", "CHUNK", lambda b: connected_components(SOURCE, TARGET, SIZE, budget=b).label
    ),
    "strong components": (
        "components", "CHUNK", lambda b: strong_components(FORWARD, budget=b).label
    ),
    "cores": ("cores", "CHUNK", lambda b: core_numbers(BOTH, budget=b)),
    "three cycles": (
        "cycles", "CHUNK", lambda b: np.concatenate([*three_cycles(FORWARD, BACKWARD, budget=b)])
    ),
    "parents": ("forest", "CHUNK", lambda b: parents(PARENT, CHILD, SIZE, budget=b)),
    "counts": ("forest", "CHUNK", lambda b: counts(ABOVE, budget=b)),
    "forest": ("forest", "CHUNK", lambda b: below(b).value),
    "depths": ("forest", "CHUNK", lambda b: below(b).depth),
    "who is near": ("searching", "CHUNK", lambda b: within_hops(CHAIN, 0, budget=b).ids),
    "distances": ("searching", "CHUNK", lambda b: distances_from(CHAIN, 9, budget=b)),
    "path": (
        "shortest_paths", "STEPS", lambda b: shortest_path(CHAIN, BACK, 0, SIZE - 1, budget=b)
    ),
    "between": (
        "shortest_paths", "STEPS", lambda b: nodes_between(CHAIN, BACK, 3, 250, budget=b).rings
    ),
}  # fmt: skip
"""By what is computed: the kernel's module, its measure of a chunk, and the work."""


@pytest.mark.parametrize("what", WORK)
def test_in_small_chunks_the_answer_is_the_same(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, chunk, work = WORK[what]
    whole = work(Budget())

    monkeypatch.setattr(import_module(f"referral.kernels.{module}"), chunk, 7)

    assert np.array_equal(work(Budget()), whole)


@pytest.mark.parametrize("what", WORK)
def test_a_budget_is_looked_at_between_chunks(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what was stopped leaves nothing behind for the next search."""
    module, chunk, work = WORK[what]
    whole = work(Budget())
    monkeypatch.setattr(import_module(f"referral.kernels.{module}"), chunk, 7)

    for looks in (0, 1, 5):
        with pytest.raises(TimedOut, match="was stopped"):
            work(StoppingAfter(looks))

    assert np.array_equal(work(Budget()), whole)


def test_assortativity_looks_at_its_budget_too() -> None:
    for looks in (0, 1):
        with pytest.raises(TimedOut, match="measuring assortativity was stopped"):
            degree_assortativity(FORWARD, BACKWARD, budget=StoppingAfter(looks))
