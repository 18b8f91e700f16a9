"""Filters of records and of relations, derived from what the records declare."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from strawberry.utils.str_converters import to_camel_case

from graph.inputs import validate_key
from graph.model import Direction, NodeRef, Relation, record_info
from graph.query import (
    And,
    Compare,
    Filter,
    Not,
    OfKind,
    Op,
    Or,
    Quantifier,
    Related,
    RelatedCount,
)
from schema.comparisons import FilterShape, Part, comparison, given
from schema.declare import definition, input_field, input_type, list_of
from schema.names import (
    PARTY,
    NodeKind,
    PartyKind,
    comparable,
    relation_prefix,
    shared_fields,
    shared_relations,
    target_name,
)
from schema.scalars import graphql_enum

Values = Mapping[str, Any]

_SHAPES: dict[str, FilterShape] = {}
_COUNTED = {"eq": Op.EQ, "lt": Op.LT, "lte": Op.LTE, "gt": Op.GT, "gte": Op.GTE}


def record_filter(name: str) -> FilterShape:
    """Filter of the records of one type: a kind of node or edge, or `Party`."""

    def fill(shape: FilterShape) -> None:
        _fill(shape, name, inner=shape)

    return _shape(
        f"{name}Filter", f"Conditions on records of type {name}; all given must hold.", fill
    )


def member_filter(relation: Relation) -> FilterShape:
    """Filter of a relation's members: what the edge must fulfil, and below `node` its far end."""
    target = record_filter(target_name(relation.targets))
    if not relation.has_edge:
        return target

    def fill(shape: FilterShape) -> None:
        _fill(shape, relation.via.name, inner=record_filter(relation.via.name))
        definition(shape.input).fields.append(
            input_field("node", target.input, "What the record at the other end must fulfil.")
        )

    return _shape(
        f"{relation_prefix(relation)}Filter", _MEMBERS.format(to_camel_case(relation.name)), fill
    )


_MEMBERS = "Conditions on the members of {}; all given must hold."


def convert(shape: FilterShape, value: Values | None, path: str = "filter") -> Filter | None:
    """What the filter argument of a set of records demands; None when it is absent."""
    return None if value is None else shape.convert(value, path)


def convert_members(
    relation: Relation, value: Values | None, path: str = "filter"
) -> tuple[Filter | None, Filter | None]:
    """What the filter argument of a relation demands of the edge and of the record it leads to."""
    if value is None:
        return None, None
    return _members(relation, value, path)


def _members(relation: Relation, value: Values, path: str) -> tuple[Filter | None, Filter | None]:
    target = record_filter(target_name(relation.targets))
    if not relation.has_edge:
        return None, target.convert(value, path)
    of_edge = {name: v for name, v in value.items() if name != "node"}
    edge = member_filter(relation).convert(of_edge, path) if of_edge else None
    if "node" not in value:
        return edge, None
    at = f"{path}.node"
    return edge, target.convert(given(value["node"], at), at)


def _shape(name: str, description: str, fill: Callable[[FilterShape], None]) -> FilterShape:
    """The shape of that name, made and filled at its first use; shapes may lead to themselves."""
    if name not in _SHAPES:
        shape = _SHAPES[name] = FilterShape(input_type(name, description))
        fill(shape)
    return _SHAPES[name]


def _fill(shape: FilterShape, name: str, inner: FilterShape) -> None:
    for field in filter(comparable, shared_fields(name)):
        compared = comparison(field)
        title = to_camel_case(field.public_name)
        shape.add(title, compared.input, field.description, _nested(compared))
    if name == PARTY:
        kinds = list_of(graphql_enum(PartyKind))
        shape.add("ofKind", kinds, "The party is of one of these kinds.", _of_kind)
    elif record_info(name).ends is not None:
        for end in ("source", "target"):
            reference = _reference(end)
            shape.add(end, reference.input, f"Which record is its {end}.", _nested(reference))
    for relation in shared_relations(name):
        _add_relation(shape, relation)
    _add_logic(shape, inner)


def _nested(shape: FilterShape) -> Part:
    return lambda value, path: shape.convert(given(value, path), path)


def _of_kind(value: Any, path: str) -> Filter:
    return OfKind(tuple(kind.value for kind in given(value, path)))


