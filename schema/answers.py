"""GraphQL types of what analytics answer with, derived from the answer records."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime
from enum import Enum
from operator import attrgetter
from typing import Any, get_args, get_origin

import strawberry
from strawberry.types.field import StrawberryField

from graph.model import Money
from referral import answers
from referral.answers import AnswerField, answer_fields
from schema.declare import attribute, object_type
from schema.names import PartyKind, permission_to_read, target_name
from schema.reading import opened
from schema.relation import relation_field
from schema.scalars import Long, graphql_enum
from schema.view import VIEWS

_LEAVES: dict[Any, Any] = {
    **{plain: plain for plain in (int, float, str, bool, datetime, date, Money)},
    answers.Long: Long,
}

_SHARED: dict[str, type[Enum]] = {"PartyKind": PartyKind}
"""Enums that the schema has already, with the same members."""

_CALLED: dict[str, str] = {
    "Objective": "TradeObjective",
    "Capacity": "TradeCapacity",
    "Goal": "TradeGoal",
    "Reason": "LeftOutReason",
    "Kind": "MissingLinkKind",
}
"""Names in GraphQL of enums whose own would say too little there."""

_TYPES: dict[str, Any] = {}


def leaf(plain: Any) -> Any:
    """Annotation of a value that is no record: a number, a text, a time, an enum ..."""
    if isinstance(plain, type) and issubclass(plain, Enum):
        return graphql_enum(_SHARED.get(plain.__name__, plain), _CALLED.get(plain.__name__))
    return _LEAVES[plain]


def answer_type(record: Any) -> Any:
    """The GraphQL type of an answer record: `TopReferrerRanking` of `Ranking[TopReferrer]`."""
    name = _name(record)
    if name not in _TYPES:
        origin = get_origin(record) or record
        says = " ".join((origin.__doc__ or "").split("\n\n")[0].split())
        _TYPES[name] = object_type(
            name, says, [f for field in answer_fields(record) for f in _fields(field)]
        )
    return _TYPES[name]


def _name(record: Any) -> str:
    rows = "".join(row.__name__ for row in get_args(record))
    return rows + str((get_origin(record) or record).__name__)


def _fields(field: AnswerField) -> list[StrawberryField]:
    if field.kinds:
        return [_opens(field), _id_of(field)]
    name = field.name.removesuffix("_minor") if field.type is Money else field.name
    one = answer_type(field.type) if dataclasses.is_dataclass(field.type) else leaf(field.type)
    return [attribute(name, _whole(field, one), field.description, path=field.name)]


def _id_of(field: AnswerField) -> StrawberryField:
    """The global id of the record that a NodeRef names: known also while the store is down."""
    says = f"Global id of {field.name}; it stands here also when the record cannot be read."
    return attribute(f"{field.name}_id", strawberry.ID, says, path=f"{field.name}.global_id")


def _whole(field: AnswerField, one: Any) -> Any:
    whole: Any = list[one] if field.many else one
    return whole | None if field.optional else whole


def _opens(field: AnswerField) -> StrawberryField:
    """The field that opens the record a NodeRef names."""
    assert not field.many, f"{field.name}: a tuple of references is not shown yet"
    assert not field.optional, f"{field.name}: a reference that may be missing is not shown yet"
    target = target_name(field.kinds)
    return relation_field(
        field.name,
        opened(attrgetter(field.name)),
        VIEWS[target] | None,
        permission=permission_to_read(target),
        description=f"{field.description} Null if it has just been deleted.",
        needs=(field.name,),
    )
