"""One tenant's graph in Neo4j."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from typing import Any

from graph.changelog import decode_changes
from graph.compiling import keys_by_kind, record_kind
from graph.model import NodeRef, Record
from graph.model.codec import decoder, moment
from graph.neo4j_store import statements, walking
from graph.neo4j_store.committing import commit
from graph.neo4j_store.connection import Connection
from graph.neo4j_store.joining import Joining, Rows
from graph.neo4j_store.pages import page
from graph.neo4j_store.scanning import scan
from graph.neo4j_store.searching import search
from graph.neo4j_store.walking import Way
from graph.query import FindQuery, Hit, Page, RelatedQuery, Tree, Walk, Walked
from graph.store import Batch, Change, LogEntry, Receipt, SearchHit

WALKS_AT_ONCE = 4
"""With one, a contact's 2-hop network was answered a tenth less often: a walk keeps one of the
database's cores busy, and its next one waited for that."""

MOST_KEYS = 200
"""Most keys of a statement that several ask together."""


class Neo4jTenant:
    """Reads and writes of one tenant; see `graph.store.TenantGraph`."""

    def __init__(self, connection: Connection, joining: Joining, tenant: str) -> None:
        self._connection = connection
        self._joining = joining
        self._tenant = tenant

    @property
    def tenant(self) -> str:
        """The tenant's id."""
        return self._tenant

    @property
    def walks(self) -> bool:
        """A statement is a round trip, and seeks its anchors."""
        return True

    async def _read(self, text: str, parameters: Mapping[str, Any]) -> list[Any]:
        return await self._connection.read(text, {**parameters, "tenant": self._tenant})

    async def version(self) -> int:
        """Version of the newest commit; 0 before the first."""
        text = "OPTIONAL MATCH (t:Tenant {tenantId: $tenant}) RETURN coalesce(t.version, 0)"
        (version,) = await self._read(text, {})
        return int(version)

    async def nodes(
        self, kind: str, keys: Sequence[str], fields: frozenset[str] | None = None
    ) -> Mapping[str, Record]:
        """Records of one kind (node or edge) by key; those that are not there are absent."""
        record_kind(kind)
        found = await self.records([NodeRef(kind, key) for key in keys], fields)
        return {ref.key: record for ref, record in found.items()}

    async def records(
        self, refs: Sequence[NodeRef], fields: frozenset[str] | None = None
    ) -> Mapping[NodeRef, Record]:
        """Records of any kinds in one statement; those that are not there are absent."""
        if not refs:
            return {}
        kinds = tuple(keys_by_kind(refs))
        text = statements.by_key(kinds, fields)
        ask = partial(self._rows_by_key, kinds, text)
        found = await self._joining.read((self._tenant, text), refs, MOST_KEYS, ask)
        decoders = {kind: decoder(kind, fields) for kind in kinds}
        return {ref: decoders[ref.kind](found[ref]) for ref in refs if ref in found}

    async def _rows_by_key(self, kinds: Sequence[str], text: str, refs: Sequence[NodeRef]) -> Rows:
        lists = await self._read(text, statements.numbered(keys_by_kind(refs)))
        return {
            NodeRef(kind, row[0]): row
            for kind, rows in zip(kinds, lists, strict=True)
            for row in rows
        }

    async def find(self, query: FindQuery) -> Page[Record]:
        """A page of the records of one kind."""
        statement = statements.find(query)
        rows, total = await self._read(statement.text, statement.parameters)
        decode = decoder(query.kind, query.fields)
        return page(rows, total, query, lambda kept: [decode(row[1]) for row in kept])

    async def related(
        self, query: RelatedQuery, anchors: Sequence[NodeRef]
    ) -> Mapping[NodeRef, Page[Hit]]:
        """Pages of what a relation leads to, one for each anchor, in one statement."""
        return (await self.walk(Walk((Tree(query),)), anchors)).pages[query]

    async def counts(
        self, query: RelatedQuery, anchors: Sequence[NodeRef]
    ) -> Mapping[NodeRef, int]:
        """Sizes of what a relation leads to, one for each anchor, in one statement."""
        statement = statements.counts(query, anchors)
        if not anchors:
            return {}
        (rows,) = await self._read(statement.text, statement.parameters)
        found = {NodeRef(kind, key): size for kind, key, size in rows}
        return {ref: found.get(ref, 0) for ref in anchors}

    async def walk(self, walk: Walk, anchors: Sequence[NodeRef]) -> Walked:
        """Several levels of relations in one statement."""
        way = walking.way(walk, anchors)
        if not anchors:
            return way.read((), {})
        shape, ask = (self._tenant, way), partial(self._rows_of_walk, way)
        rows = await self._joining.read(
            shape, anchors, way.most_anchors, ask, at_once=WALKS_AT_ONCE
        )
        return way.read(anchors, rows)

    async def _rows_of_walk(self, way: Way, anchors: Sequence[NodeRef]) -> Rows:
        (rows,) = await self._read(way.text, way.of(anchors))
        return {NodeRef(row[0], row[1]): row for row in rows}

    async def search(self, text: str, kinds: Sequence[str], first: int) -> list[SearchHit]:
        """Records whose searchable words match, best first, ties by kind and key."""
        return await search(self._connection, self._tenant, text, kinds, first)

    async def commit(
        self, changes: Sequence[Change], *, actor: str, idempotency_key: str | None = None
    ) -> Receipt:
        """Makes all changes or none, in one transaction, and appends them to the log."""
        return await commit(self._connection, self._tenant, changes, actor, idempotency_key)

    async def log(self, after: int, limit: int = 100) -> list[LogEntry]:
        """Commits with a version greater than `after`, oldest first, at most `limit`."""
        (rows,) = await self._read(
            "MATCH (l:LogEntry) WHERE l.tenantId = $tenant AND l.version > $after "
            "WITH l ORDER BY l.tenantId, l.version LIMIT $limit "
            "RETURN collect([l.version, l.at, l.actor, l.changes]) AS rows",
            {"after": after, "limit": limit},
        )
        return [
            LogEntry(version, moment(at), actor, decode_changes(changes))
            for version, at, actor, changes in rows
        ]

    def scan(
        self, kind: str, columns: Sequence[str] | None = None, batch: int = 10_000
    ) -> AsyncIterator[Batch]:
        """All records of one kind in batches, column by column, in the order of their keys."""
        return scan(self._connection, self._tenant, record_kind(kind), columns, batch)
