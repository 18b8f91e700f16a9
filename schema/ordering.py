"""Orders of records and of relations' members, derived from what the records declare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from strawberry.utils.str_converters import to_camel_case

from graph.model import Relation
from graph.query import Order
from schema.comparisons import bad
from schema.declare import definition, input_field, input_type
from schema.names import (
    leads_to_many,
    relation_prefix,
    shared_fields,
    shared_relations,
    sortable,
    target_name,
)
from schema.scalars import graphql_enum

MAX_KEYS = 8
"""Most keys of an order."""


class SortDirection(StrEnum):
    """Which way to sort; records without a value come last both ways."""

    ASC = "ASC"
    DESC = "DESC"


@dataclass(slots=True)
class OrderShape:
    """An order input: its GraphQL type, and what each of its fields sorts by.

    Attributes:
        input: the GraphQL input type, of which one field is given.
        keys: by GraphQL name.
    """

    input: Any
    keys: dict[str, Order] = field(default_factory=dict)

    def add(self, name: str, description: str, key: Order) -> None:
        """Gives the input one more field."""
        direction = graphql_enum(SortDirection)
        definition(self.input).fields.append(input_field(name, direction, description))
        self.keys[name] = key


_SHAPES: dict[str, OrderShape] = {}


def record_order(name: str) -> OrderShape:
    """Order of the records of one type: a kind of node or edge, or `Party`."""
    title = f"{name}Order"
    if title not in _SHAPES:
        shape = _SHAPES[title] = OrderShape(
            input_type(
                title,
                f"One key to sort records of type {name} by; give exactly one field.",
                one_of=True,
            )
        )
        _fill(shape, name)
    return _SHAPES[title]


def member_order(relation: Relation) -> OrderShape:
    """Order of a relation's members: by the edge, or below `node` by the record it leads to."""
    target = record_order(target_name(relation.targets))
    if not relation.has_edge:
        return target
    title = f"{relation_prefix(relation)}Order"
    if title not in _SHAPES:
        says = f"One key to sort {to_camel_case(relation.name)} by; give exactly one field."
        shape = _SHAPES[title] = OrderShape(input_type(title, says, one_of=True))
        _fill(shape, relation.via.name)
        definition(shape.input).fields.append(
            input_field("node", target.input, "By the record at the other end.")
        )
    return _SHAPES[title]


def _fill(shape: OrderShape, name: str) -> None:
    for info in filter(sortable, shared_fields(name)):
        shape.add(to_camel_case(info.public_name), info.description, Order(info.name))
    for relation in filter(leads_to_many, shared_relations(name)):
        title = to_camel_case(relation.name)
        says = f"Number of its {title}."
        shape.add(f"{title}Count", says, Order(relation.name, count=True))


def convert_order(
    shape: OrderShape, value: Sequence[Mapping[str, Any]] | None
) -> tuple[Order, ...]:
    """The order that an `orderBy` argument asks for."""
    return tuple(_key(shape, item) for item in _items(value))


def convert_member_order(
    relation: Relation, value: Sequence[Mapping[str, Any]] | None
) -> tuple[Order, ...]:
    """The order of a relation's members that an `orderBy` argument asks for."""
    shape, target = member_order(relation), record_order(target_name(relation.targets))
    return tuple(
        replace(_key(target, item["node"]), on_node=True) if "node" in item else _key(shape, item)
        for item in _items(value)
    )


def _items(value: Sequence[Mapping[str, Any]] | None) -> Sequence[Mapping[str, Any]]:
    if value is not None and len(value) > MAX_KEYS:
        raise bad("orderBy", f"{len(value)} keys; give at most {MAX_KEYS}")
    return value or ()


def _key(shape: OrderShape, item: Mapping[str, Any]) -> Order:
    ((name, direction),) = item.items()
    return replace(shape.keys[name], descending=direction is SortDirection.DESC)
