"""A server that dies, comes back, stops reacting and goes on: a real one, of this test's own."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator

import pytest

from graph.errors import StoreUnavailable, Unconfirmed
from graph.neo4j_store import Neo4jStore
from graph.neo4j_store.connection import Transaction, run
from graph.store import Upsert
from tests.graph.conftest import new_tenant
from tests.neo4j_server import ServerError
from tests.neo4j_server.server import PASSWORD, Server
from tests.requirements import NEO4J

pytestmark = [
    pytest.mark.neo4j,
    # the driver leaves the sockets of a dead server to the collector
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]

SOON_S = 15
"""A request is cut off after 30 seconds: the database's silence must be told well before."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("neo4j"))
    try:
        made.start(port=0)
    except ServerError as error:
        NEO4J.missing(str(error))
    yield made
    made.wipe()


@pytest.fixture
async def store(server: Server) -> AsyncIterator[Neo4jStore]:
    running = server.running()
    assert running is not None
    made = Neo4jStore(f"bolt://127.0.0.1:{running.port}", "neo4j", PASSWORD)
    await made.ready()
    yield made
    await made.close()


def signalled(server: Server, number: signal.Signals) -> int:
    """Sends the server's process a signal; gives its port."""
    running = server.running()
    assert running is not None
    os.kill(running.pid, number)
    return running.port


def staff(key: str) -> list[Upsert]:
    return [Upsert("Staff", key, {"name": "x"})]


async def test_a_server_that_died_is_told_at_once_and_used_again_when_it_is_back(
    server: Server, store: Neo4jStore
) -> None:
    graph = store.tenant(new_tenant())
    await graph.commit(staff("before"), actor="tests")
    await asyncio.gather(*(graph.version() for _ in range(8)))  # so many connections lie idle

    port = signalled(server, signal.SIGKILL)
    async with asyncio.timeout(SOON_S):
        for work in (graph.version(), graph.commit(staff("lost"), actor="tests"), store.ready()):
            with pytest.raises(StoreUnavailable) as failed:
                await work
            assert str(failed.value) == (
                f"Neo4j does not answer at 127.0.0.1:{port}; start it, or correct host and port"
            )
    server.start(port)

    assert await graph.version() == 1
    assert (await graph.commit(staff("after"), actor="tests")).version == 2
    assert sorted(await graph.nodes("Staff", ["before", "lost", "after"])) == ["after", "before"]


async def test_a_server_that_does_not_react_is_told_and_used_again_when_it_does(
    server: Server, store: Neo4jStore
) -> None:
    graph = store.tenant(new_tenant())
    await graph.commit(staff("before"), actor="tests")

    port = signalled(server, signal.SIGSTOP)
    await asyncio.sleep(0.2)  # a busy machine takes a moment until all its threads stand still
    try:
        async with asyncio.timeout(SOON_S):
            found = await asyncio.gather(
                graph.version(),
                graph.commit(staff("lost"), actor="tests"),
                store.ready(),
                return_exceptions=True,
            )
    finally:
        signalled(server, signal.SIGCONT)

    assert [type(error) for error in found] == [StoreUnavailable] * 3
    assert {str(error) for error in found} == {
        f"Neo4j at 127.0.0.1:{port} took the connection but does not react; "
        "look whether it is stopped or overloaded, and restart it if need be"
    }
    assert await graph.version() == 1
    assert (await graph.commit(staff("after"), actor="tests")).version == 2
    assert sorted(await graph.nodes("Staff", ["before", "lost", "after"])) == ["after", "before"]


async def test_a_server_that_stops_while_it_commits_leaves_the_outcome_unknown_and_says_so(
    server: Server, store: Neo4jStore
) -> None:
    """The statements are done, the commit goes out to a server that does not react any more."""

    async def unit(transaction: Transaction) -> None:
        await run(transaction, "MERGE (t:Tenant {tenantId: 'frozen'}) RETURN 1", {})
        signalled(server, signal.SIGSTOP)

    try:
        async with asyncio.timeout(SOON_S):
            with pytest.raises(Unconfirmed, match="send the same changes with the same idempot"):
                await store._connection.write(unit)
    finally:
        signalled(server, signal.SIGCONT)


async def test_a_store_closes_though_its_server_does_not_react(
    server: Server, store: Neo4jStore
) -> None:
    await store.tenant(new_tenant()).version()

    signalled(server, signal.SIGSTOP)
    try:
        async with asyncio.timeout(SOON_S):
            await store.close()
    finally:
        signalled(server, signal.SIGCONT)
