"""Validation at the edges: what a caller gives, to values a store takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from typing_extensions import TypedDict

from graph.errors import SHOWN, BadInput, FieldProblem, shown
from graph.model import RECORDS, FieldInfo, NodeRef, Record, RecordInfo, Scalar
from graph.model.fields import DEFAULT_REGION, Key

_TENANT = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


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
        message = told(error.errors(include_url=False)[0])
        raise BadInput(f"{what}: {message}", [FieldProblem(what, message)]) from error


def validate_ref(kind: str, key: object) -> NodeRef:
    """A reference to a record, its key checked."""
    return NodeRef(kind, validate_key(key))


def validate_tenant(tenant_id: object) -> str:
    """A tenant's id.

    Raises:
        BadInput: it is not one.
    """
    if isinstance(tenant_id, str) and _TENANT.fullmatch(tenant_id):
        return tenant_id
    raise BadInput(
        f"{shown(tenant_id)} is not a tenant id; write 1 to 64 of a-z, 0-9, _ and -, "
        "starting with a letter or digit"
    )


def _resets(info: RecordInfo, name: str, value: object) -> bool:
    field = info.fields.get(name)
    return value is None and field is not None and not field.optional and not field.required


@cache
def _key_adapter() -> TypeAdapter[str]:
    return TypeAdapter(Key)


@cache
def _adapter(kind: str) -> TypeAdapter[dict[str, Any]]:
    fields = {f.name: _annotation(f) for f in RECORDS[kind].input_fields()}
    typed_dict: Any = TypedDict  # mypy wants literal names; these come from the records
    shape = typed_dict(f"{kind}Input", fields, total=False)
    shape.__pydantic_config__ = ConfigDict(extra="forbid")
    return TypeAdapter(shape)


def _annotation(field: FieldInfo) -> Any:
    if field.scalar in (Scalar.INTEGER, Scalar.FLOAT, Scalar.MONEY):
        return Annotated[field.annotation, BeforeValidator(_no_truth)]
    return field.annotation


def _no_truth(value: object) -> object:
    """Keeps pydantic from reading true as 1."""
    if isinstance(value, bool):
        raise ValueError("must be a number")
    return value


def _problem(info: RecordInfo, error: ErrorDetails) -> FieldProblem:
    where = ".".join(_step(part) for part in error["loc"] if part not in ("", "[key]")) or "input"
    if error["type"] == "extra_forbidden":
        names = ", ".join(f.name for f in info.input_fields())
        return FieldProblem(where, f"{info.name} has no field of that name; it has {names}")
    if error["input"] is None:
        return FieldProblem(where, "may not be null; give a value or leave the field out")
    return FieldProblem(where, told(error))


_TEXTS = {
    "string_type": "must be a text",
    "string_unicode": "is not well-formed Unicode (half of a surrogate pair); remove it",
    "string_too_long": "must have at most {max_length:,} characters; shorten it",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a whole number of at most 64 bits",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "greater_than": "must be above {gt:,}",
    "greater_than_equal": "must be at least {ge:,}",
    "less_than_equal": "must be at most {le:,}",
    "enum": "must be {expected}",
    "tuple_type": "must be a list",
    "dict_type": "must be a map from names to values",
    "mapping_type": "must be a map from names to values",
}
"""What is told in place of pydantic's words, which speak of Python."""

_DAY = "must be a day that exists, written as in 2026-05-01"
_MOMENT = "must be a time that exists, written as in 2026-05-01T09:30:00+08:00"


def _step(part: str | int) -> str:
    """One step of a field's path; the caller may have put anything into its name."""
    text = str(part)
    return text if text.isprintable() and len(text) <= SHOWN else shown(text)


def told(error: ErrorDetails) -> str:
    """What is wrong with one value: the value, and what it must be."""
    return f"{_given(error['input'])}: {_text(error['type'], error)}"


def _given(value: object) -> str:
    """A value as its caller may know it: a record by kind and key, not as Python writes it."""
    if isinstance(value, Mapping) and value.keys() == {"kind", "key"}:
        return f"{shown(str(value['kind'])).strip(chr(39))} {shown(value['key'])}"
    return shown(value)


def _text(kind: str, error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    if kind in _TEXTS:
        return _TEXTS[kind].format(**context)
    if kind == "too_short":
        return "must not be empty"
    if kind == "too_long":  # a text too may be too long only once it is composed
        what = "characters" if isinstance(error["input"], str) else "items"
        return f"must have at most {context['max_length']:,} {what}; shorten it"
    if kind.startswith("date_"):
        return _DAY
    if kind.startswith(("datetime_", "timezone_")):
        return _MOMENT
    return error["msg"].removeprefix("Value error, ")


def changed(before: Record, values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the values that differ from the record's."""
    return {name: v for name, v in values.items() if differ(getattr(before, name), v)}


def differ(one: object, other: object) -> bool:
    """Whether two values of a field are not the same; true and 1 in a map are not."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return _typed(one) != _typed(other)
    return one != other


def _typed(values: Mapping[str, object]) -> dict[str, tuple[type, object]]:
    return {name: (type(v), v) for name, v in values.items()}
