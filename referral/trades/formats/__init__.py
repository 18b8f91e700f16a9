"""Reading files of wants that other programs use."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from referral.trades.formats.kidney import read_kidney_input, read_preflib
from referral.trades.formats.text import read_text
from referral.trades.formats.trademaximizer import read_trademaximizer
from referral.trades.formats.want_file import WantFile

__all__ = ["Format", "WantFile", "guess", "read_wants"]


class Format(StrEnum):
    """The formats that are read."""

    TRADEMAXIMIZER = "trademaximizer"
    KIDNEY_INPUT = "kidney-input"
    PREFLIB_WMD = "preflib-wmd"


_READERS: dict[Format, Callable[[str, str], WantFile]] = {
    Format.TRADEMAXIMIZER: read_trademaximizer,
    Format.KIDNEY_INPUT: read_kidney_input,
    Format.PREFLIB_WMD: read_preflib,
}


def read_wants(path: Path, given: Format | None = None) -> WantFile:
    """The wants in a file.

    Args:
        path: of the file.
        given: its format; by default told from its name and first lines.

    Raises:
        BadInput: the file is missing or breaks its format; names line and column.
    """
    text = read_text(path)
    return _READERS[given or guess(path.name, text)](text, path.name)


def guess(name: str, text: str) -> Format:
    """The format of a file, from its name and first lines."""
    if name.endswith(".wmd") or "# NUMBER ALTERNATIVES" in text[:10_000]:
        return Format.PREFLIB_WMD
    if name.endswith(".input") and not text.strip():
        return Format.KIDNEY_INPUT
    first = text.lstrip().split("\n", 1)[0].split()
    numbers = len(first) == 2 and all(token.isdigit() for token in first)
    closed = name.endswith(".input") or text.split()[-3:] == ["-1", "-1", "-1"]
    return Format.KIDNEY_INPUT if numbers and closed else Format.TRADEMAXIMIZER
