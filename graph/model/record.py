"""What a record is: a frozen dataclass that declares its fields once."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import Enum, StrEnum
from functools import cache
from typing import (
    Annotated,
    Any,
    TypeVar,
    Union,
    cast,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

from pydantic import Field
from pydantic.fields import FieldInfo as PydanticField

from graph.model.fields import (
    Custom,
    Guarded,
    Indexed,
    Key,
    Money,
    NodeRef,
    Ref,
    Searchable,
    System,
)

_new_tuple = tuple.__new__
"""Makes a NodeRef in half the time of its own constructor, which is Python."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Scalar(StrEnum):
    """How one value of a field is kept; a field with `many` keeps a list of them."""

    TEXT = "TEXT"
    INTEGER = "INTEGER"
    FLOAT = "FLOAT"
    BOOLEAN = "BOOLEAN"
    MONEY = "MONEY"
    DATE = "DATE"
    DATETIME = "DATETIME"
    ENUM = "ENUM"
    JSON = "JSON"


_SCALARS: dict[Any, Scalar] = {
    str: Scalar.TEXT,
    int: Scalar.INTEGER,
    float: Scalar.FLOAT,
    bool: Scalar.BOOLEAN,
    Money: Scalar.MONEY,
    date: Scalar.DATE,
    datetime: Scalar.DATETIME,
    Mapping: Scalar.JSON,
}


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """One declared field of a record.

    Attributes:
        name: the Python name, snake case.
        scalar: how one value is kept.
        annotation: the whole annotation, for validation.
        python_type: the bare type of one value (`str`, an enum class, ...).
        enum: the enum class of an ENUM field.
        many: whether the field holds a tuple of values.
        optional: whether None is a value.
        required: whether a new record must give it.
        default: its value when a new record does not.
        description: for people, also shown by GraphQL.
        indexed, searchable, system, guarded: the marks of the same name.
        ref: the record this field's value is the key of.
    """

    name: str
    scalar: Scalar
    annotation: Any
    python_type: Any
    enum: type[StrEnum] | None
    many: bool
    optional: bool
    required: bool
    default: Any
    description: str
    indexed: bool
    searchable: bool
    system: bool
    guarded: bool
    ref: Ref | None

    @property
    def public_name(self) -> str:
        """The name users see, snake case: money is shown in major units, so without `_minor`."""
        return self.name.removesuffix("_minor") if self.scalar is Scalar.MONEY else self.name


@dataclass(frozen=True, slots=True)
class Ends:
    """What an edge record joins and the relations it gives.

    Attributes:
        sources, targets: names of the node records allowed at its two ends.
        forward: relation on the source that leads to targets.
        backward: relation on the target that leads to sources; equal to `forward` when undirected.
        directed: whether source and target differ in meaning.
        loops: whether both ends may be the same node.
        forward_one, backward_one: whether that relation gives at most one node.
    """

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    forward: str
    backward: str
    directed: bool = True
    loops: bool = False
    forward_one: bool = False
    backward_one: bool = False


