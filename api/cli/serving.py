"""The command that serves the API."""

from __future__ import annotations

import socket
from typing import Annotated

import typer

from api.cli.session import StoreOption, TenantOption, settings_for, with_graph
from api.settings import Settings
from graph.errors import BadInput
from graph.store import TenantGraph


def serve(
    store: StoreOption = None,
    tenant: TenantOption = None,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on. Default: RENMAI_HOST, else 127.0.0.1.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Port. Default: RENMAI_PORT, else 8000; 0 takes a free one.")
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Processes; more than one needs Neo4j. Default: RENMAI_WORKERS, else 1.",
        ),
    ] = None,
) -> None:
    """Serve the GraphQL API until Ctrl-C."""
    run(settings_for(store, tenant, host=host, port=port, workers=workers))


def run(settings: Settings) -> None:
    """Serves until it is told to stop.

    Raises:
        BadInput: the address cannot be listened on, or several workers would share a file.
    """
    from api import server
    from api.logs import configure

    configure(settings)
    _one_process_a_file(settings)
    with_graph(settings, _nothing)  # a store that cannot be opened ends here, in one line
    listening = _listen(settings.host, settings.port)
    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    typer.echo(f"GraphQL at http://{shown}:{port}/graphql (Ctrl-C stops)")
    server.run(settings, listening)


def _one_process_a_file(settings: Settings) -> None:
    if settings.workers > 1 and settings.store.startswith("sqlite:"):
        raise BadInput(
            f"{settings.workers} workers cannot share SQLite files: one process at a time may open "
            "a file; serve with one worker, or keep the data in Neo4j (--store bolt://...)"
        )


async def _nothing(_graph: TenantGraph) -> None:
    pass


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
        except OSError:
            listening.close()
            raise
    except OSError as error:
        raise BadInput(
            f"cannot listen on {host}:{port}: {error.strerror or error}; "
            "stop what uses it, or choose another with --port (0 takes a free one)"
        ) from error
    return listening
