"""The time a request may take, and what is told when it has passed."""

from __future__ import annotations

import asyncio
from types import TracebackType

from graph.errors import TimedOut
from graph.settling import GRACE_S
from schema.context import Context

AFTER_S = 1.0
"""Seconds for what follows a commit that came late: reading back what it wrote."""


class TimeLimit:
    """Ends what is inside when its time has passed; a commit on its way is waited for.

    It is a class of its own since two of `asyncio.timeout`, one within the other, cost 14
    microseconds a request.

    Args:
        limit_s: seconds it may take.
        context: the request's, which knows what was written.

    Raises:
        TimedOut: it took longer; says what was written.
    """

    __slots__ = ("_cancelling", "_context", "_ends", "_limit_s", "_task", "_timer")

    _task: asyncio.Task[object]
    _cancelling: int
    """How often others had cancelled the task before."""
    _timer: asyncio.TimerHandle

    def __init__(self, limit_s: float, context: Context) -> None:
        self._limit_s = limit_s
        self._context = context
        self._ends = 0

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._cancelling = task.cancelling()
        self._timer = task.get_loop().call_later(self._limit_s, self._end)

    def _end(self) -> None:
        """Ends all that may be ended (`graph.settling`), and the rest some time later."""
        self._ends += 1
        if self._ends == 1:
            self._timer = self._task.get_loop().call_later(GRACE_S + AFTER_S, self._end)
        self._task.cancel()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        late = isinstance(error, TimeoutError | TimedOut)
        if self._ends:
            left = [self._task.uncancel() for _ in range(self._ends)][-1]
            late |= isinstance(error, asyncio.CancelledError) and left <= self._cancelling
        if late:
            raise TimedOut(too_long(self._limit_s, self._context)) from error


def too_long(limit_s: float, context: Context) -> str:
    """What the client is told whose time has passed."""
    told = f"no answer within {limit_s:g} s; ask for less, or raise RENMAI_REQUEST_TIMEOUT_S"
    return f"{told}. {known(context)}" if context.writes else told


def known(context: Context) -> str:
    """What a mutation has written, as far as anybody knows."""
    if context.in_doubt:
        return (
            "Whether its last mutation is written is not known: send it again with the same "
            "idempotencyKey, or look"
        )
    if context.written:
        versions = ", ".join(map(str, context.written))
        return f"What it wrote is kept (version {versions}): do not send it again"
    return "Nothing was written"
