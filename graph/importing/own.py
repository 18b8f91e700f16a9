"""Our own CSV form, written by exports: each record kind a file, each cell both ways.

Cells hold what a store keeps (`graph.model.codec`), but times as ISO 8601. An empty cell is no
value; since text may be empty too, that is written `\\`, and text that begins with `\\` gets a
second one in front.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from graph.errors import BadInput, shown
from graph.importing.mapping import FileSpec
from graph.importing.reading import Row, RowError, Table
from graph.importing.section import Made, Refused, Section
from graph.inputs import validate, validate_key, validate_ref
from graph.model import RECORDS, FieldInfo, RecordInfo, Scalar
from graph.model.codec import ENDS, columns, decode_value, moment
from graph.store import Stamps, Upsert

STAMPS = ("created_at", "updated_at", "revision")


def file_name(info: RecordInfo) -> str:
    """Name of the file that holds a kind's records."""
    return f"{info.plural}.csv"


def cell_writer(info: RecordInfo, column: str) -> Callable[[Any], str]:
    """The function from a stored value to the text of its cell."""
    field = None if column in ENDS else info.fields[column]
    if field is None:  # an end of an edge
        return _escaped
    if field.scalar is Scalar.DATETIME and not field.many:
        return lambda value: "" if value is None else moment(value).isoformat()
    if field.scalar is Scalar.TEXT and not field.many:
        return _escaped
    return lambda value: "" if value is None else str(value)


def _escaped(text: str | None) -> str:
    if text is None:
        return ""
    return "\\" + text if not text or text[0] == "\\" else text


def own_sections(folder: Path, region: str) -> list[Section]:
    """The sections of an export: every kind whose file is there.

    Raises:
        BadInput: no file of an export is there, or one lacks columns.
    """
    if not folder.is_dir():
        raise BadInput(f"{folder} is not a folder; give the folder of an export")
    found: list[Section] = [
        _Kind(info, folder / file_name(info), region)
        for info in RECORDS.values()
        if (folder / file_name(info)).is_file()
    ]
    if not found:
        names = ", ".join(file_name(info) for info in RECORDS.values())
        raise BadInput(f"{folder} holds no export of renmai; looked for {names}")
    return found


class _Kind:
    """The records of one kind in their own file."""

    def __init__(self, info: RecordInfo, path: Path, region: str) -> None:
        self.kind = info.name
        self._info = info
        self._region = region
        self._table = Table(path, FileSpec(name=(path.name,)))
        self.size = self._table.size
        for name in self._table.columns:
            if name not in columns(info):
                raise BadInput(
                    f"{path.name} has a column {shown(name)} that no {info.name} has; "
                    f"it has {', '.join(columns(info))}"
                )
        for name in ("key", *(ENDS if info.ends else ())):
            self._table.position(name)

    def rows(self) -> Iterator[Made]:
        seen: dict[str, int] = {}
        for row in self._table.rows():
            made = self._made(row)
            if isinstance(made, Upsert) and seen.setdefault(made.key, row.line) != row.line:
                made = Refused("key", f"{shown(made.key)} stands in line {seen[made.key]} already")
            yield Made(self._table.name, row.line, row.end, made)

    def _made(self, row: Row) -> Upsert | Refused:
        if isinstance(row.cells, RowError):
            return Refused(row.cells.column, str(row.cells))
        cells = dict(zip(self._table.columns, row.cells, strict=True))
        try:
            key = validate_key(_plain(cells.pop("key")))
            ends = self._ends(cells)
            values: dict[str, Any] = {}
            for name, text in cells.items():
                values[name] = _decoded(self._info.fields[name], text)
            stamps = _stamps(values)
            checked = validate(self.kind, values, region=self._region)
        except _WrongCell as wrong:
            return Refused(wrong.column, str(wrong))
        except BadInput as error:
            problem = error.problems[0]
            return Refused(problem.field, problem.message)
        return Upsert(self.kind, key, {**checked, **ends}, stamps=stamps)

    def _ends(self, cells: dict[str, str]) -> dict[str, Any]:
        if self._info.ends is None:
            return {}
        given = [_plain(cells.pop(name)) for name in ENDS]
        return {
            "source": validate_ref(given[0] or "", given[1]),
            "target": validate_ref(given[2] or "", given[3]),
        }


class _WrongCell(Exception):
    """A cell that is not what an export writes."""

    def __init__(self, column: str, text: str) -> None:
        super().__init__(f"{shown(text)} is not what an export writes for {column}; restore it")
        self.column = column


def _plain(text: str) -> str | None:
    if not text:
        return None
    return text[1:] if text[0] == "\\" else text


def _decoded(field: FieldInfo, text: str) -> Any:
    """The value of a cell, of the field's own type."""
    if not text:
        return None
    try:
        return _value(field, text)
    except (ValueError, KeyError) as error:
        raise _WrongCell(field.name, text) from error


def _value(field: FieldInfo, text: str) -> Any:
    if field.many or field.scalar is Scalar.JSON:
        plain = orjson.loads(text)
        if not isinstance(plain, list if field.many else dict):
            raise ValueError(text)
        return decode_value(field, plain if field.many else text)
    match field.scalar:
        case Scalar.TEXT:
            return _plain(text)
        case Scalar.DATETIME:
            return datetime.fromisoformat(text)
        case Scalar.INTEGER | Scalar.MONEY:
            return int(text)
        case Scalar.FLOAT:
            return float(text)
        case Scalar.BOOLEAN:
            return {"0": False, "1": True, "False": False, "True": True}[text]
        case _:
            return decode_value(field, text)


def _stamps(values: dict[str, Any]) -> Stamps | None:
    """Takes the stamps out of the values; None unless all are there and make sense."""
    created, updated, revision = (values.pop(name, None) for name in STAMPS)
    if created is None or updated is None or revision is None:
        return None
    for name, time in (("created_at", created), ("updated_at", updated)):
        if time.tzinfo is None:
            raise _WrongCell(name, str(time))
    if not 1 <= revision < 2**31:
        raise _WrongCell("revision", str(revision))
    return Stamps(created, updated, revision)
