"""Serves the application with uvicorn, in one process or in several."""

from __future__ import annotations

import importlib
import pkgutil
import socket
import threading
from functools import partial

import uvicorn
from uvicorn.supervisors import Multiprocess

from api.app import Application, build_app
from api.collector import settle
from api.logs import configure
from api.settings import Settings
from referral import kernels

START_S = 60
"""Longest time until a worker answers its parent: it imports all first (5 s on a busy machine, and
uvicorn's own default of 5 s then kills it again and again)."""


def run(settings: Settings, listening: socket.socket) -> None:
    """Serves on a bound socket until it is told to stop.

    Several workers are processes of their own that accept on the same socket; one that dies is
    replaced.
    """
    config = uvicorn.Config(
        partial(worker, settings),
        factory=True,
        lifespan="on",
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
        server_header=False,
        workers=settings.workers,
        timeout_worker_healthcheck=START_S,
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
    """Imports the kernels and what they need: some 2 s that no first question is to wait for."""
    for module in pkgutil.iter_modules(kernels.__path__):
        importlib.import_module(f"{kernels.__name__}.{module.name}")
