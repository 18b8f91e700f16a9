"""What every store checks in a query before it compiles it: fields, operators and relations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from graph.errors import BadInput, shown
from graph.model import RECORDS, FieldInfo, NodeRef, RecordInfo, Relation, Scalar, relations
from graph.model.codec import encode_one
from graph.query import MAX_DEPTH, And, Compare, Filter, Not, Op, Or, Order, Related, RelatedCount

_ORDERING = frozenset({Op.LT, Op.LTE, Op.GT, Op.GTE})
_TEXT = frozenset({Op.CONTAINS, Op.STARTS_WITH})
_COUNTING = frozenset({Op.EQ}) | _ORDERING


def record_kind(kind: str) -> RecordInfo:
    """The record of that name.

    Raises:
        BadInput: there is none.
    """
    if kind not in RECORDS:
        raise BadInput(f"{shown(kind)} is not a kind of record; use {', '.join(RECORDS)}")
    return RECORDS[kind]


def shared_field(kinds: Sequence[RecordInfo], name: str) -> FieldInfo:
    """The field that all the kinds have under that name.

    Raises:
        BadInput: one of them has none; names those that all have.
    """
    if all(name in info.fields for info in kinds):
        return kinds[0].fields[name]
    raise BadInput(f"{_names(kinds)} has no field {shown(name)}; {_choice(_shared(kinds))}")


def shared_relation(kinds: Sequence[RecordInfo], name: str) -> Relation:
    """The relation that all the kinds have under that name, followed the same way.

    Raises:
        BadInput: one of them has none, or another one; names those that can be used.
    """
    found = [relations(info.name).get(name) for info in kinds]
    ways = {(r.via.name, r.direction, r.field) if r else None for r in found}
    if found[0] is not None and len(ways) == 1:
        return found[0]
    first, *others = (set(relations(info.name)) for info in kinds)
    usable = sorted(first.intersection(*others))
    raise BadInput(f"{_names(kinds)} has no relation {shown(name)}; {_choice(usable)}")


def relation_from(relation: Relation, anchors: Iterable[NodeRef]) -> list[str]:
    """The kinds of the records that a relation is followed from.

    Raises:
        BadInput: one of them does not have it.
    """
    kinds = list(dict.fromkeys(ref.kind for ref in anchors))
    way = relation.via.name, relation.direction, relation.field
    for kind in kinds:
        own = relations(kind).get(relation.name)
        if own is None or way != (own.via.name, own.direction, own.field):
            raise BadInput(
                f"{relation.owner}.{relation.name} starts from a {relation.owner}, not a {kind}"
            )
    return kinds


def keys_by_kind(refs: Iterable[NodeRef]) -> dict[str, list[str]]:
    """The distinct keys of each kind; kinds sorted, so that few statements serve all mixtures."""
    found: dict[str, dict[str, None]] = {}
    for kind, key in refs:
        found.setdefault(kind, {})[key] = None
    return {kind: list(found[kind]) for kind in sorted(found)}


def check_comparison(kinds: Sequence[RecordInfo], part: Compare) -> FieldInfo:
    """The field a comparison is about, after a check that its operator suits it.

    Raises:
        BadInput: no such field, or an operator that does not suit it.
    """
    field = shared_field(kinds, part.field)
    if part.op not in _operators(field):
        fitting = ", ".join(sorted(op.value for op in _operators(field)))
        raise BadInput(f"{part.op.value} does not suit the field {part.field}; use {fitting}")
    return field


def _operators(field: FieldInfo) -> frozenset[Op]:
    if field.many:
        return frozenset({Op.HAS, Op.IS_NULL})
    if field.scalar is Scalar.JSON:
        return frozenset({Op.IS_NULL})
    plain = frozenset({Op.EQ, Op.IN, Op.IS_NULL})
    if field.scalar is Scalar.BOOLEAN:
        return plain
    return plain | _ORDERING | (_TEXT if field.scalar is Scalar.TEXT else frozenset())


def check_count(part: RelatedCount) -> None:
    """Refuses an operator that does not compare numbers.

    Raises:
        BadInput: such an operator.
    """
    if part.op not in _COUNTING:
        fitting = ", ".join(sorted(op.value for op in _COUNTING))
        raise BadInput(f"{part.op.value} does not compare the count of a relation; use {fitting}")


def check_order(kinds: Sequence[RecordInfo], order: Order) -> FieldInfo:
    """The field an order goes by.

    Raises:
        BadInput: no such field, or one that has no order.
    """
    field = shared_field(kinds, order.field)
    if field.many or field.scalar is Scalar.JSON:
        raise BadInput(f"records cannot be ordered by {order.field}: it holds several values")
    return field


def stored_value(field: FieldInfo, value: Any) -> Any:
    """Storage form of a value that a field is compared with.

    Raises:
        BadInput: a whole number beyond 64 bits, which no store can hold.
    """
    stored = encode_one(field, value)
    if isinstance(stored, int) and not -(2**63) <= stored < 2**63:
        raise BadInput(f"{field.name}: {stored} does not fit into 64 bits; give a smaller number")
    return stored


def check_depth(part: Filter | None, allowed: int = MAX_DEPTH) -> None:
    """Refuses a filter tree nested deeper than `MAX_DEPTH`.

    Raises:
        BadInput: it is.
    """
    if part is None:
        return
    if allowed == 0:
        raise BadInput(f"a filter may be nested {MAX_DEPTH} deep; take some levels away")
    for inner in _inner(part):
        check_depth(inner, allowed - 1)


def _inner(part: Filter) -> Iterable[Filter | None]:
    match part:
        case And(parts) | Or(parts):
            return parts
        case Not(inner):
            return (inner,)
        case Related() | RelatedCount():
            return (part.edge, part.node)
        case _:
            return ()


def _shared(kinds: Sequence[RecordInfo]) -> list[str]:
    return [n for n in kinds[0].fields if all(n in info.fields for info in kinds)]


def _names(kinds: Sequence[RecordInfo]) -> str:
    return " or ".join(info.name for info in kinds)


def _choice(names: Sequence[str]) -> str:
    return f"use {', '.join(names)}" if names else "it has none"
