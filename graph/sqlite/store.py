"""The embedded store: a folder with one SQLite file a tenant."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import aclosing, closing
from pathlib import Path
from typing import TypeVar

from graph.changelog import decode_changes
from graph.compiling import keys_by_kind, record_kind
from graph.errors import BadInput, DomainError, StoreUnavailable, shown
from graph.model import NodeRef, Record
from graph.model.codec import moment
from graph.query import FindQuery, Hit, Page, RelatedQuery, Walk, Walked
from graph.settling import settled
from graph.sqlite import finding, relating, scanning, searching
from graph.sqlite.answering import answering
from graph.sqlite.committing import Commit, current_version
from graph.sqlite.files import check_sqlite, open_reader, open_void, open_writer
from graph.sqlite.keyed import by_key
from graph.sqlite.locking import NAME as LOCK_NAME
from graph.sqlite.locking import FolderLock
from graph.sqlite.reading import Readers
from graph.sqlite.writing import Writer
from graph.store import Batch, Change, LogEntry, Receipt, SearchHit
from graph.walking import by_levels

THREADS = 4
"""Threads, of all tenants together, for reads that take long."""

T = TypeVar("T")

_TENANT = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_SUFFIX = ".db"


class Database:
    """An open file: its writer and its readers."""

    def __init__(self, path: Path, pool: ThreadPoolExecutor) -> None:
        self.path = path
        self.writer = Writer(path, open_writer(path))
        try:
            self.readers = Readers(path, lambda: open_reader(path), pool)
        except BaseException:
            self.writer.close()
            raise

    def close(self) -> None:
        """Ends reading and writing."""
        self.readers.close()
        self.writer.close()


class SqliteTenant:
    """One tenant's graph in its file, which the first commit creates."""

    def __init__(self, store: SqliteStore, tenant: str) -> None:
        self._store = store
        self._tenant = tenant
        self._opening: Future[Database] | None = None
        self._database: Database | None = None

    @property
    def tenant(self) -> str:
        """The tenant's id."""
        return self._tenant

    @property
    def walks(self) -> bool:
        """Levels one by one let others have their turn in between, and cost no round trip."""
        return False

    @property
    def path(self) -> Path:
        """The tenant's file."""
        return self._store.folder / f"{self._tenant}{_SUFFIX}"

    async def _open(self) -> Database:
        """The open file; opens it once, and anew after a failure."""
        if self._database is None:
            if self._opening is None:
                self._opening = self._store.submit(lambda: self._store.open_database(self.path))
            try:
                self._database = await asyncio.shield(asyncio.wrap_future(self._opening))
            except DomainError:
                self._opening = None
                raise
        return self._database

    async def _readers(self) -> Readers:
        if self._database is not None:
            return self._database.readers
        if self._opening is None and not self.path.exists():
            return self._store.void()
        return (await self._open()).readers

    async def version(self) -> int:
        """Version of the newest commit; 0 before the first."""
        return await (await self._readers()).run(current_version)

    async def nodes(
        self, kind: str, keys: Sequence[str], fields: frozenset[str] | None = None
    ) -> Mapping[str, Record]:
        """Records of one kind (node or edge) by key; those that are not there are absent."""
        record_kind(kind)
        readers = await self._readers()
        return await readers.run(lambda c: {r.key: r for r in by_key(c, kind, keys, fields)})

    async def records(
        self, refs: Sequence[NodeRef], fields: frozenset[str] | None = None
    ) -> Mapping[NodeRef, Record]:
        """Records of any kinds in one read; those that are not there are absent."""
        wanted = keys_by_kind(refs)
        for kind in wanted:
            record_kind(kind)
        readers = await self._readers()
        return await readers.run(
            lambda c: {
                r.ref: r for kind, keys in wanted.items() for r in by_key(c, kind, keys, fields)
            }
        )

    async def find(self, query: FindQuery) -> Page[Record]:
        """A page of the records of one kind."""
        compiled = finding.compile_find(query)
        return await (await self._readers()).run(lambda c: finding.find(c, compiled))

    async def related(
        self, query: RelatedQuery, anchors: Sequence[NodeRef]
    ) -> Mapping[NodeRef, Page[Hit]]:
        """Pages of what a relation leads to, one for each anchor."""
        compiled = relating.compile_related(query, anchors)
        return await (await self._readers()).run(lambda c: relating.related(c, compiled))

    async def counts(
        self, query: RelatedQuery, anchors: Sequence[NodeRef]
    ) -> Mapping[NodeRef, int]:
        """Sizes of what a relation leads to, one for each anchor, in one statement."""
        compiled = relating.compile_counts(query, anchors)
        return await (await self._readers()).run(lambda c: relating.counts(c, compiled))

    async def walk(self, walk: Walk, anchors: Sequence[NodeRef]) -> Walked:
        """Several levels of relations, one after another."""
        return await by_levels(self, walk, anchors)

    async def search(self, text: str, kinds: Sequence[str], first: int) -> list[SearchHit]:
        """Records whose searchable words match, best first, ties by kind and key."""
        readers = await self._readers()
        return await readers.run(lambda c: searching.search(c, text, kinds, first))

    async def commit(
        self, changes: Sequence[Change], *, actor: str, idempotency_key: str | None = None
    ) -> Receipt:
        """Makes all changes or none, in one step, and appends them to the log."""
        database = await self._open()
        future = database.writer.submit(Commit(tuple(changes), actor, idempotency_key))
        return await settled(asyncio.wrap_future(future), future.cancel)

    async def log(self, after: int, limit: int = 100) -> list[LogEntry]:
        """Commits with a version greater than `after`, oldest first, at most `limit`."""
        text = (
            "SELECT version, at, actor, changes FROM log WHERE version > ? ORDER BY version LIMIT ?"
        )
        readers = await self._readers()
        return await readers.run(
            lambda c: [
                LogEntry(version, moment(at), actor, decode_changes(changes))
                for version, at, actor, changes in c.execute(text, (after, limit))
            ]
        )

    async def scan(
        self, kind: str, columns: Sequence[str] | None = None, batch: int = 10_000
    ) -> AsyncGenerator[Batch, None]:
        """All records of one kind in batches, of one moment, in the order of keys."""
        async with aclosing(scanning.scan(await self._readers(), kind, columns, batch)) as found:
            async for part in found:
                yield part

    def check_there(self) -> None:
        """Raises StoreUnavailable when the file that is open was removed or replaced."""
        if self._database is not None:
            self._database.writer.check_there()

    def close(self) -> None:
        """Closes the file, if it is open."""
        opening, self._opening, self._database = self._opening, None, None
        if opening is not None and not opening.exception():
            opening.result().close()


