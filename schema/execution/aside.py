"""Work of pure Python that would hold the event loop: done in one thread beside it.

Python gives others their turn every few milliseconds meanwhile. One thread for all: who sends many
long documents waits for their own, and cannot take the threads that stores read in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def aside(work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """What the work gives; whoever is cancelled does not wait for its end."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_thread(), lambda: work(*given, **named))


def many(value: Any, limit: int) -> bool:
    """Whether there are more than so many values, those in lists and objects counted each."""
    return _left([value], limit) < 0


def _left(values: Iterable[Any], room: int) -> int:
    for value in values:
        room -= 1
        if isinstance(value, dict):
            room = _left(value.values(), room)
        elif isinstance(value, list):
            room = _left(value, room)
        if room < 0:
            break
    return room


@cache
def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="documents")
