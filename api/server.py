"""Serves the application with uvicorn, in one process or in several."""

from __future__ import annotations

import importlib
import math
import pkgutil
import socket
import threading
from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np
import uvicorn
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    RequestResponseCycle,
)
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.supervisors import Multiprocess

from api.app import Application, build_app
from api.arrival import Arriving
from api.collector import settle
from api.http import ABORT, LEAVE, WHOLE
from api.logs import configure
from api.settings import Settings
from graph.settling import GRACE_S
from referral import kernels

START_S = 60
"""Longest time until a worker answers its parent: it imports all first (5 s on a busy machine, and
uvicorn's own default of 5 s then kills it again and again)."""


class Connection(Arriving):
    """An HTTP connection that ends what lasts (events) when the server stops or nobody reads."""

    def on_message_begin(self) -> None:
        """Begins a request, which may cut the connection of a client that takes nothing."""
        super().on_message_begin()
        scope: Any = self.scope
        scope[ABORT] = self.transport.abort

    def on_headers_complete(self) -> None:
        """Starts a request, whose answer may be sent by one write."""
        before = self.cycle
        super().on_headers_complete()
        if self.cycle is not before:  # else it is a WebSocket's
            scope: Any = self.scope
            scope[WHOLE] = partial(send_whole, self.cycle)

    def shutdown(self) -> None:
        """Is told that the server stops."""
        if self.transport.is_closing():  # but its client takes nothing
            self.transport.abort()
            return
        super().shutdown()
        cycle: RequestResponseCycle | None = self.cycle  # none before the first request
        if cycle is not None and not cycle.response_complete:
            scope: Any = cycle.scope
            if LEAVE in scope:
                scope[LEAVE]()


async def send_whole(
    cycle: RequestResponseCycle, status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes
) -> None:
    """Sends a whole answer as `RequestResponseCycle.send` does, but by one write instead of two.

    A write wakes the client: the second one was a seventh of what `{ __typename }` cost.

    Args:
        cycle: the request and its answer, of which nothing was sent.
        status: the HTTP status.
        headers: all of them, the length too, by names in lower case; they are sent as they are.
        body: what is sent after them.
    """
    if cycle.flow.write_paused and not cycle.disconnected:
        await cycle.flow.drain()
    if cycle.disconnected:
        return
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    parts = [STATUS_LINE[status]]
    for name, value in (*cycle.default_headers, *headers):
        parts += (name, b": ", value, b"\r\n")
    if not cycle.keep_alive:
        parts.append(b"connection: close\r\n")
    parts += (b"\r\n", body)
    cycle.transport.write(b"".join(parts))
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()


class Socket(WebSocketsSansIOProtocol):
    """A WebSocket that does not keep a server from stopping when its client takes nothing."""

    def shutdown(self) -> None:
        """Is told that the server stops."""
        if self.transport.is_closing() or not self.writable.is_set():
            self.transport.abort()
            return
        super().shutdown()


def run(settings: Settings, listening: socket.socket) -> None:
    """Serves on a bound socket until it is told to stop.

    Several workers are processes of their own that accept on the same socket; one that dies is
    replaced.
    """
    http: Any = partial(Connection, patience_s=settings.request_timeout_s)
    config = uvicorn.Config(
        partial(worker, settings),
        factory=True,
        lifespan="on",
        loop="uvloop",
        http=http,
        ws=Socket,
        ws_max_size=settings.max_body_bytes,
        log_config=None,
        access_log=False,
        server_header=False,
        workers=settings.workers,
        timeout_worker_healthcheck=START_S,
        timeout_graceful_shutdown=math.ceil(settings.request_timeout_s + GRACE_S),
    )
    if settings.workers > 1:
        Multiprocess(config, sockets=[listening]).run()
    else:
        uvicorn.Server(config).run(sockets=[listening])


def worker(settings: Settings) -> Application:
    """The application of one process, whose logs are set up and whose collector is tuned."""
    configure(settings)
    made = build_app(settings, started=settle)
    # after the settings have said where compiled kernels are kept; the port answers meanwhile
    threading.Thread(target=preload, name="preload", daemon=True).start()
    return made


def preload() -> None:
    """Imports the kernels and what they need, and calls the smallest one.

    That is some 3 s that no first question is to wait for: the first kernel of a process pays for
    numba's own tables of types, also where its code is kept on disk.
    """
    for module in pkgutil.iter_modules(kernels.__path__):
        importlib.import_module(f"{kernels.__name__}.{module.name}")
    source, target = np.array([0], np.int32), np.array([1], np.int32)
    importlib.import_module(f"{kernels.__name__}.forest").parents(source, target, 2)
