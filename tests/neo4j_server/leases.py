"""A server that lives as long as the process that asked for it, however that process ends."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.neo4j_server.errors import ServerError
from tests.neo4j_server.server import Server

ROOT = Path(__file__).parents[2]


@contextmanager
def lease() -> Iterator[str]:
    """A fresh server on a free port, wiped at the end; gives its URL.

    A keeper process holds the server and waits on a pipe from this process. The pipe closes when
    the block is left, and also when this process is killed: so no server is ever left behind.

    Raises:
        ServerError: There can be no server here; the message says why.
    """
    keeper = subprocess.Popen(
        [sys.executable, "-m", "tests.neo4j_server", "keep"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,  # Ctrl-C stops the tests; the keeper still has to clean up
    )
    with keeper:
        assert keeper.stdout is not None
        assert keeper.stderr is not None
        url = keeper.stdout.readline().strip()
        if not url:
            raise ServerError(keeper.stderr.read().strip())
        yield url


def keep() -> None:
    """Run a server in a temporary folder until standard input ends: the keeper's side of it."""
    server = Server(Path(tempfile.mkdtemp(prefix="renmai-neo4j-")))
    try:
        sys.stdout.write(server.start(port=0).url + "\n")
        sys.stdout.flush()
        sys.stdin.read()
    finally:
        server.wipe()
