"""Lines of a text file, and errors that name line and column."""

from __future__ import annotations

from pathlib import Path

from graph.errors import BadInput, shown

LARGEST_FILE = 200_000_000
"""Most bytes of a file that is read."""


class Wrong(BadInput):
    """A file is wrong at one place.

    Attributes:
        line, column: of the place, both from 1.
    """

    def __init__(self, name: str, line: int, column: int, message: str) -> None:
        super().__init__(f"{name}, line {line}, column {column}: {message}")
        self.line, self.column = line, column


def read_text(path: Path) -> str:
    """The text of a file.

    Raises:
        BadInput: it is missing, too large, or no UTF-8 text.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise BadInput(f"{path} has more than {LARGEST_FILE:,} bytes; split it")
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(
            f"cannot read {path}: {error.strerror or error}; name a readable file"
        ) from error
    return decode(data, path.name)


def decode(data: bytes, name: str) -> str:
    """UTF-8 text, without a byte order mark.

    Raises:
        BadInput: it is something else; names the place.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        raise Wrong(
            name, line, column, f"byte 0x{data[error.start]:02x} is no UTF-8; save it as UTF-8"
        ) from error
    if (at := text.find("\0")) >= 0:
        line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
        raise Wrong(name, line, column, "a NUL byte; name a text file")
    return text


def whole(name: str, line: int, column: int, token: str, least: int = 0) -> int:
    """A whole number of at least `least` and at most 10^12."""
    if token.isascii() and token.lstrip("-").isdigit():
        number = int(token[:20])
        if least <= number <= 10**12:
            return number
    message = f"{shown(token)} is no whole number from {least} to 10^12; write digits"
    raise Wrong(name, line, column, message)
