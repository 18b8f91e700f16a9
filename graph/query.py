"""What can be asked of a store: filter trees, orders, pages and cursors."""

from __future__ import annotations

import base64
import binascii
import zlib
from dataclasses import astuple, dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import orjson

from graph.errors import BadInput, shown
from graph.model import Edge, NodeRef, Record, Relation

MAX_PAGE = 1_000
"""Most records a store gives on one page."""

MAX_DEPTH = 12
"""Deepest nesting of a filter tree."""


class Op(StrEnum):
    """How a field is compared with a value; text is compared by code point, case counts."""

    EQ = "EQ"
    IN = "IN"
    LT = "LT"
    LTE = "LTE"
    GT = "GT"
    GTE = "GTE"
    CONTAINS = "CONTAINS"
    STARTS_WITH = "STARTS_WITH"
    HAS = "HAS"  # a list field holds this item
    IS_NULL = "IS_NULL"  # value True: the field is null or an empty list; False: it is not


class Quantifier(StrEnum):
    """How many of a relation's members must match; every and none hold where there are none."""

    SOME = "SOME"
    NONE = "NONE"
    EVERY = "EVERY"


@dataclass(frozen=True, slots=True)
class Compare:
    """A field of the record compared with a value of the field's own Python type.

    A null field matches no operator but IS_NULL; `EQ` with None is the same as IS_NULL True.
    `IN` takes a tuple of values. The field "key" and an edge's "source" and "target" (EQ and IN
    with NodeRef) can be compared as well.
    """

    field: str
    op: Op
    value: Any


@dataclass(frozen=True, slots=True)
class And:
    """All parts hold; true when there are none."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one part holds; false when there are none."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold (a comparison with a null field does not hold, so its Not does)."""

    part: Filter


@dataclass(frozen=True, slots=True)
class Related:
    """Some, none or every member of a relation matches.

    Attributes:
        relation: name of the relation, as in `graph.model.relations`.
        quantifier: how many must match.
        edge: what the edge between must fulfil; None where the relation has none.
        node: what the record at the other end must fulfil; its fields are those shared by all
            the kinds the relation leads to.
    """

    relation: str
    quantifier: Quantifier
    edge: Filter | None = None
    node: Filter | None = None


@dataclass(frozen=True, slots=True)
class RelatedCount:
    """The number of a relation's members (those that match, if filters are given) compared."""

    relation: str
    op: Op  # EQ, LT, LTE, GT, GTE
    value: int
    edge: Filter | None = None
    node: Filter | None = None


@dataclass(frozen=True, slots=True)
class OfKind:
    """The record is of one of these kinds: where a relation leads to several."""

    kinds: tuple[str, ...]


Filter = Compare | And | Or | Not | Related | RelatedCount | OfKind


