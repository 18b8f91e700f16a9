"""One request's view of a tenant, answered from memory where it can be."""

from __future__ import annotations

from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Hashable,
    Iterable,
    Mapping,
    Sequence,
)
from dataclasses import replace
from functools import lru_cache
from time import monotonic
from typing import TypeVar

from graph.model import NodeRef, Record
from graph.query import FindQuery, Hit, Page, RelatedQuery, Tree, Walk, Walked
from graph.record_cache.depends import of_find, of_members, of_relation
from graph.record_cache.shelf import Shelf
from graph.record_cache.sizes import page_bytes, record_bytes
from graph.store import Batch, Change, LogEntry, Receipt, SearchHit, TenantGraph
from graph.walking import queries

HELD_S = 1.0
"""Seconds after which a view that is still in use looks again what others have written."""

MANY = 500
"""Changes of a commit from which all is let go, instead of asking the log what they were."""

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


class CachedTenant:
    """Reads and writes of one tenant; see `graph.store.TenantGraph`.

    It sees at least what was committed, by whomever, when it was made (`max_age_s` before that,
    where some age is allowed), or a second before the read, whichever is later; and all that this
    process committed before the read.
    """

    def __init__(self, graph: TenantGraph, shelf: Shelf, max_age_s: float) -> None:
        self._graph = graph
        self._shelf = shelf
        self._max_age_s = max_age_s
        self._since = monotonic()

    @property
    def tenant(self) -> str:
        """The tenant's id."""
        return self._graph.tenant

    async def version(self) -> int:
        """Version of the newest commit; 0 before the first."""
        version = await self._graph.version()
        self._shelf.saw(version)
        return version

    async def _fresh(self) -> None:
        """Returns when what is kept is as new as this view must see."""
        now = monotonic()
        if now - self._since > HELD_S:
            self._since = now
        shelf, since = self._shelf, self._since - self._max_age_s
        if shelf.looks.newest < since:
            await shelf.check(self._graph, since)
        if shelf.version < shelf.newest:
            await shelf.follow(self._graph)

    # -- by key

    async def nodes(
        self, kind: str, keys: Sequence[str], fields: frozenset[str] | None = None
    ) -> Mapping[str, Record]:
        """Records of one kind (node or edge) by key, whole; those that are not there are absent."""
        found = await self.records([NodeRef(kind, key) for key in keys])
        return {ref.key: record for ref, record in found.items()}

    async def records(
        self, refs: Sequence[NodeRef], fields: frozenset[str] | None = None
    ) -> Mapping[NodeRef, Record]:
        """Records of any kinds, whole; those that are not there are absent."""
        return await self._each(
            "record", refs, self._graph.records, lambda ref, record: ([ref], record_bytes(record))
        )

    # -- pages

    async def related(
        self, query: RelatedQuery, anchors: Sequence[NodeRef]
    ) -> Mapping[NodeRef, Page[Hit]]:
        """Pages of what a relation leads to, one for each anchor."""
        pages = _pages(query)
        return await self._each(
            pages.table,
            anchors,
            lambda missing: self._graph.related(pages.query, missing),
            pages.about,
        )

    async def counts(
        self, query: RelatedQuery, anchors: Sequence[NodeRef]
    ) -> Mapping[NodeRef, int]:
        """Sizes of what a relation leads to, one for each anchor."""
        whole = of_relation(query)
        return await self._each(
            ("counts", *_shape(query)),
            anchors,
            lambda missing: self._graph.counts(query, missing),
            lambda ref, _: ([*whole, *of_members(query, ref, None)], 0),
        )

    async def find(self, query: FindQuery) -> Page[Record]:
        """A page of the records of one kind."""

        query = replace(query, fields=None)  # others may want what is kept

        async def ask(_: Sequence[FindQuery]) -> Mapping[FindQuery, Page[Record]]:
            return {query: await self._graph.find(query)}

        found = await self._each(
            "find", [query], ask, lambda _, page: (of_find(query), page_bytes(page))
        )
        return found[query]

    async def _each(
        self,
        table: Hashable,
        keys: Sequence[K],
        ask: Callable[[Sequence[K]], Awaitable[Mapping[K, T]]],
        about: Callable[[K, T], tuple[Iterable[Hashable], int]],
    ) -> dict[K, T]:
        """The answers for keys: those kept, and of one question to the store those that are not.

        Args:
            table: what makes two answers for the same key the same.
            keys: what is asked for.
            ask: asks the store.
            about: what an answer depends on, and its bytes.
        """
        await self._fresh()
        shelf = self._shelf
        known, kept = shelf.tables.get(table, {}), shelf.kept
        turn = kept.turn
        found: dict[K, T] = {}
        missing: list[K] = []
        for key in keys:
            entry = known.get(key)
            if entry is None:
                missing.append(key)
            else:
                if entry.turn != turn:
                    kept.used(entry)
                found[key] = entry.value
        kept.hits += len(found)
        if not missing:
            return found
        kept.misses += len(missing)
        begun = shelf.turn
        new = await ask(missing)
        if shelf.turn == begun:
            for key, value in new.items():
                tags, size = about(key, value)
                shelf.keep((table, key), value, tags, size)
        found.update(new)
        return {key: found[key] for key in keys if key in found}

    # -- several levels

    @property
    def walks(self) -> bool:
        """As the store beneath."""
        return self._graph.walks

    async def walk(self, walk: Walk, anchors: Sequence[NodeRef]) -> Walked:
        """Several levels of relations, whole, from anchors of which something is not kept.

        What is kept is left out: whoever asks for it is answered from memory.
        """
        await self._fresh()
        missing = self._missing(walk, anchors)
        walked = Walked()
        if not missing:
            return walked
        turn = self._shelf.turn
        trees = tuple(map(_whole_tree, walk.trees))
        found = await self._graph.walk(Walk(trees, walk.records), missing)
        if self._shelf.turn == turn:
            self._keep(found)
        walked.records.update(found.records)
        for query in queries(walk.trees):
            walked.pages[query] = found.pages[_pages(query).query]
        return walked

    def _missing(self, walk: Walk, anchors: Sequence[NodeRef]) -> list[NodeRef]:
        """The anchors of which something is not kept on the first levels.

        Where those are kept, the levels below are likely to be.
        """
        tables = self._shelf.tables
        first = [tables.get(_pages(tree.query).table, {}) for tree in walk.trees]
        if walk.records:
            first.append(tables.get("record", {}))
        return [ref for ref in anchors if not all(ref in table for table in first)]

    def _keep(self, found: Walked) -> None:
        for ref, record in found.records.items():
            self._shelf.keep(("record", ref), record, [ref], record_bytes(record))
        for query, pages in found.pages.items():
            kept = _pages(query)
            for ref, page in pages.items():
                self._shelf.keep((kept.table, ref), page, *kept.about(ref, page))

    # -- what is never kept

    async def search(self, text: str, kinds: Sequence[str], first: int) -> list[SearchHit]:
        """Records whose searchable words match, best first, ties by kind and key."""
        return await self._graph.search(text, kinds, first)

    async def commit(
        self, changes: Sequence[Change], *, actor: str, idempotency_key: str | None = None
    ) -> Receipt:
        """Makes all changes or none, in one step, and appends them to the log."""
        try:
            receipt = await self._graph.commit(
                changes, actor=actor, idempotency_key=idempotency_key
            )
        except BaseException:
            self._since = monotonic()  # it may have been made all the same
            raise
        if len(changes) > MANY:
            self._shelf.skip(receipt.version)
        self._shelf.saw(receipt.version)
        return receipt

    async def log(self, after: int, limit: int = 100) -> list[LogEntry]:
        """Commits with a version greater than `after`, oldest first, at most `limit`."""
        return await self._graph.log(after, limit)

    def scan(
        self, kind: str, columns: Sequence[str] | None = None, batch: int = 10_000
    ) -> AsyncIterator[Batch]:
        """All records of one kind in batches."""
        return self._graph.scan(kind, columns, batch)


