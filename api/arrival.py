"""A connection that ends when a request on it does not arrive in time."""

from __future__ import annotations

import asyncio
from asyncio.events import AbstractEventLoop, TimerHandle
from typing import Any

import orjson
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.server import ServerState

from graph.errors import BadInput, TimedOut

PATIENCE_S = 30.0
"""Seconds until all of a request must be there, unless told otherwise."""

LONGEST_ADDRESS = 65_535
"""Bytes of an address that the parser takes."""


class Arriving(HttpToolsProtocol):
    """An HTTP connection whose client has a limited time to send each request, head and body.

    The time runs from when the connection opens or a request's first byte comes, until its last
    byte does; it cannot end while the answer before is made, or while the server does not read. A
    timer exists only while a request is incomplete after a read, so one that comes at once pays
    nothing for it. How long a connection may rest between requests is uvicorn's to say.

    Args:
        config, server_state, app_state, _loop: uvicorn's.
        patience_s: that time in seconds.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: AbstractEventLoop | None = None,
        *,
        patience_s: float = PATIENCE_S,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.url = b""
        self._patience_s = patience_s
        self._late: TimerHandle | None = None
        self._begun = False  # a request, whose last byte is still to come
        self._headed = False  # and its head is here

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begins to wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Waits no longer."""
        super().connection_lost(exc)
        self._arrived()

    def data_received(self, data: bytes) -> None:
        """Takes what came, and waits for the rest."""
        super().data_received(data)
        if self._begun and self._late is None:
            self._wait()

    def on_message_begin(self) -> None:
        """Is told that a request begins."""
        super().on_message_begin()
        self._begun, self._headed = True, False
        self._arrived()  # the connection's first time is over, this request's begins

    def on_headers_complete(self) -> None:
        """Is told that a request's head is here."""
        super().on_headers_complete()
        self._headed = True

    def on_message_complete(self) -> None:
        """Is told that all of a request is here."""
        super().on_message_complete()
        self._begun = False
        self._arrived()

    def send_400_response(self, msg: str) -> None:
        """Refuses what the parser does not take, as JSON."""
        if len(self.url) > LONGEST_ADDRESS:
            told = f"the address is longer than {LONGEST_ADDRESS:,} bytes; send it by POST"
            self._refuse(414, told, BadInput.code)
        else:
            self._refuse(400, "this is no valid HTTP/1.1 request", BadInput.code)

    # -- waiting

    def _wait(self) -> None:
        self._late = self.loop.call_later(self._patience_s, self._end)

    def _arrived(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _end(self) -> None:
        """Ends the connection, unless what is still to come may not or cannot be read yet."""
        self._late = None
        if self.transport.is_closing():
            return
        cycle: RequestResponseCycle | None = self.cycle  # none before the first request
        answering = cycle is not None and not cycle.response_complete
        if self.pipeline or self.flow.read_paused or (answering and not self._headed):
            self._wait()
            return
        refused = self._begun and not (
            self._headed and cycle is not None and cycle.response_started
        )
        if cycle is not None and answering:
            cycle.disconnected = True  # whoever reads the body sees that nobody is there
            cycle.message_event.set()
        if refused:
            told = f"the request was not here after {self._patience_s:g} s; send all of it at once"
            self._refuse(408, told, TimedOut.code)
        else:
            self.transport.close()

    def _refuse(self, status: int, message: str, code: str) -> None:
        body = orjson.dumps({"errors": [{"message": message, "extensions": {"code": code}}]})
        headers = [
            *self.server_state.default_headers,
            (b"content-type", b"application/json; charset=utf-8"),
            (b"content-length", b"%d" % len(body)),
            (b"connection", b"close"),
        ]
        lines = [b"%s: %s\r\n" % header for header in headers]
        self.transport.write(b"".join([STATUS_LINE[status], *lines, b"\r\n", body]))
        self.transport.close()
