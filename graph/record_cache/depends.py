"""What a kept answer depends on: tags, which changes in the log touch.

NodeRef           the record of that kind and key
(kind, NodeRef)   the edges of that kind that begin or end at that node
kind              any record of that kind
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from graph.model import NodeRef, Relation, relations
from graph.query import (
    And,
    Filter,
    FindQuery,
    Hit,
    Not,
    Or,
    Order,
    Page,
    Related,
    RelatedCount,
    RelatedQuery,
)
from graph.store import LoggedChange


def touched(change: LoggedChange) -> Iterator[Hashable]:
    """The tags that a change touches."""
    yield change.ref
    yield change.ref.kind
    for end in change.ends or ():
        yield change.ref.kind, end


def of_find(query: FindQuery) -> frozenset[str]:
    """The tags of a page of all records of a kind."""
    kinds = {query.kind, *_followed(query.filter, (query.kind,))}
    return frozenset(kinds.union(*(_counted(order, (query.kind,)) for order in query.order)))


def of_relation(query: RelatedQuery) -> frozenset[str]:
    """The kinds of which every record matters to a relation's pages, whoever the anchors are.

    None, where a page depends on nothing but its edges and the records that it shows.
    """
    relation = query.relation
    via, targets = (relation.via.name,), relation.targets
    kinds = {*_followed(query.edge, via), *_followed(query.node, targets)}
    for order in query.order:
        kinds |= _counted(order, targets if order.on_node or not relation.has_edge else via)
    if query.node is not None or any(order.on_node for order in query.order):
        kinds.update(targets)
    if not relation.has_edge:
        kinds.update(via, targets)
    return frozenset(kinds)


def of_members(query: RelatedQuery, anchor: NodeRef, page: Page[Hit] | None) -> list[Hashable]:
    """The tags of one anchor's page (None: its count) beside those of `of_relation`."""
    if not query.relation.has_edge:
        return [anchor]
    shown = {hit.node.ref for hit in page.items} if page is not None else ()
    return [(query.relation.via.name, anchor), *shown]


def _followed(part: Filter | None, kinds: Sequence[str]) -> Iterator[str]:
    """The kinds that the relations in a filter run along and lead to."""
    match part:
        case And(parts) | Or(parts):
            for inner in parts:
                yield from _followed(inner, kinds)
        case Not(inner):
            yield from _followed(inner, kinds)
        case Related() | RelatedCount():
            for relation in _ways(part.relation, kinds):
                yield relation.via.name
                yield from relation.targets
                yield from _followed(part.edge, (relation.via.name,))
                yield from _followed(part.node, relation.targets)


def _counted(order: Order, kinds: Sequence[str]) -> set[str]:
    if not order.count:
        return set()
    ways = _ways(order.field, kinds)
    return {kind for way in ways for kind in (way.via.name, *way.targets)}


def _ways(name: str, kinds: Sequence[str]) -> list[Relation]:
    found = (relations(kind).get(name) for kind in kinds)
    return [way for way in found if way is not None]
