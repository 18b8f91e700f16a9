"""A plain list of edges in a text file, read in a stream into arrays.

A line is an edge: two columns that name its ends, and maybe one that holds its weight. What
separates the columns, whether the first line names them, and gzip are told from the file. Lines
that begin with # or % are comments. Names are kept as they are written, without outer spaces.
"""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from graph.errors import BadInput
from graph.importing.edge_form import Columns, check_rows, form_of, split
from graph.importing.number_list import NotPlain, in_order_of_appearance, numbered_ends
from graph.importing.text_lines import blocks, is_comment, is_idle, opened
from graph.network.csr import Ids

__all__ = ["Columns", "EdgeList", "read_edge_list"]

MOST_NODES = 2**31 - 1

SPOOLED = 1 << 26
"""Bytes of a pipe that are kept in memory."""

Advance = Callable[[int, int | None], None]


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
        path: the file; one that is compressed with gzip is read as it is, and a pipe is written
            to a file for the time, for a list is looked at twice.
        columns: which columns hold what.
        advance: told the bytes read so far, and all there are.

    Ends that are plain numbers, in a file without weights asked for, are read without a Python
    object for a cell; others cost some five times as much.

    Raises:
        BadInput: it cannot be read, or a line is wrong; names the file, the line and the remedy.
    """
    try:
        with path.open("rb") as raw:
            if raw.seekable():
                return _Reader(path, columns or Columns(), raw, advance).read()
            with SpooledTemporaryFile(SPOOLED) as whole:
                shutil.copyfileobj(raw, whole)
                return _Reader(path, columns or Columns(), cast(IO[bytes], whole), advance).read()
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadInput(f"{path} cannot be read: {reason}; name a readable file") from error


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
        self.size = raw.seek(0, os.SEEK_END)
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
        first = next(blocks(opened(self.raw, self.name), self.name), [])
        form = form_of(self.name, first, self.columns)
        if form.weight is not None or len(form.delimiter) > 1 or any(map(is_comment, first)):
            return None
        parts = []
        file, columns = opened(self.raw, self.name), (form.source, form.target)
        for ends in numbered_ends(file, form.delimiter, form.width, columns, form.header):
            parts.append(ends)
            self.advance(self.raw.tell(), self.size)
        if not parts:
            return None
        names, numbers = in_order_of_appearance(np.concatenate(parts))
        self._bounded(len(names))
        labels = list(map(str, names.tolist()))
        return EdgeList(labels, numbers[::2].copy(), numbers[1::2].copy(), None, form.told())

    def _read_names(self) -> EdgeList:
        """The edges of any other file."""
        line = 1
        for number, lines in enumerate(blocks(opened(self.raw, self.name), self.name)):
            if number == 0:
                self.form = form_of(self.name, lines, self.columns)
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
            None if self.form.weight is None else np.concatenate(weights),
            self.form.told(),
        )

    def _take(self, lines: list[str], first: int) -> None:
        """The edges of a block of lines, the first of which has that number."""
        kept = [line for line in lines if not is_idle(line)]
        if self.form.header and kept and not self.parts:
            kept = kept[1:]
        try:
            rows = list(split(kept, self.form.delimiter))
            if set(map(len, rows)) - {self.form.width}:
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
        source, target = self.form.source, self.form.target
        names = [name.strip() for row in rows for name in (row[source], row[target])]
        if "" in names:
            raise ValueError
        return np.fromiter(map(self.places.__getitem__, names), np.int32, len(names))

    def _weighed(self, rows: list[list[str]]) -> NDArray[np.float64] | None:
        if self.form.weight is None:
            return None
        column = self.form.weight
        weights = np.array([float(row[column]) for row in rows], np.float64)
        if not (np.isfinite(weights) & (weights >= 0)).all():
            raise ValueError
        return weights

    def _blame(self, lines: list[str], first: int) -> None:
        """Names the first wrong line of a block.

        Raises:
            BadInput: always, where a line is wrong.
        """
        check_rows(self.name, lines, self.form.delimiter, first)
        header = self.form.header and not self.parts
        for number, line in enumerate(lines, first):
            if is_idle(line):
                continue
            row = next(split([line], self.form.delimiter), [])
            problem = None if header else self.form.problem(row)
            header = False
            if problem:
                raise BadInput(f"{self.name}, line {number}: {problem}")
