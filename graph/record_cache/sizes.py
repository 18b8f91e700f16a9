"""How much memory records take."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from typing import Any

from graph.model import Edge, Record, RecordInfo, Scalar, record_info
from graph.query import Hit, Page

_REF = 56 + 8
"""A NodeRef, which is a tuple of two, and its place in the record."""

_FIXED = {
    Scalar.DATETIME: 48,
    Scalar.DATE: 32,
    Scalar.FLOAT: 24,
    Scalar.INTEGER: 32,
    Scalar.MONEY: 32,
}
"""Bytes of a value; an ENUM and a BOOLEAN have none of their own."""


def record_bytes(record: Record) -> int:
    """Bytes of a record and its values."""
    return _measure(type(record).__name__)(record)


def page_bytes(page: Page[Any]) -> int:
    """Bytes of a page, its records and its places."""
    size = 400 + 150 * len(page.items)
    for item in page.items:
        if isinstance(item, Hit):
            size += record_bytes(item.node)
            if item.edge is not None:
                size += record_bytes(item.edge)
        else:
            size += record_bytes(item)
    return size


@cache
def _measure(kind: str) -> Callable[[Record], int]:
    """A function made once for each kind: adding up by loops takes five times as long."""
    info = record_info(kind)
    names: dict[str, Any] = {"many": _many, "mapping": _mapping}
    fixed = sys.getsizeof(object.__new__(info.record)) + _fixed(info)
    parts = [str(fixed)]
    for field in info.fields.values():
        value = f"record.{field.name}"
        if field.many:
            parts.append(f"(many({value}) if {value} else 0)")
        elif field.scalar is Scalar.TEXT:
            parts.append(f"(0 if {value} is None else {value}.__sizeof__())")
        elif field.scalar is Scalar.JSON:
            parts.append(f"(mapping({value}) if {value} else 64)")
    if issubclass(info.record, Edge):
        parts += ["record.source.key.__sizeof__()", "record.target.key.__sizeof__()"]
    source = f"def measure(record):\n    return {' + '.join(parts)}"
    exec(compile(source, f"<measure of {kind}>", "exec"), names)
    found: Callable[[Record], int] = names["measure"]
    return found


def _fixed(info: RecordInfo) -> int:
    values = sum(
        _FIXED.get(f.scalar, 32 if f.scalar is Scalar.MONEY else 0) for f in info.fields.values()
    )
    return values + (2 * _REF if info.ends is not None else 0)


def _many(values: tuple[Any, ...]) -> int:
    return sys.getsizeof(values) + sum(map(sys.getsizeof, values))


def _mapping(values: Any) -> int:
    inner = sum(sys.getsizeof(k) + sys.getsizeof(v) for k, v in values.items())
    return sys.getsizeof(values) + inner
