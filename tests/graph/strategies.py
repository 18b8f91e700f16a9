"""Values, records, small graphs, filters and orders for tests, all derived from the records."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from random import Random
from typing import Any

from hypothesis import strategies as st

from graph.model import (
    RECORDS,
    FieldInfo,
    NodeRef,
    Record,
    RecordInfo,
    Relation,
    Scalar,
    edge_records,
    node_records,
    relations,
)
from graph.query import (
    And,
    Compare,
    Filter,
    Not,
    OfKind,
    Op,
    Or,
    Order,
    Quantifier,
    Related,
    RelatedCount,
)
from graph.store import Stamps, Upsert
from tests.graph.naive import World

BASE = datetime(2026, 5, 1, 8, 30, tzinfo=UTC)

KEYS = ("k1", "k2", "K1", "王", "a'b", "%_", '"\\', "~", "0")
"""Keys that differ in case, in script, and hold what query languages treat as special."""

TEXTS = ("a", "ab", "A", "b a", "王小明", "小明", "%", "a%b", "_", "x'y", '"', "\\", "é", "𠮷")
MOMENTS = tuple(BASE + timedelta(microseconds=n) for n in (-(10**12), 0, 1, 10**9))

_BY_NAME: dict[str, tuple[Any, ...]] = {
    "phones": ("+8613800138000", "+8613800138001", "+12025550143"),
    "emails": ("ming@example.com", "wang@example.com", "x@y.cn"),
    "birthday": ("1980-02-30", "1980-03-01", "--12-24"),
    "created_at": MOMENTS,
    "updated_at": MOMENTS,
    "revision": (1, 2, 3),
    "key": KEYS,
    "value_minor": (0, 1, 99, 2**50),
}
_BY_SCALAR: dict[Scalar, tuple[Any, ...]] = {
    Scalar.TEXT: TEXTS,
    Scalar.INTEGER: (0, 1, 2, 10, 2**31 - 1),
    Scalar.FLOAT: (0.0, 0.1, 1 / 3, 0.5, 1.0),
    Scalar.BOOLEAN: (False, True),
    Scalar.MONEY: (0, 1, 99, 2**53 + 1, 2**63 - 1),
    Scalar.DATE: (date(1, 1, 1), date(1999, 12, 31), date(2026, 5, 1), date(9999, 12, 31)),
    Scalar.DATETIME: (*MOMENTS, datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)),
    Scalar.JSON: ({}, {"vip": True}, {"层级": "金", "n": 1, "x": None}),
}

ORDERING = (Op.LT, Op.LTE, Op.GT, Op.GTE)
COUNTS = {"Customer": 5, "Contact": 6, "Organization": 4, "Staff": 2, "Good": 3, "Purchase": 6}
COUNTS |= {"Trade": 3, "TradeLeg": 6}
EDGES = 6
NAMING = ("Purchase", "TradeLeg")
"""Records that name edges, so they come after them."""

WORLDS = 3
"""Small graphs that tests of stores ask questions of."""


def pool(field: FieldInfo) -> tuple[Any, ...]:
    """Values one item of the field may have, null not among them."""
    if field.enum is not None:
        return tuple(field.enum)
    return _BY_NAME.get(field.name) or _BY_SCALAR[field.scalar]


def operators(field: FieldInfo) -> tuple[Op, ...]:
    """The operators that suit a field."""
    if field.many:
        return (Op.HAS, Op.IS_NULL)
    if field.scalar is Scalar.JSON:
        return (Op.IS_NULL,)
    plain = (Op.EQ, Op.IN, Op.IS_NULL)
    if field.scalar is Scalar.BOOLEAN:
        return plain
    text = (Op.CONTAINS, Op.STARTS_WITH) if field.scalar is Scalar.TEXT else ()
    return (*plain, *ORDERING, *text)


# -- graphs


@cache
def world(seed: int) -> World:
    """A small graph with every kind of record in it; the same seed gives the same graph."""
    random = Random(seed)
    records: dict[NodeRef, Record] = {}
    claimed: set[tuple[str, str]] = set()
    for info in (*node_records(), *edge_records()):
        if info.name not in NAMING:
            _add(random, info, records, claimed)
    for name in NAMING:
        _add(random, RECORDS[name], records, claimed)
    return World(records.values())


def _add(
    random: Random,
    info: RecordInfo,
    records: dict[NodeRef, Record],
    claimed: set[tuple[str, str]],
) -> None:
    for key in random.sample(KEYS, COUNTS.get(info.name, EDGES)):
        record = _record(random, info, key, records)
        claim = info.claim(record)
        if claim is None or (info.name, claim) not in claimed:
            claimed.update([(info.name, claim)] if claim is not None else [])
            records[record.ref] = record


def _record(random: Random, info: RecordInfo, key: str, records: dict[NodeRef, Record]) -> Record:
    values = {f.name: _value(random, f, records) for f in info.fields.values()}
    if info.ends is not None:
        source, target = _two_ends(random, info, list(records))
        values |= {"source": source, "target": target}
    return info.record(**values | {"key": key})


def _two_ends(random: Random, info: RecordInfo, refs: list[NodeRef]) -> tuple[NodeRef, NodeRef]:
    assert info.ends is not None
    source = random.choice([r for r in refs if r.kind in info.ends.sources])
    target = random.choice([r for r in refs if r.kind in info.ends.targets and r != source])
    if not info.ends.directed and target < source:
        return target, source
    return source, target


def _value(random: Random, field: FieldInfo, records: dict[NodeRef, Record]) -> Any:
    if field.optional and random.random() < 0.4:
        return None
    if field.ref is not None:
        return random.choice([r.key for r in records if r.kind == field.ref.kind])
    values = pool(field)
    if field.many:
        return tuple(random.sample(values, random.randrange(min(4, len(values)))))
    return random.choice(values)


def upserts(world: World) -> list[Upsert]:
    """The changes that write a graph into a store as it is, its stamps included."""
    return [upsert(r) for r in world.records.values()]


def upsert(record: Record) -> Upsert:
    """The change that writes a record as it is."""
    info = RECORDS[record.ref.kind]
    values = {f.name: getattr(record, f.name) for f in info.input_fields()}
    if info.ends is not None:
        values |= {"source": record.source, "target": record.target}  # type: ignore[attr-defined]
    stamps = Stamps(record.created_at, record.updated_at, record.revision)
    return Upsert(*record.ref, values, stamps=stamps)


# -- queries


def shared_fields(kinds: tuple[str, ...]) -> list[FieldInfo]:
    """The fields that all the kinds have."""
    first, *others = (RECORDS[k].fields for k in kinds)
    return [f for name, f in first.items() if all(name in o for o in others)]


def shared_relations(kinds: tuple[str, ...]) -> list[Relation]:
    """The relations that all the kinds have, followed the same way."""
    first, *others = (relations(k) for k in kinds)
    return [
        r
        for name, r in first.items()
        if all(
            name in o
            and (o[name].via, o[name].direction, o[name].field) == (r.via, r.direction, r.field)
            for o in others
        )
    ]


@st.composite
def compares(draw: st.DrawFn, kinds: tuple[str, ...]) -> Compare:
    """A comparison of a field that all the kinds have."""
    if RECORDS[kinds[0]].ends is not None and draw(st.integers(0, 5)) == 0:
        return draw(end_compares(kinds[0]))
    field = draw(st.sampled_from(shared_fields(kinds)))
    op = draw(st.sampled_from(operators(field)))
    return Compare(field.name, op, draw(operands(field, op)))


def operands(field: FieldInfo, op: Op) -> st.SearchStrategy[Any]:
    """What a field may be compared with by that operator."""
    value = st.sampled_from(pool(field))
    match op:
        case Op.IS_NULL:
            return st.booleans()
        case Op.IN:
            return st.lists(value, max_size=3).map(tuple)
        case Op.EQ:
            return st.one_of(value, value, st.none())
        case _:
            return value


@st.composite
def end_compares(draw: st.DrawFn, kind: str) -> Compare:
    """A comparison of an edge's source or target."""
    ends = RECORDS[kind].ends
    assert ends is not None
    name, kinds = draw(st.sampled_from([("source", ends.sources), ("target", ends.targets)]))
    ref = st.builds(NodeRef, st.sampled_from(kinds), st.sampled_from(KEYS))
    if draw(st.booleans()):
        return Compare(name, Op.EQ, draw(ref))
    return Compare(name, Op.IN, tuple(draw(st.lists(ref, max_size=4))))