@dataclass(frozen=True, slots=True)
class Order:
    """One key of an order; nulls come last in both directions.

    Attributes:
        field: a field, or with `count` the name of a relation whose members are counted.
        descending: from large to small.
        count: whether `field` names a relation.
        on_node: in a relation's page: the field is of the record at the other end, not of the edge.
    """

    field: str
    descending: bool = False
    count: bool = False
    on_node: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of an ordered set is wanted, as Relay pages do.

    Attributes:
        first: at most that many from the start (or from `after`).
        last: at most that many from the end (or from `before`); exclusive with `first`.
        after, before: cursors of this same order.
    """

    first: int | None = 20
    last: int | None = None
    after: str | None = None
    before: str | None = None

    def __post_init__(self) -> None:
        for name, value in (("first", self.first), ("last", self.last)):
            if value is not None and not 0 <= value <= MAX_PAGE:
                raise BadInput(f"{name} is {value}; it may be from 0 to {MAX_PAGE:,}")
        if (self.first is None) == (self.last is None):
            raise BadInput("give either `first` or `last`, not both and not neither")

    @property
    def backward(self) -> bool:
        """Whether the page is taken from the end."""
        return self.last is not None

    @property
    def size(self) -> int:
        """Most records on the page."""
        size = self.first if self.first is not None else self.last
        assert size is not None
        return size


@dataclass(frozen=True, slots=True)
class FindQuery:
    """A page of all records of one kind, nodes or edges.

    Attributes:
        kind: name of the record.
        filter: what they must fulfil.
        order: always completed by key, ascending.
        window: the part wanted.
        count: whether the page carries the total number.
        fields: the attributes wanted of each record (`graph.model.codec.wanted`); None = all.
    """

    kind: str
    filter: Filter | None = None
    order: tuple[Order, ...] = ()
    window: Window = field(default_factory=Window)
    count: bool = False
    fields: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class RelatedQuery:
    """A page per anchor of what a relation leads to.

    Attributes:
        relation: the way from the anchors. They are of its owner's kind, or of other kinds that
            have the same relation.
        edge: what the edge between must fulfil.
        node: what the record at the other end must fulfil.
        order: completed by the edge's key (by the record's key where there is no edge).
        window: the part wanted of each anchor's set.
        count: whether pages carry the total number.
        edges: whether hits carry the edge between; not to read it saves a third of the time.
        fields: the attributes wanted of each record at the other end; None = all.
        edge_fields: the same of the edges between.
        places: whether pages tell where their items stand and whether more follow. A store may
            leave that out where it is not wanted: positions are empty then, and has_next False.
    """

    relation: Relation
    edge: Filter | None = None
    node: Filter | None = None
    order: tuple[Order, ...] = ()
    window: Window = field(default_factory=Window)
    count: bool = False
    edges: bool = True
    fields: frozenset[str] | None = None
    edge_fields: frozenset[str] | None = None
    places: bool = True


@dataclass(frozen=True, slots=True)
class Tree:
    """Pages of a relation, and of relations that lead on from the records on them.

    Attributes:
        query: the relation's.
        below: what leads on; every kind that `query` leads to has these relations.
    """

    query: RelatedQuery
    below: tuple[Tree, ...] = ()


@dataclass(frozen=True, slots=True)
class Walk:
    """Several levels of relations, read together.

    Attributes:
        trees: what leads on from the anchors.
        records: whether the anchors' own records are wanted as well.
        fields: the attributes wanted of those; None = all.
    """

    trees: tuple[Tree, ...]
    records: bool = False
    fields: frozenset[str] | None = None


class Hit(NamedTuple):
    """One member of a relation: the record, and the edge that leads to it where there is one.

    The node of a Hit is any record: for `Purchase.referral` it is the Referral, an edge record.
    """

    edge: Edge | None
    node: Record


def hit(edge: Edge | None, node: Record) -> Hit:
    """A Hit, in half the time of its own constructor, which is Python."""
    return _new_tuple(Hit, (edge, node))


_new_tuple = tuple.__new__

T = TypeVar("T")


class Made(Protocol):
    """What was made of a page, kept with it by whoever keeps the page in memory.

    Attributes:
        by: what was made, by the number of the place that it was made for.
    """

    by: dict[int, Any]

    def keep(self, place: int, made: Any, size: int) -> None:
        """Keeps what was made for a place, which takes `size` bytes."""
        ...


@dataclass(frozen=True)
class Page(Generic[T]):
    """Part of an ordered set.

    Attributes:
        items: the records or hits, in order (also when taken from the end).
        positions: each item's place in the order: its order values as stored, then its key.
        has_next, has_previous: whether the set goes on after and before this page.
        total: size of the whole set; None unless asked for.
        order: the order asked for; a cursor is of use in this order alone.
        made: what was made of it; None where the page itself is kept by nobody.
    """

    items: tuple[T, ...]
    positions: tuple[tuple[Any, ...], ...]
    has_next: bool = False
    has_previous: bool = False
    total: int | None = None
    order: tuple[Order, ...] = ()
    made: Made | None = field(default=None, init=False, repr=False, compare=False)

    @cached_property
    def cursors(self) -> tuple[str, ...]:
        """An opaque cursor for each item."""
        return tuple(encode_cursor(p, self.order) for p in self.positions)


def bare_page(items: tuple[T, ...], total: int | None, order: tuple[Order, ...]) -> Page[T]:
    """A page that does not tell places, in a third of the time of its own constructor."""
    made: Page[T] = _new_object(Page)
    values = {"items": items, "positions": (), "total": total, "order": order}
    _set(made, "__dict__", {**values, "has_next": False, "has_previous": False})
    return made


_new_object = object.__new__
_set = object.__setattr__


@dataclass(frozen=True, slots=True)
class Walked:
    """What a walk found.

    Attributes:
        records: the anchors' own, where they are wanted and there.
        pages: of each query of the walk, the pages of all anchors it was followed from: those of
            the walk, or the records on the pages above. A store that keeps what it read may leave
            out anchors of the walk, with all below them: asked for, they cost it nothing.
    """

    records: dict[NodeRef, Record] = field(default_factory=dict)
    pages: dict[RelatedQuery, dict[NodeRef, Page[Hit]]] = field(default_factory=dict)


def _mark(order: tuple[Order, ...]) -> int:
    """A number that tells orders apart: without it a cursor of another order would mislead."""
    return zlib.crc32(repr([astuple(o) for o in order]).encode())


def encode_cursor(position: tuple[Any, ...], order: tuple[Order, ...]) -> str:
    """A place in an order as opaque text; true is 1 there, as not every store knows booleans."""
    values = [int(v) if isinstance(v, bool) else v for v in position]
    raw = orjson.dumps([_mark(order), *values])
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode_cursor(text: str, order: tuple[Order, ...]) -> tuple[Any, ...]:
    """The place that a cursor stands for: the order's values as stored, then the key.

    Args:
        text: a cursor from an answer of ours.
        order: the order it is to be used in.

    Raises:
        BadInput: not a cursor, or one of another order.
    """
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        values = orjson.loads(raw)
    except (binascii.Error, UnicodeError, ValueError):
        values = None
    if (
        not isinstance(values, list)
        or len(values) != len(order) + 2
        or values[0] != _mark(order)
        or not isinstance(values[-1], str)
        or not all(_storable(v) for v in values)
    ):
        raise BadInput(
            f"{shown(text)} is not a cursor of this order; "
            "take it from `cursor` or `pageInfo` of an answer with the same orderBy"
        )
    return tuple(values[1:])


def check_cursors(window: Window, order: tuple[Order, ...]) -> None:
    """Looks at a window's cursors where no store is asked for the page.

    Raises:
        BadInput: one is not a cursor, or one of another order.
    """
    for cursor in (window.after, window.before):
        if cursor is not None:
            decode_cursor(cursor, order)


def _storable(value: object) -> bool:
    if isinstance(value, int):
        return -(2**63) <= value < 2**63  # no store takes more
    return value is None or isinstance(value, str | float)


def conjunction(*parts: Filter | None) -> Filter | None:
    """All given parts at once; None when none is given."""
    given = tuple(p for p in parts if p is not None)
    return given[0] if len(given) == 1 else And(given) if given else None
