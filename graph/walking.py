"""Walks over several levels of relations: level by level, and what was read ahead of a request."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

from graph.errors import BadInput
from graph.model import NodeRef, Record
from graph.query import Hit, Page, RelatedQuery, Tree, Walk, Walked
from graph.store import TenantGraph


async def by_levels(graph: TenantGraph, walk: Walk, anchors: Sequence[NodeRef]) -> Walked:
    """A walk in a store that reads each level by itself."""
    walked = Walked()
    if walk.records:
        walked.records.update(await graph.records(anchors, walk.fields))
    for tree in walk.trees:
        await _follow(graph, tree, anchors, walked)
    return walked


async def _follow(
    graph: TenantGraph, tree: Tree, anchors: Sequence[NodeRef], walked: Walked
) -> None:
    found = await graph.related(tree.query, anchors)
    walked.pages.setdefault(tree.query, {}).update(found)
    shown = dict.fromkeys(hit.node.ref for page in found.values() for hit in page.items)
    for below in tree.below:
        await _follow(graph, below, list(shown), walked)


class Ahead:
    """A tenant's graph that answers from what one request has read ahead, where it can.

    Everything else goes to the graph itself: what a request did not foresee costs what it always
    did. Only for requests that write nothing.
    """

    def __init__(self, graph: TenantGraph) -> None:
        self._graph = graph
        self._records: dict[tuple[NodeRef, frozenset[str] | None], Record | None] = {}
        self._pages: dict[RelatedQuery, dict[NodeRef, Page[Hit]]] = {}
        self._failed: dict[Hashable, Exception] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._graph, name)

    async def read(self, walk: Walk, anchors: Sequence[NodeRef]) -> None:
        """Reads a walk; what goes wrong is told to those who ask for what it would have brought.

        A walk that makes no sense is let be: the level that does not will say so at its place.
        """
        try:
            walked = await self._graph.walk(walk, anchors)
        except BadInput:
            return
        except Exception as error:
            self._failed.update(dict.fromkeys(queries(walk.trees), error))
            if walk.records:
                self._failed.update(((ref, walk.fields), error) for ref in anchors)
            return
        for query, pages in walked.pages.items():
            self._pages.setdefault(query, {}).update(pages)
        if walk.records:
            for ref in walked.pages.get(walk.trees[0].query, ()):  # others are kept elsewhere
                self._records[ref, walk.fields] = walked.records.get(ref)

    async def nodes(
        self, kind: str, keys: Sequence[str], fields: frozenset[str] | None = None
    ) -> Mapping[str, Record]:
        """Records of one kind by key; those that are not there are absent."""
        found = await self.records([NodeRef(kind, key) for key in keys], fields)
        return {ref.key: record for ref, record in found.items()}

    async def records(
        self, refs: Sequence[NodeRef], fields: frozenset[str] | None = None
    ) -> Mapping[NodeRef, Record]:
        """Records of any kinds; those that are not there are absent."""
        known = self._records
        if self._failed:
            for ref in refs:
                self._check((ref, fields))
        if not all((ref, fields) in known for ref in refs):
            return await self._graph.records(refs, fields)
        found = {ref: known[ref, fields] for ref in refs}
        return {ref: record for ref, record in found.items() if record is not None}

    async def related(
        self, query: RelatedQuery, anchors: Sequence[NodeRef]
    ) -> Mapping[NodeRef, Page[Hit]]:
        """Pages of what a relation leads to; of anchors beside those asked for as well."""
        if self._failed:
            self._check(query)
        if not self._pages:  # a query's hash takes longer than many a page from memory
            return await self._graph.related(query, anchors)
        known = self._pages.get(query, {})
        missing = [ref for ref in anchors if ref not in known]
        if not missing:
            return known
        return {**known, **await self._graph.related(query, missing)}

    def _check(self, asked: Hashable) -> None:
        if asked in self._failed:
            raise self._failed[asked]


def queries(trees: Sequence[Tree]) -> Iterator[RelatedQuery]:
    """The queries of trees."""
    for tree in trees:
        yield tree.query
        yield from queries(tree.below)