@st.composite
def filters(draw: st.DrawFn, kinds: tuple[str, ...], depth: int = 3) -> Filter:
    """A filter tree over records of these kinds, at most `depth` levels deep."""
    forms = ["compare", "compare", "kind"] if len(kinds) > 1 else ["compare"]
    if depth > 1:
        forms += ["and", "or", "not", "related", "related", "count"]
    ways = shared_relations(kinds)
    match draw(st.sampled_from(forms)):
        case "and":
            return And(tuple(draw(st.lists(filters(kinds, depth - 1), max_size=3))))
        case "or":
            return Or(tuple(draw(st.lists(filters(kinds, depth - 1), max_size=3))))
        case "not":
            return Not(draw(filters(kinds, depth - 1)))
        case "kind":
            return OfKind(tuple(draw(st.sets(st.sampled_from(kinds)).map(sorted))))
        case "related" if ways:
            way = draw(st.sampled_from(ways))
            quantifier = draw(st.sampled_from(Quantifier))
            edge, node = draw(member_filters(kinds, way, depth - 1))
            return Related(way.name, quantifier, edge, node)
        case "count" if ways:
            way = draw(st.sampled_from(ways))
            op = draw(st.sampled_from((Op.EQ, *ORDERING)))
            edge, node = draw(member_filters(kinds, way, depth - 1))
            return RelatedCount(way.name, op, draw(st.integers(0, 3)), edge, node)
        case _:
            return draw(compares(kinds))


@st.composite
def member_filters(
    draw: st.DrawFn, kinds: tuple[str, ...], way: Relation, depth: int
) -> tuple[Filter | None, Filter | None]:
    """What the edge and the record at the other end of a relation must fulfil."""
    edge = node = None
    if way.has_edge and draw(st.booleans()):
        edge = draw(filters((way.via.name,), depth))
    if draw(st.booleans()):
        targets = [relations(k)[way.name].targets for k in kinds]
        node = draw(filters(tuple(dict.fromkeys(t for ts in targets for t in ts)), depth))
    return edge, node


def sortable(kinds: tuple[str, ...]) -> list[Order]:
    """The ascending orders by one field, or by the count of one relation, of these kinds."""
    fields = [
        Order(f.name) for f in shared_fields(kinds) if not f.many and f.scalar is not Scalar.JSON
    ]
    return fields + [Order(r.name, count=True) for r in shared_relations(kinds)]


@st.composite
def orders(draw: st.DrawFn, candidates: list[Order]) -> tuple[Order, ...]:
    """Up to three of the candidates, each in one direction or the other."""
    chosen = draw(st.lists(st.sampled_from(candidates), max_size=3, unique=True))
    return tuple(
        Order(o.field, draw(st.booleans()), count=o.count, on_node=o.on_node) for o in chosen
    )
