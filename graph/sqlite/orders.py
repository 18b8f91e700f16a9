"""Orders as SQL, and the places in them where a page begins and ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graph.compiling import check_order
from graph.model import RECORDS, Relation, Scalar
from graph.query import Order, Window, decode_cursor
from graph.sqlite.arms import Arm, Owner
from graph.sqlite.filters import Scope, Statement, joined, relation_of
from graph.sqlite.tables import quoted


@dataclass(frozen=True, slots=True)
class Term:
    """One key of an order.

    Attributes:
        sql: its value.
        descending: from large to small.
        nullable: whether the value may be null; nulls come last in both directions.
        real: whether the value is a float.
    """

    sql: str
    descending: bool = False
    nullable: bool = False
    real: bool = False

    def by(self, sql: str, *, backward: bool) -> str:
        """The ORDER BY term, for that SQL of the value."""
        down = self.descending is not backward
        nulls = (" NULLS FIRST" if backward else " NULLS LAST") if self.nullable else ""
        return f"{sql}{' DESC' if down else ''}{nulls}"


def own_terms(statement: Statement, orders: Sequence[Order], scope: Scope) -> list[Term]:
    """The keys of an order of records, completed by their key."""
    terms = [_own_term(statement, order, scope) for order in orders]
    return [*terms, Term(scope.column("key"))]


def _own_term(statement: Statement, order: Order, scope: Scope) -> Term:
    if order.count:
        relation = relation_of(scope, order.field)
        return Term(statement.size(relation, scope.owner), order.descending)
    field = check_order(scope.kinds, order)
    real = field.scalar is Scalar.FLOAT
    return Term(scope.column(order.field), order.descending, field.optional, real)


def member_terms(
    statement: Statement, orders: Sequence[Order], relation: Relation, arm: Arm
) -> list[Term]:
    """The keys of an order of a relation's members, completed by the edge's (the node's) key."""
    scope = Scope(relation.via if relation.has_edge else RECORDS[relation.targets[0]], arm.alias)
    terms = []
    for order in orders:
        if order.on_node and relation.has_edge:
            terms.append(_far_term(statement, order, relation, arm))
        else:
            terms.append(_own_term(statement, order, scope))
    return [*terms, Term(f"{arm.alias}.key")]


def _far_term(statement: Statement, order: Order, relation: Relation, arm: Arm) -> Term:
    """A key that the records at the other end have, whichever kind they are of."""
    shared = tuple(RECORDS[kind] for kind in relation.targets)
    cases, nullable, real = [], False, False
    for info in shared:
        if order.count:
            way = relation_of(Scope(info, "", shared), order.field)
            value = statement.size(way, Owner(info.name, arm.far_key))
        else:
            field = check_order(shared, order)
            nullable = nullable or field.optional or info.fields[order.field].optional
            real = field.scalar is Scalar.FLOAT
            value = f"(SELECT {quoted(order.field)} FROM {quoted(info.name)} WHERE key = "
            value += f"{arm.far_key})"
        cases.append(f"WHEN '{info.name}' THEN {value}")
    return Term(f"CASE {arm.far_kind} {' '.join(cases)} END", order.descending, nullable, real)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between which places of an order a page lies.

    Attributes:
        after, before: the order values and the key of the records next to it.
    """

    after: tuple[Any, ...] | None
    before: tuple[Any, ...] | None


def bounds(window: Window, orders: tuple[Order, ...]) -> Bounds:
    """The places that a window's cursors name.

    Raises:
        BadInput: a cursor of another order.
    """
    return Bounds(
        None if window.after is None else decode_cursor(window.after, orders),
        None if window.before is None else decode_cursor(window.before, orders),
    )


def within(statement: Statement, terms: Sequence[Term], limits: Bounds) -> str:
    """The condition that a row lies between the bounds; empty when there are none."""
    parts = []
    if limits.after is not None:
        parts.append(beyond(statement, terms, limits.after, backward=False))
    if limits.before is not None:
        parts.append(beyond(statement, terms, limits.before, backward=True))
    return joined(parts, "AND")


def beyond(
    statement: Statement, terms: Sequence[Term], place: Sequence[Any], *, backward: bool
) -> str:
    """The condition that a row comes after a place (before it, if `backward`)."""
    term, value = terms[0], place[0]
    farther, same = _compared(statement, term, value, backward=backward)
    if len(terms) == 1:
        return farther
    rest = beyond(statement, terms[1:], place[1:], backward=backward)
    if farther == "0":
        return f"({same} AND {rest})"
    if term.nullable:
        return f"({farther} OR ({same} AND {rest}))"
    # says twice what an index range needs to be told once
    sign = "<=" if term.descending is not backward else ">="
    return f"({term.sql} {sign} {statement.bind(value)} AND ({farther} OR ({same} AND {rest})))"


def _compared(statement: Statement, term: Term, value: Any, *, backward: bool) -> tuple[str, str]:
    """The conditions that the term's value lies farther than, and at, the given one."""
    if value is None:
        return (f"{term.sql} IS NOT NULL" if backward else "0"), f"{term.sql} IS NULL"
    bound = statement.bind(value)
    sign = "<" if term.descending is not backward else ">"
    farther = f"{term.sql} {sign} {bound}"
    if term.nullable and not backward:
        farther = f"({farther} OR {term.sql} IS NULL)"
    return farther, f"{term.sql} = {bound}"
