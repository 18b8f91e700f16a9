"""The table of stores that the contract suite runs on, and what it needs to know of each.

A new store is one row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from graph.neo4j_store import Neo4jStore
from graph.sqlite import SqliteStore
from graph.store import Store


def _sqlite(place: str) -> Store:
    return SqliteStore(Path(place))


def _neo4j(place: str) -> Store:
    parts = urlsplit(place)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Neo4jStore(f"{parts.scheme}://{parts.hostname}:{parts.port}", user, password)


@dataclass(frozen=True)
class StoreRow:
    """One kind of store.

    Attributes:
        name: what tests of it are called.
        open: from its place to a store, not connected yet.
        server: whether its place is a server (Neo4j), not a folder.
        examples: random queries for each property: a server plans each new text anew.
        shared: whether several processes may write to one tenant at the same time.
    """

    name: str
    open: Callable[[str], Store]
    server: bool
    examples: int
    shared: bool


STORES = {
    row.name: row
    for row in (
        StoreRow("sqlite", _sqlite, server=False, examples=250, shared=False),
        StoreRow("neo4j", _neo4j, server=True, examples=30, shared=True),
    )
}
