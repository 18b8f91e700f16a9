"""The form of a list of edges, as its first lines show it: delimiter, header, columns."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from graph.errors import BadInput, counted, shown
from graph.importing.text_lines import is_idle

DELIMITERS = (",", "\t", ";", "|")
SPACES = "whitespace"
SOURCE_NAMES = ("source", "src", "from", "start", "node1", "u", "referrer")
TARGET_NAMES = ("target", "dst", "to", "end", "node2", "v", "referred")


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the ends and the weight of an edge stand.

    Attributes:
        source, target, weight: a column's name or its number from 1; None = the first, the
            second (or those of the usual names), and none.
        delimiter: what separates columns; None = as the file shows.
        header: whether the first line names the columns; None = as the file shows.
    """

    source: str | None = None
    target: str | None = None
    weight: str | None = None
    delimiter: str | None = None
    header: bool | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """How the lines of a file are read.

    Attributes:
        delimiter: what separates columns; `SPACES` = any white space.
        width: number of columns.
        names: of the columns, where the first line names them; else none.
        source, target: positions of the columns that name the ends.
        weight: position of the column that holds the weight; None = none is asked for.
    """

    delimiter: str
    width: int
    names: Sequence[str]
    source: int
    target: int
    weight: int | None

    @property
    def header(self) -> bool:
        """Whether the first line names the columns."""
        return bool(self.names)

    def told(self) -> str:
        """The form, for people."""
        named = [self.names[p] if self.names else str(p + 1) for p in (self.source, self.target)]
        header = "a header" if self.header else "no header"
        separated = {"\t": "tabs", SPACES: "spaces"}.get(self.delimiter, f"'{self.delimiter}'")
        return f"{header}, columns {named[0]} -> {named[1]}, separated by {separated}"

    def problem(self, row: Sequence[str]) -> str | None:
        """What is wrong with a row, and the remedy; None where nothing is."""
        if len(row) != self.width:
            return (
                f"{counted(len(row), 'column')} where the first line has {self.width}; "
                "mend the line, or quote text that holds the delimiter"
            )
        for column in (self.source, self.target):
            if not row[column].strip():
                return f"column {column + 1} is empty; name a node there, or delete the line"
        if self.weight is None:
            return None
        text = row[self.weight]
        if not _is_number(text):
            return f"the weight {shown(text)} is no number; mend it, or name another --weight"
        if not math.isfinite(float(text)) or float(text) < 0:
            return f"the weight {shown(text)} is below 0 or no finite number; weights are from 0"
        return None


def form_of(name: str, lines: Sequence[str], columns: Columns) -> Form:
    """The form of the file of that name, told from its first lines.

    Raises:
        BadInput: there is no row, or none of the columns asked for.
    """
    sample = [line for line in lines[:200] if not is_idle(line)][:50]
    delimiter = columns.delimiter or _delimiter(sample)
    rows = _cautiously(sample, delimiter)
    if not rows and sample:
        check_rows(name, lines, delimiter)
    if not rows:
        raise BadInput(f"{name} is empty; give a line with two nodes for each edge")
    header = _names_columns(rows, columns) if columns.header is None else columns.header
    named = [cell.strip() for cell in rows[0]] if header else []
    told = columns.header is not None or _names_columns(rows, Columns())
    head = _Head(name, named, len(rows[0]), told)
    source = head.place(columns.source, SOURCE_NAMES, 0)
    target = head.place(columns.target, TARGET_NAMES, 1)
    if source == target:
        raise BadInput(
            f"column {source + 1} of {name} cannot be both ends of an edge; "
            "name another with --source-column or --target-column"
        )
    weight = None if columns.weight is None else head.place(columns.weight, (), 2)
    return Form(delimiter, head.width, head.names, source, target, weight)


def check_rows(name: str, lines: Sequence[str], delimiter: str, first: int = 1) -> None:
    """Looks for a line that is no row at all; the first of the lines has that number.

    Raises:
        BadInput: there is one.
    """
    for number, line in enumerate(lines, first):
        try:
            list(split([line], delimiter))
        except csv.Error as error:
            raise BadInput(
                f"{name}, line {number}: {error}; is a quote missing, or meant as text?"
            ) from error


def split(lines: Sequence[str], delimiter: str) -> Iterator[list[str]]:
    """The rows that lines are."""
    if delimiter == SPACES:
        return map(str.split, lines)
    return csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)


class _Head(NamedTuple):
    """The columns of a file, by name where it has a header.

    Attributes:
        told: whether the file or the caller says so; else only that a name was asked for.
    """

    file: str
    names: Sequence[str]
    width: int
    told: bool

    def place(self, wanted: str | None, usual: Sequence[str], otherwise: int) -> int:
        """Position of a column."""
        lower = [name.lower() for name in self.names]
        if wanted is None:
            named = [lower.index(name) for name in usual if name in lower]
            place = named[0] if named else otherwise
        elif wanted in self.names:
            place = self.names.index(wanted)
        elif wanted.isdecimal():
            place = int(wanted[:9]) - 1
        else:
            raise BadInput(f"{self.file} has no column {shown(wanted)}; {self._there()}")
        if not 0 <= place < self.width:
            more = "; is the delimiter another? see --delimiter" if self.width == 1 else ""
            raise BadInput(f"{self.file} has no column {place + 1}; {self._there()}{more}")
        return place

    def _there(self) -> str:
        """The columns there are, and how to name them."""
        many = f"it has {counted(self.width, 'column')}"
        numbers = "1" if self.width == 1 else f"1 to {self.width}"
        if not self.names:
            return f"{many} and no header, so give a number: {numbers}"
        names = shown(", ".join(self.names))
        if self.told:
            return f"{many}: {names}"
        return f"{many}, and line 1 is {names}; where that is no header, give a number: {numbers}"


def _names_columns(rows: Sequence[list[str]], columns: Columns) -> bool:
    first = [cell.strip() for cell in rows[0]]
    wanted = (columns.source, columns.target, columns.weight)
    if any(name is not None and not name.isdecimal() for name in wanted):
        return True
    usual = {cell.lower() for cell in first}
    if usual & set(SOURCE_NAMES[:4]) and usual & set(TARGET_NAMES[:4]):
        return True
    if any(map(_is_number, first)) or len(rows) < 2:
        return False
    return any(_is_number(cell) for cell in rows[1])


def _delimiter(sample: Sequence[str]) -> str:
    """The one that every line has, and as often as the first."""
    for delimiter in DELIMITERS:
        widths = {len(row) for row in _cautiously(sample, delimiter)}
        if len(widths) == 1 and min(widths) > 1:
            return delimiter
    counts = {d: sum(line.count(d) for line in sample) for d in DELIMITERS}
    most = max(counts, key=counts.__getitem__)
    return most if counts[most] else SPACES


def _cautiously(sample: Sequence[str], delimiter: str) -> list[list[str]]:
    try:
        return list(split(sample, delimiter))
    except csv.Error:
        return []


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
