"""What it means that a store answers as the reference does."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings

from graph.query import Page

FUZZ = settings(
    max_examples=250,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
"""Random queries, the same in every run; each store's own budget says how many of them it gets."""


def check_page(found: Page[Any], expected: Page[Any]) -> None:
    """The same records in the same order, with the same cursors, total and ends."""
    assert found.items == expected.items
    assert [tuple(p) for p in found.positions] == list(expected.positions)
    assert found.cursors == expected.cursors
    assert found.total == expected.total
    if expected.items:
        assert (found.has_previous, found.has_next) == (expected.has_previous, expected.has_next)
