"""Fields that follow from what the records declare: plain ones and relations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any

import strawberry
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from graph.model import Direction, Record, RecordInfo, Relation, relations
from graph.query import RelatedQuery, Window, bare_page, check_cursors
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


def _member(relation: Relation) -> Batch:
    """The batch of a relation with at most one member."""
    return _named_by(relation) if relation.direction is Direction.REF else Single(relation)


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
        _BATCHES[name] = Members(relation) if leads_to_many(relation) else _member(relation)
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


class Members:
    """The batch of a relation with many members: a connection for each parent.

    Attributes:
        relation: the relation.
        way: from one of its results to the records it led to.
    """

    way = "edges.node"

    def __init__(self, relation: Relation) -> None:
        self.relation = relation

    def query(
        self,
        call: Call,
        *,
        filter: Mapping[str, Any] | None = None,
        order_by: Sequence[Mapping[str, Any]] | None = None,
        **paging: Any,
    ) -> RelatedQuery | None:
        """What it asks the store; None if not for pages."""
        if not call.selects("edges", "pageInfo"):
            return None
        return self._query(call, filter, order_by, paging)

    def _query(
        self,
        call: Call,
        filter: Mapping[str, Any] | None,
        order_by: Sequence[Mapping[str, Any]] | None,
        paging: Mapping[str, Any],
    ) -> RelatedQuery:
        kept = call.kept
        if kept is not None and self in kept:
            known: RelatedQuery = kept[self]
            return known
        edge, node = convert_members(self.relation, filter)
        query = RelatedQuery(
            self.relation,
            edge,
            node,
            convert_member_order(self.relation, order_by),
            window(**paging),
            count=call.selects("totalCount"),
            edges=call.selects_below("edges", beside=("node", "cursor", "__typename")),
            fields=call.reads("edges.node"),
            edge_fields=call.reads("edges.edge"),
            places=call.selects("pageInfo", "edges.cursor"),
        )
        check_cursors(query.window, query.order)  # a number alone reads none
        if kept is not None:
            kept[self] = query
        return query

    async def __call__(
        self,
        parents: Sequence[Record],
        call: Call,
        *,
        filter: Mapping[str, Any] | None = None,
        order_by: Sequence[Mapping[str, Any]] | None = None,
        **paging: Any,
    ) -> list[Connection]:
        """One connection for each parent."""
        query = self._query(call, filter, order_by, paging)
        graph, refs = call.context.graph, [p.ref for p in parents]
        if call.selects("edges", "pageInfo"):
            pages = await graph.related(query, refs)
            cursors = call.selects("edges.cursor")
            return [Connection(pages[ref], cursors=cursors) for ref in refs]
        if not query.count:
            return [Connection(NO_PAGE) for _ in parents]
        numbers = await graph.counts(query, refs)
        return [Connection(bare_page((), numbers[ref], ())) for ref in refs]


class Single:
    """The batch of a relation with at most one member: its record for each parent.

    Attributes:
        relation: the relation.
        way: from one of its results to the record it led to: that is it.
    """

    way = ""

    def __init__(self, relation: Relation) -> None:
        self.relation = relation

    def query(self, call: Call) -> RelatedQuery:
        """What it asks the store."""
        window = Window(first=1)
        return RelatedQuery(
            self.relation, window=window, edges=False, fields=call.reads(""), places=False
        )

    async def __call__(self, parents: Sequence[Record], call: Call) -> list[Record | None]:
        """The record of each parent, or None."""
        refs = [p.ref for p in parents]
        pages = await call.context.graph.related(self.query(call), refs)
        return [first_node(pages[ref]) for ref in refs]


def _named_by(relation: Relation) -> Batch:
    assert relation.field is not None
    key_of = attrgetter(relation.field)
    (kind,) = relation.targets

    async def named(parents: Sequence[Record], call: Call) -> list[Record | None]:
        graph = call.context.graph
        keys = dict.fromkeys(key for p in parents if (key := key_of(p)) is not None)
        found = await graph.nodes(kind, list(keys), call.reads("")) if keys else {}
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
