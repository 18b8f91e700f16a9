"""Stores by the scheme of their URL: the one place that knows every store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from api.settings import MEBIBYTE, Settings
from graph.errors import BadInput, NotFound, shown
from graph.record_cache import CachedStore
from graph.store import Store


def open_store(settings: Settings, *, create: bool = True) -> Store:
    """The store that the settings name, not connected yet (`ready` does that).

    Args:
        settings: name it.
        create: whether a folder that is not there will be made; else it must be there.

    Raises:
        BadInput: the URL's scheme is no store, or its parts are wrong.
        NotFound: there is no store in the folder, and it is not to be made.
    """
    url = settings.store
    try:
        parts = urlsplit(url)
        opener = _SCHEMES.get(parts.scheme)
    except ValueError as error:
        raise BadInput(f"store URL {shown(_public(url))}: {error}") from error
    if opener is None:
        raise BadInput(
            f"store URL {shown(_public(url))} has no known scheme; use sqlite:///folder, "
            "bolt://user:password@host:7687 or neo4j://user:password@host:7687"
        )
    return opener(parts, settings, create)


def serving_store(settings: Settings, *, create: bool = True) -> Store:
    """The store that the settings name, with the memory of what was read last in front of it.

    Raises:
        BadInput, NotFound: as `open_store`.
    """
    store = open_store(settings, create=create)
    if not settings.record_cache_mb:
        return store
    limit = settings.record_cache_mb * MEBIBYTE
    return CachedStore(store, limit, settings.record_cache_max_age_ms / 1_000)


def _public(url: str) -> str:
    """The URL without what stands before an @: there may be a password in it."""
    return url.rpartition("@")[2]


def public_url(url: str) -> str:
    """The store's URL as it may be shown: without the password."""
    user, at, rest = url.rpartition("@")
    scheme, _, name = user.partition("://")
    return f"{scheme}://{name.partition(':')[0]}@{rest}" if at else url


def _sqlite(parts: SplitResult, _settings: Settings, create: bool) -> Store:
    from graph.sqlite import SqliteStore

    if parts.netloc or not parts.path.strip("/"):
        raise BadInput(
            f"store URL {shown(parts.geturl())} names no folder; "
            "write sqlite:///folder, or sqlite:////absolute/folder"
        )
    store = SqliteStore(Path(unquote(parts.path[1:])))
    if store.folder.is_file():
        raise BadInput(f"{store.folder} is a file, and a store is a folder; name another")
    if not (create or store.is_there()):
        raise NotFound(
            f"there is no store in the folder {store.folder}; name another with --store or "
            "RENMAI_STORE, or make one with `renmai import`, `renmai serve` or `renmai demo`"
        )
    return store


def _neo4j(parts: SplitResult, settings: Settings, _create: bool) -> Store:
    from graph.neo4j_store import Neo4jStore

    try:
        port = parts.port or 7687
    except ValueError as error:
        raise BadInput(
            f"store URL {shown(_public(parts.geturl()))}: its port is no number up to 65535; "
            "write bolt://user:password@host:7687"
        ) from error
    if not parts.hostname:
        raise BadInput("the store URL names no host; write bolt://user:password@host:7687")
    password = unquote(parts.password) if parts.password else settings.password()
    if password is None:
        raise BadInput(
            "no password for Neo4j; put it in the store URL, in RENMAI_NEO4J_PASSWORD, "
            "or in a file named by RENMAI_NEO4J_PASSWORD_FILE"
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    bare = urlunsplit((parts.scheme, f"{host}:{port}", "", "", ""))
    user = unquote(parts.username or "neo4j")
    return Neo4jStore(bare, user, password, database=settings.neo4j_database)


_SCHEMES: dict[str, Callable[[SplitResult, Settings, bool], Store]] = {
    "sqlite": _sqlite,
    "bolt": _neo4j,
    "bolt+s": _neo4j,
    "bolt+ssc": _neo4j,
    "neo4j": _neo4j,
    "neo4j+s": _neo4j,
    "neo4j+ssc": _neo4j,
}
