"""How long a server is waited for: what is tried again, and when it counts as gone."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from neo4j.exceptions import (
    DriverError,
    Neo4jError,
    ReadServiceUnavailable,
    ServiceUnavailable,
    SessionExpired,
    WriteServiceUnavailable,
)

from graph.errors import StoreUnavailable

OUTAGE_S = 2.0
"""How long a server that refuses connections is tried again: enough for connections that a
firewall or a restart has cut, while whoever asks still learns within seconds that it is down."""

FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 1.0

LOOK_S = 2.0
"""Seconds without an answer after which the server is asked whether it is still there."""

ANSWER_S = 4.0
"""Seconds within which it says so; a garbage collection may stop it for one or two."""


class Attempts:
    """The pauses between the tries of one piece of work.

    Args:
        passing_s: how long is tried again what the server itself says may pass: a deadlock, a
            cluster without a leader.
        outage_s: how long a server that does not answer is.
    """

    def __init__(self, passing_s: float, outage_s: float = OUTAGE_S) -> None:
        self._passing_s = passing_s
        self._outage_s = outage_s
        self._began: float | None = None
        self._pause = FIRST_PAUSE_S

    def pause(self, error: Neo4jError | DriverError) -> float | None:
        """Seconds to wait before the next try after that failure; None when there is none."""
        if not error.is_retryable():
            return None
        now = time.monotonic()
        if self._began is None:
            self._began = now
        pause = self._pause * random.uniform(0.8, 1.2)
        self._pause = min(2 * self._pause, LONGEST_PAUSE_S)
        limit = self._outage_s if is_outage(error) else self._passing_s
        return pause if now + pause < self._began + limit else None


def is_outage(error: Exception) -> bool:
    """Whether nothing answers at all; a cluster that is choosing its leader does answer."""
    return isinstance(error, ServiceUnavailable | SessionExpired) and not isinstance(
        error, ReadServiceUnavailable | WriteServiceUnavailable
    )


class Pulse:
    """Tells a server that takes its time from one that has stopped without closing anything.

    A process that is stopped, or a machine that is gone, leaves its connections open: the driver
    would wait for minutes. So whoever has waited for a while has the server asked, over a
    connection of its own; no answer ends the waiting. One question serves all who wait.

    Args:
        ask: connects, and returns once the server has answered.
    """

    def __init__(self, ask: Callable[[], Awaitable[object]]) -> None:
        self._ask = ask
        self._asking: asyncio.Task[bool] | None = None

    @asynccontextmanager
    async def watched(self, address: str) -> AsyncIterator[None]:
        """Ends what is inside when the server does not react.

        Raises:
            StoreUnavailable: it does not.
        """
        loop = asyncio.get_running_loop()
        looks: list[asyncio.Task[None]] = []
        try:
            async with asyncio.timeout(None) as limit:
                first = loop.call_later(
                    LOOK_S, lambda: looks.append(loop.create_task(self._look(limit)))
                )
                try:
                    yield
                finally:
                    first.cancel()
                    for look in looks:
                        look.cancel()
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise StoreUnavailable(
                f"Neo4j at {address} took the connection but does not react; "
                "look whether it is stopped or overloaded, and restart it if need be"
            ) from error

    async def _look(self, limit: asyncio.Timeout) -> None:
        loop = asyncio.get_running_loop()
        while not limit.expired():
            if not await self._reacts():
                limit.reschedule(loop.time())
            await asyncio.sleep(LOOK_S)

    async def _reacts(self) -> bool:
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._answer())
        return await asyncio.shield(self._asking)

    async def _answer(self) -> bool:
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._ask()
        except Neo4jError:
            return True  # it refuses, so it is there
        except (DriverError, OSError):  # TimeoutError is one of OSError's
            return False
        return True

    async def end(self) -> None:
        """Stops asking."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait([self._asking])
