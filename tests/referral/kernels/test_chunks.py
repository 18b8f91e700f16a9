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
from referral.kernels.communities import modularity
from referral.kernels.components import condensed, connected_components, strong_components
from referral.kernels.cores import core_numbers
from referral.kernels.cycles import three_cycles, two_cycles
from referral.kernels.forest import Below, counts, forest, parents
from referral.kernels.hops import rings
from referral.kernels.searching import distances_from, within_hops
from referral.kernels.shape import undirected
from referral.kernels.shortest_paths import nodes_between, shortest_path
from referral.kernels.ways import number_of_ways, rings_between
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

PAIRS = np.unique(np.stack((SOURCE, TARGET))[:, SOURCE != TARGET], axis=1)
PAIRS = np.unique(np.concatenate((PAIRS, PAIRS[::-1, :30]), axis=1), axis=1)
MIDDLE, ENDS = np.arange(1, 31, dtype=np.int32).repeat(2), np.tile(np.array([0, 31], np.int32), 30)
LADDER = undirected(MIDDLE, ENDS, 32)  # thirty ways of two steps from 0 to 31

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
    "two cycles": ("cycles", "BATCH", lambda b: two_cycles(PAIRS[0], PAIRS[1], budget=b)),
    "number of ways": (
        "ways",
        "CHUNK",
        lambda b: number_of_ways([LADDER], rings_between([LADDER], 0, 31), budget=b),
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


STOPS: dict[str, Work] = {
    "finding who is near": lambda b: rings([CHAIN], 0, None, np.zeros(SIZE, np.bool_), budget=b),
    "finding shortest ways": lambda b: rings_between([CHAIN, BACK], 0, 99, budget=b),
    "joining components": lambda b: condensed(FORWARD, strong_components(FORWARD), budget=b),
    "measuring modularity": lambda b: modularity(BOTH, np.zeros(SIZE, np.int32), budget=b),
}


@pytest.mark.parametrize("what", STOPS)
def test_work_of_few_steps_looks_at_its_budget_between_them(what: str) -> None:
    for looks in (0, 1):
        with pytest.raises(TimedOut, match=f"{what} was stopped"):
            STOPS[what](StoppingAfter(looks))


def test_assortativity_looks_at_its_budget_too() -> None:
    for looks in (0, 1):
        with pytest.raises(TimedOut, match="measuring assortativity was stopped"):
            degree_assortativity(FORWARD, BACKWARD, budget=StoppingAfter(looks))
