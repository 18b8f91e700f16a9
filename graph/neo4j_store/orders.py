"""Orders and places in them to Cypher: total, nulls last in both directions, by key at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graph.compiling import check_order, shared_relation
from graph.errors import BadInput
from graph.model import Scalar
from graph.neo4j_store.collation import Bind, compared
from graph.neo4j_store.filters import Conditions, Place
from graph.neo4j_store.names import camel
from graph.query import Order, Window, decode_cursor


@dataclass(frozen=True, slots=True)
class Term:
    """One key of an order.

    Attributes:
        source: its value: a property, or a variable that holds what is computed.
        descending: from large to small.
        nullable: whether the value may be null.
        computed: the expression to bind to `source` first.
    """

    source: str
    descending: bool = False
    nullable: bool = False
    computed: str | None = None

    def by(self, *, backward: bool) -> str:
        """What to sort by; from the end when `backward`, and then nulls come first."""
        descending = self.descending != backward
        direction = " DESC" if descending else ""
        if not self.nullable or descending == backward:  # to Cypher, null is the largest value
            return f"{self.source}{direction}"
        nulls = "IS NOT NULL" if backward else "IS NULL"
        return f"{self.source} {nulls}, {self.source}{direction}"

    def same(self, value: Any, bind: Bind) -> str:
        """The condition that the value is this one."""
        return f"{self.source} IS NULL" if value is None else f"{self.source} = {bind(value)}"

    def beyond(self, value: Any, bind: Bind, *, backward: bool) -> str:
        """The condition that the value comes after this one, or before it when `backward`."""
        if value is None:
            return f"{self.source} IS NOT NULL" if backward else "false"
        sign = "<" if self.descending != backward else ">"
        beyond = compared(self.source, sign, value, bind)
        return f"({beyond} OR {self.source} IS NULL)" if self.nullable and not backward else beyond


def order_terms(
    orders: Sequence[Order], conditions: Conditions, main: Place, node: Place | None = None
) -> list[Term]:
    """The keys of an order, the record's key last.

    Args:
        orders: as asked.
        conditions: the statement's parameters and variables.
        main: the records ordered: what is found, or a relation's edges.
        node: in a relation's page, the records at the other end.
    """
    terms = [_term(order, conditions, main, node) for order in orders]
    return [*terms, Term(f"{main.variable}.key")]


def _term(order: Order, conditions: Conditions, main: Place, node: Place | None) -> Term:
    place = node if order.on_node else main
    if place is None:
        raise BadInput(f"the order by {order.field} speaks of another end where there is none")
    if order.count:
        step = conditions.step(shared_relation(place.kinds, order.field), place.variable)
        # a name of its own: a subquery may not use one that is bound around it
        return Term(conditions.variable(), order.descending, computed=conditions.count(step))
    field = check_order(place.kinds, order)
    source = f"{place.variable}.{camel(order.field)}"
    if field.scalar is Scalar.BOOLEAN:  # as cursors tell it
        source = f"toInteger({source})"
    return Term(source, order.descending, field.optional)


def beyond(
    terms: Sequence[Term], position: Sequence[Any], conditions: Conditions, *, backward: bool
) -> str:
    """The condition that a record stands after a place in the order, or before it."""
    bind = conditions.bind
    choices = [
        " AND ".join(
            [
                *(t.same(v, bind) for t, v in zip(terms[:i], position[:i], strict=True)),
                terms[i].beyond(position[i], bind, backward=backward),
            ]
        )
        for i in range(len(terms))
    ]
    return choices[0] if len(choices) == 1 else f"({' OR '.join(f'({c})' for c in choices)})"


def window_conditions(
    window: Window, orders: tuple[Order, ...], terms: Sequence[Term], conditions: Conditions
) -> list[str]:
    """The conditions that a window's cursors set."""
    return [
        beyond(terms, decode_cursor(cursor, orders), conditions, backward=backward)
        for cursor, backward in ((window.after, False), (window.before, True))
        if cursor is not None
    ]