def _has_data(path: Path) -> bool:
    """Whether a commit was made; a file that does not answer counts, so that its use tells why."""
    try:
        with answering(path), closing(open_reader(path)) as connection:
            return current_version(connection) > 0
    except StoreUnavailable:
        return True


class SqliteStore:
    """A folder of tenants' files, for one process; nothing is opened before the first use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pool = ThreadPoolExecutor(THREADS, thread_name_prefix="reader")
        self._tenants: dict[str, SqliteTenant] = {}
        self._guard = threading.Lock()
        self._lock: FolderLock | None = None
        self._void: Readers | None = None
        self._closed = False

    def tenant(self, tenant_id: str) -> SqliteTenant:
        """The graph of one tenant.

        Raises:
            BadInput: not a tenant id.
        """
        if tenant_id not in self._tenants:
            if not _TENANT.fullmatch(tenant_id):
                raise BadInput(
                    f"{shown(tenant_id)} is not a tenant id; use 1 to 64 of a-z, 0-9, _ and -, "
                    "starting with a letter or digit"
                )
            self._tenants[tenant_id] = SqliteTenant(self, tenant_id)
        return self._tenants[tenant_id]

    def is_there(self) -> bool:
        """Whether the folder holds a store; a folder that is not there is not made.

        Raises:
            StoreUnavailable: this user may not look into it.
        """
        with answering(self.folder):
            names = [path.name for path in self.folder.iterdir()] if self.folder.is_dir() else []
        return any(name == LOCK_NAME or name.endswith(_SUFFIX) for name in names)

    async def tenants(self) -> list[str]:
        """Ids of the tenants that have data, sorted."""
        return await asyncio.wrap_future(self.submit(self._with_data))

    async def ready(self) -> None:
        """Returns when the folder can be used, and is ours.

        Raises:
            StoreUnavailable: it cannot, another process uses it, or a file in it is gone.
        """
        await asyncio.wrap_future(self.submit(self._hold))
        for tenant in self._tenants.values():
            tenant.check_there()

    async def close(self) -> None:
        """Ends all work and gives back every connection and lock."""
        self._closed = True
        await asyncio.get_running_loop().run_in_executor(None, self._close)

    # -- for tenants

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Starts work in a thread.

        Raises:
            StoreUnavailable: the store was closed.
        """
        if self._closed:
            raise StoreUnavailable(f"the store {self.folder} was closed; open it again")
        return self.pool.submit(work)

    def open_database(self, path: Path) -> Database:
        """Opens a file under the folder's lock."""
        self._hold()
        return Database(path, self.pool)

    def void(self) -> Readers:
        """Readers of no data at all."""
        if self._void is None:
            self._void = Readers(self.folder, open_void, self.pool)
        return self._void

    def _with_data(self) -> list[str]:
        self._hold()
        paths = [p for p in self.folder.glob(f"*{_SUFFIX}") if _TENANT.fullmatch(p.stem)]
        return sorted(p.stem for p in paths if _has_data(p))

    def _hold(self) -> None:
        with self._guard:
            if self._lock is None:
                check_sqlite()
                self._lock = FolderLock(self.folder)

    def _close(self) -> None:
        self.pool.shutdown(wait=True)
        for tenant in self._tenants.values():
            tenant.close()
        if self._void is not None:
            self._void.close()
        if self._lock is not None:
            self._lock.release()
            self._lock = None
