"""What is said of a mutant follows from what the comparison said, not from how a run ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.schema.execution.mutants import (
    EXECUTION,
    FAILED,
    MUTANTS,
    SEEDS,
    SEEN,
    Mutant,
    copy,
    tried,
)


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what a run needs."""
    folder = tmp_path_factory.mktemp("copy")
    copy(folder)
    return folder


def test_a_mutant_that_answers_otherwise_is_seen(copied: Path) -> None:
    mutant = next(m for m in MUTANTS if m.name == "constant arguments are lost")

    verdict, told = tried(mutant, copied, "1", SEEDS[0])

    assert verdict == SEEN
    assert "DIFFERENT: " in told


def test_a_mutant_that_cannot_run_has_failed_and_is_not_seen(copied: Path) -> None:
    mutant = Mutant("it is no Python", "counters", "from __future__ import", "from from")

    verdict, told = tried(mutant, copied, "1", SEEDS[0])

    assert verdict == FAILED
    assert "SyntaxError" in told


def test_a_copy_is_whole_again_after_each(copied: Path) -> None:
    module = copied / EXECUTION / "counters.py"
    before = module.read_text("utf-8")

    mutant = Mutant("it is no Python", "counters", "from __future__ import", "from from")
    tried(mutant, copied, "1", SEEDS[0])

    assert module.read_text("utf-8") == before
