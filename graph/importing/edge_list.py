"""A plain list of edges in a text file, read in a stream into arrays.

A line is an edge: two columns that name its ends, and maybe one that holds its weight. What
separates the columns, whether the first line names them, and gzip are told from the file. Lines
that begin with # or % are comments. Names are kept as they are written, without outer spaces.
"""

from __future__ import annotations

import csv
import gzip
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from graph.errors import BadInput, shown
from graph.importing.number_list import NotPlain, in_order_of_appearance, numbered_ends
from graph.network.csr import Ids

BLOCK = 1 << 22
"""Bytes read at a time; a longer line is no edge."""

MOST_NODES = 2**31 - 1
DELIMITERS = (",", "\t", ";", "|")
SPACES = "whitespace"
COMMENTS = ("#", "%")
SOURCE_NAMES = ("source", "src", "from", "start", "node1", "u", "referrer")
TARGET_NAMES = ("target", "dst", "to", "end", "node2", "v", "referred")

_FORMATS = {
    b"PAR1": "Parquet",
    b"PK\x03\x04": "a zip archive or a spreadsheet",
    b"\xfd7zXZ": "compressed with xz",
    b"BZh": "compressed with bzip2",
    b"\x28\xb5\x2f\xfd": "compressed with zstd",
}
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")

Advance = Callable[[int, int | None], None]


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


@dataclass(frozen=True, slots=True, eq=False)
class EdgeList:
    """The edges of a file as they stand there: loops and parallel ones too.

    Attributes:
        labels: the nodes' names, in the order in which the file brings them up.
        source, target: (m,) positions of nodes.
        weights: (m,) from 0; None where none were asked for.
        note: how the file was read, for people.
    """

    labels: Sequence[str]
    source: Ids
    target: Ids
    weights: NDArray[np.float64] | None
    note: str


def read_edge_list(
    path: Path, columns: Columns | None = None, advance: Advance = lambda *_: None
) -> EdgeList:
    """Reads a file of edges.

    Args:
        path: the file; one that is compressed with gzip is read as it is.
        columns: which columns hold what.
        advance: told the bytes read so far, and all there are.

    Ends that are plain numbers, in a file without weights asked for, are read without a Python
    object for a cell; others cost some five times as much.

    Raises:
        BadInput: it cannot be read, or a line is wrong; names the file, the line and the remedy.
    """
    try:
        with path.open("rb") as raw:
            return _Reader(path, columns or Columns(), raw, advance).read()
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadInput(f"{path} cannot be read: {reason}") from error


class _Places(dict[str, int]):
    """Positions of names, each new one behind the last."""

    def __missing__(self, name: str) -> int:
        self[name] = place = len(self)
        return place


