"""Fixtures of the command line's tests."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import shutil
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pytest

from api.cli import main
from graph.generating import write_csv
from graph.importing import import_folder
from graph.sqlite import SqliteStore

ROOT = Path(__file__).parents[2]

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs a command in this process, on a store of its own: exit code, output, errors."""
    monkeypatch.setenv("RENMAI_STORE", f"sqlite:///{tmp_path}/store")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("RENMAI_WARM", "0")  # a process more for each server

    def command(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["renmai", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return command


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with generated CSV files and a store that has read them, made once."""
    folder = tmp_path_factory.mktemp("generated")
    write_csv(folder / "csv", customers=250, contacts=150, seed=1)

    async def fill() -> None:
        store = SqliteStore(folder / "store")
        await import_folder("renmai", folder / "csv", store.tenant("default"))
        await store.close()

    asyncio.run(fill())
    return folder


@pytest.fixture
def filled(run: Run, generated: Path, tmp_path: Path) -> Run:
    """Runs commands on a store of its own that holds generated data."""
    shutil.copytree(generated / "store", tmp_path / "store")
    return run


TAKE_TERMINAL = """
import fcntl, signal, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGINT, signal.default_int_handler)
"""
"""Makes standard input the terminal Ctrl-C comes from, which a background job would ignore."""

Terminal = Callable[..., tuple[int, str]]


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """Runs a command as its own process in a real terminal: exit code, and all it printed.

    `type_when` is a text that must have been printed, and what is typed then.
    """

    def command(
        *arguments: str,
        columns: int = 80,
        type_when: tuple[str, bytes] | None = None,
        environ: dict[str, str] | None = None,
        program: str = "from api.cli import main; main()",
    ) -> tuple[int, str]:
        screen, other = pty.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        own = {"RENMAI_STORE": f"sqlite:///{tmp_path}/store", "TERM": "xterm"}
        with subprocess.Popen(
            [sys.executable, "-c", TAKE_TERMINAL + program, *arguments],
            cwd=ROOT,
            env=os.environ | own | (environ or {}),
            stdin=other,
            stdout=other,
            stderr=other,
            start_new_session=True,
        ) as process:
            os.close(other)
            printed = _watch(screen, type_when)
            os.close(screen)
        return process.returncode, printed

    return command


def _watch(screen: int, type_when: tuple[str, bytes] | None) -> str:
    printed = b""
    while True:
        try:
            more = os.read(screen, 65_536)
        except OSError:  # the other end has closed the terminal
            more = b""
        if not more:
            return printed.decode("utf-8", "replace").replace("\r\n", "\n")
        printed += more
        if type_when and type_when[0].encode() in printed:
            os.write(screen, type_when[1])
            type_when = None
