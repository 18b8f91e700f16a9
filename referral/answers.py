"""What analytics answer with: the records shared by all, and their fields for those who show them.

An answer's fields are plain values, enums, `Money` (name ending in `_minor`), `Long`, `NodeRef`
(a record the reader may open), other answer records, and tuples of these.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Generic, NewType, TypeVar, Union, get_args, get_origin
from typing import get_type_hints as type_hints

from pydantic import Field
from pydantic.fields import FieldInfo

from graph.model import PARTIES, NodeRef
from graph.network import Network

Long = NewType("Long", int)
"""A whole number that may pass 2,147,483,647, up to 64 bits."""


@dataclass(frozen=True, slots=True)
class Leads:
    """The record that a NodeRef names is of one of these kinds."""

    kinds: tuple[str, ...]


PartyRef = Annotated[NodeRef, Leads(PARTIES)]
"""A Customer, Contact or Organization."""

GoodRef = Annotated[NodeRef, Leads(("Good",))]
"""A Good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What every answer says of itself."""

    version: Annotated[Long, Field(description="Version of the graph it was computed from.")]
    computed_at: Annotated[datetime, Field(description="When that copy of the graph was made.")]
    method: Annotated[str, Field(description="How it was computed.")]
    exact: Annotated[bool, Field(description="Whether the numbers are exact.")] = True
    error_bound: Annotated[
        float | None,
        Field(description="Largest error of a score, with probability 0.9; null if none is known."),
    ] = None
    warnings: Annotated[
        tuple[str, ...], Field(description="What was passed over to answer, and its remedy.")
    ] = ()
    age: Annotated[
        float,
        Field(description="Seconds since the graph was last known to be at that version; 0: is."),
    ] = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One place in a ranking."""

    rank: Annotated[int, Field(description="Place in the ranking, from 1.")]
    score: Annotated[float, Field(description="What it is ranked by; more is better.")]


RowT = TypeVar("RowT", bound=Row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking(Answer, Generic[RowT]):
    """A ranking, best first; equal scores stand in order of kind and key."""

    total: Annotated[Long, Field(description="Number of rows of the whole ranking.")]
    items: Annotated[tuple[RowT, ...], Field(description="The first rows, best first.")]


def ranking(
    network: Network,
    items: Sequence[RowT],
    *,
    total: int,
    method: str,
    error_bound: float | None = None,
) -> Ranking[RowT]:
    """A ranking computed from that network, exact unless an error bound is given."""
    return Ranking(
        version=Long(network.version),
        computed_at=network.computed_at,
        method=method,
        exact=error_bound is None,
        error_bound=error_bound,
        total=Long(total),
        items=tuple(items),
    )


@dataclass(frozen=True, slots=True)
class AnswerField:
    """One field of an answer record, for those who derive a type from it.

    Attributes:
        name: Python name, snake case.
        type: the bare type of one value: int, float, str, bool, datetime, date, an enum, `Money`,
            `Long`, `NodeRef` or another answer record.
        many: whether the field holds a tuple of values.
        optional: whether None is a value.
        description: for people.
        kinds: of a NodeRef: names of the records it may lead to.
    """

    name: str
    type: Any
    many: bool
    optional: bool
    description: str
    kinds: tuple[str, ...] = ()


@cache
def answer_fields(record: Any) -> tuple[AnswerField, ...]:
    """The fields of an answer record, in order of declaration.

    Args:
        record: the class, with its row type in brackets where it is generic:
            `Ranking[TopReferrer]`.
    """
    origin = get_origin(record) or record
    rows = dict(zip(getattr(origin, "__parameters__", ()), get_args(record), strict=False))
    hints = type_hints(origin, include_extras=True)
    return tuple(_answer_field(f.name, hints[f.name], rows) for f in dataclasses.fields(origin))


def _answer_field(name: str, annotation: Any, rows: dict[Any, Any]) -> AnswerField:
    bare, marks = strip(annotation)
    optional = get_origin(bare) in (Union, types.UnionType)
    if optional:
        bare, inner = strip(next(a for a in get_args(bare) if a is not type(None)))
        marks += inner
    many = get_origin(bare) is tuple
    if many:
        bare, inner = strip(get_args(bare)[0])
        marks += inner
    return AnswerField(
        name=name,
        type=rows.get(bare, bare),
        many=many,
        optional=optional,
        description=description_of(marks),
        kinds=next((m.kinds for m in marks if isinstance(m, Leads)), ()),
    )


def strip(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """The bare type below `Annotated`, and the marks on it."""
    if get_origin(annotation) is Annotated:
        bare, *marks = get_args(annotation)
        return bare, tuple(marks)
    return annotation, ()


def description_of(marks: Sequence[Any]) -> str:
    """The description among the marks of an annotation; empty when there is none."""
    found = (m.description for m in marks if isinstance(m, FieldInfo) and m.description)
    return next(found, "")
