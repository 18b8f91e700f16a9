"""Drives a server with wrk, and takes what it costs."""

from __future__ import annotations

import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from benchmarks.http.servers import Server

SCRIPT = Path(__file__).with_name("drive.lua")
WARM_UP_S = 1


@dataclass(frozen=True, slots=True)
class Figures:
    """What one drive found.

    Attributes:
        requests_s: requests a second.
        p50_ms, p99_ms: latency.
        cpu_ms: processor time of the server's processes a request.
    """

    requests_s: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float


def drive(server: Server, bodies: list[bytes], connections: int, seconds: int) -> Figures:
    """Warms up, then asks the bodies in turn over that many connections.

    Raises:
        RuntimeError: a request failed, or none was answered.
    """
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as lines:
        lines.write(b"\n".join(bodies))
        lines.flush()
        _wrk(server, lines.name, connections, WARM_UP_S)
        before = server.cpu_s()
        found = _wrk(server, lines.name, connections, seconds)
        spent = server.cpu_s() - before
    if found["failed"] or not found["requests"]:
        raise RuntimeError(f"{server.name}: {found['failed']} of {found['requests']} failed")
    return Figures(
        found["requests"] / found["seconds"],
        found["p50_ms"],
        found["p99_ms"],
        spent / found["requests"] * 1e3,
    )


def _wrk(server: Server, bodies: str, connections: int, seconds: int) -> Any:
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(SCRIPT), server.url]
    env = {**os.environ, "BODIES": bodies}
    done = subprocess.run(command, env=env, check=True, capture_output=True)
    return orjson.loads(done.stdout.splitlines()[-1])
