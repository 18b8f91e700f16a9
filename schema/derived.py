"""Fields that follow from what the records declare: plain ones and relations."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter
from typing import Any, TypeVar

import strawberry

from graph.model import Direction, NodeRef, Record, RecordInfo, Relation, relations
from graph.query import Page, RelatedQuery, Window
from schema.connection import NO_PAGE, Connection, connection_type, page_arguments, window
from schema.context import Context
from schema.declare import AttributeField, attribute
from schema.filters import convert_members, member_filter
from schema.names import leads_to_many, permission_to_read, relation_prefix, target_name, words
from schema.ordering import convert_member_order, member_order
from schema.relation import Batch, Call, RelationField, relation_field
from schema.scalars import whole_value

T = TypeVar("T")
Views = Mapping[str, Any]
"""The declared GraphQL types of records, by name."""

_CONNECTIONS: dict[str, Any] = {}


def record_fields(info: RecordInfo, *, path: str = "") -> list[AttributeField]:
    """The plain fields of a record; `path` leads to the record from what they are asked of."""
    identity = attribute("id", strawberry.ID, IDENTITY, path=f"{path}global_id")
    return [
        identity,
        *(
            attribute(f.public_name, whole_value(f), f.description, path=path + f.name)
            for f in info.fields.values()
        ),
    ]


IDENTITY = "Identifies the record among all kinds; made of its kind and key."


def relation_of(relation: Relation, views: Views) -> RelationField:
    """The field that a declared relation gives."""
    if leads_to_many(relation):
        return _many(relation, views)
    return _one(relation, views)


def _many(relation: Relation, views: Views) -> RelationField:
    return relation_field(
        relation.name,
        members_of(relation),
        _connection(relation, views) | None,  # nullable: a failure costs this field alone
        permission=permission_to_read(target_name(relation.targets)),
        description=f"Its {words(relation.name)}, page by page.",
        arguments=page_arguments(member_filter(relation).input, member_order(relation).input),
    )


def _connection(relation: Relation, views: Views) -> Any:
    prefix = relation_prefix(relation)
    if prefix not in _CONNECTIONS:
        _CONNECTIONS[prefix] = connection_type(
            prefix,
            f"the {words(relation.name)}",
            views[target_name(relation.targets)],
            record_fields(relation.via, path="record.") if relation.has_edge else (),
        )
    return _CONNECTIONS[prefix]


def _one(relation: Relation, views: Views) -> RelationField:
    return relation_field(
        relation.name,
        _named_by(relation) if relation.direction is Direction.REF else _single(relation),
        views[target_name(relation.targets)] | None,
        permission=permission_to_read(target_name(relation.targets)),
        description=f"Its {words(relation.name)}; null if there is none.",
    )


# -- the batches behind them


def members_of(relation: Relation) -> Batch:
    """The batch of a relation with many members: a connection for each parent."""

    async def members(
        parents: Sequence[Record],
        call: Call,
        *,
        filter: Mapping[str, Any] | None = None,
        order_by: Sequence[Mapping[str, Any]] | None = None,
        **paging: Any,
    ) -> list[Connection]:
        edge, node = convert_members(relation, filter)
        query = RelatedQuery(
            relation,
            edge,
            node,
            convert_member_order(relation, order_by),
            window(**paging),
            count=call.selects("totalCount"),
        )
        graph = call.context.graph
        if call.selects("edges", "pageInfo"):
            pages = await by_kind(graph.related, query, parents)
            return [Connection(pages[p.ref]) for p in parents]
        if not query.count:
            return [Connection(NO_PAGE) for _ in parents]
        numbers = await by_kind(graph.counts, query, parents)
        return [Connection(NO_PAGE, numbers[p.ref]) for p in parents]

    return members


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


def _single(relation: Relation) -> Batch:
    async def single(parents: Sequence[Record], call: Call) -> list[Record | None]:
        query = RelatedQuery(relation, window=Window(first=1))
        pages = await by_kind(call.context.graph.related, query, parents)
        return [first_node(pages[p.ref]) for p in parents]

    return single


def first_node(page: Page[Any]) -> Any:
    """The record on a page of at most one."""
    return page.items[0].node if page.items else None


def first_edge(page: Page[Any]) -> Any:
    """The edge record on a page of at most one."""
    return page.items[0].edge if page.items else None


def _named_by(relation: Relation) -> Batch:
    assert relation.field is not None
    key_of = attrgetter(relation.field)
    (kind,) = relation.targets

    async def named(parents: Sequence[Record], call: Call) -> list[Record | None]:
        keys = dict.fromkeys(key for p in parents if (key := key_of(p)) is not None)
        found = await call.context.graph.nodes(kind, list(keys)) if keys else {}
        return [found.get(key_of(p)) for p in parents]

    return named


def end_of(info: RecordInfo, end: str, views: Views) -> RelationField:
    """The field of an edge record that gives the record at its `source` or `target`."""
    assert info.ends is not None
    ref_of = attrgetter(end)

    async def at_end(parents: Sequence[Record], call: Call) -> list[Record | None]:
        found = await records(call.context, [ref_of(p) for p in parents])
        return [found.get(ref_of(p)) for p in parents]

    name = target_name(info.ends.sources if end == "source" else info.ends.targets)
    return relation_field(
        end,
        at_end,
        views[name] | None,
        permission=permission_to_read(name),
        description=f"The record at its {end}; null if it has just been deleted.",
    )


async def records(context: Context, refs: Iterable[NodeRef]) -> dict[NodeRef, Record]:
    """Records of any kinds: one question to the store for each kind."""
    keys: dict[str, dict[str, None]] = {}
    for kind, key in refs:
        keys.setdefault(kind, {})[key] = None
    parts = await asyncio.gather(*(context.graph.nodes(k, list(ks)) for k, ks in keys.items()))
    return {record.ref: record for part in parts for record in part.values()}
