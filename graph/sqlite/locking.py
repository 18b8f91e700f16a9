"""The lock that keeps a store's folder to one process."""

from __future__ import annotations

import os
import platform
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from graph.errors import StoreUnavailable
from graph.sqlite.answering import answering, primary_code

NAME = "renmai.lock"
"""The lock file: a small SQLite database, so that it works wherever SQLite does."""


class FolderLock:
    """Held from construction to `release`; the operating system frees it when the process dies.

    The holder keeps a write transaction open, so that others are refused but can still read who
    holds it.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        with answering(self._path):
            folder.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                self._path, timeout=0, isolation_level=None, check_same_thread=False
            )
            try:
                self._acquire()
            except BaseException:
                self._connection.close()
                raise

    def _acquire(self) -> None:
        run = self._connection.execute
        try:
            run("BEGIN IMMEDIATE")
            run("CREATE TABLE IF NOT EXISTS holder (process INTEGER, host TEXT, since TEXT)")
            run("DELETE FROM holder")
            since = datetime.now(UTC).isoformat(timespec="seconds")
            run("INSERT INTO holder VALUES (?, ?, ?)", (os.getpid(), platform.node(), since))
            run("COMMIT")
            run("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if primary_code(error) != sqlite3.SQLITE_BUSY:
                raise
            raise StoreUnavailable(
                f"the store {self._path.parent} is in use by {self._holder()}; a SQLite store "
                "serves one process: end that one, or use a Neo4j store for several"
            ) from error

    def _holder(self) -> str:
        try:
            row = self._connection.execute("SELECT process, host, since FROM holder").fetchone()
        except sqlite3.Error:
            row = None
        return f"process {row[0]} on {row[1]} since {row[2]}" if row else "another process"

    def release(self) -> None:
        """Lets others in."""
        self._connection.rollback()
        self._connection.close()
