"""The table of stores that the contract suite runs on, and what it needs to know of each.

A new store is one row.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from neo4j import AsyncSession
from neo4j._async.work.transaction import AsyncTransactionBase

from graph.neo4j_store import Neo4jStore
from graph.sqlite import SqliteStore
from graph.store import Store

T = TypeVar("T")


def _sqlite(place: str) -> Store:
    return SqliteStore(Path(place))


def _neo4j(place: str) -> Store:
    parts = urlsplit(place)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    # tests ask for more at once than a pool has, of a server that compiles little
    return Neo4jStore(
        f"{parts.scheme}://{parts.hostname}:{parts.port}", user, password, queue_timeout_s=120
    )


@contextmanager
def _sqlite_statements() -> Iterator[list[str]]:
    """Texts of the queries that connections opened inside run, as SQLite traces them."""
    texts: list[str] = []
    connect = sqlite3.connect

    def note(text: str) -> None:
        if text.lstrip().upper().startswith(("SELECT", "WITH")):
            texts.append(text)

    def traced(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)
        connection.set_trace_callback(note)
        return connection

    sqlite3.connect = traced  # type: ignore[assignment]
    try:
        yield texts
    finally:
        sqlite3.connect = connect


@contextmanager
def _neo4j_statements() -> Iterator[list[str]]:
    """Texts of the statements that the driver sends inside."""
    texts: list[str] = []
    originals = [(cls, cls.run) for cls in (AsyncSession, AsyncTransactionBase)]
    for cls, run in originals:
        cls.run = _noting(texts, run)  # type: ignore[method-assign]
    try:
        yield texts
    finally:
        for cls, run in originals:
            cls.run = run  # type: ignore[method-assign]


def _noting(texts: list[str], run: Callable[..., Any]) -> Callable[..., Any]:
    def noting(self: object, query: Any, *arguments: Any, **options: Any) -> Any:
        texts.append(getattr(query, "text", query))
        return run(self, query, *arguments, **options)

    return noting


@dataclass(frozen=True)
class StoreRow:
    """One kind of store.

    Attributes:
        name: what tests of it are called.
        open: from its place to a store, not connected yet.
        server: whether its place is a server (Neo4j), not a folder.
        examples: random queries for each property: a server plans each new text anew.
        share: of many cases alike, each how manyth is tried, for the same reason.
        shared: whether several processes may write to one tenant at the same time.
        statements: gives the texts of the statements that stores opened inside run; a text may
            come twice where a store begins a read anew.
    """

    name: str
    open: Callable[[str], Store]
    server: bool
    examples: int
    share: int
    shared: bool
    statements: Callable[[], AbstractContextManager[list[str]]]

    def some(self, cases: Sequence[T], number: int) -> Sequence[T]:
        """This store's share of many cases alike; others for each number, all for enough."""
        return cases[number % self.share :: self.share]


STORES = {
    row.name: row
    for row in (
        StoreRow(
            "sqlite",
            _sqlite,
            server=False,
            examples=250,
            share=1,
            shared=False,
            statements=_sqlite_statements,
        ),
        StoreRow(
            "neo4j",
            _neo4j,
            server=True,
            examples=30,
            share=4,
            shared=True,
            statements=_neo4j_statements,
        ),
    )
}
