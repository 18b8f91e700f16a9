"""A Neo4j database is brought to the form this version needs, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from graph.errors import StoreUnavailable
from graph.migrations import Migration
from graph.model import record_info
from graph.model.codec import columns
from graph.neo4j_store import Neo4jStore, schema
from graph.neo4j_store.connection import Connection
from graph.neo4j_store.preparing import prepare, reindex
from graph.store import Upsert
from tests.graph.conftest import new_tenant


async def nothing(_connection: Connection) -> None:
    """Prepares nothing."""


@pytest.fixture
async def connection(neo4j_url: str) -> AsyncIterator[Connection]:
    parts = urlsplit(neo4j_url)
    made = Connection(
        f"bolt://{parts.hostname}:{parts.port}",
        parts.username or "",
        parts.password or "",
        database="neo4j",
        pool_size=5,
        connect_timeout_s=5.0,
        queue_timeout_s=10.0,
        retry_s=5.0,
        statement_timeout_s=60.0,
        prepare=nothing,
    )
    await prepare(made, schema.MIGRATIONS)
    yield made
    await made.close()


async def state(connection: Connection) -> list[object]:
    return await connection.read(
        "MATCH (s:RenmaiSchema {name: 'schema'}) RETURN s.digest, s.migrations, s.searchRules", {}
    )


async def forget_digest(connection: Connection) -> None:
    await connection.command("MATCH (s:RenmaiSchema {name: 'schema'}) REMOVE s.digest")


async def test_a_prepared_database_knows_what_it_was_prepared_for(connection: Connection) -> None:
    checksums = [migration.checksum for migration in schema.MIGRATIONS]

    assert await state(connection) == [schema.digest(), checksums, schema.search_rules()]


async def test_processes_that_start_together_prepare_once(connection: Connection) -> None:
    await forget_digest(connection)

    await asyncio.gather(*(prepare(connection, schema.MIGRATIONS) for _ in range(4)))

    found = await state(connection)
    assert found[1] == [migration.checksum for migration in schema.MIGRATIONS]


async def test_every_record_is_unique_by_tenant_and_key(connection: Connection) -> None:
    (found,) = await connection.read(
        "SHOW CONSTRAINTS YIELD labelsOrTypes, properties WHERE properties = ['tenantId', 'key'] "
        "RETURN collect(labelsOrTypes[0])",
        {},
    )

    assert {"Customer", "Purchase", "REFERRAL", "DEAL_ROLE"} <= set(found)


async def test_a_database_of_a_newer_version_is_refused(connection: Connection) -> None:
    await forget_digest(connection)
    older = schema.MIGRATIONS[:-1]

    with pytest.raises(StoreUnavailable, match="newer version"):
        await prepare(connection, older)

    await prepare(connection, schema.MIGRATIONS)


async def test_a_migration_that_was_edited_is_refused(connection: Connection) -> None:
    await forget_digest(connection)
    edited = Migration(1, "another", ("RETURN 1",))

    with pytest.raises(StoreUnavailable, match="another migration 1"):
        await prepare(connection, [edited, *schema.MIGRATIONS[1:]])

    await prepare(connection, schema.MIGRATIONS)


async def test_a_new_label_makes_the_search_index_anew(connection: Connection) -> None:
    await connection.command(f"DROP INDEX {schema.SEARCH_INDEX}")
    text = schema.search_index().replace("|".join(schema.searchable()), "Customer")
    await connection.command(text)
    await forget_digest(connection)

    await prepare(connection, schema.MIGRATIONS)

    (labels,) = await connection.read(
        "SHOW INDEXES YIELD name, labelsOrTypes WHERE name = $name RETURN labelsOrTypes",
        {"name": schema.SEARCH_INDEX},
    )
    assert sorted(labels) == sorted(schema.searchable())


async def test_records_are_indexed_anew_by_new_rules(
    connection: Connection, neo4j_url: str
) -> None:
    store, tenant = Neo4jStore(*_parts(neo4j_url)), new_tenant()
    graph = store.tenant(tenant)
    await graph.commit([Upsert("Staff", "s", {"name": "王小明"})], actor="tests")
    await connection.command(
        "MATCH (n:Staff {tenantId: $tenant}) SET n.searchText = 'old', n.searchTerms = []",
        {"tenant": tenant},
    )
    assert await graph.search("王", ["Staff"], 5) == []

    await reindex(connection, record_info("Staff"))

    assert [hit.node.key for hit in await graph.search("wxm", ["Staff"], 5)] == ["s"]
    await store.close()


async def test_records_of_before_a_field_get_its_default(
    connection: Connection, neo4j_url: str
) -> None:
    store, tenant = Neo4jStore(*_parts(neo4j_url)), new_tenant()
    await store.tenant(tenant).commit([Upsert("Staff", "s", {"name": "x"})], actor="tests")
    await connection.command(
        "MATCH (n:Staff {tenantId: $tenant}) REMOVE n.role", {"tenant": tenant}
    )
    # as an older version leaves it, that knew all fields but these
    new = ("Staff.role", "Contact.sex")
    known = [name for name in schema.known_fields() if name not in new]
    await connection.command(
        "MATCH (s:RenmaiSchema {name: 'schema'}) REMOVE s.digest SET s.fields = $known",
        {"known": known},
    )

    await prepare(connection, schema.MIGRATIONS)

    assert await connection.read(
        "MATCH (n:Staff {tenantId: $tenant}) RETURN n.role", {"tenant": tenant}
    ) == ["SALES"]
    await store.close()


def test_no_field_takes_a_name_that_the_store_uses_itself() -> None:
    from graph.model import RECORDS
    from graph.neo4j_store.names import camel

    own = {"tenantId", "claim", "searchTerms", "searchText"}

    assert not own & {camel(name) for info in RECORDS.values() for name in columns(info)}


def _parts(neo4j_url: str) -> tuple[str, str, str]:
    parts = urlsplit(neo4j_url)
    url = f"{parts.scheme}://{parts.hostname}:{parts.port}"
    return url, parts.username or "", parts.password or ""
