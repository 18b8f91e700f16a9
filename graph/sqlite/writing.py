"""The one writer of a file: a thread that makes waiting commits durable together."""

from __future__ import annotations

import logging
import os
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path

from graph.errors import DomainError, StoreUnavailable
from graph.sqlite.answering import answering, unavailable
from graph.sqlite.committing import Commit, make
from graph.sqlite.files import PATIENCE_MS
from graph.store import Receipt

log = logging.getLogger(__name__)

MOST_TOGETHER = 2_000
"""Changes after which no further commit joins a group; one commit may have more."""

QUIET_S = 1.0
"""Seconds without a commit after which the write-ahead log is emptied."""

LARGEST_LOG = 16 * 2**20
"""Bytes of write-ahead log after which it is copied into the file also while commits wait."""

Waiting = tuple[Commit, "Future[Receipt]"]


class Writer:
    """Makes commits one after the other, those that wait in one transaction.

    A group costs one sync of the disk. Each commit of it has a savepoint: what one refuses harms
    no other. Only this connection checkpoints: SQLite before 3.51.3 may lose data when two
    connections reset the write-ahead log at once (https://www.sqlite.org/wal.html#walresetbug).
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection
        self._queue: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        self._ending = False
        self._files = {p: _identity(p) for p in (path, Path(f"{path}-wal")) if p.exists()}
        self._unsaved = True  # the log may hold what an earlier process left
        self._thread = threading.Thread(target=self._run, name=f"writer of {path.name}")
        self._thread.daemon = True  # an interpreter that ends does not wait for commits
        self._thread.start()

    def submit(self, commit: Commit) -> Future[Receipt]:
        """Queues a commit; cancelling the future before its turn takes it out again.

        Raises:
            StoreUnavailable: the store was closed.
        """
        future: Future[Receipt] = Future()
        with self._closing:
            if self._closed:
                raise StoreUnavailable(f"the store {self._path} was closed; open it again")
            self._queue.put((commit, future))
        return future

    def close(self) -> None:
        """Makes the commits that wait, empties the write-ahead log and closes the file."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def check_there(self) -> None:
        """Looks whether the files are still those that were opened.

        The system lets an open file be removed: all would go on as before, into a file that is
        gone when the process ends.

        Raises:
            StoreUnavailable: one was removed or replaced.
        """
        for path, identity in self._files.items():
            now = _identity(path)
            if now != identity:
                raise StoreUnavailable(
                    f"{path} was {'replaced' if now else 'removed'} while the store was in use; "
                    "stop renmai, put the file back or restore a backup, and start it again"
                )

    # -- in the thread

    def _run(self) -> None:
        while not self._ending:
            group: list[Waiting] = []
            try:
                self._turn(group)
            except Exception as error:
                # a writer that ended here would leave every later commit waiting for ever
                log.exception("the writer of %s failed", self._path)
                self._fail(group, error)
        self._checkpoint("TRUNCATE")
        self._connection.close()

    def _turn(self, group: list[Waiting]) -> None:
        """Makes the commits that wait, or empties the log where none comes.

        Args:
            group: receives those whose turn it is.
        """
        try:
            first = self._queue.get(timeout=QUIET_S if self._unsaved else None)
        except queue.Empty:
            self._unsaved = not self._checkpoint("TRUNCATE")
            return
        self._take(first, group)
        if group and self._make_all(group):
            self._unsaved = True
            self._keep_log_short()

    def _take(self, first: Waiting | None, group: list[Waiting]) -> None:
        """Moves commits that wait to the group; the one that says the end is no commit."""
        size = 0
        waiting = first
        while waiting is not None:
            commit, future = waiting
            if future.set_running_or_notify_cancel():
                group.append(waiting)
                size += len(commit.changes)
            if size >= MOST_TOGETHER:
                return
            try:
                waiting = self._queue.get_nowait()
            except queue.Empty:
                return
        self._ending = True

    def _make_all(self, group: list[Waiting]) -> bool:
        """Makes the commits of a group and answers them; tells whether any could be made."""
        answers: list[Callable[[], None]] = []
        try:
            self.check_there()
            self._connection.execute("BEGIN IMMEDIATE")
            for commit, future in group:
                answers.append(self._make_one(commit, future))
            self._connection.execute("COMMIT")
        except (sqlite3.Error, DomainError) as error:
            self._fail(group, error)
            return False
        for answer in answers:
            answer()
        return True

    def _fail(self, group: list[Waiting], error: Exception) -> None:
        """Undoes what a group has written, and tells those of it that still wait why."""
        self._undo()
        told = self._told(error)
        for _, future in group:
            if not future.done():
                future.set_exception(told)

    def _told(self, error: Exception) -> DomainError:
        if isinstance(error, DomainError):
            return error
        if isinstance(error, sqlite3.Error):
            told = unavailable(self._path, error)
        else:
            told = StoreUnavailable(
                f"the store {self._path} could not write: {type(error).__name__}; "
                "nothing of this was written: try again, and look into the log if it stays so"
            )
        told.__cause__ = error
        return told

    def _make_one(self, commit: Commit, future: Future[Receipt]) -> Callable[[], None]:
        """Makes one commit of the group; returns how to answer it once the group is durable."""
        run = self._connection.execute
        run("SAVEPOINT one")
        try:
            with answering(self._path):
                receipt = make(self._connection, commit)
        except BaseException as error:
            if not self._connection.in_transaction:  # SQLite gave up the whole group
                raise _lost(error) from error
            run("ROLLBACK TO one")
            run("RELEASE one")
            refused = error
            return lambda: future.set_exception(refused)
        run("RELEASE one")
        return lambda: future.set_result(receipt)

    def _undo(self) -> None:
        with suppress(sqlite3.Error):  # a disk that fails may fail here too; the next group says so
            self._connection.rollback()

    def _keep_log_short(self) -> None:
        try:
            long = os.stat(f"{self._path}-wal").st_size > LARGEST_LOG
        except FileNotFoundError:  # the next commit says so
            return
        if long:
            self._checkpoint("PASSIVE")

    def _checkpoint(self, how: str) -> bool:
        """Copies the write-ahead log into the file, without waiting for readers.

        Returns:
            Whether it was done; else it is tried again later.
        """
        try:
            self._connection.execute("PRAGMA busy_timeout = 0")
            (busy, _, _) = self._connection.execute(f"PRAGMA wal_checkpoint({how})").fetchone()
            if how == "TRUNCATE":
                self._connection.execute("PRAGMA optimize")
        except sqlite3.Error:
            return False
        finally:
            self._connection.execute(f"PRAGMA busy_timeout = {PATIENCE_MS}")
        return not busy


def _identity(path: Path) -> tuple[int, int] | None:
    """What tells a file from one of the same name; None when there is none."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _lost(error: BaseException) -> sqlite3.Error:
    """The driver's error behind an error of ours."""
    cause = error.__cause__ if isinstance(error, DomainError) else error
    return cause if isinstance(cause, sqlite3.Error) else sqlite3.OperationalError(str(error))
