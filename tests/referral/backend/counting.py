"""A pytest plugin for networkx's own suite: counts what the backend answers, or breaks one answer.

    NETWORKX_TEST_BACKEND=renmai NETWORKX_FALLBACK_TO_NX=1 RENMAI_COUNTS=counts.json \
        python -m pytest -p tests.referral.backend.counting --pyargs networkx

A backend that declines every call passes that suite too; hence the counting. With RENMAI_BROKEN
the function of that name gives wrong answers, which the suite has to notice.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any

import pytest

from referral.backend.answering import ANSWERS
from referral.backend.interface import interface

Function = Callable[..., Any]


class Counts:
    """Calls by function and file of tests: answered, and declined after a look at the graph."""

    def __init__(self) -> None:
        self.answered: dict[str, Counter[str]] = {name: Counter() for name in ANSWERS}
        self.declined: Counter[str] = Counter()
        self.file = "setup"

    def counting(self, name: str, run: Function) -> Function:
        """The function, each of its calls counted."""

        @wraps(run)
        def counted(*args: Any, **kwargs: Any) -> Any:
            try:
                value = run(*args, **kwargs)
            except NotImplementedError as error:
                if type(error) is NotImplementedError:
                    self.declined[name] += 1
                    raise
                self.answered[name][self.file] += 1
                raise
            except Exception:
                self.answered[name][self.file] += 1
                raise
            self.answered[name][self.file] += 1
            return value

        return counted

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Remembers whose calls come next."""
        self.file = item.nodeid.partition("::")[0]

    def pytest_sessionfinish(self) -> None:
        """Writes the counts down."""
        document = {"answered": self.answered, "declined": self.declined}
        Path(os.environ["RENMAI_COUNTS"]).write_text(json.dumps(document), encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    """Begins to count, or breaks the function that is named."""
    broken = os.environ.get("RENMAI_BROKEN")
    if broken:
        setattr(interface, broken, breaking(ANSWERS[broken].run))
    if "RENMAI_COUNTS" in os.environ:
        counts = Counts()
        for name in ANSWERS:
            setattr(interface, name, counts.counting(name, getattr(interface, name)))
        config.pluginmanager.register(counts, "renmai-counts")


def breaking(run: Function) -> Function:
    """The function with a fault: a little too much, one too few, or the opposite."""

    @wraps(run)
    def broken(*args: Any, **kwargs: Any) -> Any:
        return wrong(run(*args, **kwargs))

    return broken


def wrong(value: Any) -> Any:
    """An answer with a small fault in it."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return value * 1.01 + 0.001
    if isinstance(value, tuple):
        return (wrong(value[0]), *value[1:])
    if isinstance(value, dict):
        first = next(iter(value), None)
        return {k: wrong(v) if k == first else v for k, v in value.items()}
    if isinstance(value, set):
        return set(sorted(value, key=repr)[1:])
    if isinstance(value, Iterator):
        return iter(list(value)[1:])
    return value
