"""Answers of analytics as tables and as JSON, with names beside the keys."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any

from rich.console import JustifyMethod
from rich.markup import escape
from rich.table import Table

from graph.model import PARTIES, RECORDS, NodeRef
from graph.store import TenantGraph
from referral.registry import Analytic

Names = Mapping[NodeRef, str]

FOR_PROGRAMS = frozenset(
    ("version", "computed_at", "error_bound", "cursor", "end_cursor", "has_next_page")
)
"""Fields that only JSON shows."""


async def names_of(graph: TenantGraph, answer: object) -> dict[NodeRef, str]:
    """Names of all the records in an answer, by one read for each kind."""
    wanted: defaultdict[str, set[str]] = defaultdict(set)
    for ref in _refs(answer):
        wanted[ref.kind].add(ref.key)
    found = {}
    for kind, keys in wanted.items():
        for key, record in (await graph.nodes(kind, sorted(keys))).items():
            found[NodeRef(kind, key)] = str(getattr(record, "name", key))
    return found


def plain_answer(value: object, names: Names) -> object:
    """The answer in JSON's own types; a record is `{kind, key, name}`, money in minor units."""
    if isinstance(value, NodeRef):
        return {"kind": value.kind, "key": value.key, "name": names.get(value)}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return {f.name: plain_answer(getattr(value, f.name), names) for f in fields}
    if isinstance(value, tuple | list):
        return [plain_answer(v, names) for v in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def answer_tables(analytic: Analytic, answer: Any, names: Names) -> Iterator[Table | str]:
    """What to print of an answer: a line of its plain values, then a table for each list."""
    lists = {}
    values = {}
    for field in dataclasses.fields(answer):
        value = getattr(answer, field.name)
        if isinstance(value, tuple) and not isinstance(value, NodeRef):
            lists[field.name] = value
        else:
            values[field.name] = value
    title = f"{_words(analytic.name).capitalize()}: {_notes(values, names)}".removesuffix(": ")
    yield f"\n[bold]{escape(title)}[/bold]"
    yield escape(_made(values))
    for text in lists.pop("warnings", ()):
        yield f"[yellow]warning:[/yellow] {escape(text)}"
    for name, rows in lists.items():
        yield from rows_tables(None if name == "items" else _words(name), rows, names)


def rows_tables(title: str | None, rows: tuple[Any, ...], names: Names) -> Iterator[Table]:
    """Records as rows, their fields as columns; columns without any value are left out.

    Records inside the rows follow in a table of their own, a line each: they have no room beside.
    """
    table = Table(title=title, title_justify="left")
    if not rows:
        table.add_column("nothing found")
        yield table
        return
    columns = [
        f.name
        for f in dataclasses.fields(rows[0])
        if f.name not in FOR_PROGRAMS and any(getattr(r, f.name) is not None for r in rows)
    ]
    inner = [n for n in columns if any(_is_inner(getattr(r, n)) for r in rows)]
    outer = [n for n in columns if n not in inner]
    for name in outer:
        number = isinstance(getattr(rows[0], name), int | float)
        side: JustifyMethod = "right" if number else "left"
        table.add_column(_words(name.removesuffix("_minor")), justify=side, overflow="fold")
    for row in rows:
        table.add_row(*(escape(cell(n, getattr(row, n), names)) for n in outer))
    yield table
    for name in inner:
        yield _inner_table(name, rows, names)


def _is_inner(value: object) -> bool:
    """Whether it is a list of records, not of references or plain values."""
    return isinstance(value, tuple) and any(
        dataclasses.is_dataclass(v) for v in value if not isinstance(v, NodeRef)
    )


def _inner_table(name: str, rows: tuple[Any, ...], names: Names) -> Table:
    """The records inside each row, under the row's rank, or its number where it has none."""
    table = Table(show_lines=True)
    table.add_column("rank" if hasattr(rows[0], "rank") else "row", justify="right")
    table.add_column(_words(name), overflow="fold")
    for number, row in enumerate(rows, 1):
        lines = cell(name, getattr(row, name), names)
        table.add_row(str(getattr(row, "rank", number)), escape(lines))
    return table


def cell(name: str, value: object, names: Names) -> str:
    """One value for people: money in major units, records by name and key."""
    match value:
        case None:
            return ""
        case NodeRef():
            return f"{names.get(value, '?')} ({value.key})"
        case bool():
            return "yes" if value else "no"
        case int() if name.endswith("_minor"):
            return f"{value / 100:,.2f}"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.0f}" if value.is_integer() or abs(value) >= 1000 else f"{value:.4g}"
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M")
        case Enum():
            return str(value.value)
        case tuple():
            return "\n".join(_line(item, names) for item in value)
        case _:
            return str(value)


def _line(value: object, names: Names) -> str:
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return cell("", value, names)
    parts = [
        (f.name, getattr(value, f.name))
        for f in dataclasses.fields(value)
        if getattr(value, f.name) is not None
    ]
    way = " → ".join(names.get(p, p.key) for _, p in parts if _is_party(p))
    rest = [_labelled(n, p, names) for n, p in parts if not (_is_party(p) or _is_edge(p) or p == 0)]
    return ": ".join(part for part in (way, ", ".join(rest)) if part)


def _labelled(name: str, value: object, names: Names) -> str:
    if isinstance(value, NodeRef):
        return names.get(value, value.key)
    text = cell(name, value, names)
    plain_number = isinstance(value, int | float) and not name.endswith("_minor")
    return f"{_words(name)} {text}" if plain_number else text


def _is_party(value: object) -> bool:
    return isinstance(value, NodeRef) and value.kind in PARTIES


def _is_edge(value: object) -> bool:
    return isinstance(value, NodeRef) and RECORDS[value.kind].ends is not None


def _notes(values: Mapping[str, Any], names: Names) -> str:
    """What the answer is about, in numbers."""
    told = FOR_PROGRAMS | {"method", "exact", "age"}
    return ", ".join(
        f"{_words(n.removesuffix('_minor'))} {cell(n, v, names)}"
        for n, v in values.items()
        if v is not None and n not in told
    )


def _made(values: Mapping[str, Any]) -> str:
    """How the answer was made."""
    bound = values.get("error_bound")
    sure = "exact" if values.get("exact") else "not exact" if bound is None else f"within {bound:g}"
    age = f", {values['age']:.0f} s old" if values.get("age") else ""
    return f"{sure}{age}; {values.get('method', '')}"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _refs(value: object) -> Iterator[NodeRef]:
    if isinstance(value, NodeRef):
        yield value
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from _refs(getattr(value, field.name))
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _refs(item)
