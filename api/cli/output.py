"""What the commands print: tables for people, JSON for programs."""

from __future__ import annotations

import dataclasses
import io
import sys
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from typing import TextIO

import orjson
from rich.console import Console

WIDTH_OF_A_FILE = 120
"""Columns of a table where there is no terminal."""

NARROWEST = 60
"""Columns a table has at least: in fewer there is nothing left to read."""


class _Output(Console):
    """A console that leaves a broken pipe to `main`."""

    def on_broken_pipe(self) -> None:
        """Raises it again."""
        self.quiet = True
        raise  # rich calls this while it handles the error


def console() -> Console:
    """Where tables go; as wide as a terminal, or 120 columns where there is none."""
    if not sys.stdout.isatty():
        return _Output(width=WIDTH_OF_A_FILE)
    terminal = _Output()
    return terminal if terminal.width >= NARROWEST else _Output(width=NARROWEST)


def any_character(*streams: TextIO) -> None:
    """Lets streams write what their encoding does not have, as an escape such as \\u738b."""
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def print_json(document: object) -> None:
    """Prints a document as indented JSON; dates as ISO text, enums by name."""
    text = orjson.dumps(
        plain(document), option=orjson.OPT_INDENT_2 | orjson.OPT_PASSTHROUGH_DATETIME, default=str
    )
    sys.stdout.write(text.decode() + "\n")


def print_json_line(document: object) -> None:
    """Prints a document as JSON in one line, at once."""
    sys.stdout.write(orjson.dumps(plain(document)).decode() + "\n")
    sys.stdout.flush()


def plain(value: object) -> object:
    """The value in JSON's own types, dataclasses as objects."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if hasattr(value, "_asdict"):
        return plain(value._asdict())
    if isinstance(value, tuple | list):
        return [plain(v) for v in value]
    return value
