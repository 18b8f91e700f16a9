"""All records of a kind, column by column."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from typing import Any

import orjson

from graph.errors import BadInput, shown
from graph.model import RecordInfo
from graph.model.codec import ENDS
from graph.model.codec import columns as all_columns
from graph.neo4j_store.connection import Connection
from graph.neo4j_store.names import FEW, camel, end_column, pattern
from graph.store import Batch

AT_ONCE = 3
"""Ranges of keys that are read at a time, each over a connection of its own."""


async def scan(
    connection: Connection,
    tenant: str,
    info: RecordInfo,
    columns: Sequence[str] | None,
    size: int,
) -> AsyncIterator[Batch]:
    """Batches of at most `size`, by key; each is a statement, so writers never wait.

    The index alone says where the next batch begins, so several are read at a time.

    Raises:
        BadInput: the record has no such column.
    """
    wanted = _checked(info, columns)
    waiting: deque[asyncio.Task[list[Any]]] = deque()
    begin: str | None = ""  # no key is less
    try:
        while begin is not None or waiting:
            if begin is not None and len(waiting) < AT_ONCE:
                end = await _next(connection, tenant, info, begin, size)
                text = _statement(info, wanted, last=end is None)
                given = {"tenant": tenant, "begin": begin, "end": end}
                waiting.append(asyncio.create_task(connection.read(text, given)))
                begin = end
                continue
            count, *values = await asyncio.shield(waiting[0])
            waiting.popleft()
            for low in range(0, count, size):  # more than one, if records were made meanwhile
                some = [column[low : low + size] for column in values]
                yield _batch(info, wanted, some, min(size, count - low))
    finally:
        if waiting:  # cancelled while it connects, the driver would leave a socket open
            await asyncio.wait(waiting)
        for task in waiting:
            _ = task.cancelled() or task.exception()  # or asyncio logs what nobody asks for


async def _next(
    connection: Connection, tenant: str, info: RecordInfo, begin: str, size: int
) -> str | None:
    """The key with which the batch after that one begins; None after the last."""
    text = (
        f"MATCH {pattern(info, 'n')} WHERE n.tenantId = $tenant AND n.key >= $begin "
        "WITH n.key AS key ORDER BY n.tenantId, key SKIP $size LIMIT 1 RETURN collect(key) AS keys"
    )
    (keys,) = await connection.read(text, {"tenant": tenant, "begin": begin, "size": size})
    return keys[0] if keys else None


def _statement(info: RecordInfo, wanted: Sequence[str], *, last: bool) -> str:
    """Reads a range of keys, each column a list: a list for each record takes twice as long."""
    upper = "" if last else " AND n.key < $end"
    own = [name for name in wanted if info.ends is None or name not in ENDS]
    many = len(own) > FEW  # then all properties at once, as `loaded` does
    lists = []
    for place, name in enumerate(wanted):
        if name in own:
            values = f"[n IN {'properties' if many else 'found'} | n.{camel(name)}]"
        else:
            values = f"[n IN found | {end_column(info, name, 'n')}]"
        lists.append(f"{values} AS column{place}")
    return (
        f"MATCH {pattern(info, 'n')} WHERE n.tenantId = $tenant AND n.key >= $begin{upper} "
        "WITH n ORDER BY n.tenantId, n.key "
        f"WITH collect(n) AS found{', collect(properties(n)) AS properties' if many else ''} "
        f"RETURN {', '.join(['size(found)', *lists])}"
    )


def _checked(info: RecordInfo, columns: Sequence[str] | None) -> tuple[str, ...]:
    known = all_columns(info)
    wanted = known if columns is None else tuple(columns)
    for name in wanted:
        if name not in known:
            raise BadInput(f"{info.name} has no column {shown(name)}; use {', '.join(known)}")
    return wanted


def _batch(
    info: RecordInfo, wanted: Sequence[str], values: Sequence[Sequence[Any]], count: int
) -> Batch:
    made: dict[str, Sequence[Any]] = {}
    for name, column in zip(wanted, values, strict=True):
        many = name in info.fields and info.fields[name].many
        made[name] = [orjson.dumps(v or []).decode() for v in column] if many else column
    return Batch(made, count)
