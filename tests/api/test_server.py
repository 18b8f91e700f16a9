"""The server as processes that share a socket and a Neo4j database; one connection's writes."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import orjson
import pytest

from api.cli.serving import run
from api.http import Endpoint, GraphQLRequest
from api.server import Connection
from api.settings import load
from graph.errors import BadInput
from tests.api.serving import post, say, served
from tests.api.test_metrics import free_port, scraped

WRITE = 'mutation { upsertContacts(input: {contacts: [{key: "a", name: "王"}]}) { version } }'
READ = '{ contact(key: "a") { name } }'


@contextmanager
def renmai(*arguments: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The command `serve` on a free port until it has been told to stop, and that port."""
    command = [sys.executable, "-c", "from api.cli import main; main()", "serve", "--port", "0"]
    env = {**os.environ, "RENMAI_WARM": "0", **environment}
    with subprocess.Popen([*command, *arguments], env=env, text=True, stdout=-1) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            yield process, int(line.split("/graphql")[0].rpartition(":")[2])
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


async def ask(port: int, query: str) -> bytes:
    """The answer, once the server answers."""
    async with asyncio.timeout(60):
        while True:
            try:
                return (await say(port, post(orjson.dumps({"query": query}))))[1]
            except (OSError, asyncio.IncompleteReadError):
                await asyncio.sleep(0.05)


async def test_two_workers_serve_the_same_data_and_each_its_own_metrics(neo4j_url: str) -> None:
    apart, tenant = free_port(), f"workers-{uuid.uuid4()}"
    arguments = ("--store", neo4j_url, "--tenant", tenant, "--workers", "2")
    with renmai(*arguments, RENMAI_METRICS_PORT=str(apart)) as (process, port):
        assert b'"version":1' in await ask(port, WRITE)

        answers = {await ask(port, READ) for _ in range(40)}

        async with asyncio.timeout(60):
            pages = [await _scraped(apart), await _scraped(apart + 1)]
    counted = [
        float(line.split(" ")[1])
        for page in pages
        for line in page.splitlines()
        if line.startswith('renmai_http_requests_total{status="200"}')
    ]
    assert answers == {'{"data":{"contact":{"name":"王"}}}'.encode()}
    assert sum(counted) == 41
    assert process.returncode == 0


async def _scraped(port: int) -> str:
    while True:
        try:
            return await asyncio.to_thread(scraped, port)
        except OSError:
            await asyncio.sleep(0.05)


def test_several_workers_on_one_file_are_refused() -> None:
    with pytest.raises(BadInput, match="2 workers cannot share SQLite files"):
        run(load(store="sqlite:///data", workers=2))


def test_a_worker_imports_the_kernels_before_they_are_asked_for() -> None:
    """In a process of its own: here they are imported already."""
    script = (
        "import sys, threading\n"
        "from api.server import worker\n"
        "from api.settings import load\n"
        "assert 'numba' not in sys.modules\n"
        "worker(load({}, store='sqlite:///unused', cache_dir='none'))\n"
        "[t.join() for t in threading.enumerate() if t.name == 'preload']\n"
        "assert 'referral.kernels.pagerank' in sys.modules\n"
        "from referral.kernels import forest\n"
        "assert forest._parents.signatures, 'none has been called'\n"
    )

    done = subprocess.run([sys.executable, "-c", script], check=False, stderr=-1, text=True)

    assert (done.returncode, done.stderr) == (0, "")


# -- one connection: an answer is one write


class Recording(Connection):
    """A connection that notes what it writes."""

    writes: ClassVar[list[bytes]]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        recorder: Any = Recorder(transport, self.writes)
        super().connection_made(recorder)


class Recorder:
    def __init__(self, transport: asyncio.Transport, writes: list[bytes]) -> None:
        self._transport = transport
        self._writes = writes

    def write(self, data: bytes) -> None:
        self._writes.append(data)
        self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


