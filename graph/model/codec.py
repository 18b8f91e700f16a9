"""Records to and from the plain values a store keeps, by code generated once per record.

Storage forms: text, whole numbers and floats as they are; money as whole minor units; days as
YYYY-MM-DD; times as whole microseconds since 1970 UTC; enums by name; maps as JSON text;
lists as JSON text or as native lists, as the store asks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any

import orjson

from graph.model.fields import NodeRef
from graph.model.record import EPOCH, FieldInfo, Record, RecordInfo, Scalar, record_info

ENDS = ("source_kind", "source_key", "target_kind", "target_key")
"""Columns of an edge's two ends."""

Decoder = Callable[[Sequence[Any]], Any]

_ENCODED = (Scalar.DATETIME, Scalar.DATE, Scalar.ENUM, Scalar.JSON)
"""Scalars whose storage form is not the value itself."""

_MICROSECOND = timedelta(microseconds=1)


def micros(moment: datetime) -> int:
    """Whole microseconds from 1970 UTC to that time."""
    return (moment - EPOCH) // _MICROSECOND


def moment(value: int) -> datetime:
    """The time that many microseconds after 1970 UTC."""
    return EPOCH + timedelta(microseconds=value)


def columns(info: RecordInfo) -> tuple[str, ...]:
    """Names of the stored values of a record, in the order of `encoder` and `decoder`."""
    names = tuple(info.fields)
    return names if info.ends is None else (names[0], *ENDS, *names[1:])


MOST_SELECTIONS = 2_000
"""Most selections of fields for which code or statements are kept; queries bring ever new ones."""


@lru_cache(MOST_SELECTIONS)
def wanted(kind: str, fields: frozenset[str] | None) -> tuple[str, ...]:
    """The columns that those attributes of a record of that kind are made from, in order.

    Args:
        kind: name of the record.
        fields: names of attributes; those that the kind does not have are passed over, so that
            one set serves records of several kinds. The key is always among the columns. None =
            all columns.
    """
    names = columns(record_info(kind))
    if fields is None:
        return names
    return tuple(
        name
        for name in names
        if name == "key" or (name.split("_")[0] if name in ENDS else name) in fields
    )


def encode_value(field: FieldInfo, value: Any, *, native_lists: bool = False) -> Any:
    """Storage form of one value of a field (a list of them where the field holds many)."""
    if value is None:
        return None
    if field.many:
        plain = [_plain(field, item) for item in value]
        return plain if native_lists else orjson.dumps(plain).decode()
    if field.scalar is Scalar.JSON:
        return orjson.dumps(dict(value), option=orjson.OPT_SORT_KEYS).decode()
    return _plain(field, value)


def encode_one(field: FieldInfo, value: Any) -> Any:
    """Storage form of a single item: what a filter compares with."""
    return None if value is None else _plain(field, value)


def _plain(field: FieldInfo, value: Any) -> Any:
    if field.scalar is Scalar.DATETIME:
        return micros(value)
    if field.scalar is Scalar.DATE:
        return value.isoformat()
    if field.scalar is Scalar.ENUM:
        return value.value
    return value


def decode_value(field: FieldInfo, stored: Any) -> Any:
    """The value of which `stored` is the storage form; the field's default for None."""
    if stored is None:
        return field.default
    if field.many:
        items = orjson.loads(stored) if isinstance(stored, str) else stored
        return tuple(_rich(field, item) for item in items)
    if field.scalar is Scalar.JSON:
        return orjson.loads(stored)
    return _rich(field, stored)


def _rich(field: FieldInfo, stored: Any) -> Any:
    match field.scalar:
        case Scalar.DATETIME:
            return moment(stored)
        case Scalar.DATE:
            return date.fromisoformat(stored)
        case Scalar.BOOLEAN:
            return bool(stored)
        case Scalar.ENUM:
            assert field.enum is not None
            return field.enum(stored)
        case _:
            return stored


def encode(info: RecordInfo, record: Record, *, native_lists: bool = False) -> tuple[Any, ...]:
    """The stored values of a record, in the order of `columns`."""
    return _encoder(info.name, native_lists)(record)


@cache
def _encoder(kind: str, native_lists: bool) -> Callable[[Record], tuple[Any, ...]]:
    """A function from a record to its stored values: a third of the time of field by field."""
    info = record_info(kind)
    names: dict[str, Any] = {"encode_value": encode_value, "native_lists": native_lists}
    parts = []
    for column in columns(info):
        if column in ENDS:
            end, part = column.split("_")
            parts.append(f"record.{end}.{part}")
            continue
        field = info.fields[column]
        if field.many or field.scalar in _ENCODED:
            names[f"field_{column}"] = field
            value = f"encode_value(field_{column}, record.{column}, native_lists=native_lists)"
            parts.append(value)
        else:
            parts.append(f"record.{column}")
    source = f"def encode(record):\n    return ({', '.join(parts)},)"
    exec(compile(source, f"<encoder of {kind}>", "exec"), names)
    found: Callable[[Record], tuple[Any, ...]] = names["encode"]
    return found


