"""Lines of a text file of any size, some megabytes at a time; gzip is undone on the way."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from typing import IO, Any

from graph.errors import BadInput

BLOCK = 1 << 22
"""Bytes read at a time; a longer line is no row."""

COMMENTS = ("#", "%")

_FORMATS = {
    b"PAR1": "Parquet",
    b"PK\x03\x04": "a zip archive or a spreadsheet",
    b"\xfd7zXZ": "compressed with xz",
    b"BZh": "compressed with bzip2",
    b"\x28\xb5\x2f\xfd": "compressed with zstd",
}
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def opened(raw: IO[bytes], name: str) -> Any:
    """The bytes of a file from its beginning; what is compressed with gzip comes as it was.

    Raises:
        BadInput: it is in a form that is no text.
    """
    raw.seek(0)
    first = raw.read(8)
    raw.seek(0)
    for magic, form in _FORMATS.items():
        if first.startswith(magic):
            raise BadInput(f"{name} is {form}; give plain text, or compress it with gzip")
    if first.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=raw)
    return raw


def blocks(file: IO[Any], name: str) -> Iterator[list[str]]:
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


def is_comment(line: str) -> bool:
    """Whether a line is a remark of its author."""
    return line.startswith(COMMENTS)


def is_idle(line: str) -> bool:
    """Whether a line says nothing: it is empty or a comment."""
    return not line or line.startswith(COMMENTS) or not line.strip()
