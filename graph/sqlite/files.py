"""A tenant's file: how it is opened, known as ours, and brought to the present form."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from urllib.parse import quote

from graph.errors import StoreUnavailable
from graph.migrations import pending
from graph.sqlite import searching
from graph.sqlite.answering import answering
from graph.sqlite.tables import MIGRATIONS, ensure_tables

APPLICATION_ID = int.from_bytes(b"RNMI", "big")
"""Stands in the header of every file of ours."""

OLDEST_SQLITE = (3, 35, 0)
"""The first that knows MATERIALIZED and trigrams."""

LARGEST_WAL = 64 * 2**20
"""Bytes to which the write-ahead log is cut back after a checkpoint."""


PATIENCE_MS = 5_000
"""How long to wait for another program that has the file locked."""


def check_sqlite() -> None:
    """Refuses a SQLite library that is too old.

    Raises:
        StoreUnavailable: it is.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise StoreUnavailable(
            f"SQLite {sqlite3.sqlite_version} is too old; renmai needs "
            f"{'.'.join(map(str, OLDEST_SQLITE))} or newer: use a newer Python"
        )


def open_writer(path: Path) -> sqlite3.Connection:
    """The one writing connection to a file; creates the file, or brings it to the present form.

    Raises:
        StoreUnavailable: it is not ours, written by a newer version, damaged or not writable.
    """
    with answering(path):
        connection = _connect(f"file:{quote(str(path))}")
        try:
            _check_ours(connection, path)
            for setting in (
                "journal_mode = WAL",
                "synchronous = FULL",
                "wal_autocheckpoint = 0",
                f"journal_size_limit = {LARGEST_WAL}",
                "cache_size = -65536",
                "foreign_keys = OFF",
            ):
                connection.execute(f"PRAGMA {setting}")
            _bring_up(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """A connection that can only read.

    Raises:
        StoreUnavailable: the file cannot be opened.
    """
    with answering(path):
        connection = _connect(f"file:{quote(str(path))}?mode=ro")
        try:
            connection.execute("PRAGMA cache_size = -16384")
            connection.execute("PRAGMA wal_autocheckpoint = 0")
        except BaseException:
            connection.close()
            raise
    return connection


def open_void() -> sqlite3.Connection:
    """An empty database in memory: what a tenant without a file is read from."""
    connection = _connect(":memory:")
    _bring_up(connection, Path(":memory:"))
    return connection


def _connect(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(
        uri,
        uri=True,
        timeout=PATIENCE_MS / 1000,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )


def _check_ours(connection: sqlite3.Connection, path: Path) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if application == APPLICATION_ID:
        return
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application or tables:
        raise StoreUnavailable(
            f"{path} is a SQLite database of another program; "
            "move it away or name another folder for the store"
        )


def _bring_up(connection: sqlite3.Connection, path: Path) -> None:
    """Runs the migrations, then adds what the records have and the tables lack."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        applied = _applied(connection)
        for migration in pending(MIGRATIONS, applied, str(path)):
            for statement in migration.statements:
                connection.execute(statement)
            row = (migration.number, migration.name, migration.checksum)
            connection.execute("INSERT INTO migration VALUES (?, ?, ?)", row)
        ensure_tables(connection)
        searching.ensure_rules(connection)
        if max(applied, default=0) < len(MIGRATIONS):
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise


def _applied(connection: sqlite3.Connection) -> dict[int, str]:
    """Checksums of the migrations that have run; of a newer file only its number is sure."""
    (form,) = connection.execute("PRAGMA user_version").fetchone()
    if form == 0:
        return {}
    if form > len(MIGRATIONS):
        return {form: ""}
    return dict(connection.execute("SELECT number, checksum FROM migration").fetchall())
