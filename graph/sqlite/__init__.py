"""The embedded store: one SQLite file a tenant."""

from graph.sqlite.store import SqliteStore

__all__ = ["SqliteStore"]
