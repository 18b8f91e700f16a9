"""Answers one by one as server-sent events.

The protocol is graphql-sse's for distinct connections (https://github.com/enisdenjo/graphql-sse,
PROTOCOL.md): an event `next` for each answer, `complete` after the last. Where the server stops, or
the client takes nothing, the response ends without `complete`, so that clients come back.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Any, Protocol

import orjson
from starlette.types import Receive, Scope, Send

from api.http.media import EVENTS
from api.http.presence import ClientGone, while_present
from api.http.requests import GraphQLRequest
from api.http.writing import LEAVE, Writer, cut

HEARTBEAT_S = 12.0
"""Seconds between comments that keep proxies from closing a quiet connection."""

_HEADERS = [
    (b"content-type", f"{EVENTS}; charset=utf-8".encode()),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx hands events on at once
    (b"vary", b"accept"),
]


class Streaming(Protocol):
    """Runs operations whose answers go out one by one."""

    @property
    def stall_s(self) -> float:
        """How long a client may take nothing, in seconds."""
        ...

    async def asks(self, asked: GraphQLRequest) -> bool:
        """Whether the operation is a subscription."""
        ...

    def stream(self, asked: GraphQLRequest) -> AsyncGenerator[dict[str, Any]]:
        """The answers to an operation; errors are answers too."""
        ...

    def stalled(self) -> None:
        """A client took nothing for too long."""
        ...


async def send_events(
    answers: AsyncGenerator[dict[str, Any]],
    streaming: Streaming,
    scope: Scope,
    receive: Receive,
    send: Send,
) -> None:
    """Sends each answer as soon as it is there, until the client leaves or the server stops."""
    writer = Writer(send, streaming.stall_s)
    left = asyncio.Event()
    scope[LEAVE] = left.set

    async def all_answers() -> None:
        await writer.write(b":\n\n")  # so that the client knows at once that it is heard
        async with aclosing(answers):
            async for answer in answers:
                await writer.write(b"event: next\ndata: %s\n\n" % orjson.dumps(answer))
        await writer.write(b"event: complete\ndata: \n\n")

    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    try:
        await while_present(receive, _first_of(all_answers(), _beat(writer), left.wait()))
    except ClientGone:
        return
    except TimeoutError:
        streaming.stalled()
        await cut(scope, receive)
        return
    with suppress(TimeoutError):
        await writer.write(b"", more=False)


async def _beat(writer: Writer) -> None:
    """Writes a comment again and again."""
    while True:
        await asyncio.sleep(HEARTBEAT_S)
        await writer.write(b":\n\n")


async def _first_of(*work: Any) -> None:
    """Runs them side by side until one ends, which ends the others; raises what it raised."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
