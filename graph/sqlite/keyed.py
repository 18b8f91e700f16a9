"""Records by key."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from functools import cache

from graph.model import RECORDS, Record
from graph.model.codec import columns, decoder
from graph.sqlite.filters import as_json
from graph.sqlite.tables import quoted


def by_key(connection: sqlite3.Connection, kind: str, keys: Sequence[str]) -> Iterator[Record]:
    """Records of one kind by key, in no promised order."""
    if len(keys) == 1:  # half the time of the general form
        rows = connection.execute(f"{select(kind)} WHERE key = ?", (keys[0],))
    else:
        text = f"{select(kind)} WHERE key IN (SELECT value FROM json_each(?))"
        rows = connection.execute(text, (as_json(keys),))
    return map(decoder(kind), rows)


@cache
def select(kind: str) -> str:
    """The SELECT of all records of a kind, as `graph.model.codec` decodes them."""
    listed = ", ".join(quoted(c) for c in columns(RECORDS[kind]))
    return f"SELECT {listed} FROM {quoted(kind)}"
