"""Brings a database to the form this version of renmai needs, once, under a lock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from graph.migrations import Migration, pending
from graph.model import RECORDS, FieldInfo, RecordInfo, record_info
from graph.model.codec import decoder, encode_value
from graph.neo4j_store import schema
from graph.neo4j_store.names import camel, keyed, pattern, projection
from graph.neo4j_store.search import index_text
from graph.searching import terms

if TYPE_CHECKING:
    from graph.neo4j_store.connection import Connection

REINDEXED = 1_000
"""Records of one statement of re-indexing."""

_STATE = (
    "OPTIONAL MATCH (s:RenmaiSchema {name: 'schema'}) "
    "RETURN s.digest, s.fields, s.searchRules, s.migrations"
)
_DONE = (
    "MERGE (s:RenmaiSchema {name: 'schema'}) "
    "SET s.digest = $digest, s.fields = $fields, s.searchRules = $rules"
)
_APPLIED = (
    "MERGE (s:RenmaiSchema {name: 'schema'}) "
    "SET s.migrations = coalesce(s.migrations, []) + $checksum"
)


async def prepare(connection: Connection, migrations: Sequence[Migration]) -> None:
    """Runs pending migrations, makes missing indexes, fills new fields, indexes terms anew.

    Args:
        connection: to the database.
        migrations: all that this version knows.

    Raises:
        StoreUnavailable: the database was written by a newer version of renmai.
    """
    found, *_ = await connection.read_unprepared(_STATE, {})
    if found == schema.digest():
        return
    await connection.command(schema.LOCK)
    async with connection.locked():
        await _prepare(connection, migrations)


async def _prepare(connection: Connection, migrations: Sequence[Migration]) -> None:
    _, fields, rules, checksums = await connection.read_unprepared(_STATE, {})
    applied = dict(enumerate(checksums or (), start=1))
    for migration in pending(migrations, applied, f"the database at {connection.address}"):
        for text in migration.statements:
            await connection.command(text)
        await connection.command(_APPLIED, {"checksum": migration.checksum})
    await connection.commands(schema.statements())
    await _index_search(connection)
    await connection.command("CALL db.awaitIndexes(600)")
    await _fill_new(connection, frozenset(fields or ()))
    if rules is not None and rules != schema.search_rules():
        for kind in schema.searchable():
            await reindex(connection, record_info(kind))
    done = {
        "digest": schema.digest(),
        "fields": schema.known_fields(),
        "rules": schema.search_rules(),
    }
    await connection.command(_DONE, done)


async def _index_search(connection: Connection) -> None:
    """Makes the full-text index, anew where it lacks a label."""
    labels, *_ = await connection.read_unprepared(
        "SHOW INDEXES YIELD name, labelsOrTypes WHERE name = $name "
        "RETURN collect(labelsOrTypes) AS labels",
        {"name": schema.SEARCH_INDEX},
    )
    if labels and not set(schema.searchable()) <= set(labels[0]):
        await connection.command(f"DROP INDEX {schema.SEARCH_INDEX}")
    await connection.command(schema.search_index())


async def _fill_new(connection: Connection, known: frozenset[str]) -> None:
    """Gives records written before a field was declared its default, so that filters find it."""
    kinds = {name.partition(".")[0] for name in known}
    for info in RECORDS.values():
        for field in info.fields.values():
            if info.name in kinds and f"{info.name}.{field.name}" not in known:
                await _fill(connection, info, field)


async def _fill(connection: Connection, info: RecordInfo, field: FieldInfo) -> None:
    default = encode_value(field, field.default, native_lists=True)
    if default is None:
        return
    stored = f"n.{camel(field.name)}"
    await connection.command(
        f"MATCH {pattern(info, 'n')} WHERE {stored} IS NULL "
        f"CALL (n) {{ SET {stored} = $default }} IN TRANSACTIONS OF 10000 ROWS",
        {"default": default},
    )


async def reindex(connection: Connection, info: RecordInfo) -> None:
    """Writes the search terms of all records of a kind anew."""
    (tenants,) = await connection.read_unprepared(
        "MATCH (t:Tenant) RETURN collect(t.tenantId) AS tenants", {}
    )
    for tenant in tenants:
        after = ""
        while rows := await _rows_after(connection, info, tenant, after):
            await _write_terms(connection, info, tenant, rows)
            after = rows[-1][0]


async def _rows_after(
    connection: Connection, info: RecordInfo, tenant: str, after: str
) -> Sequence[Sequence[Any]]:
    (rows,) = await connection.read_unprepared(
        f"MATCH {pattern(info, 'n')} WHERE n.tenantId = $tenant AND n.key > $after "
        f"WITH n ORDER BY n.tenantId, n.key LIMIT {REINDEXED} WITH properties(n) AS n "
        f"RETURN collect({projection(info.name, 'n')}) AS rows",
        {"tenant": tenant, "after": after},
    )
    found: Sequence[Sequence[Any]] = rows
    return found


async def _write_terms(
    connection: Connection, info: RecordInfo, tenant: str, rows: Sequence[Sequence[Any]]
) -> None:
    made = []
    for values in rows:
        found = terms(decoder(info.name)(values))
        made.append([values[0], list(found), index_text(tenant, info.name, found)])
    await connection.command(
        f"UNWIND $rows AS row MATCH {keyed(info, 'n', 'row[0]')} "
        "SET n.searchTerms = row[1], n.searchText = row[2]",
        {"tenant": tenant, "rows": made},
    )
