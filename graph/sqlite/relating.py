"""Pages of what a relation leads to, for many anchors in one statement."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graph.compiling import check_depth
from graph.errors import BadInput
from graph.model import RECORDS, NodeRef, Relation
from graph.model.codec import columns, decoder
from graph.query import Hit, Page, RelatedQuery
from graph.sqlite.arms import Arm, Owner, arms, either
from graph.sqlite.filters import Statement, as_json, check_width
from graph.sqlite.finding import cut
from graph.sqlite.orders import Bounds, beyond, bounds, member_terms, within
from graph.sqlite.tables import quoted

_ANCHOR = "anchor.key"


@dataclass(frozen=True, slots=True)
class Related:
    """A query as SQL; the anchors' keys are its parameter `anchors`.

    Attributes:
        query: what it asks.
        text: the statement.
        values: its parameters but for the anchors.
    """

    query: RelatedQuery
    text: str
    values: dict[str, Any]


def compile_related(query: RelatedQuery) -> Related:
    """Checks a query and puts it into SQL.

    For each anchor an inner SELECT with a limit picks the keys of its first members; the outer
    one fetches their records. So a hub costs no more than its page, where a window function
    would number all its members.

    Raises:
        BadInput: it asks for what does not exist.
    """
    _check_size(query)
    statement = Statement()
    relation = query.relation
    limits = bounds(query.window, query.order)
    picked = _picked(statement, query, limits)
    member = either(relation, Owner(relation.owner, _ANCHOR), statement.alias())
    terms = member_terms(statement, query.order, relation, member)
    listed = [f"anchor.n, {', '.join(f'anchor.{f}' for f in ('total', 'earlier', 'later'))}"]
    listed += [t.sql for t in terms]
    listed += [f"{member.alias}.{quoted(c)}" for c in columns(_member_info(relation))]
    joins = f"LEFT JOIN {member.table} ON {member.alias}.key IN ({picked})"
    if relation.has_edge:
        listed.append(member.far_kind)
        joins += _far_joins(statement, relation, member, listed)
    backward = query.window.backward
    order = ", ".join(["anchor.n", *(t.by(t.sql, backward=backward) for t in terms)])
    facts = ", ".join(_facts(statement, query, limits))
    text = (
        f"WITH {statement.sets()}anchor AS MATERIALIZED (SELECT n, key, {facts} FROM "
        "(SELECT key AS n, value AS key FROM json_each(:anchors)) AS anchor) "
        f"SELECT {', '.join(listed)} FROM anchor {joins} ORDER BY {order}"
    )
    return Related(query, text, statement.values)


def _check_size(query: RelatedQuery) -> None:
    check_depth(query.edge)
    check_depth(query.node)
    check_width(query.edge, [query.relation.via.name])
    check_width(query.node, query.relation.targets)


def _member_info(relation: Relation) -> Any:
    return relation.via if relation.has_edge else RECORDS[relation.targets[0]]


def _far_joins(statement: Statement, relation: Relation, member: Arm, listed: list[str]) -> str:
    """Joins of the records at the other end, by kind; adds their columns to those listed."""
    joins = ""
    for kind in relation.targets:
        alias = statement.alias()
        key = f"iif({member.far_kind} = '{kind}', {member.far_key}, NULL)"
        joins += f" LEFT JOIN {quoted(kind)} {alias} ON {alias}.key = {key}"
        listed += [f"{alias}.{quoted(c)}" for c in columns(RECORDS[kind])]
    return joins


def _picked(statement: Statement, query: RelatedQuery, limits: Bounds) -> str:
    """The SELECT of the keys of one anchor's members on the page, and of one more."""
    relation = query.relation
    selects, names, ways = [], [], []
    for arm in arms(relation, Owner(relation.owner, _ANCHOR), statement.alias):
        terms = member_terms(statement, query.order, relation, arm)
        names = [f"o{i}" for i in range(len(terms) - 1)] + ["key"]
        values = ", ".join(f"{t.sql} AS {n}" for t, n in zip(terms, names, strict=True))
        match = statement.match(relation, arm, query.edge, query.node)
        inside = within(statement, terms, limits) or "1"
        selects.append(
            f"SELECT {values} FROM {arm.table} WHERE {arm.link} AND {match} AND {inside}"
        )
        ways = [t.by(n, backward=query.window.backward) for t, n in zip(terms, names, strict=True)]
    return (
        f"SELECT key FROM ({' UNION ALL '.join(selects)}) "
        f"ORDER BY {', '.join(ways)} LIMIT {statement.bind(query.window.size + 1)}"
    )


