"""The command that serves the API."""

from __future__ import annotations

import errno
import os
import socket
from contextlib import nullcontext
from typing import Annotated

import typer

from api.cli.output import print_json_line
from api.cli.session import StoreOption, TenantOption, settings_for, with_graph
from api.settings import LARGEST_PORT, MOST_WORKERS, Settings
from api.stores import public_url
from graph.errors import BadInput
from graph.store import TenantGraph

BACKLOG = 2_048
"""Connections that may wait to be taken."""


def serve(
    store: StoreOption = None,
    tenant: TenantOption = None,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on. Default: RENMAI_HOST, else 127.0.0.1.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=LARGEST_PORT,
            help="Port. Default: RENMAI_PORT, else 8000; 0 takes a free one.",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=MOST_WORKERS,
            help="Processes; more than one needs Neo4j. Default: RENMAI_WORKERS, else 1.",
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Say where it listens in one line of JSON; logs stay apart."),
    ] = False,
) -> None:
    """Serve the GraphQL API until Ctrl-C."""
    run(settings_for(store, tenant, host=host, port=port, workers=workers), as_json=as_json)


def run(settings: Settings, *, as_json: bool = False) -> None:
    """Serves until it is told to stop; standard output says where once it listens.

    Args:
        settings: what is served, where.
        as_json: say it as one line of JSON: url, store, tenant and pid.

    Raises:
        BadInput: the address cannot be listened on, or several workers would share a file.
    """
    from api import server
    from api.cli.warming import Warming
    from api.logs import configure

    configure(settings)
    _one_process_a_file(settings)
    with _listen(settings.host, settings.port) as listening:
        with_graph(settings, _nothing)  # a store that cannot be opened ends here, in one line
        _announce(_url(listening), settings, as_json=as_json)
        # workers load what is compiled at its first use, each for itself
        with Warming(load=settings.workers == 1) if settings.warm else nullcontext():
            try:
                server.run(settings, listening)
            except KeyboardInterrupt:  # the way it is meant to end
                return


def _one_process_a_file(settings: Settings) -> None:
    if settings.workers > 1 and settings.store.startswith("sqlite:"):
        raise BadInput(
            f"{settings.workers} workers cannot share SQLite files: one process at a time may open "
            "a file; serve with one worker, or keep the data in Neo4j (--store bolt://...)"
        )


def _announce(url: str, settings: Settings, *, as_json: bool) -> None:
    if as_json:
        store = public_url(settings.store)
        told = {"url": url, "store": store, "tenant": settings.tenant, "pid": os.getpid()}
        print_json_line(told)
    else:
        typer.echo(f"GraphQL at {url} (Ctrl-C stops)")


def _url(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/graphql"


async def _nothing(_graph: TenantGraph) -> None:
    pass


def _listen(host: str, port: int) -> socket.socket:
    """A socket on which connections wait from now on, until the server takes them."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(BACKLOG)
        except OSError:
            listening.close()
            raise
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        remedy = "name an address of this machine with --host, and a port you may use with --port"
        if getattr(error, "errno", None) == errno.EADDRINUSE:
            remedy = "stop what uses it, or choose another with --port (0 takes a free one)"
        raise BadInput(f"cannot listen on {host}:{port}: {reason}; {remedy}") from error
    return listening
