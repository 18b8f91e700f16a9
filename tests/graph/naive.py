"""A reference that answers queries from records in memory, as plainly as it can be written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cmp_to_key
from typing import Any, TypeVar

from graph.model import RECORDS, Direction, Edge, NodeRef, Record, Relation, relations
from graph.model.codec import encode_value
from graph.query import (
    And,
    Compare,
    Filter,
    FindQuery,
    Hit,
    Not,
    OfKind,
    Op,
    Or,
    Order,
    Page,
    Quantifier,
    Related,
    RelatedCount,
    RelatedQuery,
    Window,
    decode_cursor,
)

T = TypeVar("T")
Position = tuple[Any, ...]


class World:
    """Some records, and the answers a store that holds them must give."""

    def __init__(self, records: Iterable[Record]) -> None:
        self.records = {r.ref: r for r in records}

    def of_kind(self, kind: str) -> list[Record]:
        """All records of that kind."""
        return [r for ref, r in self.records.items() if ref.kind == kind]

    # -- relations

    def members(self, relation: Relation, ref: NodeRef) -> list[Hit]:
        """All that a relation leads to from one record."""
        if ref not in self.records:
            return []
        if relation.direction is Direction.REF:
            assert relation.field is not None
            key = getattr(self.records[ref], relation.field)
            found = self.records.get(NodeRef(relation.targets[0], key or ""))
            return [Hit(None, found)] if found else []
        held = self.of_kind(relation.via.name)
        if relation.direction is Direction.REF_BY:
            assert relation.field is not None
            return [Hit(None, r) for r in held if getattr(r, relation.field) == ref.key]
        hits = []
        for edge in held:
            assert isinstance(edge, Edge)
            if relation.direction is not Direction.IN and edge.source == ref:
                hits.append(Hit(edge, self.records[edge.target]))
            if relation.direction is not Direction.OUT and edge.target == ref:
                hits.append(Hit(edge, self.records[edge.source]))
        return hits

    def matching(
        self, relation: Relation, ref: NodeRef, edge: Filter | None, node: Filter | None
    ) -> list[Hit]:
        """Those members of a relation that fulfil both filters."""
        return [
            hit
            for hit in self.members(relation, ref)
            if self._fits(hit.edge, edge) and self._fits(hit.node, node)
        ]

    def _fits(self, record: Record | None, part: Filter | None) -> bool:
        return part is None or (record is not None and self.matches(record, part))

    # -- filters

    def matches(self, record: Record, part: Filter) -> bool:
        """Whether the record fulfils the filter."""
        match part:
            case Compare():
                return _compare(getattr(record, part.field), part.op, part.value)
            case And(parts):
                return all(self.matches(record, p) for p in parts)
            case Or(parts):
                return any(self.matches(record, p) for p in parts)
            case Not(inner):
                return not self.matches(record, inner)
            case OfKind(kinds):
                return record.ref.kind in kinds
            case RelatedCount():
                relation = relations(record.ref.kind)[part.relation]
                size = len(self.matching(relation, record.ref, part.edge, part.node))
                return _compare(size, part.op, part.value)
            case Related():
                return self._related(record, part)

    def _related(self, record: Record, part: Related) -> bool:
        relation = relations(record.ref.kind)[part.relation]
        fitting = len(self.matching(relation, record.ref, part.edge, part.node))
        match part.quantifier:
            case Quantifier.SOME:
                return fitting > 0
            case Quantifier.NONE:
                return fitting == 0
            case Quantifier.EVERY:
                return fitting == len(self.members(relation, record.ref))

    # -- answers

    def find(self, query: FindQuery) -> Page[Record]:
        """What `TenantGraph.find` answers."""
        found = [r for r in self.of_kind(query.kind) if self._fits(r, query.filter)]
        placed = [(self._position(r, query.order), r) for r in found]
        return _page(placed, query.order, query.window, query.count)

    def related(self, query: RelatedQuery, anchors: Sequence[NodeRef]) -> dict[NodeRef, Page[Hit]]:
        """What `TenantGraph.related` answers."""
        pages = {}
        for anchor in anchors:
            hits = self.matching(query.relation, anchor, query.edge, query.node)
            placed = [(self._hit_position(h, query.order), h) for h in hits]
            pages[anchor] = _page(placed, query.order, query.window, query.count)
        return pages

    def counts(self, query: RelatedQuery, anchors: Sequence[NodeRef]) -> dict[NodeRef, int]:
        """What `TenantGraph.counts` answers."""
        return {a: len(self.matching(query.relation, a, query.edge, query.node)) for a in anchors}

    def _position(self, record: Record, order: tuple[Order, ...]) -> Position:
        return (*(self._value(record, o) for o in order), record.key)

    def _hit_position(self, hit: Hit, order: tuple[Order, ...]) -> Position:
        last = hit.edge or hit.node
        values = (
            self._value(hit.node if o.on_node or hit.edge is None else hit.edge, o) for o in order
        )
        return (*values, last.key)

    def _value(self, record: Record, order: Order) -> Any:
        if order.count:
            relation = relations(record.ref.kind)[order.field]
            return len(self.members(relation, record.ref))
        field = RECORDS[record.ref.kind].fields[order.field]
        return encode_value(field, getattr(record, order.field))


def _compare(own: Any, op: Op, value: Any) -> bool:
    null = own is None or own == ()
    if op is Op.IS_NULL:
        return null is value
    if op is Op.EQ and value is None:
        return null
    if null:
        return False
    match op:
        case Op.EQ:
            return bool(own == value)
        case Op.IN:
            return own in value
        case Op.LT:
            return bool(own < value)
        case Op.LTE:
            return bool(own <= value)
        case Op.GT:
            return bool(own > value)
        case Op.GTE:
            return bool(own >= value)
        case Op.CONTAINS | Op.HAS:
            return value in own
        case Op.STARTS_WITH:
            return bool(own.startswith(value))


def _page(
    placed: list[tuple[Position, T]], order: tuple[Order, ...], window: Window, count: bool
) -> Page[T]:
    """The part of a set that a window shows; of an empty page the two flags mean nothing."""

    def compare(one: Position, other: Position) -> int:
        for o, a, b in zip(order, one, other, strict=False):
            if a != b:
                return _before(a, b, descending=o.descending)
        return int(one[-1] > other[-1]) - int(one[-1] < other[-1])

    def by_position(one: tuple[Position, T], other: tuple[Position, T]) -> int:
        return compare(one[0], other[0])

    rows = sorted(placed, key=cmp_to_key(by_position))
    shown = rows
    if window.after is not None:
        after = decode_cursor(window.after, order)
        shown = [r for r in shown if compare(r[0], after) > 0]
    if window.before is not None:
        before = decode_cursor(window.before, order)
        shown = [r for r in shown if compare(r[0], before) < 0]
    shown = shown[max(0, len(shown) - window.size) :] if window.backward else shown[: window.size]
    return Page(
        items=tuple(item for _, item in shown),
        positions=tuple(position for position, _ in shown),
        has_next=bool(shown) and shown[-1] is not rows[-1],
        has_previous=bool(shown) and shown[0] is not rows[0],
        total=len(rows) if count else None,
        order=order,
    )


def _before(a: Any, b: Any, *, descending: bool) -> int:
    """Minus one if `a` comes first, one if `b` does; null comes last either way."""
    if a is None or b is None:
        return 1 if a is None else -1
    return -1 if (a > b if descending else a < b) else 1
