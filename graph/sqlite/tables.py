"""The tables and indexes of a tenant's file, derived from the records."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from functools import cache

from graph.migrations import Migration
from graph.model import RECORDS, FieldInfo, RecordInfo, Scalar
from graph.model.codec import ENDS, columns, encode_value

MIGRATIONS = (
    Migration(
        1,
        "log and search",
        (
            """CREATE TABLE migration (
                number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL
            )""",
            """CREATE TABLE log (
                version INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor TEXT NOT NULL,
                changes TEXT NOT NULL, idempotency_key TEXT UNIQUE, fingerprint TEXT, outcomes TEXT
            )""",
            """CREATE TABLE search (
                id INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, terms TEXT NOT NULL,
                UNIQUE (kind, key)
            )""",
            """CREATE TABLE search_term (
                term TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (term, id)
            ) WITHOUT ROWID""",
            """CREATE VIRTUAL TABLE search_part USING fts5 (
                terms, content='', detail=none, columnsize=0,
                tokenize='trigram case_sensitive 1'
            )""",
            "CREATE TABLE search_rules (rules TEXT NOT NULL)",
        ),
    ),
)
"""What the records do not say: the tables beside theirs."""

_TYPES = {
    Scalar.INTEGER: "INTEGER",
    Scalar.MONEY: "INTEGER",
    Scalar.DATETIME: "INTEGER",
    Scalar.BOOLEAN: "INTEGER",
    Scalar.FLOAT: "REAL",
}


def quoted(name: str) -> str:
    """A table's or column's name as SQL writes it."""
    return f'"{name}"'


@cache
def stored_columns(kind: str) -> tuple[str, ...]:
    """Columns of a record's table: those of the record, and `claim` where it can claim."""
    info = RECORDS[kind]
    return (*columns(info), *(("claim",) if claims(info) else ()))


def claims(info: RecordInfo) -> bool:
    """Whether records of the kind may claim something for themselves alone."""
    return bool(info.claim_message)


def ensure_tables(connection: sqlite3.Connection) -> None:
    """Creates what is missing of the records' tables, columns and indexes."""
    for info in RECORDS.values():
        rows = connection.execute(f"PRAGMA table_info({quoted(info.name)})").fetchall()
        present = {row[1] for row in rows}
        if not present:
            connection.execute(_create(info))
        for name in stored_columns(info.name):
            if present and name not in present:
                connection.execute(
                    f"ALTER TABLE {quoted(info.name)} ADD COLUMN {_column(info, name)}"
                )
        for statement in _indexes(info):
            connection.execute(statement)


def _create(info: RecordInfo) -> str:
    listed = ", ".join(_column(info, name) for name in stored_columns(info.name))
    # the rows stand in the key's own index: no second look-up, and every other index ends with
    # the key, which completes each order
    return f"CREATE TABLE {quoted(info.name)} ({listed}) WITHOUT ROWID"


def _column(info: RecordInfo, name: str) -> str:
    if name == "key":
        return '"key" TEXT NOT NULL PRIMARY KEY'
    if name in ENDS:
        return f"{quoted(name)} TEXT NOT NULL"
    if name == "claim":
        return '"claim" TEXT'
    field = info.fields[name]
    kind = "TEXT" if field.many else _TYPES.get(field.scalar, "TEXT")
    return f"{quoted(name)} {kind}{_constraint(field)}"


def _constraint(field: FieldInfo) -> str:
    """An added column's default is what older rows have, so filters see what readers see."""
    if field.optional:
        return ""
    if field.required or field.system:
        return " NOT NULL"
    stored = encode_value(field, field.default)
    text = "'" + stored.replace("'", "''") + "'" if isinstance(stored, str) else repr(stored + 0)
    return f" NOT NULL DEFAULT {text}"


def _indexes(info: RecordInfo) -> Iterator[str]:
    if info.ends is not None:
        yield _index(info, "source", "source_kind, source_key")
        yield _index(info, "target", "target_kind, target_key")
    if claims(info):
        yield _index(info, "claim", "claim", unique=True)
    for field in info.fields.values():
        if field.indexed or field.ref:
            # texts are looked up, times and amounts are also sorted by: an index of the rows
            # that have a value serves the one, not the other
            partial = field.optional and field.scalar is Scalar.TEXT
            where = f" WHERE {quoted(field.name)} IS NOT NULL" if partial else ""
            yield _index(info, field.name, quoted(field.name)) + where


def _index(info: RecordInfo, name: str, on: str, *, unique: bool = False) -> str:
    head = "CREATE UNIQUE INDEX" if unique else "CREATE INDEX"
    return f"{head} IF NOT EXISTS {quoted(f'{info.name}.{name}')} ON {quoted(info.name)} ({on})"
