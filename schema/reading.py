"""Questions to the store about many records at once: one for each kind of record."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from graph.model import NodeRef, Record, relations
from graph.query import Page, RelatedQuery
from schema.context import Context
from schema.relation import Batch, Call

T = TypeVar("T")


async def by_kind(
    ask: Callable[[RelatedQuery, Sequence[NodeRef]], Awaitable[Mapping[NodeRef, T]]],
    query: RelatedQuery,
    parents: Sequence[Record],
) -> dict[NodeRef, T]:
    """What a store says of each parent: one question for each kind of parent."""
    anchors: dict[str, dict[NodeRef, None]] = {}
    for parent in parents:
        anchors.setdefault(type(parent).__name__, {})[parent.ref] = None
    name = query.relation.name
    answers = await asyncio.gather(
        *(ask(replace(query, relation=relations(k)[name]), list(a)) for k, a in anchors.items())
    )
    return {ref: answer for part in answers for ref, answer in part.items()}


def first_node(page: Page[Any]) -> Any:
    """The record on a page of at most one."""
    return page.items[0].node if page.items else None


def first_edge(page: Page[Any]) -> Any:
    """The edge record on a page of at most one."""
    return page.items[0].edge if page.items else None


async def records(context: Context, refs: Iterable[NodeRef]) -> dict[NodeRef, Record]:
    """Records of any kinds: one question to the store for each kind."""
    keys: dict[str, dict[str, None]] = {}
    for kind, key in refs:
        keys.setdefault(kind, {})[key] = None
    parts = await asyncio.gather(*(context.graph.nodes(k, list(ks)) for k, ks in keys.items()))
    return {record.ref: record for part in parts for record in part.values()}


def opened(ref_of: Callable[[Any], NodeRef]) -> Batch:
    """The batch that opens the record each parent names; None where it is not there."""

    async def open_all(parents: Sequence[Any], call: Call) -> list[Record | None]:
        refs = [ref_of(parent) for parent in parents]
        found = await records(call.context, refs)
        return [found.get(ref) for ref in refs]

    return open_all
