"""How generated code shows a leaf: Python text that checks and converts it.

The text handles the class that the value should have; all else goes to graphql-core's own
function, so what is shown is the same to the letter.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLString,
    Undefined,
)

Constant = Callable[[object], str]
"""Gives a value a name in the generated code."""


class Surprise(Exception):
    """Generated code met a value that it does not handle."""


_SHOWN_AS_THEY_ARE = {
    GraphQLString.name: "{0}.__class__ is str",
    GraphQLID.name: "{0}.__class__ is str",
    GraphQLBoolean.name: "{0}.__class__ is bool",
    GraphQLInt.name: "{0}.__class__ is int and -2147483648 <= {1} <= 2147483647",
    GraphQLFloat.name: "{0}.__class__ is float and {1} - {1} == 0.0",
    "Long": "{0}.__class__ is int",
}
"""When a value is its own output; {0} is its first mention, which may assign it."""

_CONVERTED: dict[str, type] = {"Money": int, "DateTime": datetime}
"""The class of value that the type's own function shows."""


class _Days(dict[date, str]):
    """Days as they are shown, each written once: that takes five times as long as finding it."""

    MOST = 20_000

    def __missing__(self, day: date) -> str:
        if len(self) >= self.MOST:
            self.clear()
        self[day] = shown = day.isoformat()
        return shown


_DAYS = _Days()


def leaf(kind: GraphQLLeafType, name: str, source: str, nullable: bool, constant: Constant) -> str:
    """An expression for the output of `source`, which it names `name` on the way."""
    first = name if source == name else f"({name} := {source})"
    if isinstance(kind, GraphQLEnumType):
        return f"{constant(_members(kind, nullable))}[{source}]"
    slow = f"{constant(_by_type(kind, nullable))}({{0}})"
    if kind.name in _SHOWN_AS_THEY_ARE:
        fine = _SHOWN_AS_THEY_ARE[kind.name].format(first, name)
        fine = f"{fine} or {name} is None" if nullable else fine
        return f"({name} if {fine} else {slow.format(name)})"
    if kind.name == "Date":
        expected = constant(date)
        shown = f"{constant(_DAYS)}[{name}] if {first}.__class__ is {expected}"
        return f"({shown} else {slow.format(name)})"
    if kind.name in _CONVERTED:
        show = constant(kind.coerce_output_value)
        expected = constant(_CONVERTED[kind.name])
        return f"({show}({name}) if {first}.__class__ is {expected} else {slow.format(name)})"
    return slow.format(source)


def _members(kind: GraphQLEnumType, nullable: bool) -> dict[object, str | None]:
    members: dict[object, str | None] = {
        member: name
        for member in getattr(kind, "wrapped_cls", ())
        for name, value in kind.values.items()
        if value.value == member.value
    }
    return members | {None: None} if nullable else members


def _by_type(kind: GraphQLLeafType, nullable: bool) -> Callable[[Any], Any]:
    show = kind.coerce_output_value

    def slow(value: Any) -> Any:
        if value is None and nullable:
            return None
        shown = None if value is None or isinstance(value, Exception) else show(value)
        if shown is None or shown is Undefined:
            raise Surprise(kind.name)
        return shown

    return slow
