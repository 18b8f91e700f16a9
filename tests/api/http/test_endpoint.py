"""The endpoint behind a real server: hostile requests, and clients that leave."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from httpx2 import ASGITransport, AsyncClient

from api.app import Application, build_app
from api.http import RESPONSE_JSON, Endpoint, GraphQLRequest
from api.http.writing import GONE
from api.metrics import Metrics
from api.service import Service
from api.settings import load
from graph.errors import StoreUnavailable
from graph.model import NodeRef
from graph.query import Hit, Page, RelatedQuery
from graph.store import TenantGraph
from schema.context import Context
from tests.api.serving import post, say, served, until

DEEP = """{ contact(key: "a") { ties { edges { node { ties { edges { node {
  ties { edges { node { name } } } } } } } } } } }"""
FILL = """mutation {
  upsertContacts(input: {contacts: [{key: "a", name: "A"}, {key: "b", name: "B"}]}) { version }
  connectTies(input: {ties: [{key: "ab", kind: FRIEND,
    source: {kind: CONTACT, key: "a"}, target: {kind: CONTACT, key: "b"}}]}) { version }
}"""
TYPENAME = b'{"query":"{ __typename }"}'


class Slow:
    """A graph whose relations take their time; counts how often it was asked."""

    def __init__(self, graph: TenantGraph) -> None:
        self._graph = graph
        self.asked = 0
        self.delay_s = 0.0

    async def related(
        self, query: RelatedQuery, anchors: Sequence[NodeRef]
    ) -> Mapping[NodeRef, Page[Hit]]:
        self.asked += 1
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        return await self._graph.related(query, anchors)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._graph, name)


class World:
    """A served application whose graph is slow."""

    def __init__(self, folder: Path) -> None:
        settings = load(store=f"sqlite:///{folder}", tenant="t", request_timeout_s=20)
        self.app: Application = build_app(settings)
        self.service: Service = self.app.state.service
        self.metrics: Metrics = self.app.state.metrics
        self.slow = Slow(self.service.store.tenant("t"))
        self.port = 0

    def status(self, status: int) -> float:
        """How many requests ended with it."""
        found = self.metrics.registry.get_sample_value(
            "renmai_http_requests_total", {"status": str(status)}
        )
        return found or 0.0


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("served"))
    context = world.service.context

    def slow_context(*arguments: Any) -> Context:
        slow: Any = world.slow
        return replace(context(*arguments), graph=slow)

    world.service.context = slow_context  # type: ignore[method-assign, assignment]
    with served(world.app) as port:
        world.port = port
        yield world


@pytest.fixture
async def filled(world: World) -> World:
    """The world with a chain of four contacts, its relations quick again."""
    world.slow.asked, world.slow.delay_s = 0, 0.0
    status, body = await say(world.port, post(orjson.dumps({"query": FILL})))
    assert (status, b"errors" in body) == (200, False), body
    return world


@pytest.mark.parametrize(
    ("request_bytes", "status", "told"),
    [
        (post(b'{"query":"{ __typename }","__proto__":{"a":1}}'), 200, b'"Query"'),
        (post(b'{"query":"{ __typename }","variables":{"__proto__":{}}}'), 200, b'"Query"'),
        (post(TYPENAME, "Accept: */*, text/html"), 200, b'"Query"'),
        (post(gzip.compress(TYPENAME), "Content-Encoding: gzip"), 415, b"compressed (gzip)"),
        (post(TYPENAME, "Accept: image/png"), 406, b"name one in Accept"),
        (post(b'{"query":"\xff"}'), 400, b"not JSON"),
        (post(b"[" * 100_000), 400, b"not JSON"),
        (post(b"x", length=5_000_000), 413, b"larger than 4,000,000 bytes"),
        (b"GET /graphql?query=%ff HTTP/1.1\r\nHost: a\r\n\r\n", 400, b"UTF-8"),
        (b"GET /graphql?query={a}&query={b} HTTP/1.1\r\nHost: a\r\n\r\n", 400, b"once"),
        (b"DELETE /graphql HTTP/1.1\r\nHost: a\r\n\r\n", 405, b"use POST"),
    ],
)
async def test_hostile_requests_have_an_answer_in_json(
    world: World, request_bytes: bytes, status: int, told: bytes
) -> None:
    found, body = await say(world.port, request_bytes)

    assert found == status
    assert told in body
    assert orjson.loads(body).keys() <= {"data", "errors"}


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ("1e400", "not JSON"),
        ("1" * 400, "not JSON"),
        ("99999999999999999999", "non 32-bit"),
        ("1e15", "non 32-bit"),
        ("0.5", "non-integer"),
    ],
)
async def test_numbers_that_are_none_of_ours_are_refused(
    world: World, number: str, told: str
) -> None:
    query = "query ($n: Int) { contacts(first: $n) { totalCount } }"
    body = f'{{"query":"{query}","variables":{{"n":{number}}}}}'.encode()

    status, answer = await say(world.port, post(body, f"Accept: {RESPONSE_JSON}"))

    assert status == 400
    assert told in orjson.loads(answer)["errors"][0]["message"]


async def test_variables_nested_deeply_are_an_error_of_the_client(world: World) -> None:
    deep = "[" * 900 + "]" * 900
    query = "query ($f: [ContactOrder!]) { contacts(orderBy: $f) { totalCount } }"
    body = f'{{"query":"{query}","variables":{{"f":{deep}}}}}'.encode()

    status, answer = await say(world.port, post(body, f"Accept: {RESPONSE_JSON}"))

    assert status == 400
    assert orjson.loads(answer)["errors"][0]["extensions"] == {"code": "BAD_INPUT"}


async def test_a_body_in_chunks_is_read(world: World) -> None:
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(c), c) for c in (TYPENAME[:5], TYPENAME[5:], b""))
    head = b"POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"

    found = await say(world.port, head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)

    assert found == (200, b'{"data":{"__typename":"Query"}}')


async def test_a_body_in_endless_chunks_is_cut_off(world: World) -> None:
    head = b"POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    chunks = b"".join(b"%x\r\n%s\r\n" % (100_000, b" " * 100_000) for _ in range(41))

    status, _ = await say(world.port, head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)

    assert status == 413


async def test_a_client_that_leaves_within_its_body_is_counted_as_gone(world: World) -> None:
    before = world.status(GONE)
    _, writer = await asyncio.open_connection("127.0.0.1", world.port)
    writer.write(post(TYPENAME, length=1_000))
    await writer.drain()

    writer.close()
    await writer.wait_closed()

    await until(lambda: world.status(GONE) == before + 1)


async def test_the_work_for_a_client_that_leaves_stops(filled: World) -> None:
    """Closing the socket within the first of three levels: the others are never asked."""
    filled.slow.delay_s = 0.5
    before = filled.status(GONE)
    _, writer = await asyncio.open_connection("127.0.0.1", filled.port)
    writer.write(post(orjson.dumps({"query": DEEP})))
    await writer.drain()
    await until(lambda: filled.slow.asked == 1)

    writer.close()
    await writer.wait_closed()

    await until(lambda: filled.status(GONE) == before + 1)
    await asyncio.sleep(0.6)
    assert filled.slow.asked == 1


async def test_a_client_that_stays_gets_all_levels(filled: World) -> None:
    filled.slow.delay_s = 0.03

    status, _ = await say(filled.port, post(orjson.dumps({"query": DEEP})))

    assert (status, filled.slow.asked) == (200, 3)


async def test_several_requests_may_follow_on_one_connection(world: World) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", world.port)
    writer.write(post(TYPENAME) * 3)
    await writer.drain()

    answers = [await reader.readuntil(b'"Query"}}') for _ in range(3)]

    assert [answer.startswith(b"HTTP/1.1 200 ") for answer in answers] == [True] * 3
    writer.close()
    await writer.wait_closed()


async def test_head_tells_the_length_alone(world: World) -> None:
    async with AsyncClient(base_url=f"http://127.0.0.1:{world.port}") as client:
        answer = await client.head("/graphql", params={"query": "{ __typename }"})

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == "31"


async def test_options_tells_the_methods(world: World) -> None:
    async with AsyncClient(base_url=f"http://127.0.0.1:{world.port}") as client:
        answer = await client.options("/graphql")

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["allow"] == "GET, HEAD, POST, OPTIONS"


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (StoreUnavailable("the database does not answer"), 503, "the database does not answer"),
        (RuntimeError("secret"), 500, "something went wrong on our side"),
    ],
)
async def test_an_error_before_the_query_runs_is_json_too(
    error: Exception, status: int, told: str
) -> None:
    async def fails(_asked: GraphQLRequest) -> dict[str, Any]:
        raise error

    app = Endpoint(fails, largest=1_000)
    transport = ASGITransport(app=app)
    async with AsyncClient(transport=transport, base_url="http://renmai") as client:
        answer = await client.post("/graphql", json={"query": "{a}"})

    assert answer.status_code == status
    assert answer.json()["errors"][0]["message"].startswith(told)
    assert "secret" not in answer.text


async def test_an_answer_that_json_cannot_hold_is_masked() -> None:
    async def answers(_asked: GraphQLRequest) -> dict[str, Any]:
        return {"data": {"a": "\ud800"}}

    transport = ASGITransport(app=Endpoint(answers, largest=1_000))
    async with AsyncClient(transport=transport, base_url="http://renmai") as client:
        answer = await client.post("/graphql", json={"query": "{a}"})

    assert answer.status_code == 500
    assert answer.json()["errors"][0]["extensions"]["code"] == "INTERNAL"
