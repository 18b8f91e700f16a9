"""Inputs that compare one field with values, and what they demand."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import Any

from graph.errors import BadInput, FieldProblem, shown
from graph.model import FieldInfo, Scalar
from graph.model.fields import clean_text
from graph.query import And, Compare, Filter, Op
from schema.declare import definition, input_field, input_type, list_of
from schema.scalars import one_value

MAX_TEXT = 10_000
"""Longest text a filter may hold."""

MAX_ITEMS = 1_000
"""Most values an `in` may hold."""

Part = Callable[[Any, str], Filter]
"""From a value, and the path at which it stands, to what it demands."""


@dataclass(slots=True)
class FilterShape:
    """A filter input: its GraphQL type, and what each of its fields demands.

    Attributes:
        input: the GraphQL input type.
        parts: conversion of each field, by GraphQL name.
    """

    input: Any
    parts: dict[str, Part] = field(default_factory=dict)

    def add(self, name: str, annotation: Any, description: str, part: Part) -> None:
        """Gives the input one more field."""
        definition(self.input).fields.append(input_field(name, annotation, description))
        self.parts[name] = part

    def convert(self, value: Mapping[str, Any], path: str) -> Filter:
        """What a given input demands: all its fields at once."""
        given = [self.parts[name](v, f"{path}.{name}") for name, v in value.items()]
        return given[0] if len(given) == 1 else And(tuple(given))


def bad(path: str, message: str) -> BadInput:
    """The error of a wrong value at a path."""
    return BadInput(f"{path}: {message}", [FieldProblem(path, message)])


def given(value: Any, path: str, remedy: str = "leave it out") -> Any:
    """The value; null is refused, since it may stand for a variable that got no value."""
    if value is None:
        raise bad(path, f"is null; {remedy}")
    return value


_ORDERED = {"eq": Op.EQ, "in": Op.IN, "lt": Op.LT, "lte": Op.LTE, "gt": Op.GT, "gte": Op.GTE}
_NULL = {"isNull": Op.IS_NULL}
_SAYS = {
    Op.EQ: "Equal to this; null stands for: has no value.",
    Op.IN: "One of these.",
    Op.LT: "Less than this.",
    Op.LTE: "Less than this or equal.",
    Op.GT: "Greater than this.",
    Op.GTE: "Greater than this or equal.",
    Op.CONTAINS: "Contains this text; case counts.",
    Op.STARTS_WITH: "Starts with this text; case counts.",
    Op.HAS: "The list holds this item.",
    Op.IS_NULL: "true: has no value (or an empty list); false: has one.",
}
_WORDS: Mapping[Scalar, str] = {
    Scalar.TEXT: "String",
    Scalar.INTEGER: "Int",
    Scalar.FLOAT: "Float",
    Scalar.BOOLEAN: "Boolean",
    Scalar.MONEY: "Money",
    Scalar.DATE: "Date",
    Scalar.DATETIME: "DateTime",
}


def comparison(info: FieldInfo) -> FilterShape:
    """The input that compares the field."""
    operators = _operators(info)
    word = info.enum.__name__ if info.enum is not None else _WORDS[info.scalar]
    word = f"{word}List" if info.many else word
    return FilterShape(
        _input(word, one_value(info), tuple(operators.items())),
        {name: _compare(info.name, op) for name, op in operators.items()},
    )


def _operators(info: FieldInfo) -> Mapping[str, Op]:
    if info.many:
        return {"has": Op.HAS, **_NULL}
    if info.scalar is Scalar.ENUM:
        return {"eq": Op.EQ, "in": Op.IN, **_NULL}
    if info.scalar is Scalar.BOOLEAN:
        return {"eq": Op.EQ, **_NULL}
    if info.scalar is Scalar.TEXT:
        return {**_ORDERED, "contains": Op.CONTAINS, "startsWith": Op.STARTS_WITH, **_NULL}
    return {**_ORDERED, **_NULL}


@cache
def _input(word: str, one: Any, operators: tuple[tuple[str, Op], ...]) -> type:
    """Input type shared by all fields of one type."""
    made = input_type(f"{word}Filter", f"Compares a field of type {word}; all given must hold.")
    for name, op in operators:
        annotation = {Op.IN: list_of(one), Op.IS_NULL: bool}.get(op, one)
        definition(made).fields.append(input_field(name, annotation, _SAYS[op]))
    return made


def _compare(name: str, op: Op) -> Part:
    return lambda value, path: Compare(name, op, _operand(op, value, path))


def _operand(op: Op, value: Any, path: str) -> Any:
    if op is Op.EQ and value is None:
        return None
    given(value, path, "leave it out, or ask `isNull: true`")
    if op is not Op.IN:
        return checked_text(value, path)
    if len(value) > MAX_ITEMS:
        raise bad(path, f"{len(value):,} values; give at most {MAX_ITEMS:,}")
    return tuple(checked_text(item, f"{path}.{at}") for at, item in enumerate(value))


def checked_text(value: Any, path: str) -> Any:
    """Text composed as stored text is; any other value as it is.

    Raises:
        BadInput: no store can hold the text.
    """
    if not isinstance(value, str) or isinstance(value, Enum):
        return value
    if len(value) > MAX_TEXT:
        raise bad(path, f"{shown(value)}: at most {MAX_TEXT:,} characters; shorten it")
    try:
        clean_text(value)
    except ValueError as error:
        raise bad(path, f"{shown(value)}: {error}") from error
    return unicodedata.normalize("NFC", value)
