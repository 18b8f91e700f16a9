"""Looks at something that changes, each shared by all who asked before it began."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

NEVER = float("-inf")

TURNS = 2
"""Turns of the event loop after a look until the next one begins: in the first those whom it served
go on, in the second what their clients ask next has been read, and shares the next look."""

Look = Callable[[], Awaitable[None]]
Waiter = asyncio.Future[Exception | None]


class Looks:
    """One look at a time; those who come while it goes on share the next one.

    Nobody is served by a look that began before they asked.

    Attributes:
        newest: when the newest look that succeeded began (`time.monotonic`).
    """

    def __init__(self) -> None:
        self.newest = NEVER
        self._busy = False
        self._began = NEVER
        self._served: list[Waiter] = []
        self._waiting: list[Waiter] = []
        self._task: asyncio.Task[None] | None = None

    async def since(self, moment: float, look: Look) -> None:
        """Returns when a look has succeeded that began at that moment or later.

        Who comes alone looks at once and by themselves. If they are cancelled meanwhile, others
        whom that look would have served look again.

        Args:
            moment: in seconds of `time.monotonic`; not in the future.
            look: looks.

        Raises:
            Exception: what the look raised; all whom it would have served are told.
        """
        while self.newest < moment:
            if self._busy:
                waiter: Waiter = asyncio.get_running_loop().create_future()
                (self._served if self._began >= moment else self._waiting).append(waiter)
                failed = await waiter
            else:
                failed = await self._look(look)
            if failed is not None:
                raise failed

    async def _look(self, look: Look) -> Exception | None:
        """Looks for all who wait; why it failed."""
        began = self._began = monotonic()
        self._busy = True
        self._served, self._waiting = self._waiting, []
        failed = None
        try:
            await look()
            self.newest = began
        except Exception as error:  # told to all, each of whom raises it
            failed = error
        finally:
            self._end(failed, look)
        return failed

    def _end(self, failed: Exception | None, look: Look) -> None:
        for waiter in self._served:
            if not waiter.done():  # else it was cancelled
                waiter.set_result(failed)
        self._served = []
        self._began = NEVER
        self._next(look, TURNS)

    def _next(self, look: Look, turns: int) -> None:
        """Looks again, after some turns, if anybody waits."""
        self._waiting = [waiter for waiter in self._waiting if not waiter.done()]
        if not self._waiting:
            self._busy = False
        elif turns:
            asyncio.get_running_loop().call_soon(self._next, look, turns - 1)
        else:
            self._task = asyncio.create_task(self._shared(look))

    async def _shared(self, look: Look) -> None:
        await self._look(look)
