"""The leaves of the schema: money, long numbers, times, days, free JSON, and the enums."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Context, Decimal
from enum import Enum
from functools import cache
from typing import Any, NewType

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from graph.errors import shown
from graph.model import FieldInfo, Money, Scalar
from graph.model.fields import LARGEST_LONG, MINOR_DIGITS, show_money
from schema.declare import list_of

Long = NewType("Long", int)
"""A whole number of up to 64 bits."""

JSON = NewType("JSON", object)
"""Any JSON value."""

_AMOUNT = re.compile(r"-?[0-9]{1,100}(\.[0-9]{1,2})?")


def read_money(value: object) -> Money:
    """Major units, as text or a whole number, to minor units.

    Raises:
        GraphQLError: no such amount; a float is refused, since it cannot hold one exactly.
    """
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not _AMOUNT.fullmatch(text):
        raise GraphQLError(
            f"{shown(value)} is not an amount; write it as a string with at most "
            f'{MINOR_DIGITS} decimals, for example "1234.50"'
        )
    amount = int(Decimal(text).scaleb(MINOR_DIGITS, Context(prec=200)))
    if abs(amount) > LARGEST_LONG:
        raise GraphQLError(f"{shown(value)} is too large; the largest is {show_money(2**63 - 1)}")
    return Money(amount)


def read_long(value: object) -> Long:
    """A whole number of up to 64 bits, as number or as text.

    Raises:
        GraphQLError: no such number.
    """
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,19}", value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > LARGEST_LONG:
        raise GraphQLError(
            f"{shown(value)} is not a whole number from {-LARGEST_LONG:,} to {LARGEST_LONG:,}"
        )
    return Long(value)


def show_moment(moment: datetime) -> str:
    """A time in UTC, for example 2026-05-01T01:30:00Z."""
    return moment.isoformat().replace("+00:00", "Z")


def read_moment(value: object) -> datetime:
    """A time with its offset, brought to UTC.

    Raises:
        GraphQLError: no such time, or it lacks its offset.
    """
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        if moment is not None and moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise GraphQLError(
        f"{shown(value)} is not a time; write it with its offset from UTC, "
        "for example 2026-05-01T09:30:00+08:00"
    )


def read_day(value: object) -> date:
    """A calendar day.

    Raises:
        GraphQLError: no such day.
    """
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise GraphQLError(f"{shown(value)} is not a day; write YYYY-MM-DD, for example 2026-05-01")


SCALARS: Mapping[object, ScalarDefinition] = {
    Money: strawberry.scalar(
        name="Money",
        description="An amount in major units of the tenant's currency, as a decimal string that "
        'is exact to the minor unit: "1234.50".',
        serialize=show_money,
        parse_value=read_money,
    ),
    Long: strawberry.scalar(
        name="Long",
        description="A whole number of up to 64 bits; a client in JavaScript sends large ones "
        "as strings.",
        serialize=int,
        parse_value=read_long,
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description="Any JSON value.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc8259",
        serialize=lambda value: value,
        parse_value=lambda value: value,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="A point in time with its offset from UTC; answers are in UTC: "
        "2026-05-01T01:30:00Z.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=show_moment,
        parse_value=read_moment,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A calendar day: 2026-05-01.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=date.isoformat,
        parse_value=read_day,
    ),
}
"""The scalars that GraphQL does not bring along, by the Python type they show."""

_ANNOTATIONS: dict[Scalar, Any] = {
    Scalar.TEXT: str,
    Scalar.INTEGER: int,
    Scalar.FLOAT: float,
    Scalar.BOOLEAN: bool,
    Scalar.MONEY: Money,
    Scalar.DATE: date,
    Scalar.DATETIME: datetime,
    Scalar.JSON: JSON,
}


@cache
def graphql_enum(words: type[Enum], name: str | None = None) -> Any:
    """The enum as GraphQL shows it, described by its docstring; `name` if not its own."""
    return strawberry.enum(words, name=name, description=" ".join((words.__doc__ or "").split()))


def one_value(field: FieldInfo) -> Any:
    """Annotation of a single value of the field."""
    return graphql_enum(field.enum) if field.enum is not None else _ANNOTATIONS[field.scalar]


def whole_value(field: FieldInfo) -> Any:
    """Annotation of the field's whole value, as a record shows it."""
    one = one_value(field)
    many = list_of(one) if field.many else one
    return many | None if field.optional else many