LONG = 3_000_000
"""Bytes that no socket takes at once."""


async def echo(asked: GraphQLRequest) -> dict[str, Any]:
    """An answer as long as the variables say; without a length, an error of ours."""
    length = (asked.variables or {})["long"]
    return {"data": "x" * length}


@pytest.fixture
def wire() -> Iterator[tuple[int, list[bytes]]]:
    """A server's port, and what it writes."""
    Recording.writes = []
    endpoint = Endpoint(echo, largest=10_000)
    with served(endpoint, lifespan="off", connection=Recording) as port:
        yield port, Recording.writes


def long(length: int, *headers: str) -> bytes:
    asked = {"query": "{a}", "variables": {"long": length}}
    return post(orjson.dumps(asked), *headers)


async def exchanged(port: int, *requests: bytes) -> bytes:
    """All that is answered on one connection that the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in requests:
        writer.write(request)
    found = await reader.read()
    writer.close()
    await writer.wait_closed()
    return found


async def test_an_answer_is_one_write(wire: tuple[int, list[bytes]]) -> None:
    port, writes = wire

    found = await exchanged(port, long(3, "Connection: close"))

    head, _, body = found.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert writes == [found]
    assert (lines[0], body) == (b"HTTP/1.1 200 OK", b'{"data":"xxx"}')
    assert lines[1].startswith(b"date: ")
    assert lines[2:] == [
        b"content-type: application/json; charset=utf-8",
        b"content-length: 14",
        b"vary: accept",
        b"connection: close",
    ]


async def test_each_of_several_requests_sent_at_once_is_answered_by_one_write(
    wire: tuple[int, list[bytes]],
) -> None:
    port, writes = wire

    found = await exchanged(port, long(1), long(2), long(3, "Connection: close"))

    assert b"".join(writes) == found
    assert [write.rpartition(b"\r\n")[2] for write in writes] == [
        b'{"data":"x"}',
        b'{"data":"xx"}',
        b'{"data":"xxx"}',
    ]
    assert [b"connection: close" in write for write in writes] == [False, False, True]


@pytest.mark.parametrize(
    ("request_", "status", "length"),
    [
        (b"OPTIONS /graphql HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", b"204", b""),
        (b"HEAD /graphql?query={a} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", b"500", b""),
        (post(b"{}", "Connection: close"), b"400", b"body"),
        (post(b"{}", "Connection: close", "Accept: image/png"), b"406", b"body"),
        (post(b"", "Expect: 100-continue", "Connection: close", length=99_999), b"413", b"body"),
    ],
)
async def test_what_is_refused_or_has_no_body_is_one_write_too(
    wire: tuple[int, list[bytes]], request_: bytes, status: bytes, length: bytes
) -> None:
    port, writes = wire

    found = await exchanged(port, request_)

    assert writes == [found]
    assert found.split(b" ")[1] == status
    assert (found.partition(b"\r\n\r\n")[2] != b"") == (length == b"body")


async def test_a_client_that_reads_slowly_gets_all_of_a_long_answer(
    wire: tuple[int, list[bytes]],
) -> None:
    port, _ = wire
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1_000)
    writer.write(long(LONG) + long(2, "Connection: close"))
    await asyncio.sleep(0.2)  # the first fills the socket, so that the second waits

    found = await reader.read()

    assert len(found.partition(b'{"data":"')[2]) > LONG
    assert found.endswith(b'\r\n\r\n{"data":"xx"}')
    writer.close()
    await writer.wait_closed()


async def test_a_client_that_leaves_before_its_answer_harms_nobody(
    wire: tuple[int, list[bytes]], caplog: pytest.LogCaptureFixture
) -> None:
    port, _ = wire
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(long(LONG) * 3)
    await asyncio.sleep(0.2)

    writer.transport.abort()

    assert (await exchanged(port, long(1, "Connection: close"))).endswith(b'{"data":"x"}')
    assert [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING] == []
