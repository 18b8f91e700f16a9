"""What the commands share: options, settings and an open store."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, TypeVar

import typer

from api.caches import keep_kernels
from api.settings import Settings, load
from api.stores import open_store
from graph.errors import NotFound, shown
from graph.store import TenantGraph

T = TypeVar("T")


def store_option(default: str) -> Any:
    """The option that names a store, for a command whose own default is `default`."""
    return typer.Option(
        "--store",
        metavar="URL",
        help="sqlite:///folder, or bolt://user:password@host:7687 (or neo4j://...). "
        f"Default: RENMAI_STORE, else {default}.",
    )


StoreOption = Annotated[str | None, store_option("sqlite:///renmai-data")]
TenantOption = Annotated[
    str | None,
    typer.Option("--tenant", metavar="T", help="The tenant. Default: RENMAI_TENANT, else default."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def settings_for(store: str | None, tenant: str | None, **more: Any) -> Settings:
    """The settings from the environment, a command's options first."""
    return load(store=store, tenant=tenant, **more)


def with_graph(
    settings: Settings,
    work: Callable[[TenantGraph], Awaitable[T]],
    *,
    create: bool = True,
    lazily: bool = False,
) -> T:
    """Runs the work on the tenant's graph of an opened store, and closes the store.

    Args:
        settings: name the store and the tenant.
        work: what to do.
        create: whether a store that is not there is made: not where the work only reads.
        lazily: opened by the work's first use of it, so that what is refused before makes none.

    Raises:
        NotFound: there is no such store, and it was not to be made.
    """

    keep_kernels(settings)

    async def run() -> T:
        store = open_store(settings, create=create)
        try:
            if not lazily:
                await store.ready()
            return await work(store.tenant(settings.tenant))
        finally:
            await store.close()

    return asyncio.run(run())


async def must_have_data(graph: TenantGraph) -> None:
    """Ends with a clear line where the tenant has no data: the store is likely another one.

    Raises:
        NotFound: it has none.
    """
    if await graph.version() == 0:
        raise NotFound(
            f"tenant {shown(graph.tenant)} has no data in this store; "
            "see --store and --tenant, or read some in with `renmai import`"
        )


@contextmanager
def interruptible() -> Iterator[None]:
    """Lets Ctrl-C stop long work inside an event loop at once; the loop would wait for its end."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
