"""The way to one Neo4j database: sessions, units of work, errors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from urllib.parse import urlsplit

from neo4j import (
    READ_ACCESS,
    AsyncDriver,
    AsyncGraphDatabase,
    AsyncManagedTransaction,
    AsyncResult,
    AsyncSession,
    NotificationDisabledClassification,
    Query,
    unit_of_work,
)
from neo4j.exceptions import DriverError, Neo4jError

from graph.errors import BadInput, shown
from graph.neo4j_store.failures import domain_errors

SCHEMES = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")

T = TypeVar("T")

Transaction = AsyncManagedTransaction
Unit = Callable[[Transaction], Awaitable[T]]


class Connection:
    """Reads and writes in one database; knows nothing of records."""

    def __init__(
        self,
        url: str,
        user: str,
        password: str,
        *,
        database: str,
        pool_size: int,
        connect_timeout_s: float,
        queue_timeout_s: float,
        retry_s: float,
        statement_timeout_s: float,
        prepare: Callable[[Connection], Awaitable[None]],
    ) -> None:
        self.address = check_url(url)
        self._about = (self.address, user, database)
        self._database = database
        self._timeout_s = statement_timeout_s
        self._prepare = prepare
        self._prepared = False
        self._preparing = asyncio.Lock()
        with domain_errors(*self._about):
            self._driver: AsyncDriver = AsyncGraphDatabase.driver(
                url,
                auth=(user, password),
                max_connection_pool_size=pool_size,
                connection_acquisition_timeout=queue_timeout_s,
                connection_timeout=connect_timeout_s,
                max_transaction_retry_time=retry_s,
                # a connection idle for a while may have been cut by a firewall: ask before use
                liveness_check_timeout=60,
                user_agent="renmai",
                telemetry_disabled=True,
                # a property that no record has yet is no mistake
                notifications_disabled_classifications=[
                    NotificationDisabledClassification.UNRECOGNIZED
                ],
            )
        # one for all sessions: whatever this process wrote, it reads
        self._bookmarks = AsyncGraphDatabase.bookmark_manager()

    async def ready(self) -> None:
        """Returns when the database answers and has been prepared."""
        with domain_errors(*self._about):
            await self._driver.verify_connectivity()
        await self._be_prepared()

    async def close(self) -> None:
        """Gives all connections back."""
        await self._driver.close()

    async def read(self, text: str, parameters: Mapping[str, Any]) -> list[Any]:
        """The values of the one record that a reading statement gives."""
        await self._be_prepared()
        return await self.read_unprepared(text, parameters)

    async def read_unprepared(self, text: str, parameters: Mapping[str, Any]) -> list[Any]:
        """The same, for what prepares the database.

        It runs alone first, which saves the round trip of a commit (a fifth of a point read);
        where that fails in a way that may pass, it is retried as a unit of work.
        """
        with domain_errors(*self._about):
            try:
                async with self._session(READ_ACCESS) as session:
                    return await single(await session.run(self._query(text), dict(parameters)))
            except (Neo4jError, DriverError) as error:
                if not error.is_retryable():
                    raise
            return await self._read_as_unit(text, parameters)

    async def _read_as_unit(self, text: str, parameters: Mapping[str, Any]) -> list[Any]:
        @unit_of_work(timeout=self._timeout_s)
        async def unit(transaction: Transaction) -> list[Any]:
            return await run(transaction, text, parameters)

        async with self._session(READ_ACCESS) as session:
            return await session.execute_read(unit)

    async def write(self, unit: Unit[T]) -> T:
        """What a unit of work returns; it may be run several times, and commits once."""
        await self._be_prepared()
        timed = unit_of_work(timeout=self._timeout_s)(unit)
        with domain_errors(*self._about):
            async with self._session() as session:
                return await session.execute_write(timed)

    # -- for what prepares the database; its statements may be run twice without harm

    async def command(self, text: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Runs one statement by itself, however long it takes."""
        with domain_errors(*self._about):
            async with self._session() as session:
                await (await session.run(text, dict(parameters or {}))).consume()

    async def commands(self, texts: Sequence[str]) -> None:
        """Runs statements in one transaction, however long it takes."""

        async def unit(transaction: Transaction) -> None:
            for text in texts:
                await run(transaction, text, {})

        with domain_errors(*self._about):
            async with self._session() as session:
                await session.execute_write(unit)

    @asynccontextmanager
    async def locked(self) -> AsyncIterator[None]:
        """Holds the one lock of the database; other processes wait for it here.

        A transaction of its own holds it: a schema cannot change where data are written.
        """
        with domain_errors(*self._about):
            async with self._session() as session, await session.begin_transaction() as held:
                text = "MERGE (s:RenmaiSchema {name: 'lock'}) SET s.locked = true"
                await (await held.run(text)).consume()
                yield
                await held.rollback()

    def _session(self, access: str = "WRITE") -> AsyncSession:
        return self._driver.session(
            database=self._database,
            default_access_mode=access,
            bookmark_manager=self._bookmarks,
            fetch_size=-1,
        )

    def _query(self, text: str) -> Query:
        return Query(text, timeout=self._timeout_s)

    async def _be_prepared(self) -> None:
        if self._prepared:
            return
        async with self._preparing:
            if not self._prepared:
                await self._prepare(self)
                self._prepared = True


async def run(transaction: Transaction, text: str, parameters: Mapping[str, Any]) -> list[Any]:
    """The values of the one record that a statement gives; none when it gives none."""
    return await single(await transaction.run(text, dict(parameters)))


async def single(result: AsyncResult) -> list[Any]:
    """The values of the first record; none when there is none."""
    records = await result.fetch(2)
    await result.consume()
    return list(records[0].values()) if records else []


def check_url(url: str) -> str:
    """The server's address, without anything secret.

    Raises:
        BadInput: not the URL of a Neo4j server.
    """
    example = "write it as in bolt://localhost:7687 or neo4j+s://graph.example.com"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise BadInput(f"the URL of the store is misspelt ({error}); {example}") from error
    if parts.scheme not in SCHEMES:
        raise BadInput(
            f"{shown(parts.scheme)} is not a scheme of Neo4j ({', '.join(SCHEMES)}); {example}"
        )
    if "@" in parts.netloc:
        raise BadInput(f"give user and password apart from the URL of the store; {example}")
    if not host:
        raise BadInput(f"the URL of the store names no host; {example}")
    # neo4j:// takes a query: the cluster's routing policy
    query = "" if parts.scheme.startswith("neo4j") else parts.query
    beyond = parts.path.strip("/") or query or parts.fragment
    if beyond:
        raise BadInput(
            f"the URL of the store goes on after the host: {shown(beyond)}; "
            f"name the database apart from it; {example}"
        )
    return f"{host}:{port or 7687}"
