"""All records of a kind, column by column."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import orjson

from graph.errors import BadInput, shown
from graph.model import RecordInfo
from graph.model.codec import columns as all_columns
from graph.neo4j_store.connection import Connection
from graph.neo4j_store.names import listed, loaded, pattern
from graph.store import Batch


async def scan(
    connection: Connection,
    tenant: str,
    info: RecordInfo,
    columns: Sequence[str] | None,
    size: int,
) -> AsyncIterator[Batch]:
    """Batches of at most `size`, by key; each is a statement, so writers never wait.

    Raises:
        BadInput: the record has no such column.
    """
    wanted = _checked(info, columns)
    text = (
        f"MATCH {pattern(info, 'n')} WHERE n.tenantId = $tenant AND n.key > $after "
        "WITH n ORDER BY n.tenantId, n.key LIMIT $size "
        f"WITH {', '.join(loaded((info,), 'n'))} "
        f"RETURN collect({listed(info.name, 'n', ('key', *wanted))}) AS rows"
    )
    after = ""
    while True:
        parameters = {"tenant": tenant, "after": after, "size": size}
        (rows,) = await connection.read(text, parameters)
        if rows:
            yield _batch(info, wanted, rows)
        if len(rows) < size:
            return
        after = rows[-1][0]


def _checked(info: RecordInfo, columns: Sequence[str] | None) -> tuple[str, ...]:
    known = all_columns(info)
    wanted = known if columns is None else tuple(columns)
    for name in wanted:
        if name not in known:
            raise BadInput(f"{info.name} has no column {shown(name)}; use {', '.join(known)}")
    return wanted


def _batch(info: RecordInfo, wanted: Sequence[str], rows: Sequence[Sequence[Any]]) -> Batch:
    _, *values = zip(*rows, strict=True)
    made: dict[str, Sequence[Any]] = {}
    for name, column in zip(wanted, values, strict=True):
        many = name in info.fields and info.fields[name].many
        made[name] = [orjson.dumps(v or []).decode() for v in column] if many else column
    return Batch(made, len(rows))
