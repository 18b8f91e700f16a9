"""How the server and what answers a request speak of the connection, and chunks of an answer."""

from __future__ import annotations

import asyncio

from starlette.types import Receive, Scope, Send

LEAVE = "renmai.leave"
"""Where the scope of a request that lasts says how to end it, for a server that stops."""

ABORT = "renmai.abort"
"""Where the scope of a request says how to cut its connection, whatever is still to be sent."""

WHOLE = "renmai.whole"
"""Where the scope of a request says how to send a whole answer by one write, for a server that
can."""

GONE = 499
"""What a request is counted under whose client left: no status is sent."""


class Writer:
    """Writes a response in chunks; a client that takes none of them is given up.

    Args:
        send: the request's ASGI channel, its head already sent.
        stall_s: how long the client may take nothing, in seconds; None = for ever.
    """

    def __init__(self, send: Send, stall_s: float | None) -> None:
        self._send = send
        self._stall_s = stall_s
        self._lock = asyncio.Lock()

    async def write(self, chunk: bytes, *, more: bool = True) -> None:
        """Sends a chunk.

        Raises:
            TimeoutError: the client took nothing for too long.
        """
        message = {"type": "http.response.body", "body": chunk, "more_body": more}
        async with self._lock, asyncio.timeout(self._stall_s):
            await self._send(message)


async def cut(scope: Scope, receive: Receive) -> None:
    """Ends the connection, where the server lets us; what was written is not waited for."""
    if ABORT in scope:
        scope[ABORT]()
        while (await receive())["type"] != "http.disconnect":
            pass
