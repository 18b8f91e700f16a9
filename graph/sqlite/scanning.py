"""All records of a kind, column by column, from one moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator, Sequence

import orjson

from graph.compiling import record_kind
from graph.errors import BadInput, shown
from graph.model import RecordInfo, Scalar
from graph.model.codec import columns
from graph.sqlite.reading import Readers
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


async def scan(
    readers: Readers, kind: str, wanted: Sequence[str] | None, size: int
) -> AsyncGenerator[Batch, None]:
    """All records of a kind in the order of keys, as they are when the first batch is made.

    Raises:
        BadInput: no such kind or column.
        StoreUnavailable: the database failed, or was closed.
    """
    info = record_kind(kind)
    steps = _batches(readers, info, checked_columns(info, wanted), size)
    step: asyncio.Future[Batch | None] | None = None
    try:
        while True:
            step = asyncio.wrap_future(readers.submit(lambda: next(steps, None)))
            batch = await asyncio.shield(step)
            if batch is None:
                return
            yield batch
    finally:
        if step is not None and not step.done():  # cancelled within a step: let it end first
            await asyncio.wait([step])
        steps.close()


def _batches(
    readers: Readers, info: RecordInfo, names: Sequence[str], size: int
) -> Generator[Batch, None, None]:
    """The batches, from a connection of their own.

    SQLite makes each column one JSON text and the batch one row: a thread that fetched the rows
    one by one would ask for the interpreter's lock once a row, and wait for it while others run.
    """
    text = _statement(info, names)
    with readers.connection() as connection:
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
