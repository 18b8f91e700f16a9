"""Rows of text files, read in a stream: one wrong row is told and the next one read."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from graph.errors import BadInput, shown
from graph.importing.mapping import FileSpec

LONGEST_LINE = 1_000_000
"""Bytes a line may have: a longer one is no row but a file of another kind."""

_SAMPLE = 65_536
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_WIDE = ("utf-16", "utf-32", "utf_16", "utf_32")
_GUESSES = ("utf-8", "gb18030", "latin-1")


class RowError(Exception):
    """One row cannot be read.

    Attributes:
        column: the column at fault, where it is one.
    """

    def __init__(self, reason: str, column: str | None = None) -> None:
        super().__init__(reason)
        self.column = column


class Row(NamedTuple):
    """One row of a file.

    Attributes:
        line: line on which it begins, from 1.
        end: bytes of the file up to its end.
        cells: its cells, as many as there are columns; or why it has none.
    """

    line: int
    end: int
    cells: list[str] | RowError


class _Lines:
    """The decoded lines of a file, counted; an iterator that goes on after an error.

    `begin` is the first line taken since it was last set to 0: a row may span several.
    """

    def __init__(self, path: Path, spec: FileSpec) -> None:
        self.file = path.open("rb")
        self.encoding = spec.encoding
        self.comment = spec.comment
        self.line = 0
        self.begin = 0
        self.bytes = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        while True:
            raw = self.file.readline(LONGEST_LINE + 1)
            if not raw:
                raise StopIteration
            self.line += 1
            self.bytes += len(raw)
            if len(raw) > LONGEST_LINE:
                self._skip_line(raw)
                raise RowError(f"the line is longer than {LONGEST_LINE:,} bytes; shorten it")
            text = self._decode(raw)
            if self.comment is None or not text.startswith(self.comment):
                self.begin = self.begin or self.line
                return text

    def _skip_line(self, raw: bytes) -> None:
        while raw and not raw.endswith(b"\n"):
            raw = self.file.readline(LONGEST_LINE)
            self.bytes += len(raw)

    def _decode(self, raw: bytes) -> str:
        try:
            text = raw.decode(self.encoding)
        except UnicodeDecodeError as error:
            raise RowError(
                f"byte 0x{raw[error.start]:02X} at position {error.start} is not {self.encoding}; "
                "save the file in that encoding, or name its own in the mapping"
            ) from error
        if "\x00" in text:
            raise RowError(f"there is a NUL byte at position {text.index(chr(0))}; remove it")
        return text.removeprefix("\ufeff") if self.line == 1 else text


class Table:
    """A file whose header has been read and whose rows can be, any number of times.

    Attributes:
        path: the file.
        spec: its form.
        columns: names of its columns, in order.
        size: its bytes.
    """

    def __init__(self, path: Path, spec: FileSpec) -> None:
        """Opens the file once and checks that it is what the mapping says.

        Raises:
            BadInput: it cannot be opened, is no text, is empty or in another encoding.
        """
        self.path = path
        self.spec = spec
        self.size = _check_text(path, spec.encoding)
        self.columns = self._header()

    @property
    def name(self) -> str:
        """Name of the file."""
        return self.path.name

    def position(self, column: str) -> int:
        """Where a column stands.

        Raises:
            BadInput: there is none of that name; tells which there are.
        """
        if column not in self.columns:
            raise BadInput(
                f"{self.name} has no column {shown(column)}; it has {', '.join(self.columns)}"
            )
        return self.columns.index(column)

    def rows(self) -> Iterator[Row]:
        """The rows after the header; empty lines are left out."""
        wanted = len(self.columns)
        lines = _Lines(self.path, self.spec)
        with lines.file:
            parsed = _parsed(lines, self.spec)
            if self.spec.header != "none":
                next(parsed, None)
            for row in parsed:
                if isinstance(row.cells, RowError) or len(row.cells) == wanted:
                    yield row
                else:
                    yield Row(row.line, row.end, self._fitted(row.cells))

    def _header(self) -> tuple[str, ...]:
        if self.spec.header == "none":
            return self.spec.columns
        lines = _Lines(self.path, self.spec)
        with lines.file:
            first = next(_parsed(lines, self.spec), None)
        if first is None or isinstance(first.cells, RowError):
            reason = first.cells if first else "it has no header line"
            raise BadInput(f"{self.name}: {reason}")
        names = [cell.strip() for cell in first.cells]
        if self.spec.header == "neo4j-admin":
            names = [_untyped(name) for name in names]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise BadInput(
                f"{self.name} has two columns {shown(min(twice))}; give each its own name"
            )
        return tuple(names)

    def _fitted(self, cells: list[str]) -> list[str] | RowError:
        """As many cells as there are columns."""
        wanted = len(self.columns)
        if len(cells) < wanted:
            return RowError(
                f"the row ends before this column: {len(cells)} cells for {wanted} columns",
                self.columns[len(cells)],
            )
        if self.spec.surplus == "ignore":
            return cells[:wanted]
        joined = _joined(cells, self.spec.delimiter) if self.spec.surplus == "join" else cells
        if len(joined) == wanted:
            return joined
        return RowError(
            f"{len(cells)} cells for {wanted} columns; quote text that holds the delimiter"
        )


def _parsed(lines: _Lines, spec: FileSpec) -> Iterator[Row]:
    """Every line that is not empty as cells, however many."""
    parser = _parser(lines, spec)
    while True:
        lines.begin = 0
        try:
            cells = next(parser)
            if cells:
                yield Row(lines.begin, lines.bytes, cells)
        except StopIteration:
            return
        except RowError as error:
            yield Row(lines.line, lines.bytes, error)
        except csv.Error as error:
            reason = RowError(f"{error}; is a quote missing, or meant as text?")
            yield Row(lines.begin, lines.bytes, reason)


def _parser(lines: _Lines, spec: FileSpec) -> Iterator[list[str]]:
    if spec.delimiter == "whitespace":
        return map(str.split, lines)
    if not spec.quote:
        return csv.reader(lines, delimiter=spec.delimiter, quoting=csv.QUOTE_NONE, strict=True)
    return csv.reader(lines, delimiter=spec.delimiter, quotechar=spec.quote, strict=True)


def _joined(cells: list[str], delimiter: str) -> list[str]:
    """Cells, each that begins with a blank joined to the one before."""
    joined = cells[:1]
    for cell in cells[1:]:
        if cell.startswith(" "):
            joined[-1] += delimiter + cell
        else:
            joined.append(cell)
    return joined


def _untyped(name: str) -> str:
    """A neo4j-admin column's own name, or its role where it has none: `:START_ID(Person)`."""
    own, _, role = name.partition(":")
    return own or ":" + role.partition("(")[0]


