"""A tenant's graph as of some version, or later."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

from graph.errors import TimedOut
from graph.model import NodeRef, Record
from graph.query import FindQuery, Hit, Page, RelatedQuery, Walk, Walked
from graph.store import Batch, Change, LogEntry, Receipt, SearchHit, TenantGraph
from graph.versions import Versions


class AtLeast:
    """Reads and writes of one tenant; see `graph.store.TenantGraph`.

    Whatever is asked first waits until the database shows that version: what another process
    wrote may not have come here yet. Where it does not come, all that is asked is told so, and
    nothing is written.

    Args:
        graph: the tenant's graph.
        version: what a write returned, perhaps of another process.
        versions: of this tenant.
    """

    def __init__(self, graph: TenantGraph, version: int, versions: Versions) -> None:
        self._graph = graph
        self._version = version
        self._versions = versions
        self._missed: str | None = None

    @property
    def tenant(self) -> str:
        """The tenant's id."""
        return self._graph.tenant

    @property
    def walks(self) -> bool:
        """Whether a walk costs less than its levels one by one."""
        return self._graph.walks

    async def _there(self) -> TenantGraph:
        """The graph, once that version is there; who waited in vain does not wait again."""
        if self._missed is not None:
            raise TimedOut(self._missed)
        try:
            await self._versions.reached(self._graph.version, self._version)
        except TimedOut as error:
            self._missed = str(error)
            raise
        return self._graph

    async def version(self) -> int:
        """Version of the newest commit."""
        return await (await self._there()).version()

    async def nodes(
        self, kind: str, keys: Sequence[str], fields: frozenset[str] | None = None
    ) -> Mapping[str, Record]:
        """Records of one kind (node or edge) by key; those that are not there are absent."""
        return await (await self._there()).nodes(kind, keys, fields)

    async def records(
        self, refs: Sequence[NodeRef], fields: frozenset[str] | None = None
    ) -> Mapping[NodeRef, Record]:
        """Records of any kinds; those that are not there are absent."""
        return await (await self._there()).records(refs, fields)

    async def find(self, query: FindQuery) -> Page[Record]:
        """A page of the records of one kind."""
        return await (await self._there()).find(query)

    async def related(
        self, query: RelatedQuery, anchors: Sequence[NodeRef]
    ) -> Mapping[NodeRef, Page[Hit]]:
        """Pages of what a relation leads to, one for each anchor."""
        return await (await self._there()).related(query, anchors)

    async def counts(
        self, query: RelatedQuery, anchors: Sequence[NodeRef]
    ) -> Mapping[NodeRef, int]:
        """Sizes of what a relation leads to, one for each anchor."""
        return await (await self._there()).counts(query, anchors)

    async def walk(self, walk: Walk, anchors: Sequence[NodeRef]) -> Walked:
        """Several levels of relations from anchors."""
        return await (await self._there()).walk(walk, anchors)

    async def search(self, text: str, kinds: Sequence[str], first: int) -> list[SearchHit]:
        """Records whose searchable words match, best first, ties by kind and key."""
        return await (await self._there()).search(text, kinds, first)

    async def commit(
        self, changes: Sequence[Change], *, actor: str, idempotency_key: str | None = None
    ) -> Receipt:
        """Makes all changes or none, in one step, and appends them to the log."""
        try:
            graph = await self._there()
        except TimedOut as error:
            raise TimedOut(f"{error}. Nothing was written") from error
        return await graph.commit(changes, actor=actor, idempotency_key=idempotency_key)

    async def log(self, after: int, limit: int = 100) -> list[LogEntry]:
        """Commits with a version greater than `after`, oldest first, at most `limit`."""
        return await (await self._there()).log(after, limit)

    async def scan(
        self, kind: str, columns: Sequence[str] | None = None, batch: int = 10_000
    ) -> AsyncIterator[Batch]:
        """All records of one kind in batches."""
        async for found in (await self._there()).scan(kind, columns, batch):
            yield found
