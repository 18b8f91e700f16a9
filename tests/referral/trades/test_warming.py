from __future__ import annotations

from typing import Any

from referral.trades import columns, pricing, triangles, walking
from referral.trades.warming import warm

INNER = {"met"}
"""Called by compiled functions alone: where those come from a cache, it isn't compiled itself."""


def compiled() -> dict[str, Any]:
    """Every compiled function of the trade engine, by dotted name."""
    return {
        f"{module.__name__}.{name}": value
        for module in (walking, triangles, pricing, columns)
        for name, value in vars(module).items()
        if getattr(getattr(value, "py_func", None), "__module__", "") == module.__name__
        and not name.startswith("_")
        and name not in INNER
    }


def test_all_that_trades_run_on_is_compiled_ahead() -> None:
    assert warm() >= 0

    functions = compiled()
    assert {name.rpartition(".")[2] for name in functions} >= {
        "walk", "sort_rows", "triangles", "split_rows", "price_cycles",
    }  # fmt: skip
    assert [name for name, one in functions.items() if not one.signatures] == []
