"""The way to one Neo4j database: sessions, units of work, errors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar
from urllib.parse import urlsplit

from neo4j import (
    READ_ACCESS,
    AsyncDriver,
    AsyncGraphDatabase,
    AsyncResult,
    AsyncSession,
    AsyncTransaction,
    NotificationDisabledClassification,
    Query,
)
from neo4j.exceptions import DriverError, Neo4jError

from graph.errors import BadInput, StoreUnavailable, shown
from graph.neo4j_store.failures import domain_errors, unknown_outcome
from graph.neo4j_store.patience import Attempts, Pulse
from graph.neo4j_store.sessions import Sessions

SCHEMES = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")

T = TypeVar("T")

CLOSE_S = 5.0
"""Longest time for saying goodbye: a server that does not react hears none."""

Transaction = AsyncTransaction
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
        self._retry_s = retry_s
        self._prepare = prepare
        self._prepared = False
        self._preparing = asyncio.Lock()
        settings: dict[str, Any] = {
            "auth": (user, password),
            "connection_acquisition_timeout": queue_timeout_s,
            "connection_timeout": connect_timeout_s,
            # a connection idle for a while may have been cut by a firewall: ask before use
            "liveness_check_timeout": 60,
            "user_agent": "renmai",
            "telemetry_disabled": True,
            # a property that no record has yet is no mistake
            "notifications_disabled_classifications": [
                NotificationDisabledClassification.UNRECOGNIZED
            ],
        }
        with domain_errors(*self._about):
            self._driver: AsyncDriver = AsyncGraphDatabase.driver(
                url, max_connection_pool_size=pool_size, **settings
            )
            # a connection of its own, since those of the pool may all be waiting
            self._asker = AsyncGraphDatabase.driver(url, max_connection_pool_size=1, **settings)
        self._pulse = Pulse(self._asker.verify_connectivity)
        # one for all sessions: whatever this process wrote, it reads
        self._bookmarks = AsyncGraphDatabase.bookmark_manager()
        self._readers = Sessions(lambda: self._session(READ_ACCESS))

    async def ready(self) -> None:
        """Returns when the database answers and has been prepared."""
        async with self._watched():
            await self._driver.verify_connectivity()
        await self._be_prepared()

    async def close(self) -> None:
        """Gives all connections back."""
        await self._pulse.end()
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await self._readers.close()
                await asyncio.gather(self._driver.close(), self._asker.close())

    async def read(self, text: str, parameters: Mapping[str, Any]) -> list[Any]:
        """The values of the one record that a reading statement gives."""
        await self._be_prepared()
        return await self.read_unprepared(text, parameters)

    async def read_unprepared(self, text: str, parameters: Mapping[str, Any]) -> list[Any]:
        """The same, for what prepares the database.

        It runs alone, which saves the round trip of a commit (a fifth of a point read).
        """

        async def once() -> list[Any]:
            async with self._readers.one() as session:
                return await single(await session.run(self._query(text), dict(parameters)))

        async with self._watched():
            return await self._tried(once)

    async def write(
        self, unit: Unit[T], sending: Callable[[bool], None] = lambda _begun: None
    ) -> T:
        """What a unit of work returns; it may be run several times, and commits once.

        Args:
            unit: reads and writes in the transaction it is given.
            sending: told False as each try begins, True before the commit is sent: from then on
                only its answer tells whether it was made.

        Raises:
            StoreUnavailable: the server does not answer; says so when the outcome is not known.
        """
        await self._be_prepared()
        sent = False

        def note(begun: bool) -> None:
            nonlocal sent
            sent = begun
            sending(begun)

        async def once() -> T:
            note(False)
            async with self._session() as session, await self._begin(session) as transaction:
                made = await unit(transaction)
                note(True)
                await transaction.commit()
                return made

        try:
            async with self._watched():
                return await self._tried(once)
        except StoreUnavailable as error:
            if sent and isinstance(error.__cause__, TimeoutError):
                raise unknown_outcome(self.address) from error
            raise

    async def _begin(self, session: AsyncSession) -> Transaction:
        return await session.begin_transaction(timeout=self._timeout_s)

    async def _tried(self, work: Callable[[], Awaitable[T]]) -> T:
        """What the work gives, tried again where its failure may pass."""
        attempts = Attempts(self._retry_s)
        while True:
            try:
                return await work()
            except (Neo4jError, DriverError) as error:
                pause = attempts.pause(error)
                if pause is None:
                    raise
            await asyncio.sleep(pause)

    @asynccontextmanager
    async def _watched(self) -> AsyncIterator[None]:
        """Turns the driver's errors into ours, and ends what a dead server would keep waiting."""
        with domain_errors(*self._about):
            async with self._pulse.watched(self.address):
                yield

    # -- for what prepares the database; its statements may be run twice without harm

    async def command(self, text: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Runs one statement by itself, however long it takes."""
        async with self._watched(), self._session() as session:
            await (await session.run(text, dict(parameters or {}))).consume()

    async def commands(self, texts: Sequence[str]) -> None:
        """Runs statements in one transaction, however long it takes."""

        async def once() -> None:
            async with self._session() as session, await session.begin_transaction() as made:
                for text in texts:
                    await (await made.run(text)).consume()
                await made.commit()

        async with self._watched():
            await self._tried(once)

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