@dataclass(frozen=True, slots=True)
class RecordInfo:
    """A record and all that is derived from its declaration.

    Attributes:
        record: the dataclass.
        name: its name, which is also the kind in a NodeRef.
        plural: its name in the plural, lower camel case ("customers").
        fields: by Python name, in order of declaration, system fields first.
        ends: what it joins; None for a node record.
        claim: from a record, text that at most one may hold at a time; None = claims nothing.
        claim_message: what to tell who wants a claim that another holds.
        guarded: whether mutations of its own write it, and no others.
    """

    record: type[Record]
    name: str
    plural: str
    fields: Mapping[str, FieldInfo]
    ends: Ends | None
    claim: Callable[[Any], str | None]
    claim_message: str
    guarded: bool

    @property
    def description(self) -> str:
        """First paragraph of the record's docstring."""
        return " ".join((self.record.__doc__ or "").split("\n\n")[0].split())

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the fields that a new record must give."""
        return _required(self.name)

    def input_fields(self) -> Iterator[FieldInfo]:
        """The fields an input may give, without key and ends."""
        return (f for f in self.fields.values() if not f.system and f.name != "key")

    def mutable_fields(self) -> Iterator[FieldInfo]:
        """The fields that a mutation may give, without key and ends."""
        return (f for f in self.input_fields() if not f.guarded)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What nodes and edges share."""

    key: Annotated[Key, Field(description="The caller's own identifier, unique within its kind.")]
    created_at: Annotated[
        datetime, System(), Indexed(), Field(description="When the record was first written.")
    ] = EPOCH
    updated_at: Annotated[
        datetime, System(), Indexed(), Field(description="When it last changed.")
    ] = EPOCH
    revision: Annotated[
        int, System(), Field(description="Grows by one at each change; guards concurrent updates.")
    ] = 1

    @property
    def ref(self) -> NodeRef:
        """The record's kind and key."""
        return _new_tuple(NodeRef, (type(self).__name__, self.key))

    @property
    def global_id(self) -> str:
        """The id by which Relay clients know the record, over all kinds."""
        return self.ref.global_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Node(Record):
    """A thing with a life of its own."""

    custom: Annotated[Custom, Field(description="Fields a company adds itself, by name.")] = field(
        default_factory=dict
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge(Record):
    """A connection of two nodes with properties of its own; its ends never change."""

    source: Annotated[NodeRef, Field(description="The node it starts from.")]
    target: Annotated[NodeRef, Field(description="The node it leads to.")]


RECORDS: dict[str, RecordInfo] = {}
"""Every declared record by name, nodes and edges, in order of declaration."""

R = TypeVar("R", bound=type[Any])


def _no_claim(_record: object) -> None:
    return None


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
def node(*, plural: str, guarded: bool = False) -> Callable[[R], R]:
    """Declares the decorated class a node record; its annotations are its fields."""
    return lambda cls: _declare(cls, plural, None, _no_claim, "", guarded=guarded)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
def edge(
    *,
    plural: str,
    ends: Ends,
    claim: Callable[[Any], str | None] = _no_claim,
    claim_message: str = "",
) -> Callable[[R], R]:
    """Declares the decorated class an edge record between `ends`.

    Args:
        plural: name of many, lower camel case.
        ends: what it joins, and the relations it gives.
        claim: from a record, text that no other record of this kind may hold at the same time.
        claim_message: told to who wants a claim already held.
    """
    return lambda cls: _declare(cls, plural, ends, claim, claim_message)


def _declare(
    cls: R,
    plural: str,
    ends: Ends | None,
    claim: Callable[[Any], str | None],
    message: str,
    *,
    guarded: bool = False,
) -> R:
    made = dataclass(frozen=True, slots=True, kw_only=True)(cls)
    hints = get_type_hints(made, include_extras=True)
    fields = {
        f.name: _field_info(f, hints[f.name])
        for f in dataclasses.fields(made)
        if hints[f.name].__args__[0] is not NodeRef
    }
    RECORDS[made.__name__] = RecordInfo(
        made, made.__name__, plural, fields, ends, claim, message, guarded
    )
    return cast("R", made)


def _field_info(declared: dataclasses.Field[Any], annotation: Any) -> FieldInfo:
    bare, marks = _strip(annotation)
    optional = get_origin(bare) in (Union, types.UnionType)
    if optional:
        bare, inner = _strip(next(a for a in get_args(bare) if a is not type(None)))
        marks = marks + inner
    many = get_origin(bare) is tuple
    if many:
        bare, _ = _strip(get_args(bare)[0])
    bare = Mapping if get_origin(bare) is not None else bare
    enum = bare if isinstance(bare, type) and issubclass(bare, Enum) else None
    missing = dataclasses.MISSING
    default = declared.default
    if declared.default_factory is not missing:
        default = declared.default_factory()
    return FieldInfo(
        name=declared.name,
        scalar=Scalar.ENUM if enum else _SCALARS[bare],
        annotation=annotation,
        python_type=bare,
        enum=cast("type[StrEnum] | None", enum),
        many=many,
        optional=optional,
        required=default is missing,
        default=None if default is missing else default,
        description=next(
            m.description for m in marks if isinstance(m, PydanticField) and m.description
        ),
        indexed=any(isinstance(m, Indexed) for m in marks),
        searchable=any(isinstance(m, Searchable) for m in marks),
        system=any(isinstance(m, System) for m in marks),
        guarded=any(isinstance(m, Guarded) for m in marks),
        ref=next((m for m in marks if isinstance(m, Ref)), None),
    )


def _strip(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """The bare type below `Annotated`, and the marks around it, outermost first."""
    marks: tuple[Any, ...] = ()
    while get_origin(annotation) is Annotated:
        annotation, *more = get_args(annotation)
        marks = (*more, *marks) if not marks else (*marks, *more)
    return annotation, marks


@cache
def _required(kind: str) -> tuple[str, ...]:
    return tuple(f.name for f in RECORDS[kind].input_fields() if f.required)


def record_info(kind: str | type[Record]) -> RecordInfo:
    """What is derived from the record of that name or class."""
    return RECORDS[kind if isinstance(kind, str) else kind.__name__]


def node_records() -> list[RecordInfo]:
    """The node records, in order of declaration."""
    return [r for r in RECORDS.values() if r.ends is None]


def edge_records() -> list[RecordInfo]:
    """The edge records, in order of declaration."""
    return [r for r in RECORDS.values() if r.ends is not None]
