"""Pages of what a relation leads to, for many anchors at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from graph.compiling import check_depth, relation_from
from graph.model import NodeRef, Record
from graph.query import Hit, Page, RelatedQuery
from graph.sqlite.arms import Arm, Owner, arms, either
from graph.sqlite.filters import Statement, as_json, check_width
from graph.sqlite.finding import cut
from graph.sqlite.keyed import by_key
from graph.sqlite.orders import Bounds, beyond, bounds, member_terms, within

Member = tuple[list[Any], str, str]
"""Its place in the order, which its key ends, and kind and key of the record at the other end."""


@dataclass(frozen=True, slots=True)
class Related:
    """A query as SQL; the anchors are its parameter `anchors`.

    Attributes:
        query: what it asks.
        refs: the anchors.
        text: the statement.
        values: its parameters.
        floats: places of the order whose values are floats, which the statement leaves out.
    """

    query: RelatedQuery
    refs: list[NodeRef]
    text: str
    values: dict[str, Any]
    floats: tuple[int, ...] = ()

    @property
    def reads_edges(self) -> bool:
        """Whether the edges between are read: they are shown, or hold a float of the order."""
        floats = any(not self.query.order[i].on_node for i in self.floats)
        return self.query.relation.has_edge and (self.query.edges or floats)

    def reads(self, fields: frozenset[str] | None) -> frozenset[str] | None:
        """The attributes to read of records of which `fields` are wanted."""
        if fields is None:
            return None
        return fields.union(self.query.order[i].field for i in self.floats)


def compile_related(query: RelatedQuery, anchors: Sequence[NodeRef]) -> Related:
    """Checks a query and puts it into SQL.

    For each anchor an inner SELECT with a limit picks the keys of its first members, in the order
    of an index where there is one, and gives them as one JSON text: a row an anchor. So a hub
    costs no more than its page, where a window function would number all its members. The
    records are read by key after that.

    Raises:
        BadInput: it asks for what does not exist.
    """
    refs, statement, owner, source = _begun(query, anchors)
    limits = bounds(query.window, query.order)
    picked, floats = _picked(statement, query, owner, limits)
    facts = ", ".join(_facts(statement, query, owner, limits))
    text = statement.complete(f"SELECT anchor.n, {facts}, ({picked}) FROM {source}")
    return Related(query, refs, text, statement.values, floats)


def compile_counts(query: RelatedQuery, anchors: Sequence[NodeRef]) -> Related:
    """The statement that gives the number of each anchor's members.

    Raises:
        BadInput: the query asks for what does not exist.
    """
    refs, statement, owner, source = _begun(query, anchors)
    number = statement.size(query.relation, owner, query.edge, query.node)
    text = statement.complete(f"SELECT anchor.n, {number} FROM {source}")
    return Related(query, refs, text, statement.values)


def _begun(
    query: RelatedQuery, anchors: Sequence[NodeRef]
) -> tuple[list[NodeRef], Statement, Owner, str]:
    """The distinct anchors, a statement that holds them, how it names one, and its FROM."""
    check_depth(query.edge)
    check_depth(query.node)
    check_width(query.edge, [query.relation.via.name])
    check_width(query.node, query.relation.targets)
    refs = list(dict.fromkeys(anchors))
    kinds = relation_from(query.relation, refs)
    statement = Statement()
    if len(kinds) <= 1:
        statement.values["anchors"] = as_json([ref.key for ref in refs])
        owner = Owner(kinds[0] if kinds else query.relation.owner, "anchor.key")
        source = "(SELECT key AS n, value AS key FROM json_each(:anchors)) AS anchor"
    else:
        statement.values["anchors"] = as_json([list(ref) for ref in refs])
        owner = Owner(query.relation.owner, "anchor.key", kind_column="anchor.kind")
        source = (
            "(SELECT key AS n, json_extract(value, '$[0]') AS kind, "
            "json_extract(value, '$[1]') AS key "
            "FROM json_each(:anchors)) AS anchor"
        )
    return refs, statement, owner, source


def _picked(
    statement: Statement, query: RelatedQuery, owner: Owner, limits: Bounds
) -> tuple[str, tuple[int, ...]]:
    """The SELECT of one anchor's members on the page and of one more, and where floats stand."""
    relation = query.relation
    selects, floats = [], tuple[int, ...]()
    for arm in arms(relation, owner, statement.alias):
        terms = member_terms(statement, query.order, relation, arm)
        values = ", ".join(f"{t.sql} AS o{i}" for i, t in enumerate(terms))
        match = statement.match(relation, arm, query.edge, query.node)
        inside = within(statement, terms, limits) or "1"
        selects.append(
            f"SELECT {values}, {arm.far_kind} AS far_kind, {arm.far_key} AS far_key "
            f"FROM {arm.table} WHERE {arm.link} AND {match} AND {inside}"
        )
        floats = tuple(i for i, t in enumerate(terms) if t.real)
    backward = query.window.backward
    ways = ", ".join(t.by(f"o{i}", backward=backward) for i, t in enumerate(terms))
    place = ", ".join("NULL" if t.real else f"o{i}" for i, t in enumerate(terms))
    picked = (
        "SELECT CAST(json_group_array(json_array("
        f"json_array({place}), far_kind, far_key)) AS BLOB) FROM "
        f"(SELECT * FROM ({' UNION ALL '.join(selects)}) "
        f"ORDER BY {ways} LIMIT {statement.bind(query.window.size + 1)})"
    )
    return picked, floats


