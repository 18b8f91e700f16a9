"""Starts and stops the servers, and reads what they take from the system."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from tests.neo4j_server.server import Server as Neo4jServer

PEERS = Path(__file__).parents[1] / "peers"
TICK_S = 1 / os.sysconf("SC_CLK_TCK")
START_S = 60


@dataclass(frozen=True, slots=True)
class Server:
    """A running server.

    Attributes:
        name: what the table calls it.
        url: where it answers GraphQL.
        process: its first process.
        foreign: whether it is a peer, which is asked in other words.
    """

    name: str
    url: str
    process: subprocess.Popen[bytes]
    foreign: bool

    def ask(
        self, query: str, variables: Mapping[str, Any] | None = None, timeout_s: float = 30
    ) -> Any:
        """The `data` of an answer.

        Raises:
            RuntimeError: it has errors.
        """
        asked = urllib.request.Request(
            self.url, body(query, variables), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(asked, timeout=timeout_s) as answer:
            found = orjson.loads(answer.read())
        if "errors" in found:
            raise RuntimeError(f"{self.name}: {found['errors'][0]['message']}")
        return found["data"]

    def cpu_s(self) -> float:
        """Processor time of its processes so far."""
        return sum(sum(map(int, _stat(pid)[11:13])) for pid in self.processes()) * TICK_S

    def memory_mb(self) -> float:
        """Memory of its processes, what they share with others counted in parts (PSS)."""
        lines = [
            line
            for pid in self.processes()
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        ]
        return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1e3

    def processes(self) -> list[int]:
        """Its processes, the first one and those below it."""
        found = [self.process.pid]
        for pid in found:
            for task in Path(f"/proc/{pid}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
        return found


def body(query: str, variables: Mapping[str, Any] | None = None) -> bytes:
    """A request's body."""
    return orjson.dumps({"query": query, **({"variables": variables} if variables else {})})


@contextmanager
def renmai(name: str, *arguments: str, **environment: str) -> Iterator[Server]:
    """Our server as `renmai serve` runs it in production."""
    settings = {
        "RENMAI_ENVIRONMENT": "production",
        "RENMAI_LOG_LEVEL": "warning",
        "RENMAI_WARM": "0",  # only the kernels that are asked for are measured
        "RENMAI_PORT": str(_free_port()),
        **environment,
    }
    command = [sys.executable, "-c", "from api.cli import main; main()", "serve", *arguments]
    with _started(name, command, int(settings["RENMAI_PORT"]), "/graphql", settings) as server:
        yield server


@contextmanager
def neo4j() -> Iterator[str]:
    """The URL of a Neo4j of this run's own, empty, with the compiler of a real one."""
    with tempfile.TemporaryDirectory(prefix="renmai-bench-") as folder:
        server = Neo4jServer(Path(folder), lasting=True)
        try:
            yield server.start(0).url
        finally:
            server.stop()


@contextmanager
def memory(name: str, *options: str) -> Iterator[Server]:
    """Our server on a graph in memory."""
    port = _free_port()
    command = [sys.executable, "-m", "benchmarks.http.memory", str(port), *options]
    with _started(name, command, port, "/graphql", {}) as server:
        yield server


@contextmanager
def peer(name: str, folder: str, path: str, argument: str) -> Iterator[Server]:
    """A peer under benchmarks/peers."""
    port = _free_port()
    command = ["node", str(PEERS / folder / "server.mjs"), argument, str(port)]
    with _started(name, command, port, path, {"NODE_ENV": "production"}) as server:
        yield server


@contextmanager
def _started(
    name: str, command: list[str], port: int, path: str, environment: Mapping[str, str]
) -> Iterator[Server]:
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=quiet)
    server = Server(name, f"http://127.0.0.1:{port}{path}", process, command[0] == "node")
    try:
        _wait(server)
        yield server
    finally:
        process.terminate()
        process.wait(30)


def _wait(server: Server) -> None:
    end = time.monotonic() + START_S
    while True:
        try:
            server.ask("{ __typename }")
            return
        except (urllib.error.URLError, ConnectionError) as error:
            if server.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{server.name} does not start") from error
            time.sleep(0.1)


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port
