"""What SQLite reports, in the words of graph/errors.py."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graph.errors import BadInput, StoreUnavailable

INTERRUPTED = sqlite3.SQLITE_INTERRUPT

_CAUSES = {
    sqlite3.SQLITE_FULL: "the disk is full; free some space and try again",
    sqlite3.SQLITE_BUSY: "it is locked by another program; close that one and try again",
    sqlite3.SQLITE_LOCKED: "it is locked by another program; close that one and try again",
    sqlite3.SQLITE_CORRUPT: "it is damaged; restore it from a backup",
    sqlite3.SQLITE_NOTADB: "it is not a SQLite database; move it out of the store's folder",
    sqlite3.SQLITE_READONLY: "it is read-only; give this user the right to write it",
    sqlite3.SQLITE_PERM: "this user may not use it; give this user the right to write it",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; check its folder and the rights on it",
    sqlite3.SQLITE_IOERR: "the disk failed to read or write; check the disk, and the room on it",
    sqlite3.SQLITE_NOMEM: "memory ran out; ask for less at a time",
}


_LIMITS = ("parser stack overflow", "Expression tree is too large", "too many SQL variables")


@contextmanager
def answering(path: Path | str) -> Iterator[None]:
    """Turns what the driver raises about that file into errors of ours.

    Raises:
        StoreUnavailable: the database failed; says why and what helps.
        BadInput: a value that no database can hold, or a filter larger than SQLite takes.
    """
    try:
        yield
    except sqlite3.Error as error:
        if any(limit in str(error) for limit in _LIMITS):
            raise BadInput("the filter is too large for SQLite; take parts of it away") from error
        raise unavailable(path, error) from error
    except OSError as error:
        raise StoreUnavailable(
            f"the store {path} cannot be used: {error.strerror}; check the folder and the rights "
            "on it"
        ) from error
    except UnicodeEncodeError as error:
        raise BadInput(
            f"a text holds half of a character (U+{ord(error.object[error.start]):04X}); remove it"
        ) from error


def unavailable(path: Path | str, error: sqlite3.Error) -> StoreUnavailable:
    """The error of ours that says what the driver's means."""
    cause = _CAUSES.get(primary_code(error), f"SQLite says: {error}")
    return StoreUnavailable(f"the store {path} does not answer: {cause}")


def primary_code(error: sqlite3.Error) -> int:
    """SQLite's result code without the extension in its higher bits; 0 where there is none."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
