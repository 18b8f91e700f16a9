"""Records by key."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

import orjson

from graph.model import RECORDS, Record, Scalar
from graph.model.codec import MOST_SELECTIONS, columns, decoder, wanted
from graph.sqlite.filters import as_json
from graph.sqlite.tables import quoted

TOGETHER = 1_000
"""Most records in one JSON text."""


def by_key(
    connection: sqlite3.Connection,
    kind: str,
    keys: Sequence[str],
    fields: frozenset[str] | None = None,
) -> Iterator[Record]:
    """Records of one kind by key, in no promised order; of `fields` alone where they are given.

    Many come as one JSON text, which takes 0.6 of the time of rows; floats come as rows, since
    SQLite would round them in JSON.
    """
    decode, chosen = decoder(kind, fields), wanted(kind, fields)
    if len(keys) == 1:
        yield from map(decode, connection.execute(_select_one(kind, chosen), (keys[0],)))
        return
    for start in range(0, len(keys), TOGETHER):
        part = as_json(keys[start : start + TOGETHER])
        if _has_floats(kind, chosen):
            yield from map(decode, connection.execute(_select_rows(kind, chosen), (part,)))
        else:
            ((found,),) = connection.execute(_select_text(kind, chosen), (part,))
            yield from map(decode, orjson.loads(found))


@cache
def select(kind: str) -> str:
    """The SELECT of all records of a kind, as `graph.model.codec` decodes them."""
    return f"SELECT {_listed(columns(RECORDS[kind]))} FROM {quoted(kind)} AS r"


# joined, they are sought in the order given: half the time of IN, which sorts them first
_WANTED = "FROM json_each(?) AS wanted CROSS JOIN {table} AS r ON r.key = wanted.value"


@lru_cache(MOST_SELECTIONS)
def _select_one(kind: str, chosen: tuple[str, ...]) -> str:
    return f"SELECT {_listed(chosen)} FROM {quoted(kind)} AS r WHERE r.key = ?"


@lru_cache(MOST_SELECTIONS)
def _select_rows(kind: str, chosen: tuple[str, ...]) -> str:
    return f"SELECT {_listed(chosen)} {_WANTED.format(table=quoted(kind))}"


@lru_cache(MOST_SELECTIONS)
def _select_text(kind: str, chosen: tuple[str, ...]) -> str:
    found = f"json_group_array(json_array({_listed(chosen)}))"
    return f"SELECT CAST({found} AS BLOB) {_WANTED.format(table=quoted(kind))}"


def _listed(chosen: Sequence[str]) -> str:
    return ", ".join(f"r.{quoted(column)}" for column in chosen)


@lru_cache(MOST_SELECTIONS)
def _has_floats(kind: str, chosen: tuple[str, ...]) -> bool:
    fields = RECORDS[kind].fields
    return any(c in fields and fields[c].scalar is Scalar.FLOAT for c in chosen)
