"""All records of a kind, column by column, from one moment."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import Executor

import orjson

from graph.compiling import record_kind
from graph.errors import BadInput, shown
from graph.model import RecordInfo, Scalar
from graph.model.codec import columns
from graph.sqlite.tables import quoted
from graph.store import Batch


def checked_columns(info: RecordInfo, wanted: Sequence[str] | None) -> tuple[str, ...]:
    """The columns of a scan.

    Raises:
        BadInput: one that the record does not have.
    """
    known = columns(info)
    for name in wanted or ():
        if name not in known:
            raise BadInput(f"{info.name} has no column {shown(name)}; use {', '.join(known)}")
    return known if wanted is None else tuple(dict.fromkeys(wanted))


def batches(
    connection: sqlite3.Connection, kind: str, wanted: Sequence[str] | None, size: int
) -> Iterator[Batch]:
    """The batches, in the order of keys, as they are when the first is taken.

    SQLite makes each column one JSON text and the batch one row: a thread that fetched the rows
    one by one would ask for the interpreter's lock once a row, and wait for it while others run.
    """
    info = record_kind(kind)
    names = checked_columns(info, wanted)
    text = _statement(info, names)
    connection.execute("BEGIN")
    try:
        last = ""
        while True:
            *found, count, last = connection.execute(text, (last, size)).fetchone()
            if not count:
                return
            values = {n: orjson.loads(v) for n, v in zip(names, found, strict=True)}
            yield Batch(values, count)
    finally:
        connection.rollback()


def _statement(info: RecordInfo, names: Sequence[str]) -> str:
    gathered = "".join(f"json_group_array({_value(info, name)}), " for name in names)
    return (
        f"SELECT {gathered}count(*), max(key) FROM "
        f"(SELECT * FROM {quoted(info.name)} WHERE key > ? ORDER BY key LIMIT ?)"
    )


def _value(info: RecordInfo, name: str) -> str:
    """A column as it goes into JSON: floats with all their digits, of which JSON keeps 15."""
    field = info.fields.get(name)
    is_float = field is not None and field.scalar is Scalar.FLOAT and not field.many
    return f"json(lower(quote({quoted(name)})))" if is_float else quoted(name)


async def in_thread(
    pool: Executor,
    take: Callable[[], sqlite3.Connection],
    give_back: Callable[[sqlite3.Connection], None],
    steps: Callable[[sqlite3.Connection], Iterator[Batch]],
) -> AsyncIterator[Batch]:
    """The batches, each made in a thread; the connection is given back in the end."""
    loop = asyncio.get_running_loop()
    connection = await loop.run_in_executor(pool, take)
    iterator = steps(connection)
    step: asyncio.Future[Batch | None] | None = None
    try:
        while True:
            step = loop.run_in_executor(pool, next, iterator, None)
            batch = await asyncio.shield(step)
            if batch is None:
                return
            yield batch
    finally:
        if step is not None and not step.done():  # cancelled within a step: let it end first
            await asyncio.wait([step])
        iterator.close()  # type: ignore[attr-defined]
        give_back(connection)
