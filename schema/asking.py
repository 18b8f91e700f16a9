"""GraphQL types of what analytics are asked with, and their values in the analytics' own types."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from enum import Enum
from typing import Any

from strawberry.utils.str_converters import to_camel_case

from graph.model import NodeRef
from referral.answers import AnswerField, answer_fields
from schema.answers import leaf
from schema.declare import definition, input_field, input_type, list_of
from schema.filters import record_reference

_INPUTS: dict[str, Any] = {}


def given_name(name: str) -> str:
    """A Python name as GraphQL calls it; money is given in major units, so without `_minor`."""
    return to_camel_case(name.removesuffix("_minor"))


def given_leaf(plain: Any) -> Any:
    """Annotation of one value: a plain one, the name of a record, or an input type."""
    if plain is NodeRef:
        return record_reference()
    return _input(plain) if dataclasses.is_dataclass(plain) else leaf(plain)


def _input(record: Any) -> Any:
    """The input type of a record of arguments: `DebtInput` of `Debt`."""
    name = f"{record.__name__}Input"
    if name not in _INPUTS:
        made = _INPUTS[name] = input_type(name, " ".join((record.__doc__ or "").split()))
        definition(made).fields.extend(map(_field, answer_fields(record)))
    return _INPUTS[name]


def _field(field: AnswerField) -> Any:
    one = given_leaf(field.type)
    whole = list_of(one) if field.many else one
    return input_field(
        given_name(field.name), whole, field.description, required=not field.optional
    )


def own_value(plain: Any, value: Any) -> Any:
    """A value that was given, by Python names and with the analytic's own enums."""
    if isinstance(value, list):
        return tuple(own_value(plain, item) for item in value)
    if isinstance(value, Enum):
        return plain[value.name]
    if dataclasses.is_dataclass(plain) and isinstance(value, Mapping):
        fields: Any = answer_fields  # a dataclass is hashable, which mypy does not see
        known = {given_name(f.name): f for f in fields(plain)}
        return {known[n].name: own_value(known[n].type, v) for n, v in value.items()}
    return value
