"""What the commands share: options, an open store, progress bars and output."""

from __future__ import annotations

import asyncio
import dataclasses
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any, TypeVar

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from api.caches import keep_kernels
from api.settings import Settings, load
from api.stores import open_store
from graph.errors import NotFound, shown
from graph.store import TenantGraph

T = TypeVar("T")

StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="URL",
        help="sqlite:///folder, or bolt://user:password@host:7687 (or neo4j://...). "
        "Default: RENMAI_STORE, else sqlite:///renmai-data.",
    ),
]
TenantOption = Annotated[
    str | None,
    typer.Option("--tenant", metavar="T", help="The tenant. Default: RENMAI_TENANT, else default."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
FirstOption = Annotated[
    int, typer.Option("--first", min=1, max=1000, help="How many rows at the most.")
]

SHOW_AFTER_S = 2.0


def settings_for(store: str | None, tenant: str | None, **more: Any) -> Settings:
    """The settings from the environment, a command's options first."""
    return load(store=store, tenant=tenant, **more)


def with_graph(settings: Settings, work: Callable[[TenantGraph], Awaitable[T]]) -> T:
    """Runs the work on the tenant's graph of an opened store, and closes the store."""

    keep_kernels(settings)

    async def run() -> T:
        store = open_store(settings)
        try:
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


def console() -> Console:
    """Where tables go; as wide as a terminal, or 120 columns where there is none."""
    return Console(width=None if sys.stdout.isatty() else 120)


def print_json(document: object) -> None:
    """Prints a document as indented JSON; dates as ISO text, enums by name."""
    text = orjson.dumps(
        plain(document), option=orjson.OPT_INDENT_2 | orjson.OPT_PASSTHROUGH_DATETIME, default=str
    )
    sys.stdout.write(text.decode() + "\n")


def plain(value: object) -> object:
    """The value in JSON's own types, dataclasses as objects."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if hasattr(value, "_asdict"):
        return plain(value._asdict())
    if isinstance(value, tuple | list):
        return [plain(v) for v in value]
    return value


@contextmanager
def progress(title: str) -> Iterator[Callable[[int, int | None], None]]:
    """A progress bar on standard error that appears when the work takes over two seconds.

    Yields:
        A function to call with what is done and the total (None where it is not known).
    """
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    task = bar.add_task(title, total=None)
    began = time.monotonic()
    running = False

    def advance(done: int, total: int | None = None) -> None:
        nonlocal running
        if not running and time.monotonic() - began > SHOW_AFTER_S:
            bar.start()
            running = True
        bar.update(task, completed=done, total=total)

    try:
        yield advance
    finally:
        if running:
            bar.stop()