def decoder(kind: str, fields: frozenset[str] | None = None) -> Decoder:
    """A function from stored values, in the order of `wanted`, to a record, unvalidated.

    It fills the slots of a bare instance: a third of the time of the dataclass's own constructor.
    Slots that are not wanted stay empty: who reads one gets an AttributeError, never a value that
    is not the record's.
    """
    return _decoder(kind, wanted(kind, fields))


@lru_cache(MOST_SELECTIONS)
def _decoder(kind: str, chosen: tuple[str, ...]) -> Decoder:
    names: dict[str, Any] = {}
    taken, lines = _source(kind, chosen, "made", names)
    body = [f"    {line}" for line in (f"{taken} = row", *lines, "return made")]
    exec(compile("\n".join(["def decode(row):", *body]), f"<decoder of {kind}>", "exec"), names)
    found: Decoder = names["decode"]
    return found


def decoding(
    kind: str, fields: frozenset[str] | None, made: str, names: dict[str, Any]
) -> tuple[str, list[str]]:
    """Source that does what `decoder` does, for code that is generated around it.

    A call for each record would take a sixth of the time.

    Args:
        kind: name of the record.
        fields: the attributes wanted.
        made: the name of what is made; other names begin with it.
        names: gets what the source refers to.

    Returns:
        What a row of stored values is taken apart into (a target, for `=` or `for`); the record's
        key is in `{made}_key` then. And the lines that make the record.
    """
    return _source(kind, wanted(kind, fields), made, names)


def _source(
    kind: str, chosen: tuple[str, ...], made: str, names: dict[str, Any]
) -> tuple[str, list[str]]:
    info = record_info(kind)
    names |= {
        "new": object.__new__,
        f"{made}_record": info.record,
        "pair": tuple.__new__,  # half the time of a NamedTuple's own __new__
        "ref": NodeRef,
        "loads": orjson.loads,
        "known": _MOMENTS.get,
        "moment": _new_moment,
        "day": date.fromisoformat,
    }
    lines = [f"{made} = new({made}_record)"]
    for field in info.fields.values():
        if field.name not in chosen:
            continue
        setter = f"{made}_set_{field.name}"
        names[setter] = getattr(info.record, field.name).__set__
        lines.append(f"{setter}({made}, {_expression(field, made, names)})")
    for end in ("source", "target"):
        if f"{end}_key" not in chosen or info.ends is None:
            continue
        names[f"{made}_set_{end}"] = getattr(info.record, end).__set__
        value = f"pair(ref, ({made}_{end}_kind, {made}_{end}_key))"
        lines.append(f"{made}_set_{end}({made}, {value})")
    return f"[{', '.join(f'{made}_{column}' for column in chosen)}]", lines


def _expression(field: FieldInfo, made: str, names: dict[str, Any]) -> str:
    """Python source of the field's value, from the name `{made}_{field}`."""
    value = f"{made}_{field.name}"
    default, members = f"{made}_default_{field.name}", f"{made}_enum_{field.name}"
    names[default] = field.default
    if field.scalar is Scalar.ENUM:
        assert field.enum is not None
        names[members] = {m.value: m for m in field.enum}
    one = {
        Scalar.DATETIME: "(known({v}) or moment({v}))",
        Scalar.DATE: "day({v})",
        Scalar.BOOLEAN: "bool({v})",
        Scalar.ENUM: f"{members}[{{v}}]",
        Scalar.JSON: "loads({v})",
    }.get(field.scalar, "{v}")
    if not field.many:
        if one == "{v}" and field.default is None:
            return value
        return f"{default} if {value} is None else {one.format(v=value)}"
    items = f"(loads({value}) if {value}.__class__ is str else {value})"
    inner = f"tuple({items})" if one == "{v}" else f"tuple({one.format(v='x')} for x in {items})"
    return f"{default} if {value} is None or {value} == '[]' else {inner}"


MOST_MOMENTS = 20_000
"""Most times kept; records written together share theirs, and keep them from being made anew."""

_MOMENTS: dict[int, datetime] = {}


def _new_moment(value: int) -> datetime:
    if len(_MOMENTS) >= MOST_MOMENTS:
        _MOMENTS.clear()
    made = _MOMENTS[value] = moment(value)
    return made
