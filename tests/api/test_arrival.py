"""A client has a limited time to send a request; bytes on real sockets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import orjson
import pytest
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import connect

from api.http import Endpoint, GraphQLRequest
from api.server import Connection
from tests.api.serving import post, served

PATIENCE_S = 0.4

# uvloop's timers count whole milliseconds from the turn's start, so they may ring a little early.
AT_LEAST_S = PATIENCE_S - 0.01

LATE = b"the request was not here after 0.4 s; send all of it at once"

WHOLE = post(b'{"query": "{a}"}')
SLOW = post(b'{"query": "{slow}"}')
HALF_BODY = post(b'{"qu', length=100)
HALF_HEAD = b"POST /graphql HTTP/1.1\r\nHost: x\r\nConte"
ANSWER = b'{"data":"a"}'


async def answer(asked: GraphQLRequest) -> dict[str, Any]:
    """The query's only field; `slow` takes longer than a client may."""
    if asked.query == "{slow}":
        await asyncio.sleep(PATIENCE_S * 2)
    return {"data": asked.query.strip("{}")}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """GraphQL, and a WebSocket that says what it hears."""
    if scope["type"] == "http":
        await Endpoint(answer, largest=200_000)(scope, receive, send)
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (heard := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": heard["text"]})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A server's port."""
    with served(app, lifespan="off", connection=partial(Connection, patience_s=PATIENCE_S)) as port:
        yield port


async def exchanged(port: int, *sent: bytes | float) -> tuple[bytes, float]:
    """All that comes on one connection until it ends, and when; pauses are seconds."""
    async with asyncio.timeout(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        begun = time.perf_counter()
        for part in sent:
            if isinstance(part, bytes):
                writer.write(part)
            else:
                await asyncio.sleep(part)
        try:
            found = await reader.read()
        finally:
            writer.close()
        return found, time.perf_counter() - begun


@pytest.mark.parametrize(
    "sent",
    [
        (HALF_BODY,),
        (post(b"", length=100),),
        (HALF_HEAD,),
        (b"G",),
        (post(b"", "Expect: 100-continue", length=100),),
    ],
)
async def test_a_request_that_does_not_arrive_is_told_so_and_its_connection_ends(
    port: int, sent: tuple[bytes, ...]
) -> None:
    found, seconds = await exchanged(port, *sent)

    head, _, body = found.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n").partition(b"\r\n\r\n")
    (error,) = orjson.loads(body)["errors"]
    assert head.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert b"connection: close" in head
    assert error == {"message": LATE.decode(), "extensions": {"code": "TIMEOUT"}}
    assert seconds >= AT_LEAST_S


async def test_bytes_that_drip_do_not_prolong_the_time(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HALF_HEAD)
    found = asyncio.create_task(reader.read())
    while not found.done():
        writer.write(b"x")
        await asyncio.sleep(0.15)
    writer.close()

    assert (await found).startswith(b"HTTP/1.1 408 ")


async def test_a_connection_on_which_nothing_comes_ends_without_a_word(port: int) -> None:
    found, seconds = await exchanged(port)

    assert found == b""
    assert seconds >= AT_LEAST_S


async def test_a_request_in_parts_is_answered_when_all_is_there_in_time(port: int) -> None:
    end = post(b'{"query": "{a}"}', "Connection: close")

    found, _ = await exchanged(port, end[:40], 0.1, end[40:-8], 0.1, end[-8:])

    assert found.endswith(ANSWER)


async def test_the_second_request_of_a_connection_has_a_time_of_its_own(port: int) -> None:
    found, seconds = await exchanged(port, 0.3, WHOLE, 0.3, HALF_BODY)

    assert found.startswith(b"HTTP/1.1 200 OK")
    assert found.count(b"HTTP/1.1 ") == 2
    assert LATE in found
    assert seconds >= 0.6 + AT_LEAST_S


async def test_a_connection_may_rest_between_requests_for_longer(port: int) -> None:
    end = post(b'{"query": "{a}"}', "Connection: close")

    found, _ = await exchanged(port, WHOLE, PATIENCE_S * 3, end)

    assert found.count(ANSWER) == 2


@pytest.mark.parametrize("next_", [HALF_HEAD, HALF_BODY])
async def test_half_a_request_does_not_cut_the_answer_to_the_one_before(
    port: int, next_: bytes
) -> None:
    found, _ = await exchanged(port, SLOW, next_)

    assert found.startswith(b"HTTP/1.1 200 OK")
    assert found.index(b'{"data":"slow"}') < found.index(b"HTTP/1.1 408 ")


async def test_a_body_refused_before_it_came_does_not_hold_its_connection(port: int) -> None:
    found, _ = await exchanged(port, post(b"{", length=9_000_000), 0.1, b"x")

    assert found.startswith(b"HTTP/1.1 413 ")
    assert found.count(b"HTTP/1.1 ") == 1


async def test_a_websocket_whose_request_came_in_parts_lasts(port: int) -> None:
    async with connect(f"ws://127.0.0.1:{port}/") as socket:
        await asyncio.sleep(PATIENCE_S * 3)
        await socket.send("still here")

        assert await socket.recv() == "still here"


async def test_an_address_too_long_for_the_parser_is_refused_as_json(port: int) -> None:
    address = b"/graphql?query=%7B" + b"a" * 70_000 + b"%7D"

    found, _ = await exchanged(port, b"GET " + address + b" HTTP/1.1\r\nHost: x\r\n\r\n")

    head, _, body = found.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 414 ")
    assert b"content-type: application/json" in head
    assert orjson.loads(body)["errors"][0]["message"] == (
        "the address is longer than 65,535 bytes; send it by POST"
    )


@pytest.mark.parametrize("sent", [b"\x16\x03\x01\x02\x00", b"GET / HTP\r\n\r\n"])
async def test_what_is_no_http_is_refused_as_json(port: int, sent: bytes) -> None:
    found, _ = await exchanged(port, sent)

    head, _, body = found.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert orjson.loads(body)["errors"][0]["message"] == "this is no valid HTTP/1.1 request"