class _Table:
    """The name of a table of pages, hashed once: that takes as long as some hundred look-ups."""

    __slots__ = ("_hash", "_shape")

    def __init__(self, query: RelatedQuery) -> None:
        self._shape = _shape(query)
        self._hash = hash(self._shape)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, _Table) and self._shape == other._shape)


class _Pages:
    """A query as it is kept.

    Attributes:
        query: without its selection: others may want more of what is kept.
        table: where its pages are kept.
    """

    __slots__ = ("_all", "query", "table")

    def __init__(self, query: RelatedQuery) -> None:
        self.query = replace(query, fields=None, edge_fields=None, places=True)
        self.table = _Table(query)
        self._all = of_relation(query)

    def about(self, ref: NodeRef, page: Page[Hit]) -> tuple[Iterable[Hashable], int]:
        """What a page depends on, and its bytes."""
        return [*self._all, *of_members(self.query, ref, page)], page_bytes(page)


_pages = lru_cache(256)(_Pages)
"""What each of the queries last asked is as it is kept."""


def _whole_tree(tree: Tree) -> Tree:
    return Tree(_pages(tree.query).query, tuple(map(_whole_tree, tree.below)))


def _shape(query: RelatedQuery) -> tuple[Hashable, ...]:
    """What makes the pages of two queries the same; the relation's name says all of it."""
    relation = query.relation
    return (
        (relation.via.name, relation.direction, relation.field),
        query.edge,
        query.node,
        query.order,
        query.window,
        query.count,
        query.edges,
    )
