"""Columns, templates and lookups: the text of a cell, by functions made once per column."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from graph.errors import BadInput
from graph.importing.converting import decimal_of
from graph.importing.mapping import FieldSpec, ImportMapping, LookupSpec
from graph.importing.reading import Row, RowError, Table, find_files

Cell = Callable[[Row], str | None]
"""From a row to the text at some place of it; None where there is no value."""

LINE = "line"
"""The name by which a template gets at the row's line number."""

_BRACES = re.compile(r"\{([^{}]+)\}")
_GAPS = re.compile(r"([,;])(?:\s*[,;])+")
_LOOSE = re.compile(r"^[\s,;]+|[\s,;]+$")


def text_cell(
    table: Table, place: str, nulls: frozenset[str] = frozenset(), *, whole: bool = True
) -> Cell:
    """The text of a column or template.

    Args:
        table: the file.
        place: name of a column, or a template with columns in braces.
        nulls: words that mean no value.
        whole: whether a template with an empty part is empty: so for keys, where a part of one
            is none. Else the empty part is left out, with blanks and commas around the text.

    Raises:
        BadInput: the file has no such column.
    """
    nulls = nulls | {""} | frozenset(table.spec.null)
    if "{" not in place:
        return _column(table, place, nulls)
    pieces = _BRACES.split(place)
    literals, parts = pieces[::2], [_column(table, p, nulls) for p in pieces[1::2]]
    return _whole(literals, parts) if whole else _loose(literals, parts)


def _column(table: Table, name: str, nulls: frozenset[str]) -> Cell:
    if name == LINE and LINE not in table.columns:
        return lambda row: str(row.line)
    at = table.position(name)

    def cell(row: Row) -> str | None:
        text = row.cells[at].strip()  # type: ignore[index]  # rows with an error never come here
        return None if text in nulls else text

    return cell


def _whole(literals: Sequence[str], parts: Sequence[Cell]) -> Cell:
    head, *tails = literals
    pairs = tuple(zip(parts, tails, strict=True))

    def cell(row: Row) -> str | None:
        text = head
        for part, tail in pairs:
            value = part(row)
            if value is None:
                return None
            text += value + tail
        return text

    return cell


def _loose(literals: Sequence[str], parts: Sequence[Cell]) -> Cell:
    def cell(row: Row) -> str | None:
        values = [part(row) for part in parts]
        if not any(values):
            return None
        text = literals[0]
        for value, tail in zip(values, literals[1:], strict=True):
            text += (value or "") + tail
        return _LOOSE.sub("", _GAPS.sub(r"\1", " ".join(text.split())))

    return cell


class Lookups:
    """The second files of a mapping, each read once when first needed and kept in memory."""

    def __init__(self, mapping: ImportMapping, folder: Path) -> None:
        self._mapping = mapping
        self._folder = folder
        self._read: dict[str, Mapping[str, str]] = {}

    def table(self, name: str) -> Mapping[str, str]:
        """Key to value of that section of the mapping."""
        if name not in self._read:
            spec = self._mapping.lookups[name]
            found: dict[str, str] = {}
            form = self._mapping.file(spec.file)
            for path in find_files(self._folder, form.name):
                _fill(found, Table(path, form), spec)
            self._read[name] = found
        return self._read[name]

    def cell(self, table: Table, spec: FieldSpec) -> Cell:
        """The text of a field in a file, taken through its lookups."""
        text = text_cell(table, spec.place, frozenset(spec.null), whole=bool(spec.lookup))
        if not spec.lookup:
            return text
        tables = tuple(self.table(name) for name in spec.lookup)

        def cell(row: Row) -> str | None:
            found = text(row)
            for values in tables:
                found = values.get(found) if found is not None else None
            return found

        return cell


def _fill(found: dict[str, str], table: Table, spec: LookupSpec) -> None:
    """Adds a file's keys and values; a wrong row ends the import, since sums would be wrong."""
    key = text_cell(table, spec.key)
    value = _product(table, spec) if spec.sum else text_cell(table, spec.value or "", whole=False)
    sums: dict[str, Decimal] = {}
    for row in table.rows():
        try:
            if isinstance(row.cells, RowError):
                raise row.cells
            name, given = key(row), value(row)
        except (RowError, ValueError) as error:
            raise BadInput(f"{table.name}, line {row.line}: {error}") from error
        if name is None or given is None:
            continue
        if isinstance(given, Decimal):
            sums[name] = sums.get(name, Decimal(0)) + given
        else:
            found.setdefault(name, given)
    unit = Decimal(1).scaleb(-spec.decimals)
    found.update({name: str(s.quantize(unit, ROUND_HALF_UP)) for name, s in sums.items()})


def _product(table: Table, spec: LookupSpec) -> Callable[[Row], Decimal]:
    """The product of a row's factors, less its discount."""
    factors = [text_cell(table, column) for column in spec.sum]
    discount = text_cell(table, spec.discount) if spec.discount else None

    def product(row: Row) -> Decimal:
        total = Decimal(1)
        for factor in factors:
            total *= decimal_of(factor(row) or "")
        off = discount(row) if discount else None
        return total if off is None else total * (1 - decimal_of(off))

    return product
