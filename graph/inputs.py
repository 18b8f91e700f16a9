"""Validation at the edges: what a caller gives, to values a store takes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from typing_extensions import TypedDict

from graph.errors import BadInput, FieldProblem, shown
from graph.model import RECORDS, NodeRef, Record, RecordInfo
from graph.model.fields import DEFAULT_REGION, Key


def validate(
    kind: str, values: Mapping[str, Any], *, region: str = DEFAULT_REGION
) -> dict[str, Any]:
    """The given values of a record, checked and brought to their one form.

    Args:
        kind: name of the record.
        values: by Python field name; absent fields stay absent, None clears a field.
        region: country (ISO 3166) of phone numbers written without a country code.

    Returns:
        Values of the fields' own types: phones as E.164, e-mail lower-cased, times in UTC, lists
        without repetitions; None for a field that has a default gives that default.

    Raises:
        BadInput: an unknown field, or a value that is no such thing; names each.
    """
    info = RECORDS[kind]
    given = {
        name: info.fields[name].default if _resets(info, name, value) else value
        for name, value in values.items()
    }
    try:
        checked: dict[str, Any] = _adapter(kind).validate_python(given, context={"region": region})
    except ValidationError as error:
        problems = [_problem(info, e) for e in error.errors(include_url=False)]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise BadInput(f"{problems[0].field}: {problems[0].message}{more}", problems) from error
    for name, value in checked.items():
        if value.__class__ is tuple and len(value) > 1:
            checked[name] = tuple(dict.fromkeys(value))
    return checked


def validate_key(key: object, *, what: str = "key") -> str:
    """A key of 1 to 128 characters on one line.

    Raises:
        BadInput: it is not one.
    """
    try:
        return _key_adapter().validate_python(key, strict=True)
    except ValidationError as error:
        message = _message(error.errors(include_url=False)[0])
        raise BadInput(f"{what}: {message}", [FieldProblem(what, message)]) from error


def validate_ref(kind: str, key: object) -> NodeRef:
    """A reference to a record, its key checked."""
    return NodeRef(kind, validate_key(key))


def _resets(info: RecordInfo, name: str, value: object) -> bool:
    field = info.fields.get(name)
    return value is None and field is not None and not field.optional and not field.required


@cache
def _key_adapter() -> TypeAdapter[str]:
    return TypeAdapter(Key)


@cache
def _adapter(kind: str) -> TypeAdapter[dict[str, Any]]:
    fields = {f.name: f.annotation for f in RECORDS[kind].input_fields()}
    typed_dict: Any = TypedDict  # mypy wants literal names; these come from the records
    shape = typed_dict(f"{kind}Input", fields, total=False)
    shape.__pydantic_config__ = ConfigDict(extra="forbid")
    return TypeAdapter(shape)


def _problem(info: RecordInfo, error: ErrorDetails) -> FieldProblem:
    where = ".".join(str(part) for part in error["loc"]) or "input"
    if error["type"] == "extra_forbidden":
        names = ", ".join(f.name for f in info.input_fields())
        return FieldProblem(where, f"{info.name} has no field of that name; it has {names}")
    if error["input"] is None:
        return FieldProblem(where, "may not be null; give a value or leave the field out")
    return FieldProblem(where, _message(error))


def _message(error: ErrorDetails) -> str:
    text = error["msg"].removeprefix("Value error, ")
    return f"{shown(error['input'])}: {text}"


def changed(before: Record, values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the values that differ from the record's."""
    return {name: v for name, v in values.items() if getattr(before, name) != v}
