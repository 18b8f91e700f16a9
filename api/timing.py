"""The time a request may take, and what is told when it has passed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from graph.errors import TimedOut
from graph.settling import GRACE_S
from schema.context import Context

AFTER_S = 1.0
"""Seconds for what follows a commit that came late: reading back what it wrote."""


@asynccontextmanager
async def timed(limit_s: float, context: Context) -> AsyncIterator[None]:
    """Ends what is inside when its time has passed; a commit on its way is waited for.

    Args:
        limit_s: seconds it may take.
        context: the request's, which knows what was written.

    Raises:
        TimedOut: it took longer; says what was written.
    """
    try:
        # the inner one ends all that may be ended (`graph.settling`), the outer one the rest
        async with asyncio.timeout(limit_s + GRACE_S + AFTER_S), asyncio.timeout(limit_s):
            yield
    except (TimeoutError, TimedOut) as error:
        raise TimedOut(too_long(limit_s, context)) from error


def too_long(limit_s: float, context: Context) -> str:
    """What the client is told whose time has passed."""
    return (
        f"no answer within {limit_s:g} s; ask for less, or raise RENMAI_REQUEST_TIMEOUT_S. "
        + known(context)
    )


def known(context: Context) -> str:
    """What a request has written, as far as anybody knows."""
    if context.in_doubt:
        return (
            "Whether its last mutation is written is not known: send it again with the same "
            "idempotencyKey, or look"
        )
    if context.written:
        versions = ", ".join(map(str, context.written))
        return f"What it wrote is kept (version {versions}): do not send it again"
    return "Nothing was written"
