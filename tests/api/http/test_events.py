"""Server-sent events (graphql-sse, distinct connections) from a real server."""

from __future__ import annotations

import asyncio
import urllib.parse
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from api.http import events
from graph.store import Upsert
from tests.api.http.test_sockets import CHANGES, WRITE, World
from tests.api.serving import post, say, served, until

pytestmark = pytest.mark.usefixtures("all_left")

EVENTS = "Accept: text/event-stream"
EITHER = "Accept: application/graphql-response+json, text/event-stream"


class Answer:
    """A response that goes on."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer
        self.head = b""

    async def chunk(self) -> bytes:
        """The next one; empty at the end."""
        size = int(await self._reader.readline(), 16)
        found = await self._reader.readexactly(size)
        await self._reader.readline()
        return found

    async def drain(self) -> None:
        """Reads on until the connection is cut."""
        while True:
            await self.chunk()

    async def event(self) -> tuple[str, Any]:
        """The next event and its data; comments are left out."""
        async with asyncio.timeout(10):
            while (chunk := await self.chunk()).startswith(b":"):
                pass
        if not chunk:
            return "end", None
        name, data, *rest = chunk.decode().split("\n")
        assert (name[:7], data[:6], rest) == ("event: ", "data: ", ["", ""])
        return name[7:], orjson.loads(data[6:]) if data[6:] else None


@asynccontextmanager
async def asked(port: int, request: bytes) -> AsyncIterator[Answer]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        answer = Answer(reader, writer)
        answer.head = await reader.readuntil(b"\r\n\r\n")
        yield answer
    finally:
        writer.close()


def by_post(query: str, accept: str = EVENTS, **variables: Any) -> bytes:
    return post(orjson.dumps({"query": query, "variables": variables}), accept)


def by_get(query: str) -> bytes:
    address = urllib.parse.urlencode({"query": query})
    return f"GET /graphql?{address} HTTP/1.1\r\nHost: a\r\n{EVENTS}\r\n\r\n".encode()


async def write(port: int, key: str) -> int:
    body = orjson.dumps({"query": WRITE, "variables": {"key": key}})
    version: int = orjson.loads((await say(port, post(body)))[1])["data"]["upsertContacts"][
        "version"
    ]
    return version


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("events"), max_subscriptions=3)
    with served(world.app) as port:
        world.port = port
        yield world


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_what_is_written_comes_as_events(world: World, method: str) -> None:
    request = {"POST": by_post, "GET": by_get}[method](CHANGES)
    async with asked(world.port, request) as answer:
        name, begun = await answer.event()
        version = await write(world.port, method)
        after = await answer.event()

    assert b"content-type: text/event-stream; charset=utf-8" in answer.head
    assert b"x-accel-buffering: no" in answer.head
    assert (name, begun["data"]["changes"]["version"]) == ("next", version - 1)
    data = after[1]["data"]["changes"]
    assert (data["version"], [change["key"] for change in data["changes"]]) == (version, [method])


@pytest.mark.parametrize("accept", [EITHER, EVENTS])
async def test_a_client_that_takes_either_gets_events_of_a_subscription(
    world: World, accept: str
) -> None:
    async with asked(world.port, by_post(CHANGES, accept)) as answer:
        assert (await answer.event())[0] == "next"


async def test_a_query_is_an_event_only_where_nothing_else_is_taken(world: World) -> None:
    async with asked(world.port, by_post("{ __typename }")) as answer:
        found = [await answer.event() for _ in range(3)]
    status, body = await say(world.port, by_post("{ __typename }", EITHER))

    data = {"data": {"__typename": "Query"}}
    assert found == [("next", data), ("complete", None), ("end", None)]
    assert (status, orjson.loads(body)) == (200, data)


async def test_what_never_ran_is_told_as_an_event(world: World) -> None:
    async with asked(world.port, by_post("subscription { changes(after: 999) { at } }")) as answer:
        name, told = await answer.event()
        end = [await answer.event() for _ in range(2)]

    assert (name, told["errors"][0]["extensions"]["code"]) == ("next", "BAD_INPUT")
    assert "data" not in told
    assert end == [("complete", None), ("end", None)]


async def test_a_mutation_by_get_is_refused_as_an_event(world: World) -> None:
    query = WRITE.replace("($key: String!)", "").replace("$key", '"never"')
    async with asked(world.port, by_get(query)) as answer:
        _, told = await answer.event()

    assert "send it by POST" in told["errors"][0]["message"]
    _, body = await say(world.port, by_post('{ contact(key: "never") { key } }', "Accept: */*"))
    assert orjson.loads(body) == {"data": {"contact": None}}


async def test_a_subscription_without_events_is_not_acceptable(world: World) -> None:
    status, body = await say(world.port, by_post(CHANGES, "Accept: application/json"))

    assert status == 406
    assert b"Accept: text/event-stream" in body
    assert b"graphql-transport-ws" in body


async def test_a_body_that_is_none_is_refused_as_ever(world: World) -> None:
    status, body = await say(world.port, post(b"{", EVENTS))

    assert status == 400
    assert b"not JSON" in body


async def test_a_client_that_leaves_ends_its_subscription(world: World) -> None:
    async with asked(world.port, by_post(CHANGES)) as answer:
        await answer.event()
        assert world.open == 1

    await until(lambda: world.open == 0)


async def test_one_subscription_too_many_is_refused(world: World) -> None:
    async with (
        asked(world.port, by_post(CHANGES)) as one,
        asked(world.port, by_post(CHANGES)) as two,
        asked(world.port, by_post(CHANGES)) as three,
    ):
        for answer in (one, two, three):
            await answer.event()
        async with asked(world.port, by_post(CHANGES)) as fourth:
            _, told = await fourth.event()
            assert (await fourth.event())[0] == "complete"

    assert told["errors"][0]["extensions"] == {"code": "TOO_EXPENSIVE"}
    assert "RENMAI_MAX_SUBSCRIPTIONS" in told["errors"][0]["message"]
    assert world.count("renmai_subscriptions_total", what="refused") == 1


async def test_a_quiet_stream_beats(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "HEARTBEAT_S", 0.05)
    async with asked(world.port, by_post(CHANGES)) as answer:
        chunks = [await answer.chunk() for _ in range(5)]

    assert chunks.count(b":\n\n") == 4


async def test_an_event_that_takes_too_long_ends_the_stream(tmp_path: Path) -> None:
    world = World(tmp_path, request_timeout_s=0.0001)
    with served(world.app) as port:
        async with asked(port, by_post(CHANGES)) as answer:
            _, told = await answer.event()
            assert (await answer.event())[0] == "complete"

    assert told["errors"][0]["extensions"] == {"code": "TIMEOUT"}


async def test_a_server_that_stops_ends_streams_at_once_and_not_as_complete(
    tmp_path: Path,
) -> None:
    world = World(tmp_path)
    with served(world.app) as port:
        stream = asked(port, by_post(CHANGES))
        answer = await stream.__aenter__()
        await answer.event()

    assert await answer.event() == ("end", None)
    assert world.open == 0
    await stream.__aexit__(None, None, None)


async def test_who_takes_nothing_is_disconnected(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    world = World(tmp_path, subscription_stall_s=0.3)
    goods = [Upsert("Good", f"{number}", {"name": "G"}) for number in range(6_000)]
    aliases = " ".join(f"a{number}: action" for number in range(200))
    with served(world.app) as port:
        await world.app.state.service.store.tenant("default").commit(goods, actor="test")
        query = f"subscription {{ changes(after: 0) {{ changes {{ {aliases} }} }} }}"
        async with asked(port, by_post(query)) as answer:
            await until(lambda: world.count("renmai_subscriptions_total", what="stalled") == 1)
            await until(lambda: world.open == 0)
            assert 0 < world.count("renmai_subscription_events_total") < 60
            async with asyncio.timeout(20):
                with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
                    await answer.drain()
    assert "without completing response" not in caplog.text
