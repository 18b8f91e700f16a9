"""Text of a cell to the value of a field, by functions made once per column."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from graph.errors import BadInput, shown
from graph.importing.mapping import FieldSpec
from graph.model import FieldInfo, Scalar
from graph.model.record import EPOCH

Convert = Callable[[str], Any]
"""From the text of a cell to a value; raises ValueError with what is wrong and the remedy."""

FORMATS: Mapping[Scalar, str] = {
    Scalar.INTEGER: "integer",
    Scalar.FLOAT: "number",
    Scalar.BOOLEAN: "boolean",
    Scalar.MONEY: "money",
    Scalar.DATE: "date",
    Scalar.DATETIME: "time",
}
"""How a cell is read when the mapping does not say; any other field is text."""

_TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_REMEMBERED = 65_536  # files repeat their days and words; a day read anew costs 6 us


def converter(field: FieldInfo | None, spec: FieldSpec) -> Convert:
    """The function that makes a field's value of a cell's text.

    Args:
        field: the field; None for a custom one.
        spec: how the file writes it.
    """
    one = _single(field, spec)
    if spec.replace:
        one = _after_replacing(spec.replace, one)
    if field is not None and field.many:
        return _many(spec.split, one)
    return one


def _single(field: FieldInfo | None, spec: FieldSpec) -> Convert:
    scalar = field.scalar if field else Scalar.TEXT
    name = spec.format or FORMATS.get(scalar, "text")
    made: Convert
    match name:
        case "integer":
            made = _whole(spec)
        case "number":
            made = _number(spec)
        case "boolean":
            made = _boolean
        case "money":
            made = _money(spec)
        case "date" | "time":
            made = lru_cache(_REMEMBERED)(_moment(spec, scalar))
        case "epoch-seconds" | "epoch-milliseconds":
            made = _epoch(1_000 if name == "epoch-seconds" else 1, scalar)
        case _:
            made = str
    return made if spec.values is None else _worded(spec.values, spec.otherwise, made, field)


def _worded(
    values: Mapping[str, Any], otherwise: Any, plain: Convert, field: FieldInfo | None
) -> Convert:
    """Words of the file to values; a word not among them is read as it stands, if it may be."""
    enum = field.enum if field else None

    def convert(text: str) -> Any:
        if text in values:
            return values[text]
        if otherwise is not None:
            return otherwise
        if enum is not None and text not in enum.__members__:
            known = ", ".join(values)
            raise ValueError(
                f"{shown(text)} is not among the mapping's values: {known}; "
                "add it there, or give `otherwise`"
            )
        return plain(text)

    return convert


def _after_replacing(replace: Mapping[str, str], inner: Convert) -> Convert:
    pairs = tuple(replace.items())

    def convert(text: str) -> Any:
        for old, new in pairs:
            text = text.replace(old, new)
        return inner(text)

    return convert


def _many(split: str | None, one: Convert) -> Convert:
    if split is None:
        return lambda text: (one(text),)
    return lambda text: tuple(one(part.strip()) for part in text.split(split) if part.strip())


def _whole(spec: FieldSpec) -> Convert:
    def convert(text: str) -> int:
        if not re.fullmatch(r"[+-]?[0-9]{1,30}", text, re.ASCII):
            raise ValueError(f"{shown(text)} is not a whole number; write digits only")
        return int(text)

    return convert if spec.multiply is None else _number(spec)


def decimal_of(text: str, point: str = ".") -> Decimal:
    """The finite number that a text writes.

    Raises:
        ValueError: it writes none.
    """
    try:
        if "_" not in text and (point == "." or "." not in text):
            value = Decimal(text.replace(point, "."))
            if value.is_finite() and abs(value.adjusted()) < 400:
                return value
    except InvalidOperation:
        pass
    raise ValueError(f"{shown(text)} is not a number; write it as in 1234{point}56")


def _number(spec: FieldSpec) -> Convert:
    factor = Decimal(str(spec.multiply)) if spec.multiply is not None else None
    low, high = spec.at_least, spec.at_most

    def convert(text: str) -> float:
        exact = decimal_of(text, spec.decimal)
        value = float(exact if factor is None else exact * factor)
        if low is not None and value < low:
            return low
        return high if high is not None and value > high else value

    return convert


def _boolean(text: str) -> bool:
    value = _TRUTH.get(text.lower())
    if value is None:
        raise ValueError(f"{shown(text)} is neither true nor false; map it with `values`")
    return value


def _money(spec: FieldSpec) -> Convert:
    """Major units to whole minor units; nothing is rounded away."""
    digits, point = spec.decimals, spec.decimal

    def convert(text: str) -> int:
        minor = decimal_of(text, point).scaleb(digits)
        whole = int(minor)
        if whole != minor:
            raise ValueError(f"{shown(text)} has more than {digits} decimals; round it in the file")
        return whole

    return convert


def _moment(spec: FieldSpec, scalar: Scalar) -> Convert:
    """A date or time, to what the field holds: a day, a time with its zone, or a day's text."""
    pattern = spec.pattern
    zone = _zone(spec.zone)

    def convert(text: str) -> Any:
        try:
            found = datetime.strptime(text, pattern) if pattern else datetime.fromisoformat(text)  # noqa: DTZ007
        except ValueError:
            how = pattern or "YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS"
            raise ValueError(
                f"{shown(text)} is not written as {how}; mend it or name its `pattern`"
            ) from None
        return _as_field(found if found.tzinfo else found.replace(tzinfo=zone), scalar)

    return convert


def _epoch(milliseconds: int, scalar: Scalar) -> Convert:
    unit = timedelta(milliseconds=milliseconds) // timedelta(microseconds=1)

    def convert(text: str) -> Any:
        number = decimal_of(text)
        try:
            return _as_field(EPOCH + timedelta(microseconds=int(number * unit)), scalar)
        except OverflowError:
            raise ValueError(
                f"{shown(text)} is no time between the years 1 and 9999; is the unit right?"
            ) from None

    return convert


def _as_field(moment: datetime, scalar: Scalar) -> Any:
    if scalar is Scalar.DATETIME:
        return moment
    day = moment.date()
    return day.isoformat() if scalar is Scalar.TEXT else day


def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadInput(
            f"mapping: {shown(name)} is no time zone; write one like Asia/Shanghai"
        ) from error
