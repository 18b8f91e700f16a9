"""Answers in parts over a real connection."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from api.app import Application, build_app
from api.http.writing import GONE
from api.service import Service
from api.settings import load
from graph.store import TenantGraph, Upsert
from schema.context import Context
from tests.api.serving import post, say, served, until

FILL = 'mutation { upsertContacts(input: {contacts: [{key: "a", name: "A"}]}) { version } }'
DEFERRED = """{ contact(key: "a") { name
  ... @defer { ties { totalCount } } ... @defer { affiliations { totalCount } } } }"""
TAKES_PARTS = "Accept: multipart/mixed; deferSpec=20220824, application/json"
START = b"\r\n---\r\nContent-Type: application/json; charset=utf-8\r\n\r\n"


class Slow:
    """A graph whose ties take their time."""

    def __init__(self, graph: TenantGraph) -> None:
        self._graph = graph
        self.cancelled = 0

    async def counts(self, query: Any, anchors: Any) -> Any:
        if query.relation.name == "ties":
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                self.cancelled += 1
                raise
        return await self._graph.counts(query, anchors)

    async def related(self, query: Any, anchors: Any) -> Any:
        await self.counts(query, anchors)
        return await self._graph.related(query, anchors)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._graph, name)


def slowed(app: Application) -> Slow:
    service: Service = app.state.service
    made, slow = service.context, Slow(service.store.tenant(service.settings.tenant))

    def context(*arguments: Any) -> Context:
        graph: Any = slow
        return replace(made(*arguments), graph=graph)

    service.context = context  # type: ignore[method-assign, assignment]
    return slow


async def opened(
    port: int, query: str = DEFERRED
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection that has asked for parts and read the head of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(post(orjson.dumps({"query": query}), TAKES_PARTS, "Connection: close"))
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert b'content-type: multipart/mixed; boundary="-"\r\n' in head
    return reader, writer


def documents(body: bytes) -> list[Any]:
    """The parts of a multipart body, which came in chunks."""
    whole, rest = b"", body
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        whole, rest = whole + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
    assert whole.endswith(b"\r\n-----\r\n")
    return [orjson.loads(part) for part in (b"\r\n" + whole[:-9]).split(START)[1:]]


async def test_deferred_fragments_come_in_parts_of_their_own(tmp_path: Path) -> None:
    with served(build_app(load(store=f"sqlite:///{tmp_path}"))) as port:
        await say(port, post(orjson.dumps({"query": FILL})))
        reader, writer = await opened(port)
        first, *others = documents(await reader.read())
        writer.close()

    assert first["data"] == {"contact": {"name": "A"}}
    assert others[-1]["hasNext"] is False
    assert [item["data"] for part in others for item in part.get("incremental", ())] == [
        {"ties": {"totalCount": 0}},
        {"affiliations": {"totalCount": 0}},
    ]


@pytest.mark.parametrize("accept", ["application/json", "application/json, multipart/mixed;q=0"])
async def test_who_takes_no_parts_gets_one_answer(tmp_path: Path, accept: str) -> None:
    with served(build_app(load(store=f"sqlite:///{tmp_path}"))) as port:
        await say(port, post(orjson.dumps({"query": FILL})))
        asked = post(orjson.dumps({"query": DEFERRED}), f"Accept: {accept}")
        status, body = await say(port, asked)

    assert status == 200
    assert orjson.loads(body)["data"]["contact"]["ties"] == {"totalCount": 0}


async def test_a_query_that_defers_nothing_is_plain_json_for_those_who_take_parts(
    tmp_path: Path,
) -> None:
    with served(build_app(load(store=f"sqlite:///{tmp_path}"))) as port:
        found = await say(port, post(b'{"query": "{ __typename }"}', TAKES_PARTS))

    assert found == (200, b'{"data":{"__typename":"Query"}}')


async def test_parts_that_come_too_late_are_errors(tmp_path: Path) -> None:
    app = build_app(load(store=f"sqlite:///{tmp_path}", request_timeout_s=3))
    slow = slowed(app)
    with served(app) as port:
        await say(port, post(orjson.dumps({"query": FILL})))
        reader, writer = await opened(port)
        *_, last = documents(await reader.read())
        writer.close()

    assert last["hasNext"] is False
    assert [e["extensions"]["code"] for e in last["completed"][0]["errors"]] == ["TIMEOUT"]
    assert slow.cancelled == 1


async def test_a_first_part_that_comes_too_late_is_a_timeout(tmp_path: Path) -> None:
    app = build_app(load(store=f"sqlite:///{tmp_path}", request_timeout_s=3))
    slowed(app)
    query = '{ contact(key: "a") { ties { totalCount } ... @defer { name } } }'
    with served(app) as port:
        await say(port, post(orjson.dumps({"query": FILL})))
        status, body = await say(port, post(orjson.dumps({"query": query}), TAKES_PARTS))

    assert status == 504
    assert orjson.loads(body)["errors"][0]["extensions"] == {"code": "TIMEOUT"}


async def test_a_client_that_leaves_between_parts_ends_the_work(tmp_path: Path) -> None:
    app = build_app(load(store=f"sqlite:///{tmp_path}"))
    slow = slowed(app)
    registry = app.state.metrics.registry
    with served(app) as port:
        await say(port, post(orjson.dumps({"query": FILL})))
        reader, writer = await opened(port)
        await reader.readuntil(b'"hasNext":true')

        writer.close()
        await writer.wait_closed()

        gone = {"status": str(GONE)}
        await until(lambda: registry.get_sample_value("renmai_http_requests_total", gone) == 1.0)
    assert slow.cancelled == 1


async def test_a_streamed_list_comes_in_parts_of_its_own(tmp_path: Path) -> None:
    keys = ", ".join(f'{{key: "{key}", name: "{key.upper()}"}}' for key in "abcd")
    fill = f"mutation {{ upsertContacts(input: {{contacts: [{keys}]}}) {{ version }} }}"
    query = "{ contacts(first: 4) { edges @stream(initialCount: 1) { node { name } } } }"
    with served(build_app(load(store=f"sqlite:///{tmp_path}"))) as port:
        await say(port, post(orjson.dumps({"query": fill})))
        reader, writer = await opened(port, query)
        first, *others = documents(await reader.read())
        writer.close()

    assert first["data"] == {"contacts": {"edges": [{"node": {"name": "A"}}]}}
    assert first["hasNext"] is True
    streamed = [
        item for part in others for entry in part.get("incremental", ()) for item in entry["items"]
    ]
    assert streamed == [{"node": {"name": name}} for name in "BCD"]
    assert others[-1]["hasNext"] is False


async def test_who_takes_no_part_for_long_is_disconnected(tmp_path: Path) -> None:
    app = build_app(load(store=f"sqlite:///{tmp_path}", subscription_stall_s=0.3))
    contacts = [Upsert("Contact", f"{number:04}", {"name": "N" * 200}) for number in range(3_000)]
    aliases = " ".join(f"n{number}: name" for number in range(100))
    pages = " ".join(
        f"... @defer {{ p{page}: contacts(first: 100) {{ edges {{ node {{ {aliases} }} }} }} }}"
        for page in range(20)
    )
    registry = app.state.metrics.registry
    with served(app) as port:
        await app.state.service.store.tenant("default").commit(contacts, actor="test")
        _, writer = await opened(port, f"{{ __typename {pages} }}")

        gone = {"status": str(GONE)}
        await until(lambda: registry.get_sample_value("renmai_http_requests_total", gone) == 1.0)
        writer.close()
