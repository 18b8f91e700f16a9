"""Waiting for a tenant's version: a database's copies may lag behind what was written."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from time import monotonic

from graph.errors import TimedOut
from graph.looks import Looks

PATIENCE_S = 5.0
"""Seconds to wait for a version that the database does not show yet."""

_PAUSE_S = 0.02
"""Between two looks: fifty a second, however many wait."""

Look = Callable[[], Awaitable[int]]
"""Asks the database for the tenant's version."""


class Versions:
    """The version of a tenant that this process has seen; all who wait for one share the looks.

    Args:
        patience_s: how long anybody waits, beside what a look takes.

    Attributes:
        known: the version.
    """

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self.known = 0
        self._patience_s = patience_s
        self._looks = Looks()

    async def reached(self, look: Look, at_least: int) -> None:
        """Returns when that version has been seen; at once where it was before.

        Args:
            look: tells the version.
            at_least: the version waited for: the one that a write returned.

        Raises:
            TimedOut: the database does not show that version in time.
        """
        end = monotonic() + self._patience_s
        while self.known < at_least:
            await self._looks.since(monotonic() - _PAUSE_S, partial(self._look, look))
            if self.known >= at_least:
                return
            if monotonic() > end:
                raise TimedOut(
                    f"version {at_least} does not exist yet: the tenant stands at version "
                    f"{self.known}, and {self._patience_s:g} s of waiting brought no newer one; "
                    "use the version that your write returned"
                )
            await asyncio.sleep(_PAUSE_S)

    async def _look(self, look: Look) -> None:
        self.known = await look()
