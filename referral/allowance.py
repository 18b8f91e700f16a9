"""The time a computation is allowed, said by whoever runs it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from referral.kernels.budget import Budget

PATIENCE_S = 25.0
"""Seconds that an analytic may take where nobody says otherwise."""

_ALLOWED: ContextVar[Budget | None] = ContextVar("allowed", default=None)


def budget() -> Budget:
    """The budget of the analytic that is running; all its kernels share it."""
    return _ALLOWED.get() or Budget(PATIENCE_S)


@contextmanager
def allowing(given: Budget) -> Iterator[None]:
    """Lets what runs inside, in this thread or task, take as long as that budget says."""
    token = _ALLOWED.set(given)
    try:
        yield
    finally:
        _ALLOWED.reset(token)


SHARE = 0.8
"""Of the time a request has left, what a search gets: what it found is still to be shown."""


def seconds(wanted: float) -> float:
    """Seconds for a search that gives what it has when they are over: as wanted, if allowed."""
    left = budget().left()
    return wanted if left is None else min(wanted, left * SHARE)


def stoppable_clock() -> Callable[[], float]:
    """A clock in seconds by which all time is over once the computation is told to stop."""
    allowed = budget()

    def clock() -> float:
        return math.inf if allowed.stopped() else time.monotonic()

    return clock
