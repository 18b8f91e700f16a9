"""The deadline of an operation, and turns for others on the event loop."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from graph.errors import TimedOut

T = TypeVar("T")

LONG = 500
"""From how many items a list is watched: some 200 microseconds of work."""

TURN_S = 0.005
"""Longest time between two levels that others on the loop wait: stores may answer at once."""


class Overdue(TimedOut):
    """The deadline passed while an answer was made; never the error of one field."""


class Clock:
    """Says when an operation must stop.

    Args:
        deadline: in seconds of `time.perf_counter`; never, if None.
    """

    __slots__ = ("_deadline", "_turn")

    _turn: float
    """Until when those who share the clock may go on before others have their turn."""

    def __init__(self, deadline: float | None) -> None:
        self._deadline = math.inf if deadline is None else deadline
        self._turn = time.perf_counter() + TURN_S

    def stop(self) -> None:
        """Nobody wants the answer any more: whoever looks at the clock is overdue."""
        self._deadline = -math.inf

    def check(self) -> float:
        """The time; goes on if there is some left."""
        now = time.perf_counter()
        if now > self._deadline:
            raise Overdue("the answer took too long; ask for less at once")
        return now

    async def turn(self) -> None:
        """Between two pieces of work: lets others run that have waited, and a cancellation arrive.

        All levels side by side wait here once the time is up, and go on one after another: the
        loop would run all that are ready before it looks at its sockets.

        Raises:
            Overdue: the deadline has passed.
        """
        while self.check() > self._turn:
            before = self._turn
            await asyncio.sleep(0)
            if self._turn == before:  # the first to come back
                self._turn = time.perf_counter() + TURN_S

    def watch(self, items: Iterable[T]) -> Iterator[T]:
        """The items of a long list.

        Raises:
            Overdue: the deadline passed on the way.
        """
        for at, item in enumerate(items):
            if at % LONG == 0:
                self.check()
            yield item
