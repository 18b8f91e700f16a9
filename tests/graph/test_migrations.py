"""Migrations: numbered, checksummed, forwards only."""

from __future__ import annotations

import pytest

from graph.errors import StoreUnavailable
from graph.migrations import Migration, pending

FIRST = Migration(1, "tables", ("CREATE a", "CREATE b"))
SECOND = Migration(2, "more tables", ("CREATE c",))


def test_a_new_store_runs_all_in_order() -> None:
    assert pending((FIRST, SECOND), {}, "here") == (FIRST, SECOND)


def test_what_has_run_does_not_run_again() -> None:
    assert pending((FIRST, SECOND), {1: FIRST.checksum}, "here") == (SECOND,)
    applied = {1: FIRST.checksum, 2: SECOND.checksum}
    assert pending((FIRST, SECOND), applied, "here") == ()


def test_a_newer_store_is_refused() -> None:
    with pytest.raises(StoreUnavailable) as refused:
        pending((FIRST,), {1: FIRST.checksum, 2: "x"}, "/data/a.db")

    assert str(refused.value) == (
        "/data/a.db was written by a newer version of renmai (its form is 2, this version knows "
        "up to 1); upgrade renmai, or open another store"
    )


def test_a_migration_that_was_edited_after_it_ran_is_refused() -> None:
    with pytest.raises(StoreUnavailable, match="has run another migration 1 than 'tables'"):
        pending((FIRST, SECOND), {1: "of something else"}, "here")


def test_the_checksum_tells_one_statement_from_two() -> None:
    joined = Migration(1, "tables", ("CREATE a\n;\nCREATE b",))
    swapped = Migration(1, "tables", ("CREATE b", "CREATE a"))

    assert FIRST.checksum == Migration(9, "renamed", FIRST.statements).checksum
    assert FIRST.checksum != swapped.checksum
    assert FIRST.checksum != joined.checksum
