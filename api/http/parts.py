"""Sends an answer in parts: multipart/mixed, as clients that take @defer and @stream read it.

The form is that of https://github.com/graphql/graphql-over-http, rfcs/IncrementalDelivery.md: a
boundary of one dash, each part a JSON document.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import orjson
from starlette.types import Receive, Scope, Send

from api.http.media import PARTS
from api.http.presence import ClientGone, while_present
from api.http.writing import GONE, Writer, cut

_HEADERS = [
    (b"content-type", f'{PARTS}; boundary="-"'.encode()),
    (b"cache-control", b"no-transform"),
    (b"vary", b"accept"),
]
_PART = b"\r\nContent-Type: application/json; charset=utf-8\r\n\r\n%s\r\n---"


async def send_parts(
    parts: AsyncGenerator[dict[str, Any]],
    stall_s: float | None,
    scope: Scope,
    receive: Receive,
    send: Send,
) -> int:
    """Sends each part as soon as it is there; the status that the request counts under.

    Args:
        parts: the parts; they are closed when the client leaves.
        stall_s: how long the client may take nothing, in seconds; None = for ever.
        scope, receive, send: the request.
    """
    writer = Writer(send, stall_s)

    async def all_parts() -> None:
        await writer.write(b"---")
        async with aclosing(parts):
            async for part in parts:  # read by the client once its end is there
                await writer.write(_PART % orjson.dumps(part))
        await writer.write(b"--\r\n", more=False)

    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    try:
        await while_present(receive, all_parts())
    except ClientGone:
        return GONE
    except TimeoutError:
        await cut(scope, receive)
        return GONE
    return 200
