"""What a mutation's caller is told when its time passes: exactly what is known."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from neo4j import AsyncGraphDatabase

from api.service import Service
from api.settings import load
from api.timing import known
from graph import settling
from graph.errors import TimedOut
from graph.sqlite import SqliteStore
from schema.context import Context
from schema.execution import Mode
from tests.graph.conftest import new_tenant
from tests.graph.neo4j_proxy import Wire, wire

MUTATION = """
mutation M($key: String!, $once: String) {
  upsertStaff(input: {staff: [{key: $key, name: "x"}], idempotencyKey: $once}) {
    version replayed errors { message }
  }
}
"""
TIME_S = 2
PATIENT_S = 60
CUT = "no answer within 2 s; ask for less, or raise RENMAI_REQUEST_TIMEOUT_S. "


@asynccontextmanager
async def service(store: str, tenant: str, timeout_s: float = TIME_S) -> AsyncIterator[Service]:
    async with Service(load(store=store, tenant=tenant, request_timeout_s=timeout_s)) as made:
        await made.store.tenant(tenant).version()  # connected, so that time is not spent on it
        yield made


async def write(service: Service, key: str, once: str | None = None) -> Any:
    found = await service.execute(MUTATION, {"key": key, "once": once}, actor="tests")
    assert "errors" not in found, found
    return found["data"]["upsertStaff"]


async def told(service: Service, key: str, once: str | None = None) -> str:
    """What a request that is cut off says."""
    with pytest.raises(TimedOut) as cut:
        await write(service, key, once)
    return str(cut.value)


async def keys(service: Service) -> list[str]:
    graph = service.store.tenant(service.settings.tenant)
    return sorted(await graph.nodes("Staff", ["a", "b", "c"]))


@pytest.mark.parametrize("mode", list(Mode))
async def test_only_a_mutation_that_was_cut_off_says_that_it_wrote_nothing(
    tmp_path: Path, mode: Mode
) -> None:
    store = f"sqlite:///{tmp_path}/s"
    async with Service(load(store=store, request_timeout_s=1e-9, executor=mode)) as made:
        with pytest.raises(TimedOut) as query:
            await made.execute("{ topReferrers { total } }", actor="tests")
        with pytest.raises(TimedOut) as mutation:
            await made.execute(MUTATION, {"key": "a"}, actor="tests")

    assert str(query.value).endswith("ask for less, or raise RENMAI_REQUEST_TIMEOUT_S")
    assert str(mutation.value).endswith("raise RENMAI_REQUEST_TIMEOUT_S. Nothing was written")


def test_each_version_that_is_kept_is_named(tmp_path: Path) -> None:
    context = Context(SqliteStore(tmp_path).tenant("t"), written=[3, 4])

    assert known(context) == "What it wrote is kept (version 3, 4): do not send it again"


# -- SQLite: another program locks the file, so the writer waits with a commit in hand


@contextmanager
def locked(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other


@pytest.fixture
async def on_sqlite(tmp_path: Path) -> AsyncIterator[tuple[Service, Path]]:
    async with service(f"sqlite:///{tmp_path}/s", "t") as made:
        await write(made, "a")
        yield made, tmp_path / "s" / "t.db"


async def test_sqlite_keeps_what_has_begun_and_takes_back_what_waits(
    on_sqlite: tuple[Service, Path],
) -> None:
    made, path = on_sqlite

    with locked(path) as other:
        begun = asyncio.create_task(told(made, "b"))
        await asyncio.sleep(0.1)  # the writer has it in hand
        waiting = await told(made, "c")
        other.execute("ROLLBACK")

    assert await begun == CUT + "What it wrote is kept (version 2): do not send it again"
    assert waiting == CUT + "Nothing was written"
    assert await keys(made) == ["a", "b"]


async def test_sqlite_says_when_nobody_knows_and_the_key_makes_a_repetition_safe(
    on_sqlite: tuple[Service, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "GRACE_S", 0.05)
    made, path = on_sqlite

    with locked(path) as other:
        unknown = await told(made, "b", "once")
        other.execute("ROLLBACK")
    again = await write(made, "b", "once")

    assert unknown == CUT + (
        "Whether its last mutation is written is not known: "
        "send it again with the same idempotencyKey, or look"
    )
    assert again == {"version": 2, "replayed": True, "errors": []}


# -- Neo4j: another client holds the tenant's lock, or the way to the server is blocked


@pytest.fixture
async def line(neo4j_url: str) -> AsyncIterator[Wire]:
    parts = urlsplit(neo4j_url)
    async with wire(parts.hostname or "", parts.port or 7687) as made:
        yield made


@pytest.fixture
async def on_neo4j(line: Wire, neo4j_url: str) -> AsyncIterator[Service]:
    parts = urlsplit(neo4j_url)
    url = f"bolt://{parts.username}:{parts.password}@127.0.0.1:{line.port}"
    async with service(url, new_tenant(), timeout_s=PATIENT_S) as made:
        await write(made, "a")
    async with service(url, made.settings.tenant) as quick:
        yield quick


async def test_neo4j_takes_back_what_is_not_sent_to_be_committed(
    on_neo4j: Service, neo4j_url: str
) -> None:
    parts = urlsplit(neo4j_url)
    url, auth = (
        f"bolt://{parts.hostname}:{parts.port}",
        (parts.username or "", parts.password or ""),
    )
    lock = "MATCH (t:Tenant {tenantId: $tenant}) SET t.locked = true"

    async with (
        AsyncGraphDatabase.driver(url, auth=auth) as driver,
        driver.session(database="neo4j") as session,
        await session.begin_transaction() as other,
    ):
        await (await other.run(lock, tenant=on_neo4j.settings.tenant)).consume()
        waiting = await told(on_neo4j, "b")
        await other.rollback()

    assert waiting == CUT + "Nothing was written"
    await asyncio.sleep(0.5)
    assert await keys(on_neo4j) == ["a"]


async def test_neo4j_keeps_what_was_sent(on_neo4j: Service, line: Wire) -> None:
    line.hold_commit = True
    task = asyncio.create_task(told(on_neo4j, "b"))
    await line.held.wait()
    await asyncio.sleep(TIME_S)
    line.release()

    assert await task == CUT + "What it wrote is kept (version 2): do not send it again"
    assert await keys(on_neo4j) == ["a", "b"]


async def test_neo4j_says_when_nobody_knows_and_the_key_makes_a_repetition_safe(
    on_neo4j: Service, line: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "GRACE_S", 0.05)

    line.hold_commit = True
    unknown = await told(on_neo4j, "b", "once")
    line.release()
    url, tenant = on_neo4j.settings.store, on_neo4j.settings.tenant
    async with service(url, tenant, PATIENT_S) as patient:
        again = await write(patient, "b", "once")

    assert unknown == CUT + (
        "Whether its last mutation is written is not known: "
        "send it again with the same idempotencyKey, or look"
    )
    assert again == {"version": 2, "replayed": True, "errors": []}
