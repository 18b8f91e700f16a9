"""The command line: start, stop, status, wipe; URLs on stdout, all else on stderr."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from tests.neo4j_server.errors import ServerError
from tests.neo4j_server.leases import keep
from tests.neo4j_server.server import Server


def main(arguments: list[str] | None = None) -> None:
    """Run one command; exits 1 with the reason when there can be no server."""
    options = _parser().parse_args(arguments)
    server = Server(options.home.absolute())
    # a command that is told to stop cleans up on its way out
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        _run(options.command, server, options.port)
    except ServerError as error:
        _fail(str(error))


def _run(command: str, server: Server, port: int) -> None:
    match command:
        case "start":
            print(server.start(port).url)  # noqa: T201
        case "stop":
            _say("stopped" if server.stop() else "not running")
        case "status":
            running = server.running()
            print(running.url) if running else _fail("not running")  # noqa: T201
        case "wipe":
            server.wipe()
            _say(f"deleted {server.home}")
        case "keep":
            keep()


def _parser() -> argparse.ArgumentParser:
    base = os.environ.get("XDG_STATE_HOME")
    home = (Path(base) if base else Path.home() / ".local" / "state") / "renmai" / "neo4j"
    parser = argparse.ArgumentParser("python -m tests.neo4j_server", description=__doc__)
    parser.add_argument("command", choices=["start", "stop", "status", "wipe", "keep"])
    parser.add_argument("--port", type=int, default=7687, help="port of Bolt; 0 takes a free one")
    parser.add_argument("--home", type=Path, default=home, help="folder of data, logs and settings")
    return parser


def _say(text: str) -> None:
    print(f"neo4j: {text}", file=sys.stderr)  # noqa: T201


def _fail(text: str) -> NoReturn:
    _say(text)
    raise SystemExit(1)


if __name__ == "__main__":
    main()
