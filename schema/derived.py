"""Fields that follow from what the records declare: plain ones and relations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any

import strawberry
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from graph.model import Direction, Record, RecordInfo, Relation, relations
from graph.query import RelatedQuery, Window
from schema.connection import NO_PAGE, Connection, connection_type, page_arguments, window
from schema.declare import AttributeField, attribute
from schema.filters import convert_members, member_filter
from schema.names import leads_to_many, permission_to_read, relation_prefix, target_name, words
from schema.ordering import convert_member_order, member_order
from schema.reading import first_node, opened
from schema.relation import Batch, Call, RelationField, relation_field
from schema.scalars import whole_value

Views = Mapping[str, Any]
"""The declared GraphQL types of records, by name."""

_CONNECTIONS: dict[str, Any] = {}
_BATCHES: dict[str, Batch] = {}


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


def relation_of(
    relation: Relation, views: Views, parent_of: Callable[[Any], Record] | None = None
) -> RelationField:
    """The field that a declared relation gives.

    Args:
        relation: the relation.
        views: the types of records, by name.
        parent_of: from a value of the type that has the field to the relation's owner; None
            where the value is that record.
    """
    many = leads_to_many(relation)
    batch = _batch(relation)
    below = "" if parent_of is None else "edge."
    target = target_name(relation.targets)
    return relation_field(
        relation.name,
        batch if parent_of is None else _below(batch, parent_of),
        # a connection is nullable so that a failure costs this field alone
        (_connection(relation, views) if many else views[target]) | None,
        permission=permission_to_read(target),
        description=_says(relation),
        arguments=_page_arguments(relation) if many else (),
        needs=(f"{below}{_needs(relation)}",),
    )


def _needs(relation: Relation) -> str:
    """The attribute of its owner that tells where a relation leads."""
    if relation.direction is Direction.REF:
        assert relation.field is not None
        return relation.field
    return "key"


def _batch(relation: Relation) -> Batch:
    """The one batch of a relation; all kinds that share the relation share it."""
    name = relation_prefix(relation)
    if name not in _BATCHES:
        _BATCHES[name] = _members(relation) if leads_to_many(relation) else _member(relation)
    return _BATCHES[name]


def _below(batch: Batch, parent_of: Callable[[Any], Record]) -> Batch:
    async def below(parents: Sequence[Any], call: Call, **arguments: Any) -> Sequence[Any]:
        return await batch([parent_of(p) for p in parents], call, **arguments)

    return below


def _page_arguments(relation: Relation) -> list[StrawberryArgument]:
    return page_arguments(member_filter(relation).input, member_order(relation).input)


def _says(relation: Relation) -> str:
    if not leads_to_many(relation):
        return f"Its {words(relation.name)}; null if there is none."
    says = f"Its {words(relation.name)}, page by page."
    return f"{says} Each edge: {relation.via.description}" if relation.has_edge else says


def _connection(relation: Relation, views: Views) -> Any:
    prefix = relation_prefix(relation)
    if prefix not in _CONNECTIONS:
        _CONNECTIONS[prefix] = connection_type(
            prefix,
            f"the {words(relation.name)}",
            views[target_name(relation.targets)],
            _edge_fields(relation, views) if relation.has_edge else (),
        )
    return _CONNECTIONS[prefix]


def _edge_fields(relation: Relation, views: Views) -> list[StrawberryField]:
    """What an edge record shows on a Relay edge: its fields, and the relations it has itself."""
    own = relations(relation.via.name).values()
    return [
        *record_fields(relation.via, path="edge."),
        *(relation_of(r, views, parent_of=attrgetter("edge")) for r in own),
    ]


# -- the batches behind them


def _members(relation: Relation) -> Batch:
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
            edges=call.selects_below("edges", beside=("node", "cursor", "__typename")),
            fields=call.reads("edges.node"),
            edge_fields=call.reads("edges.edge"),
        )
        graph, refs = call.context.graph, [p.ref for p in parents]
        if call.selects("edges", "pageInfo"):
            pages = await graph.related(query, refs)
            cursors = call.selects("edges.cursor")
            return [Connection(pages[ref], cursors=cursors) for ref in refs]
        if not query.count:
            return [Connection(NO_PAGE) for _ in parents]
        numbers = await graph.counts(query, refs)
        return [Connection(NO_PAGE, numbers[ref]) for ref in refs]

    return members


def _member(relation: Relation) -> Batch:
    """The batch of a relation with at most one member: its record for each parent."""
    return _named_by(relation) if relation.direction is Direction.REF else _single(relation)


def _single(relation: Relation) -> Batch:
    async def single(parents: Sequence[Record], call: Call) -> list[Record | None]:
        fields = call.reads("")
        query = RelatedQuery(relation, window=Window(first=1), edges=False, fields=fields)
        refs = [p.ref for p in parents]
        pages = await call.context.graph.related(query, refs)
        return [first_node(pages[ref]) for ref in refs]

    return single


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
    name = target_name(info.ends.sources if end == "source" else info.ends.targets)
    return relation_field(
        end,
        opened(attrgetter(end)),
        views[name] | None,
        permission=permission_to_read(name),
        description=f"The record at its {end}; null if it has just been deleted.",
        needs=(end,),
    )
