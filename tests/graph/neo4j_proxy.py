"""A wire between driver and server that a test can cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

COMMIT = b"\x00\x02\xb0\x12\x00\x00"
"""The message COMMIT of the Bolt protocol, with the length before and the end after it."""


class Wire:
    """Passes bytes on to a server.

    Attributes:
        port: where to connect to instead of the server.
        lose_commits: how many answers to COMMIT are still to be lost with their connection.
        hold_commit: whether the next COMMIT blocks all answers, its own too, until `release`.
        held: set once that has happened.
    """

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._writers: list[asyncio.StreamWriter] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0
        self.lose_commits = 0
        self.hold_commit = False
        self.held = asyncio.Event()
        self._open = asyncio.Event()
        self._open.set()

    def release(self) -> None:
        """Lets answers pass again."""
        self._open.set()

    def cut(self) -> None:
        """Breaks all connections; new ones may be made."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def end(self) -> None:
        """Breaks all connections and waits until nothing passes."""
        self.cut()
        self.release()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Joins a client to the server."""
        answers, requests = await asyncio.open_connection(*self._server)
        self._writers += [writer, requests]
        losing = asyncio.Event()
        for passing in (
            self._requests(reader, requests, losing),
            self._answers(answers, writer, losing),
        ):
            task = asyncio.create_task(passing)
            self._tasks.add(task)

    async def _requests(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, losing: asyncio.Event
    ) -> None:
        try:
            while data := await reader.read(65_536):
                if self.hold_commit and COMMIT in data:
                    self.hold_commit = False
                    self._open.clear()
                    self.held.set()
                if self.lose_commits and COMMIT in data:
                    self.lose_commits -= 1
                    losing.set()
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def _answers(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, losing: asyncio.Event
    ) -> None:
        try:
            while data := await reader.read(65_536):
                await self._open.wait()
                if losing.is_set():
                    writer.transport.abort()
                    return
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def wire(host: str, port: int) -> AsyncIterator[Wire]:
    """A wire to the server at that address."""
    made = Wire(host, port)
    listening = await asyncio.start_server(made.join, "127.0.0.1", 0)
    made.port = listening.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        listening.close()
        await made.end()
        await listening.wait_closed()
