"""A real server on a free port, and a client that sends exactly the bytes it is told."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import uvicorn
from starlette.types import ASGIApp

from api.server import Connection, Socket


@contextmanager
def served(
    app: ASGIApp,
    *,
    lifespan: Literal["on", "off"] = "on",
    connection: Any = Connection,
) -> Iterator[int]:
    """Serves in a thread with the loop and parser of production; yields the port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(
            app,
            lifespan=lifespan,
            loop="uvloop",
            http=connection,
            ws=Socket,
            timeout_graceful_shutdown=20,
            log_config=None,
            access_log=False,
            server_header=False,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


def post(body: bytes, *headers: str, length: int | None = None) -> bytes:
    """A POST request as it goes over the wire."""
    lines = (
        "POST /graphql HTTP/1.1",
        "Host: renmai",
        "Content-Type: application/json",
        f"Content-Length: {len(body) if length is None else length}",
        *headers,
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def say(port: int, request: bytes) -> tuple[int, bytes]:
    """Sends bytes as they are; the status and the body of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        await writer.drain()
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.partition(b":")[2])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length:")
        )
        return int(head.split(b" ")[1]), await reader.readexactly(length)
    finally:
        writer.close()
        await writer.wait_closed()


async def until(holds: Callable[[], bool]) -> None:
    """Returns once it holds, which another thread brings about.

    Raises:
        TimeoutError: it does not within ten seconds.
    """
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110  (the server has a loop of its own)
            await asyncio.sleep(0.005)
