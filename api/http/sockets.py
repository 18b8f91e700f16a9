"""Operations over a WebSocket, by the protocol graphql-transport-ws.

https://github.com/enisdenjo/graphql-ws, PROTOCOL.md: the client says `connection_init`, hears
`connection_ack`, and may then `subscribe` to operations, each under an id of its own; answers come
as `next`, the end as `complete` or, if it never ran, `error`. What breaks the protocol closes the
socket with a code of its own. The older protocol of the name graphql-ws is not spoken. The server
beneath sends the pings that find clients which are gone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson
from starlette.types import Receive, Scope, Send

from api.http.events import Streaming
from api.http.media import HttpError
from api.http.requests import GraphQLRequest, Headers, from_message, headers_of
from graph.errors import TooExpensive

PROTOCOL = "graphql-transport-ws"

INIT_S = 10.0
"""Seconds within which a client must say `connection_init`."""

LONGEST_REASON = 123
"""Bytes that a close frame holds beside its code (RFC 6455)."""

_GONE = "websocket.disconnect"


class Closed(Exception):
    """The socket is to be closed.

    Attributes:
        code: why, for programs.
        reason: why, for people.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Rules:
    """What a socket may do.

    Attributes:
        largest: most bytes of a message.
        most: most operations at a time.
        origins: whose pages may open one, beside the server's own; `*` for all.
        init_s: seconds within which it must begin.
    """

    largest: int
    most: int
    origins: Collection[str] = ()
    init_s: float = INIT_S