def _check_text(path: Path, encoding: str) -> int:
    """The file's size, once it is sure to be text of that encoding, as far as a sample tells."""
    try:
        with path.open("rb") as file:
            sample = file.read(_SAMPLE)
        size = path.stat().st_size
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}; name a readable file") from error
    wide = encoding.lower().startswith(_WIDE)
    if wide:
        raise BadInput(f"{encoding} is not read line by line; save {path.name} as utf-8")
    sample = sample[: sample.rfind(b"\n") + 1] or sample
    binary = _BINARY.search(sample)
    if binary:
        raise BadInput(
            f"{path.name} is no text file: byte 0x{sample[binary.start()]:02X} at position "
            f"{binary.start()}; export it as CSV"
        )
    if not _decodes(sample, encoding):
        guess = next((g for g in _GUESSES if g != encoding and _decodes(sample, g)), "latin-1")
        raise BadInput(
            f'{path.name} is not {encoding}; say its encoding in the mapping: encoding = "{guess}"?'
        )
    return size


def _decodes(sample: bytes, encoding: str) -> bool:
    """Whether half of the lines are of that encoding; the broken ones are told row by row."""
    lines = sample.split(b"\n")
    broken = 0
    for line in lines:
        try:
            line.decode(encoding)
        except UnicodeDecodeError:
            broken += 1
    return broken * 2 <= len(lines)


def find_files(folder: Path, names: tuple[str, ...]) -> list[Path]:
    """The files of those names, `*` in them matched, in the order of the names.

    Raises:
        BadInput: the folder or a file is not there; tells what is.
    """
    if not folder.is_dir():
        raise BadInput(f"{folder} is not a folder; give the folder that holds the files")
    present = sorted(p.name for p in folder.iterdir() if p.is_file())
    found: list[Path] = []
    for name in names:
        matching = [p for p in present if fnmatchcase(p, name)] if "*" in name else [name]
        if not matching or not (folder / matching[0]).is_file():
            known = ", ".join(present[:20]) or "nothing"
            raise BadInput(f"there is no file {name} in {folder}; there is {known}")
        found += [folder / p for p in matching]
    return list(dict.fromkeys(found))
