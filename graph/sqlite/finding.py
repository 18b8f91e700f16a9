"""A page of all records of one kind."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from graph.compiling import check_depth, record_kind
from graph.model import Record
from graph.model.codec import decoder, wanted
from graph.query import FindQuery, Order, Page, Window
from graph.sqlite.filters import Scope, Statement, check_width
from graph.sqlite.orders import Bounds, Term, beyond, bounds, own_terms, within
from graph.sqlite.tables import quoted


@dataclass(frozen=True, slots=True)
class Find:
    """A query as SQL.

    Attributes:
        query: what it asks.
        text: the statement that gives the page's rows and one more.
        facts: the statement that gives the total and whether records lie before and after the
            cursors; None when nothing of it is asked.
        values: the parameters of both.
    """

    query: FindQuery
    text: str
    facts: str | None
    values: dict[str, Any]


def compile_find(query: FindQuery) -> Find:
    """Checks a query and puts it into SQL.

    Raises:
        BadInput: it asks for what does not exist.
    """
    info = record_kind(query.kind)
    check_depth(query.filter)
    check_width(query.filter, [info.name])
    statement = Statement()
    scope = Scope(info, statement.alias())
    limits = bounds(query.window, query.order)
    terms = own_terms(statement, query.order, scope)
    holds = statement.holds(query.filter, scope) if query.filter is not None else "1"
    inside = within(statement, terms, limits) or "1"
    table = f"{quoted(info.name)} {scope.alias}"
    listed = ", ".join(scope.column(c) for c in wanted(info.name, query.fields))
    backward = query.window.backward
    text = (
        f"SELECT {listed}, {', '.join(t.sql for t in terms)} FROM {table} "
        f"WHERE {holds} AND {inside} "
        f"ORDER BY {', '.join(t.by(t.sql, backward=backward) for t in terms)} "
        f"LIMIT {statement.bind(query.window.size + 1)}"
    )
    facts = None
    if query.count or limits.after or limits.before:
        facts = f"SELECT {', '.join(_facts(statement, query, table, holds, terms, limits))}"
    facts = facts and statement.complete(facts)
    return Find(query, statement.complete(text), facts, statement.values)


def _facts(
    statement: Statement,
    query: FindQuery,
    table: str,
    holds: str,
    terms: list[Term],
    limits: Bounds,
) -> list[str]:
    total = f"(SELECT count(*) FROM {table} WHERE {holds})" if query.count else "NULL"
    outside = []
    for place, backward in ((limits.after, False), (limits.before, True)):
        if place is None:
            outside.append("0")
        else:
            inside = beyond(statement, terms, place, backward=backward)
            some = f"SELECT 1 FROM {table} WHERE {holds} AND ({inside}) IS NOT TRUE"
            outside.append(f"EXISTS ({some})")
    return [total, *outside]


def find(connection: sqlite3.Connection, found: Find) -> Page[Record]:
    """The page."""
    if found.facts is None:
        rows = connection.execute(found.text, found.values).fetchall()
        return _page(found, rows, (None, 0, 0))
    connection.execute("BEGIN")  # both statements see the same version
    try:
        rows = connection.execute(found.text, found.values).fetchall()
        facts = connection.execute(found.facts, found.values).fetchone()
    finally:
        connection.rollback()
    return _page(found, rows, facts)


def _page(found: Find, rows: list[Any], facts: Sequence[int | None]) -> Page[Record]:
    query = found.query
    width = len(wanted(query.kind, query.fields))
    decode = decoder(query.kind, query.fields)
    return cut(
        query.window, query.order, rows, facts, lambda row: (decode(row[:width]), row[width:])
    )


def cut(
    window: Window,
    order: tuple[Order, ...],
    rows: list[Any],
    facts: Sequence[int | None],
    item_of: Callable[[Any], tuple[Any, tuple[Any, ...]]],
) -> Page[Any]:
    """The page of a window.

    Args:
        window: the part wanted.
        order: of what order.
        rows: those on the page, and one more if there is one.
        facts: the total, and whether there are others before and after.
        item_of: from a row to what stands on the page, and its place.
    """
    total, earlier, later = facts
    size, backward = window.size, window.backward
    more = len(rows) > size
    kept = [item_of(row) for row in rows[:size]]
    if backward:
        kept.reverse()
    return Page(
        items=tuple([item for item, _ in kept]),
        positions=tuple([place for _, place in kept]),
        has_next=bool(later) or (more and not backward),
        has_previous=bool(earlier) or (more and backward),
        total=total,
        order=order,
    )