class _Reader:
    """One pass over a file, a block at a time."""

    def __init__(self, path: Path, columns: Columns, raw: IO[bytes], advance: Advance) -> None:
        self.name = path.name
        self.columns = columns
        self.raw = raw
        self.advance = advance
        self.size = path.stat().st_size
        self.places = _Places()
        self.parts: list[tuple[Ids, Ids, NDArray[np.float64] | None]] = []

    def read(self) -> EdgeList:
        """The edges."""
        try:
            plain = self._read_numbers()
        except NotPlain:
            plain = None
        return plain or self._read_names()

    def _read_numbers(self) -> EdgeList | None:
        """The edges of a file whose ends are plain numbers; None where it is another one."""
        first = next(_blocks(self._opened(), self.name), [])
        self._look_at(first)
        if self.weight is not None or len(self.delimiter) > 1 or any(map(_is_comment, first)):
            return None
        parts = []
        columns = (self.source, self.target)
        for ends in numbered_ends(self._opened(), self.delimiter, self.width, columns, self.header):
            parts.append(ends)
            self.advance(self.raw.tell(), self.size)
        if not parts:
            return None
        names, numbers = in_order_of_appearance(np.concatenate(parts))
        self._bounded(len(names))
        labels = list(map(str, names.tolist()))
        return EdgeList(labels, numbers[::2].copy(), numbers[1::2].copy(), None, self.note)

    def _read_names(self) -> EdgeList:
        """The edges of any other file."""
        line = 1
        for number, lines in enumerate(_blocks(self._opened(), self.name)):
            if number == 0:
                self._look_at(lines)
            self._take(lines, line)
            line += len(lines)
            self.advance(self.raw.tell(), self.size)
        if not self.parts:
            raise BadInput(f"{self.name} is empty; give a line with two nodes for each edge")
        if not self.places:
            raise BadInput(f"{self.name} has a header but no edge; give a line for each edge")
        source, target, weights = zip(*self.parts, strict=True)
        return EdgeList(
            list(self.places),
            np.concatenate(source),
            np.concatenate(target),
            None if self.weight is None else np.concatenate(weights),
            self.note,
        )

    def _opened(self) -> Any:
        self.raw.seek(0)
        first = self.raw.read(8)
        self.raw.seek(0)
        for magic, form in _FORMATS.items():
            if first.startswith(magic):
                raise BadInput(f"{self.name} is {form}; give plain text, or compress it with gzip")
        if first.startswith(b"\x1f\x8b"):
            return gzip.GzipFile(fileobj=self.raw)
        return self.raw

    # --- the form of the file ------------------------------------------------------------------

    def _look_at(self, lines: Sequence[str]) -> None:
        """Tells from the first lines how columns are separated and which hold what."""
        sample = [line for line in lines[:200] if not _is_idle(line)][:50]
        self.delimiter = self.columns.delimiter or _delimiter(sample)
        rows = _cautiously(sample, self.delimiter)
        if not rows and sample:
            self._blame_form(lines)
        if not rows:
            raise BadInput(f"{self.name} is empty; give a line with two nodes for each edge")
        self.width = len(rows[0])
        header = self.columns.header
        self.header = self._names_columns(rows) if header is None else header
        self.names = [cell.strip() for cell in rows[0]] if self.header else []
        self.source = self._place(self.columns.source, SOURCE_NAMES, 0)
        self.target = self._place(self.columns.target, TARGET_NAMES, 1)
        if self.source == self.target:
            raise BadInput(
                f"column {self.source + 1} of {self.name} cannot be both ends of an edge; "
                "name another with --source-column or --target-column"
            )
        self.weight = None
        if self.columns.weight is not None:
            self.weight = self._place(self.columns.weight, (), 2)
        self.note = self._told()

    def _names_columns(self, rows: Sequence[list[str]]) -> bool:
        first = [cell.strip() for cell in rows[0]]
        wanted = (self.columns.source, self.columns.target, self.columns.weight)
        if any(name is not None and not name.isdecimal() for name in wanted):
            return True
        usual = {cell.lower() for cell in first}
        if usual & set(SOURCE_NAMES[:4]) and usual & set(TARGET_NAMES[:4]):
            return True
        if any(map(_is_number, first)) or len(rows) < 2:
            return False
        return any(_is_number(cell) for cell in rows[1])

    def _place(self, wanted: str | None, usual: Sequence[str], otherwise: int) -> int:
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
            there = ", ".join(self.names) or f"no header, so use numbers from 1 to {self.width}"
            raise BadInput(f"{self.name} has no column {shown(wanted)}; it has {there}")
        if not 0 <= place < self.width:
            more = "; is the delimiter another? see --delimiter" if self.width == 1 else ""
            raise BadInput(
                f"{self.name} has no column {place + 1}, only {self.width}: "
                f"{shown(', '.join(self.names) or 'no header')}{more}"
            )
        return place

    def _told(self) -> str:
        named = [self.names[p] if self.names else str(p + 1) for p in (self.source, self.target)]
        header = "a header" if self.header else "no header"
        separated = {"\t": "tabs", SPACES: "spaces"}.get(self.delimiter, f"'{self.delimiter}'")
        return f"{header}, columns {named[0]} -> {named[1]}, separated by {separated}"

    # --- its lines -----------------------------------------------------------------------------

    def _take(self, lines: list[str], first: int) -> None:
        """The edges of a block of lines, the first of which has that number."""
        kept = [line for line in lines if not _is_idle(line)]
        if self.header and self.names and kept and not self.parts:
            kept = kept[1:]
        try:
            rows = list(_split(kept, self.delimiter))
            if set(map(len, rows)) - {self.width}:
                raise ValueError
            ends = self._numbered(rows)
            weights = self._weighed(rows)
        except (ValueError, csv.Error):
            self._blame(lines, first)
            raise
        self._bounded(len(self.places))
        self.parts.append((ends[::2].copy(), ends[1::2].copy(), weights))

    def _bounded(self, nodes: int) -> None:
        if nodes > MOST_NODES:
            raise BadInput(f"{self.name} names more than {MOST_NODES:,} nodes; take a part of it")

    def _numbered(self, rows: list[list[str]]) -> Ids:
        """Positions of the source and the target of each row in turn."""
        source, target = self.source, self.target
        names = [name.strip() for row in rows for name in (row[source], row[target])]
        if "" in names:
            raise ValueError
        return np.fromiter(map(self.places.__getitem__, names), np.int32, len(names))

    def _weighed(self, rows: list[list[str]]) -> NDArray[np.float64] | None:
        if self.weight is None:
            return None
        column = self.weight
        weights = np.array([float(row[column]) for row in rows], np.float64)
        if not (np.isfinite(weights) & (weights >= 0)).all():
            raise ValueError
        return weights

    def _blame(self, lines: list[str], first: int) -> None:
        """Names the first wrong line of a block.

        Raises:
            BadInput: always, where a line is wrong.
        """
        self._blame_form(lines, first)
        header = self.header and not self.parts
        for number, line in enumerate(lines, first):
            if _is_idle(line):
                continue
            row = next(iter(_split([line], self.delimiter)), [])
            problem = None if header else self._problem(row)
            header = False
            if problem:
                raise BadInput(f"{self.name}, line {number}: {problem}")

    def _blame_form(self, lines: Sequence[str], first: int = 1) -> None:
        """Names the first line that is no row at all."""
        for number, line in enumerate(lines, first):
            try:
                list(_split([line], self.delimiter))
            except csv.Error as error:
                raise BadInput(
                    f"{self.name}, line {number}: {error}; is a quote missing, or meant as text?"
                ) from error

    def _problem(self, row: list[str]) -> str | None:
        if len(row) != self.width:
            return (
                f"{len(row)} columns where the first line has {self.width}; "
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


def _blocks(file: IO[Any], name: str) -> Iterator[list[str]]:
    """The lines of a file, some megabytes at a time.

    Raises:
        BadInput: it is no text, not UTF-8, or has a line of megabytes.
    """
    rest, number = b"", 1
    while block := file.read(BLOCK):
        if number == 1 and not rest and (found := _BINARY.search(block[:65_536])):
            raise BadInput(
                f"{name} is no text file: byte 0x{block[found.start()]:02X} at position "
                f"{found.start():,}; export it as CSV"
            )
        whole, newline, after = (rest + block).rpartition(b"\n")
        if len(after) > BLOCK:
            raise BadInput(f"{name}, line {number}: it has over {BLOCK:,} bytes; is it a CSV file?")
        rest = after
        if newline:
            lines = _decoded(whole, name, number)
            yield lines
            number += len(lines)
    if rest:
        yield _decoded(rest, name, number)


def _decoded(block: bytes, name: str, first: int) -> list[str]:
    try:
        text = block.decode("utf-8")
    except UnicodeDecodeError as error:
        line = first + block.count(b"\n", 0, error.start)
        raise BadInput(
            f"{name}, line {line}: byte 0x{block[error.start]:02X} is not UTF-8; "
            "save the file as UTF-8"
        ) from error
    return text.removeprefix("\ufeff").split("\n") if first == 1 else text.split("\n")


def _is_comment(line: str) -> bool:
    return line.startswith(COMMENTS)


def _is_idle(line: str) -> bool:
    """Whether a line says nothing: it is empty or a comment."""
    return not line or line.startswith(COMMENTS) or not line.strip()


def _split(lines: Sequence[str], delimiter: str) -> Iterator[list[str]]:
    if delimiter == SPACES:
        return map(str.split, lines)
    return csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)


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
        return list(_split(sample, delimiter))
    except csv.Error:
        return []


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