def _facts(statement: Statement, query: RelatedQuery, limits: Bounds) -> list[str]:
    owner = Owner(query.relation.owner, _ANCHOR)
    total = "NULL"
    if query.count:
        total = statement.size(query.relation, owner, query.edge, query.node)
    earlier = _outside(statement, query, limits.after, backward=False)
    later = _outside(statement, query, limits.before, backward=True)
    return [f"{total} AS total", f"{earlier} AS earlier", f"{later} AS later"]


def _outside(
    statement: Statement, query: RelatedQuery, place: tuple[Any, ...] | None, *, backward: bool
) -> str:
    """Whether an anchor has members not beyond a place."""
    if place is None:
        return "0"
    relation = query.relation
    arm = either(relation, Owner(relation.owner, _ANCHOR), statement.alias())
    terms = member_terms(statement, query.order, relation, arm)
    match = statement.match(relation, arm, query.edge, query.node)
    inside = beyond(statement, terms, place, backward=backward)
    where = f"{arm.link} AND {match} AND ({inside}) IS NOT TRUE"
    return f"EXISTS (SELECT 1 FROM {arm.table} WHERE {where})"


def compile_counts(query: RelatedQuery) -> Related:
    """The statement that gives the number of each anchor's members.

    Raises:
        BadInput: the query asks for what does not exist.
    """
    _check_size(query)
    statement = Statement()
    owner = Owner(query.relation.owner, _ANCHOR)
    number = statement.size(query.relation, owner, query.edge, query.node)
    text = f"SELECT key, {number} FROM (SELECT value AS key FROM json_each(:anchors)) AS anchor"
    return Related(query, statement.complete(text), statement.values)


def related(
    connection: sqlite3.Connection, found: Related, anchors: Sequence[NodeRef]
) -> dict[NodeRef, Page[Hit]]:
    """The pages, one for each anchor."""
    query = found.query
    refs = _checked(query, anchors)
    hits: list[list[tuple[Hit, tuple[Any, ...]]]] = [[] for _ in refs]
    facts: list[tuple[Any, Any, Any]] = [(None, 0, 0)] * len(refs)
    rows = connection.execute(found.text, found.values | {"anchors": _keys(refs)})
    places = 4 + len(query.order) + 1
    hit_of = _HitDecoder(query.relation, places)
    for row in rows:
        number = row[0]
        facts[number] = row[1:4]
        if row[places] is not None:
            hits[number].append((hit_of(row), row[4:places]))
    return {ref: cut(query.window, query.order, hits[i], facts[i]) for i, ref in enumerate(refs)}


class _HitDecoder:
    """Makes hits of rows: the member's columns, then the kind and columns of the far records."""

    def __init__(self, relation: Relation, start: int) -> None:
        self.start = start
        info = _member_info(relation)
        self.end = start + len(columns(info))
        self.member = decoder(info.name)
        self.has_edge = relation.has_edge
        self.far: dict[str, tuple[int, int, Any]] = {}
        at = self.end + 1
        for kind in relation.targets:
            after = at + len(columns(RECORDS[kind]))
            self.far[kind] = (at, after, decoder(kind))
            at = after

    def __call__(self, row: Sequence[Any]) -> Hit:
        member = self.member(row[self.start : self.end])
        if not self.has_edge:
            return Hit(None, member)
        at, after, decode = self.far[row[self.end]]
        return Hit(member, decode(row[at:after]))


def counts(
    connection: sqlite3.Connection, found: Related, anchors: Sequence[NodeRef]
) -> dict[NodeRef, int]:
    """The number of each anchor's members."""
    refs = _checked(found.query, anchors)
    rows = connection.execute(found.text, found.values | {"anchors": _keys(refs)})
    kind = found.query.relation.owner
    return {NodeRef(kind, key): number for key, number in rows}


def _checked(query: RelatedQuery, anchors: Sequence[NodeRef]) -> list[NodeRef]:
    owner = query.relation.owner
    wrong = next((a for a in anchors if a.kind != owner), None)
    if wrong is not None:
        raise BadInput(f"{owner}.{query.relation.name} starts from a {owner}, not a {wrong.kind}")
    return list(dict.fromkeys(anchors))


def _keys(refs: Sequence[NodeRef]) -> str:
    return as_json([ref.key for ref in refs])
