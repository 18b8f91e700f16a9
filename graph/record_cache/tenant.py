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
        query = _whole(query)
        return await self._each(
            _shape("related", query),
            anchors,
            lambda missing: self._graph.related(query, missing),
            _about(query),
        )

    async def counts(
        self, query: RelatedQuery, anchors: Sequence[NodeRef]
    ) -> Mapping[NodeRef, int]:
        """Sizes of what a relation leads to, one for each anchor."""
        whole = of_relation(query)
        return await self._each(
            _shape("counts", query),
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
        known, used = shelf.tables.get(table, {}), shelf.kept.used
        found: dict[K, T] = {}
        missing: list[K] = []
        for key in keys:
            entry = known.get(key)
            if entry is None:
                missing.append(key)
            else:
                used(entry)
                found[key] = entry.value
        shelf.kept.hits += len(found)
        if not missing:
            return found
        shelf.kept.misses += len(missing)
        turn = shelf.turn
        new = await ask(missing)
        if shelf.turn == turn:
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
        trees = tuple(map(_whole_tree, walk.trees))
        missing = [ref for ref in anchors if not self._keeps(ref, walk, trees)]
        walked = Walked()
        if not missing:
            return walked
        turn = self._shelf.turn
        found = await self._graph.walk(Walk(trees, walk.records), missing)
        if self._shelf.turn == turn:
            self._keep(found)
        walked.records.update(found.records)
        for query in queries(walk.trees):
            walked.pages[query] = found.pages[_whole(query)]
        return walked

    def _keeps(self, ref: NodeRef, walk: Walk, trees: Sequence[Tree]) -> bool:
        """Whether the first levels from an anchor are kept; those below are then likely to be."""
        tables = self._shelf.tables
        if walk.records and ref not in tables.get("record", {}):
            return False
        return all(ref in tables.get(_shape("related", tree.query), {}) for tree in trees)

    def _keep(self, found: Walked) -> None:
        for ref, record in found.records.items():
            self._shelf.keep(("record", ref), record, [ref], record_bytes(record))
        for query, pages in found.pages.items():
            shape, about = _shape("related", query), _about(query)
            for ref, page in pages.items():
                self._shelf.keep((shape, ref), page, *about(ref, page))

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


def _whole(query: RelatedQuery) -> RelatedQuery:
    """The query without its selection: others may want more of what is kept."""
    return replace(query, fields=None, edge_fields=None, places=True)


def _whole_tree(tree: Tree) -> Tree:
    return Tree(_whole(tree.query), tuple(map(_whole_tree, tree.below)))


def _about(
    query: RelatedQuery,
) -> Callable[[NodeRef, Page[Hit]], tuple[Iterable[Hashable], int]]:
    """What a page of the query depends on, and its bytes."""
    whole = of_relation(query)
    return lambda ref, page: ([*whole, *of_members(query, ref, page)], page_bytes(page))


def _shape(name: str, query: RelatedQuery) -> Hashable:
    """What makes the pages of two queries the same; the relation's name says all of it."""
    relation = query.relation
    return (
        name,
        (relation.via.name, relation.direction, relation.field),
        query.edge,
        query.node,
        query.order,
        query.window,
        query.count,
        query.edges,
    )
