"""The way to Neo4j: what is retried, what is told, what stays secret."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from graph.errors import (
    BadInput,
    DomainError,
    StoreUnavailable,
    TimedOut,
    Unauthenticated,
    Unconfirmed,
)
from graph.model import NodeRef, relations
from graph.neo4j_store import Neo4jStore
from graph.neo4j_store.connection import Connection, Transaction, check_url, run
from graph.query import Compare, FindQuery, Op, Order, RelatedQuery, Window
from graph.store import Delete, Upsert
from tests.graph.conftest import new_tenant
from tests.graph.neo4j_proxy import Wire, wire


@pytest.fixture
async def line(neo4j_url: str) -> AsyncIterator[Wire]:
    parts = urlsplit(neo4j_url)
    async with wire(parts.hostname or "", parts.port or 7687) as made:
        yield made


def over(line: Wire, neo4j_url: str) -> Neo4jStore:
    parts = urlsplit(neo4j_url)
    url = f"bolt://127.0.0.1:{line.port}"
    return Neo4jStore(url, parts.username or "", parts.password or "")


async def nothing(_connection: Connection) -> None:
    """Prepares nothing."""


def connection(
    neo4j_url: str,
    *,
    password: str | None = None,
    port: int | None = None,
    database: str = "neo4j",
    pool_size: int = 5,
    queue_timeout_s: float = 10.0,
    statement_timeout_s: float = 30.0,
) -> Connection:
    parts = urlsplit(neo4j_url)
    return Connection(
        f"bolt://{parts.hostname}:{port or parts.port}",
        parts.username or "",
        password or parts.password or "",
        database=database,
        pool_size=pool_size,
        connect_timeout_s=min(5.0, queue_timeout_s / 2),
        queue_timeout_s=queue_timeout_s,
        retry_s=0.5,
        statement_timeout_s=statement_timeout_s,
        prepare=nothing,
    )


async def failure(made: Connection, text: str = "RETURN 1") -> DomainError:
    with pytest.raises(DomainError) as failed:
        await made.read(text, {})
    await made.close()
    return failed.value


async def test_a_read_after_a_cut_connection_is_done_again(line: Wire, neo4j_url: str) -> None:
    store = over(line, neo4j_url)
    tenant = store.tenant(new_tenant())
    await tenant.commit([Upsert("Staff", "s", {"name": "x"})], actor="tests")

    line.cut()

    assert await tenant.version() == 1
    await store.close()


async def test_a_commit_whose_answer_is_lost_is_made_once(line: Wire, neo4j_url: str) -> None:
    store = over(line, neo4j_url)
    tenant = store.tenant(new_tenant())
    await store.ready()
    changes = [Upsert("Staff", "s", {"name": "x"})]

    line.lose_commits = 1
    with pytest.raises(StoreUnavailable, match="send the same changes with the same idempotency"):
        await tenant.commit(changes, actor="tests", idempotency_key="k")
    again = await tenant.commit(changes, actor="tests", idempotency_key="k")

    assert (again.version, again.replayed) == (1, True)
    assert [entry.version for entry in await tenant.log(0)] == [1]
    await store.close()


async def test_the_log_is_gapless_though_the_way_breaks_under_eight_writers(
    line: Wire, neo4j_url: str
) -> None:
    """What broke before its commit is done again by the store, what broke in it by its key."""
    store = over(line, neo4j_url)
    tenant = store.tenant(new_tenant())
    await store.ready()
    repeated = 0

    async def write(writer: int) -> None:
        nonlocal repeated
        for n in range(5):
            changes = [Upsert("Staff", f"{writer}-{n}", {"name": "x"})]
            for _ in range(20):
                try:
                    await tenant.commit(changes, actor="tests", idempotency_key=f"{writer}-{n}")
                    break
                except Unconfirmed:
                    repeated += 1
            else:
                pytest.fail("never confirmed")

    async def breaks() -> None:
        for _ in range(4):
            line.lose_commits = 1
            await asyncio.sleep(0.1)
            line.cut()

    await asyncio.gather(breaks(), *(write(writer) for writer in range(8)))
    entries = await tenant.log(0, 1_000)
    await store.close()

    assert repeated > 0
    assert [entry.version for entry in entries] == list(range(1, 41))
    made = [change.ref.key for entry in entries for change in entry.changes]
    assert sorted(made) == sorted(f"{w}-{n}" for w in range(8) for n in range(5))


async def test_a_server_that_does_not_answer_is_named(neo4j_url: str) -> None:
    error = await failure(connection(neo4j_url, port=1))

    assert isinstance(error, StoreUnavailable)
    assert str(error) == (
        "Neo4j does not answer at 127.0.0.1:1; start it, or correct host and port"
    )


async def test_a_wrong_password_is_told_but_not_shown(neo4j_url: str) -> None:
    error = await failure(connection(neo4j_url, password="wrong-secret"))

    assert isinstance(error, Unauthenticated)
    assert "check the user and the password" in str(error)
    assert "wrong-secret" not in str(error)


async def test_a_database_that_is_not_there_is_named(neo4j_url: str) -> None:
    error = await failure(connection(neo4j_url, database="nowhere"))

    assert isinstance(error, StoreUnavailable)
    assert "has no database 'nowhere'" in str(error)


async def test_a_statement_that_takes_too_long_is_ended(neo4j_url: str) -> None:
    endless = "UNWIND range(1, 1000000000) AS x RETURN sum(sin(x)) AS s"

    error = await failure(connection(neo4j_url, statement_timeout_s=0.3), endless)

    assert isinstance(error, TimedOut)
    assert "allow more time" in str(error)


async def test_a_full_pool_is_told(neo4j_url: str) -> None:
    made = connection(neo4j_url, pool_size=1, queue_timeout_s=0.2)
    held, let_go = asyncio.Event(), asyncio.Event()

    async def unit(_transaction: Transaction) -> None:
        held.set()
        await let_go.wait()

    holder = asyncio.create_task(made.write(unit))
    await held.wait()
    with pytest.raises(StoreUnavailable, match="allow a larger pool"):
        await made.read("RETURN 1", {})
    let_go.set()
    await holder
    await made.close()


async def test_a_unit_that_fails_in_passing_is_run_again(neo4j_url: str) -> None:
    made = connection(neo4j_url)
    tenant = new_tenant()
    first, second = f"{tenant}-1", f"{tenant}-2"
    tries: list[str] = []
    meeting = asyncio.Barrier(2)

    async def both(one: str, other: str) -> None:
        async def unit(transaction: Transaction) -> None:
            tries.append(one)
            text = "MERGE (n:RenmaiSchema {name: $name}) SET n.locked = true RETURN 1"
            await run(transaction, text, {"name": one})
            if len(tries) <= 2:
                await meeting.wait()
            await run(transaction, text, {"name": other})

        await made.write(unit)

    await asyncio.gather(both(first, second), both(second, first))

    assert len(tries) > 2  # each waited for the other: the server ended one
    await made.command(
        "MATCH (n:RenmaiSchema) WHERE n.name IN $names DELETE n", {"names": [first, second]}
    )
    await made.close()


async def test_half_a_surrogate_pair_is_refused(neo4j_url: str) -> None:
    store = Neo4jStore(*_parts(neo4j_url))

    with pytest.raises(BadInput, match="half of a"):
        await store.tenant(new_tenant()).nodes("Staff", ["\ud800"])
    await store.close()


async def test_the_server_has_nothing_to_warn_of(
    neo4j_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="neo4j.notifications")
    store = Neo4jStore(*_parts(neo4j_url))
    tenant = store.tenant(new_tenant())
    changes = [
        Upsert("Staff", "s", {"name": "王小明"}),
        Upsert("Customer", "c", {"name": "Acme"}),
        Upsert(
            "Ownership", "o", {"source": NodeRef("Staff", "s"), "target": NodeRef("Customer", "c")}
        ),
    ]

    await tenant.commit(changes, actor="tests", idempotency_key="k")
    await tenant.find(FindQuery("Customer", order=(Order("owners", count=True),), count=True))
    for relation in relations("Customer").values():
        await tenant.related(RelatedQuery(relation, count=True), [NodeRef("Customer", "c")])
        await tenant.counts(RelatedQuery(relation), [NodeRef("Customer", "c")])
    await tenant.search("王", ["Staff", "Customer"], 5)
    assert [batch.size async for batch in tenant.scan("Ownership")] == [1]
    await tenant.commit([Delete("Customer", "c")], actor="tests")
    await store.close()

    assert caplog.messages == []


async def test_a_page_by_key_is_read_in_the_order_of_the_index(neo4j_url: str) -> None:
    """Whatever the number of records, none is sorted."""
    from neo4j import AsyncGraphDatabase

    from graph.neo4j_store import statements

    _, user, password = _parts(neo4j_url)
    asked = statements.find(FindQuery("Customer", Compare("key", Op.GT, "m"), window=Window(5)))
    async with (
        AsyncGraphDatabase.driver(neo4j_url_of(neo4j_url), auth=(user, password)) as driver,
        driver.session(database="neo4j") as session,
    ):
        result = await session.run(f"EXPLAIN {asked.text}", {**asked.parameters, "tenant": "t"})
        plan = str((await result.consume()).plan)

    assert "NodeUniqueIndexSeek" in plan
    assert "Top@" not in plan
    assert "Sort@" not in plan


def neo4j_url_of(neo4j_url: str) -> str:
    return _parts(neo4j_url)[0]


def _parts(neo4j_url: str) -> tuple[str, str, str]:
    parts = urlsplit(neo4j_url)
    url = f"{parts.scheme}://{parts.hostname}:{parts.port}"
    return url, parts.username or "", parts.password or ""


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://host", "'http' is not a scheme of Neo4j"),
        ("blot://host:7687", "'blot' is not a scheme of Neo4j"),
        ("bolt://", "names no host"),
        ("bolt://host:seven", "is misspelt"),
        ("bolt://host:99999", "is misspelt"),
        ("bolt://neo4j:secret@host", "apart from the URL"),
        ("bolt://host/sales", "goes on after the host: 'sales'"),
        ("bolt://host?a=b", "goes on after the host: 'a=b'"),
        ("bolt://host#sales", "goes on after the host: 'sales'"),
    ],
)
def test_a_misspelt_url_is_refused_before_anything_is_connected(url: str, said: str) -> None:
    with pytest.raises(BadInput) as refused:
        Neo4jStore(url, "neo4j", "secret")

    assert said in str(refused.value)
    assert "secret" not in str(refused.value)
    assert "bolt://localhost:7687" in str(refused.value)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("bolt://localhost", "localhost:7687"),
        ("neo4j+s://graph.example.com:7688/", "graph.example.com:7688"),
        ("neo4j+ssc://[::1]:7687", "::1:7687"),
        ("neo4j://host?policy=near", "host:7687"),
    ],
)
def test_an_address_is_host_and_port(url: str, address: str) -> None:
    assert check_url(url) == address
