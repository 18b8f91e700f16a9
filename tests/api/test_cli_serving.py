"""`renmai serve` as its own process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from tests.api.conftest import ROOT

PROGRAM = [sys.executable, "-c", "from api.cli import main; main()"]
QUERY = "%7B__typename%7D"


@contextmanager
def serving(
    tmp_path: Path, *arguments: str, command: str = "serve", warm: str = "0", **environ: str
) -> Iterator[subprocess.Popen[str]]:
    """A server on a store of its own and a free port; stopped at the end by Ctrl-C's signal."""
    process = subprocess.Popen(
        [*PROGRAM, command, "--port", "0", *arguments],
        cwd=ROOT,
        env=os.environ
        | {"RENMAI_WARM": warm, "RENMAI_STORE": f"sqlite:///{tmp_path}/store"}
        | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def stopped(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Sends the signal of Ctrl-C: exit code and log."""
    process.send_signal(signal.SIGINT)
    log = _open(process.stderr).read()
    return process.wait(30), log


def _open(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


def ask(url: str) -> object:
    with urllib.request.urlopen(f"{url}?query={QUERY}", timeout=30) as answer:
        return json.load(answer)


def test_serve_answers_until_it_is_stopped(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        line = _open(server.stdout).readline()
        body = ask(line.split()[2])
        code, log = stopped(server)

    assert line.endswith("/graphql (Ctrl-C stops)\n")
    assert body == {"data": {"__typename": "Query"}}
    assert code == 0
    assert "Finished server process" in log


def test_serve_says_where_it_listens_in_one_line_of_json(tmp_path: Path) -> None:
    with serving(tmp_path, "--json") as server:
        told = json.loads(_open(server.stdout).readline())
        body = ask(told["url"])
        code, _ = stopped(server)
        rest = _open(server.stdout).read()

    assert told == {
        "url": told["url"],
        "store": f"sqlite:///{tmp_path}/store",
        "tenant": "default",
        "pid": server.pid,
    }
    assert body == {"data": {"__typename": "Query"}}
    assert (code, rest) == (0, "")


def test_the_demo_serves_what_it_has_loaded(tmp_path: Path) -> None:
    with serving(tmp_path, command="demo") as server:
        out = _open(server.stdout)
        line = next(line for line in out if line.startswith("GraphQL at"))
        body = ask(line.split()[2])
        code, _ = stopped(server)

    assert body == {"data": {"__typename": "Query"}}
    assert code == 0


def test_a_server_makes_its_kernels_ready_by_itself(tmp_path: Path) -> None:
    with serving(tmp_path, warm="1") as server:
        log = _open(server.stderr)
        line = next(line for line in log if "kernels" in line)
        code, _ = stopped(server)

    assert "kernels are ready, loaded in " in line
    assert code == 0


@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_server_can_be_stopped_while_it_warms_and_leaves_no_process(
    tmp_path: Path, way: signal.Signals
) -> None:
    # a cache of its own: there is more to compile than the server lives
    with serving(tmp_path, warm="1", NUMBA_CACHE_DIR=str(tmp_path)) as server:
        ask(_open(server.stdout).readline().split()[2])
        (compiling,) = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
        server.send_signal(way)
        log = _open(server.stderr).read()
        code = server.wait(30)

    assert code == (0 if way is signal.SIGINT else -way)
    assert "kernels" not in log
    until = time.monotonic() + 30
    while Path(f"/proc/{compiling}").exists():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_compilation_that_fails_is_logged_and_the_server_goes_on(tmp_path: Path) -> None:
    program = """
from api.cli import main, warming
warming._COMMAND = (warming.sys.executable, "-c", "raise SystemExit(2)")
main()
"""
    environ = {"RENMAI_WARM": "1", "RENMAI_STORE": f"sqlite:///{tmp_path}/store"}
    line = [sys.executable, "-c", program, "serve", "--port", "0"]
    with subprocess.Popen(
        line,
        cwd=ROOT,
        env=os.environ | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        url = _open(server.stdout).readline().split()[2]
        told = next(line for line in _open(server.stderr) if "kernels" in line)
        body = ask(url)
        code, _ = stopped(server)

    assert "compiling kernels ended with 2; `renmai warm` tells why" in told
    assert (code, body) == (0, {"data": {"__typename": "Query"}})
