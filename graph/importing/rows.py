"""One row of a table to one validated record."""

from __future__ import annotations

from collections.abc import Callable, Container
from functools import lru_cache
from typing import Any, NamedTuple

from graph.errors import BadInput
from graph.importing.cells import Cell, Lookups, text_cell
from graph.importing.converting import Convert, converter
from graph.importing.mapping import EndSpec, FieldSpec, RecordSpec
from graph.importing.reading import Row, Table
from graph.importing.section import Refused
from graph.inputs import validate, validate_key, validate_ref
from graph.model import RECORDS, FieldInfo
from graph.store import Upsert


class _Column(NamedTuple):
    """One field, ready to be made of a row."""

    name: str
    place: str
    cell: Cell
    convert: Convert
    needed: bool
    on_invalid: str


class RowMaker:
    """Makes the records of one section from the rows of one file."""

    def __init__(self, spec: RecordSpec, table: Table, lookups: Lookups, region: str) -> None:
        """Compiles the section's columns against the file's.

        Raises:
            BadInput: the file lacks a column that the mapping names.
        """
        info = RECORDS[spec.kind]
        self._kind = spec.kind
        self._spec = spec
        self._key = text_cell(table, spec.key)
        self._where = [
            (text_cell(table, column), frozenset(words)) for column, words in spec.where.items()
        ]
        self._ends = [
            (name, end, text_cell(table, end.key))
            for name, end in (("source", spec.source), ("target", spec.target))
            if end is not None
        ]
        self._region = _region_of(spec, table, region)
        self._constants, self._columns = _compiled(spec.fields, info.fields, table, lookups)
        self._custom_constants, self._custom = _compiled(spec.custom, {}, table, lookups)
        self._has_custom = bool(spec.custom) or any(c.on_invalid == "custom" for c in self._columns)
        self._ref = lru_cache(65_536)(validate_ref)

    def __call__(self, row: Row, known: Container[str] = ()) -> Upsert | Refused | None:
        """The record of a row; None when `where` leaves it out, or its key is a known one."""
        for cell, words in self._where:
            if (cell(row) or "") not in words:
                return None
        key = self._key(row)
        if key in known:
            return None
        if key is None:
            return Refused(self._spec.key, "the key is empty; every record needs one")
        try:
            key = validate_key(key)
            ends = {name: self._end(end, cell, row) for name, end, cell in self._ends}
            values = self._values(row)
        except BadInput as error:
            return self._refused(error)
        except _Wrong as wrong:
            return wrong.refused
        return Upsert(self._kind, key, {**values, **ends} if ends else values)

    def _end(self, end: EndSpec, cell: Cell, row: Row) -> Any:
        text = cell(row)
        if text is None:
            raise _Wrong(Refused(end.key, f"the key of the {end.kind} at this end is empty"))
        return self._ref(end.kind, text)

    def _values(self, row: Row) -> dict[str, Any]:
        """The validated values; those refused that may be are dropped or kept as custom."""
        aside: dict[str, str] = {}
        values = self._converted(row, self._columns, self._constants, aside)
        if self._has_custom:
            values["custom"] = self._converted(row, self._custom, self._custom_constants, aside)
        lenient = {c.name: c for c in self._columns if c.on_invalid != "reject"}
        while True:
            given = values
            if self._has_custom:
                given = {**values, "custom": _filled({**values["custom"], **aside})}
            try:
                return validate(self._kind, given, region=self._region(row))
            except BadInput as error:
                wrong = {p.field.partition(".")[0] for p in error.problems}
                if not wrong & lenient.keys() or not wrong <= values.keys():
                    raise
                for name in wrong & lenient.keys():
                    del values[name]
                    _set_aside(lenient.pop(name), row, aside)

    def _converted(
        self,
        row: Row,
        columns: list[_Column],
        constants: dict[str, Any],
        aside: dict[str, str],
    ) -> dict[str, Any]:
        values = dict(constants)
        for column in columns:
            name, place, cell, convert, needed, on_invalid = column
            text = cell(row)
            if text is None:
                if needed:
                    raise _Wrong(Refused(place, f"nothing is there for {name}, which is needed"))
                values[name] = None
                continue
            try:
                values[name] = convert(text)
            except ValueError as error:
                if on_invalid == "reject":
                    raise _Wrong(Refused(place, str(error))) from error
                _set_aside(column, row, aside)
        return values

    def _refused(self, error: BadInput) -> Refused:
        if not error.problems:
            return Refused(None, str(error))
        problem = error.problems[0]
        name, _, inner = problem.field.partition(".")
        specs = self._spec.custom if name == "custom" else self._spec.fields
        spec = specs.get(inner if name == "custom" else name)
        more = len(error.problems) - 1
        place = (spec.place if spec else "") or problem.field
        return Refused(place, problem.message + (f" (and {more} more)" if more else ""))


class _Wrong(Exception):
    """Carries a refusal out of the making of a row."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.reason)
        self.refused = refused


def _compiled(
    specs: Any, fields: Any, table: Table, lookups: Lookups
) -> tuple[dict[str, Any], list[_Column]]:
    """The constant values, and the columns of the others."""
    constants: dict[str, Any] = {}
    columns: list[_Column] = []
    for name, spec in specs.items():
        field: FieldInfo | None = fields.get(name)
        if spec.constant is not None:
            constants[name] = _constant(field, spec)
            continue
        cell, convert = lookups.cell(table, spec), converter(field, spec)
        needed = field is not None and field.required
        columns.append(_Column(name, spec.place, cell, convert, needed, spec.on_invalid))
    return constants, columns


def _constant(field: FieldInfo | None, spec: FieldSpec) -> Any:
    try:
        same = not isinstance(spec.constant, str)
        return spec.constant if same else converter(field, spec)(str(spec.constant))
    except ValueError as error:
        raise BadInput(f"mapping, constant {spec.constant!r}: {error}") from error


def _filled(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _set_aside(column: _Column, row: Row, aside: dict[str, str]) -> None:
    text = column.cell(row)
    if column.on_invalid == "custom" and text is not None:
        aside[column.name] = text


def _region_of(spec: RecordSpec, table: Table, region: str) -> Callable[[Row], str]:
    """The country of a row's phone numbers."""
    if spec.phone_region is None:
        return lambda _row: region
    cell, words = text_cell(table, spec.phone_region.column), spec.phone_region.values
    return lambda row: words.get(cell(row) or "", region)
