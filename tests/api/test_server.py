"""The server as processes: workers that share a socket and a Neo4j database."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import orjson
import pytest

from api.cli.serving import run
from api.settings import load
from graph.errors import BadInput
from tests.api.serving import post, say
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
    )

    done = subprocess.run([sys.executable, "-c", script], check=False, stderr=-1, text=True)

    assert (done.returncode, done.stderr) == (0, "")