def _facts(
    statement: Statement, query: RelatedQuery, owner: Owner, limits: Bounds
) -> tuple[str, str, str]:
    total = "NULL"
    if query.count:
        total = statement.size(query.relation, owner, query.edge, query.node)
    earlier = _outside(statement, query, owner, limits.after, backward=False)
    later = _outside(statement, query, owner, limits.before, backward=True)
    return total, earlier, later


def _outside(
    statement: Statement,
    query: RelatedQuery,
    owner: Owner,
    place: tuple[Any, ...] | None,
    *,
    backward: bool,
) -> str:
    """Whether an anchor has members not beyond a place."""
    if place is None:
        return "0"
    arm: Arm = either(query.relation, owner, statement.alias())
    terms = member_terms(statement, query.order, query.relation, arm)
    match = statement.match(query.relation, arm, query.edge, query.node)
    inside = beyond(statement, terms, place, backward=backward)
    where = f"{arm.link} AND {match} AND ({inside}) IS NOT TRUE"
    return f"EXISTS (SELECT 1 FROM {arm.table} WHERE {where})"


def related(connection: sqlite3.Connection, found: Related) -> dict[NodeRef, Page[Hit]]:
    """The pages, one for each anchor."""
    query = found.query
    connection.execute("BEGIN")  # all statements see the same version
    try:
        rows = connection.execute(found.text, found.values).fetchall()
        picked = [(n, facts, orjson.loads(text)) for n, *facts, text in rows]
        shown = [m for _, _, members in picked for m in members[: query.window.size]]
        records = _records(connection, found, shown)
    finally:
        connection.rollback()
    hit_of = _hit_maker(found, records)
    return {
        found.refs[n]: cut(query.window, query.order, members, facts, hit_of)
        for n, facts, members in picked
    }


def counts(connection: sqlite3.Connection, found: Related) -> dict[NodeRef, int]:
    """The number of each anchor's members."""
    rows = connection.execute(found.text, found.values)
    return {found.refs[n]: number for n, number in rows}


def _records(
    connection: sqlite3.Connection, found: Related, shown: Sequence[Member]
) -> dict[str, dict[str, Record]]:
    """The records that the pages show by kind and key, each read once."""
    query = found.query
    edges = [place[-1] for place, _, _ in shown] if found.reads_edges else []
    nodes: dict[str, dict[str, None]] = {}
    for _, kind, key in shown:
        nodes.setdefault(kind, {})[key] = None
    of_nodes = found.reads(query.fields)
    records = {
        kind: {r.key: r for r in by_key(connection, kind, list(keys), of_nodes)}
        for kind, keys in nodes.items()
    }
    if edges:
        kind, of_edges = query.relation.via.name, found.reads(query.edge_fields)
        keys = list(dict.fromkeys(edges))
        records[kind] = {r.key: r for r in by_key(connection, kind, keys, of_edges)}
    return records


def _hit_maker(
    found: Related, records: dict[str, dict[str, Record]]
) -> Callable[[Member], tuple[Hit, tuple[Any, ...]]]:
    """From a member to its hit and its place in the order, floats included."""
    query = found.query
    edges = records.get(query.relation.via.name, {}) if found.reads_edges else {}
    shows = query.edges

    def hit(member: Member) -> tuple[Hit, tuple[Any, ...]]:
        place, kind, key = member
        node, edge = records[kind][key], edges.get(place[-1])
        for i in found.floats:
            order = query.order[i]
            bearer = node if order.on_node or edge is None else edge
            place[i] = getattr(bearer, order.field)
        return Hit(edge if shows else None, node), tuple(place)  # type: ignore[arg-type]

    return hit