class Sockets:
    """The ASGI application that answers WebSockets.

    Args:
        streaming: runs operations.
        rules: what a socket may do.
    """

    def __init__(self, streaming: Streaming, rules: Rules) -> None:
        self._streaming = streaming
        self._rules = rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Speaks with one client until either has enough."""
        await receive()  # the wish to connect
        if not allowed(headers_of(scope["headers"]), self._rules.origins):
            await send({"type": "websocket.close", "code": 1008})  # before accepting: 403
            return
        if PROTOCOL not in scope["subprotocols"]:
            await send({"type": "websocket.accept"})
            await _close(send, Closed(4406, f"speak {PROTOCOL}"))
            return
        await send({"type": "websocket.accept", "subprotocol": PROTOCOL})
        await _Socket(self._streaming, self._rules, receive, send).speak()


def allowed(headers: Headers, origins: Collection[str]) -> bool:
    """Whether the page that opens a socket may: browsers ask nobody before they open one.

    Args:
        headers: of the request; without an origin it is no browser's.
        origins: that may, besides the server's own.
    """
    origin = headers.get(b"origin", b"").decode("latin-1").lower()
    if not origin or "*" in origins or origin in origins:
        return True
    return urlsplit(origin).netloc == headers.get(b"host", b"").decode("latin-1").lower()


class _Socket:
    """One client's socket."""

    def __init__(self, streaming: Streaming, rules: Rules, receive: Receive, send: Send) -> None:
        self._streaming = streaming
        self._rules = rules
        self._receive = receive
        self._send = send
        self._acknowledged = False
        self._running: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()  # those too that end without an answer
        self._sending = asyncio.Lock()
        self._stalled = asyncio.Event()

    async def speak(self) -> None:
        """Hears messages until the socket is closed; then all its operations end."""
        listening = asyncio.ensure_future(self._listen())
        stalled = asyncio.ensure_future(self._stalled.wait())
        try:
            await asyncio.wait([listening, stalled], return_when=asyncio.FIRST_COMPLETED)
            if listening.done():
                listening.result()
        except Closed as closed:
            await _close(self._send, closed)
        except (TimeoutError, OSError):
            pass  # it takes nothing, or is gone
        finally:
            tasks = [listening, stalled, *self._tasks]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self) -> None:
        start = asyncio.get_running_loop().time()
        while True:
            end = None if self._acknowledged else start + self._rules.init_s
            try:
                async with asyncio.timeout_at(end):
                    message = await self._receive()
            except TimeoutError:
                raise Closed(4408, "connection initialisation timeout") from None
            if message["type"] == _GONE:
                return
            await self._hear(_read(message, self._rules.largest))

    async def _hear(self, message: dict[str, Any]) -> None:
        match message.get("type"):
            case "connection_init":
                _more(message)
                await self._begin()
            case "ping":
                await self._say({"type": "pong", **_more(message)})
            case "pong":
                _more(message)
            case "subscribe":
                await self._subscribe(_id(message), message.get("payload"))
            case "complete":
                self._complete(_id(message))
            case other:
                raise Closed(
                    4400, f"no message of a client has type {orjson.dumps(other).decode()}"
                )

    async def _begin(self) -> None:
        if self._acknowledged:
            raise Closed(4429, "too many initialisation requests")
        self._acknowledged = True
        await self._say({"type": "connection_ack"})

    async def _subscribe(self, name: str, payload: object) -> None:
        if not self._acknowledged:
            raise Closed(4401, "unauthorized: say connection_init and wait for connection_ack")
        if name in self._running:
            raise Closed(4409, f"subscriber for {name} already exists")
        try:
            asked = from_message(payload)
        except HttpError as error:
            raise Closed(4400, str(error)) from error
        ending = sum(task.cancelling() > 0 for task in self._tasks)
        most = self._rules.most
        if len(self._tasks) - ending >= most or ending >= most:  # commits on their way still end
            await self._say({"id": name, "type": "error", "payload": [self._too_many()]})
            return
        task = asyncio.ensure_future(self._run(name, asked))
        self._running[name] = task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _too_many(self) -> dict[str, Any]:
        return {
            "message": f"{self._rules.most:,} operations run on this socket already; complete some "
            "first, or raise RENMAI_MAX_OPERATIONS_PER_SOCKET",
            "extensions": {"code": TooExpensive.code},
        }

    def _complete(self, name: str) -> None:
        task = self._running.pop(name, None)
        if task is not None:
            task.cancel()

    async def _run(self, name: str, asked: GraphQLRequest) -> None:
        """One operation; its id is free as soon as the client may know that it has ended."""
        with suppress(TimeoutError, OSError):  # nobody takes it
            async with aclosing(self._streaming.stream(asked)) as answers:
                async for answer in answers:
                    if not self._wanted(name):
                        return
                    if "data" not in answer:
                        del self._running[name]
                        await self._say({"id": name, "type": "error", "payload": answer["errors"]})
                        return
                    await self._say({"id": name, "type": "next", "payload": answer})
            if self._wanted(name):
                del self._running[name]
                await self._say({"id": name, "type": "complete"})

    def _wanted(self, name: str) -> bool:
        """Whether the client still waits for this task: a commit on its way ends all the same."""
        return self._running.get(name) is asyncio.current_task()

    async def _say(self, message: dict[str, Any]) -> None:
        text = orjson.dumps(message).decode()
        try:
            async with self._sending, asyncio.timeout(self._streaming.stall_s):
                await self._send({"type": "websocket.send", "text": text})
        except TimeoutError:
            if not self._stalled.is_set():
                self._streaming.stalled()
            self._stalled.set()
            raise


def _read(message: Any, largest: int) -> dict[str, Any]:
    text = message.get("text")
    if text is None:
        raise Closed(4400, "messages are text, not bytes")
    if len(text) > largest:
        raise Closed(1009, f"a message is larger than {largest:,} bytes (RENMAI_MAX_BODY_BYTES)")
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Closed(4400, f"a message is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise Closed(4400, "a message is no JSON object")
    return found


def _more(message: dict[str, Any]) -> dict[str, Any]:
    """What a message brings along for its receiver."""
    payload = message.get("payload")
    if payload is not None and not isinstance(payload, dict):
        raise Closed(4400, "`payload` must be an object")
    return {} if payload is None else {"payload": payload}


def _id(message: dict[str, Any]) -> str:
    name = message.get("id")
    if not isinstance(name, str) or not name:
        raise Closed(4400, "`id` must be text, and not empty")
    return name


async def _close(send: Send, closed: Closed) -> None:
    reason = closed.reason.encode()[:LONGEST_REASON].decode(errors="ignore")
    with suppress(OSError):  # the client was faster
        await send({"type": "websocket.close", "code": closed.code, "reason": reason})
