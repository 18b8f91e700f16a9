"""Waiting for a tenant's version: a database's copies may lag behind what was written."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from graph.errors import TimedOut

PATIENCE_S = 5.0
"""Seconds to wait for a version that the database does not show yet."""

_PAUSE_S = 0.02


async def reached(
    look: Callable[[], Awaitable[int]], at_least: int, patience_s: float = PATIENCE_S
) -> int:
    """The tenant's version, once it is that great.

    Args:
        look: tells the version.
        at_least: the version waited for: the one that a write returned.
        patience_s: how long.

    Raises:
        TimedOut: the database does not show that version.
    """
    end = time.monotonic() + patience_s
    while (version := await look()) < at_least:
        if time.monotonic() > end:
            raise TimedOut(
                f"version {at_least} does not exist yet: the tenant stands at version "
                f"{version}, and {patience_s:g} s of waiting brought no newer one; "
                "use the version that your write returned"
            )
        await asyncio.sleep(_PAUSE_S)
    return version
