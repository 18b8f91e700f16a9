"""What becomes of a commit whose caller stops waiting: taken back, waited for, or said unknown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from graph.errors import Unconfirmed

GRACE_S = 10.0
"""Longest time that a commit on its way holds up a caller who was cancelled, in seconds."""

T = TypeVar("T")

_left: set[asyncio.Future[Any]] = set()
"""Commits that nobody waits for any more; the event loop itself keeps no task alive."""


async def settled(work: asyncio.Future[T], withdraw: Callable[[], bool]) -> T:
    """What a commit gives; a caller who is cancelled still learns what became of it.

    Args:
        work: the commit, on its way by itself.
        withdraw: takes it back if it has not begun, and tells whether that was possible.

    Returns:
        What the work gives, also where the caller was cancelled and the commit had begun.

    Raises:
        CancelledError: the caller was cancelled, and nothing was or will be written.
        Unconfirmed: the caller was cancelled, and nobody knows after `GRACE_S`.
    """
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        if work.cancelled() or (not work.done() and withdraw()):
            raise
    with suppress(asyncio.CancelledError):  # who insists gets what is known by now
        await asyncio.wait([work], timeout=GRACE_S)
    if work.done():
        return work.result()
    _left.add(work)
    work.add_done_callback(_forget)
    raise Unconfirmed(
        "the time allowed passed while the changes were being committed, and the database has "
        "not confirmed them since; they may be written: send them again with the same "
        "idempotency key, or look"
    )


def heed_cancellation() -> None:
    """Ends, between two of its commits, a caller who was cancelled during one that went through.

    Raises:
        CancelledError: it was.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _forget(work: asyncio.Future[Any]) -> None:
    _left.discard(work)
    if not work.cancelled():
        work.exception()  # seen, so the event loop does not report it