def _add_logic(shape: FilterShape, inner: FilterShape) -> None:
    def each(value: Any, path: str) -> tuple[Filter, ...]:
        items = enumerate(given(value, path))
        return tuple(inner.convert(item, f"{path}.{at}") for at, item in items)

    many = list_of(inner.input)
    shape.add("and", many, "All of these hold.", lambda v, path: And(each(v, path)))
    shape.add("or", many, "At least one of these holds.", lambda v, path: Or(each(v, path)))
    shape.add(
        "not",
        inner.input,
        "This does not hold.",
        lambda v, path: Not(inner.convert(given(v, path), path)),
    )


# -- relations


def _add_relation(shape: FilterShape, relation: Relation) -> None:
    name = to_camel_case(relation.name)
    if relation.direction is Direction.REF:
        target = record_filter(target_name(relation.targets))
        shape.add(
            name,
            target.input,
            f"It has a {name}, and that fulfils this.",
            _quantified(relation, Quantifier.SOME),
        )
        return
    of_many = _shape(
        f"{relation_prefix(relation)}RelationFilter",
        f"How many members of {name} there are, and what they fulfil; all given must hold.",
        lambda made: _fill_relation(made, relation),
    )
    shape.add(name, of_many.input, f"What its {name} fulfil.", _nested(of_many))


def _fill_relation(shape: FilterShape, relation: Relation) -> None:
    member = member_filter(relation).input
    for quantifier, says in (
        (Quantifier.SOME, "At least one member fulfils this."),
        (Quantifier.NONE, "No member fulfils this."),
        (Quantifier.EVERY, "Every member fulfils this; also where there are none."),
    ):
        part = _quantified(relation, quantifier)
        shape.add(quantifier.value.lower(), member, says, part)
    counted = input_type(
        f"{relation_prefix(relation)}CountFilter",
        "Compares a number of members; all given must hold.",
    )
    fields = definition(counted).fields
    fields += [input_field(n, int, f"{n} this number.") for n in _COUNTED]
    fields.append(input_field("filter", member, "Count only the members that fulfil this."))
    shape.add("count", counted, "The number of members.", _count(relation))


def _quantified(relation: Relation, quantifier: Quantifier) -> Part:
    def part(value: Any, path: str) -> Filter:
        edge, node = _members(relation, given(value, path), path)
        return Related(relation.name, quantifier, edge, node)

    return part


def _count(relation: Relation) -> Part:
    def part(value: Any, path: str) -> Filter:
        compared = dict(given(value, path))
        among = compared.pop("filter", None)
        edge, node = _members(relation, among, path) if among is not None else (None, None)
        return And(
            tuple(
                RelatedCount(relation.name, _COUNTED[name], given(v, f"{path}.{name}"), edge, node)
                for name, v in compared.items()
            )
        )

    return part


# -- the ends of an edge


def _reference(end: str) -> FilterShape:
    """Compares the end of an edge with records named by kind and key."""
    reference = record_reference()

    def fill(shape: FilterShape) -> None:
        many = list_of(reference)
        fields = definition(shape.input).fields
        fields.append(input_field("eq", reference, "This record."))
        fields.append(input_field("in", many, "One of these records."))

    made = _shape("RecordRefFilter", "Compares the end of an edge; all given must hold.", fill)

    def one(value: Any, path: str) -> Filter:
        return Compare(end, Op.EQ, read_reference(given(value, path), path))

    def many(value: Any, path: str) -> Filter:
        items = enumerate(given(value, path))
        return Compare(end, Op.IN, tuple(read_reference(v, f"{path}.{at}") for at, v in items))

    return FilterShape(made.input, {"eq": one, "in": many})


def record_reference() -> Any:
    """The input type that names a record by kind and key."""

    def fill(shape: FilterShape) -> None:
        fields = definition(shape.input).fields
        fields.append(input_field("kind", graphql_enum(NodeKind), "What it is.", required=True))
        fields.append(input_field("key", str, "Its key.", required=True))

    return _shape("RecordRef", "Names a record by its kind and its key.", fill).input


def read_reference(value: Values, path: str) -> NodeRef:
    """The record that a `RecordRef` names."""
    return NodeRef(value["kind"].value, validate_key(value["key"], what=f"{path}.key"))
