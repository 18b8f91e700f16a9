"""The readers of a file: short reads at once, long ones in threads."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from graph.errors import StoreUnavailable
from graph.sqlite.answering import INTERRUPTED, answering, primary_code

T = TypeVar("T")

HELD_S = 0.01
"""Processor seconds a read may hold the event loop before it starts anew in a thread. A level of
1,000 records takes some 7 ms; begun twice, and handed over, it took 20. By the clock on the wall a
busy machine made a quarter of such levels begin twice."""

WAITED_S = 0.05
"""Seconds by the clock on the wall, for a read that waits for its disk."""

STEPS = 2_000
"""SQLite's instructions between two looks at the clock: some 40 microseconds."""


class Readers:
    """Reads one file from one event loop.

    A read begins on the loop: a point read takes 10 microseconds there, and 70 through a thread.
    Rows also come slowly to a thread while the loop is busy, since each asks for the
    interpreter's lock. A read that takes longer than `HELD_S` is stopped and starts anew in a
    thread of the pool, with a connection of its own.
    """

    def __init__(
        self, path: Path, connect: Callable[[], sqlite3.Connection], pool: ThreadPoolExecutor
    ) -> None:
        self._path = path
        self._connect = connect
        self._pool = pool
        self._idle: deque[sqlite3.Connection] = deque()
        self._deadline = self._patience = 0.0
        self._own = connect()
        self._own.set_progress_handler(self._overdue, STEPS)
        self._closed = False

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What a read gives.

        Args:
            work: reads from the connection it is given; it may be begun twice.

        Raises:
            StoreUnavailable: the database failed.
        """
        self.check_open()
        self._deadline = time.thread_time() + HELD_S
        self._patience = time.perf_counter() + WAITED_S
        with answering(self._path):
            try:
                return work(self._own)
            except sqlite3.OperationalError as error:
                if primary_code(error) != INTERRUPTED:
                    raise
        return await self._in_thread(work)

    def _overdue(self) -> bool:
        return time.thread_time() > self._deadline or time.perf_counter() > self._patience

    async def _in_thread(self, work: Callable[[sqlite3.Connection], T]) -> T:
        stop = threading.Event()
        future = self.submit(lambda: self._read(work, stop))
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            stop.set()  # nobody waits for it any more
            raise

    def _read(self, work: Callable[[sqlite3.Connection], T], stop: threading.Event) -> T:
        with self.connection() as connection:
            connection.set_progress_handler(stop.is_set, STEPS)
            return work(connection)

    def submit(self, step: Callable[[], T]) -> Future[T]:
        """Starts a step of a read in a thread.

        Raises:
            StoreUnavailable: the store was closed.
        """
        self.check_open()
        return self._pool.submit(step)

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """A connection of the pool, for one read.

        Raises:
            StoreUnavailable: the database failed.
        """
        with answering(self._path):
            connection = self._free()
            try:
                yield connection
            finally:
                connection.set_progress_handler(None, 0)
                self._give_back(connection)

    def _free(self) -> sqlite3.Connection:
        try:
            return self._idle.pop()
        except IndexError:
            return self._connect()

    def _give_back(self, connection: sqlite3.Connection) -> None:
        if self._closed:
            connection.close()
        else:
            self._idle.append(connection)

    def check_open(self) -> None:
        """Raises StoreUnavailable when the store was closed."""
        if self._closed:
            raise StoreUnavailable(f"the store {self._path} was closed; open it again")

    def close(self) -> None:
        """Closes every connection; those in use when they are given back."""
        self._closed = True
        self._own.close()
        while self._idle:
            self._idle.pop().close()
