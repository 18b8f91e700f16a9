"""Stops the work for a client that is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from starlette.types import Receive

T = TypeVar("T")

PATIENCE_S = 0.02
"""From when on a request's client is watched: most are answered before, and a watch takes a task of
its own (5 microseconds, where the timer takes 1)."""


class ClientGone(Exception):
    """Nobody waits for the answer any more."""


class _Watch:
    """Cancels a task once the client it works for is gone.

    Attributes:
        gone: whether it was.
    """

    __slots__ = ("_looking", "_receive", "_task", "_timer", "gone")

    def __init__(self, receive: Receive, task: asyncio.Task[object]) -> None:
        self.gone = False
        self._receive = receive
        self._task = task
        self._looking: asyncio.Task[None] | None = None
        self._timer = task.get_loop().call_later(PATIENCE_S, self._begin)

    def _begin(self) -> None:
        self._looking = asyncio.create_task(self._look())

    async def _look(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.gone = True
        self._task.cancel()

    def end(self) -> None:
        """Watches no longer."""
        self._timer.cancel()
        if self._looking is not None:
            self._looking.cancel()


async def while_present(receive: Receive, work: Awaitable[T]) -> T:
    """What the work gives; it is cancelled, in the caller's own task, when the client is gone.

    Args:
        receive: the request's ASGI channel, its body already read.
        work: what is done for the client.

    Raises:
        ClientGone: the client is gone.
    """
    task = asyncio.current_task()
    assert task is not None
    watch = _Watch(receive, task)
    try:
        found = await work
    except asyncio.CancelledError:
        if not watch.gone or task.uncancel() > 0:
            raise  # somebody else ends it
    finally:
        watch.end()
    if not watch.gone:
        return found
    if task.cancelling():
        task.uncancel()  # the work went on: a commit on its way is not given up
    raise ClientGone
