"""Compiling the analytics' kernels ahead: the command, and the server's way to do it."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from types import TracebackType
from typing import Self

import typer

from api.caches import keep_kernels
from api.cli.output import print_json
from api.cli.progress import progress
from api.cli.session import JsonOption, settings_for

_COMMAND = (sys.executable, "-c", "from api.cli.warming import compile_apart; compile_apart()")

POLITENESS = 10
"""How much a server's compiling stands back behind all else (nice)."""

_log = logging.getLogger(__name__)


def warm(as_json: JsonOption = False) -> None:
    """Compile what the analytics run on, so that no first question has to wait for it."""
    keep_kernels(settings_for(None, None))
    with progress("warming", quiet=as_json):
        seconds = _every_kernel()
    if as_json:
        print_json({"seconds": round(seconds, 3)})
    else:
        typer.echo(f"compiled in {seconds:.1f} s")


def compile_apart() -> None:
    """Compiles the kernels in a process of its own, as long as the one that began it lives."""
    os.nice(POLITENESS)
    threading.Thread(target=_end_with_standard_input, daemon=True).start()
    _every_kernel()


def _every_kernel() -> float:
    """Compiles them, or loads them from the cache; the seconds that took."""
    from referral.kernels.warming import warm as warm_kernels
    from referral.trades.warming import warm as warm_trades

    return warm_kernels() + warm_trades()


def _end_with_standard_input() -> None:
    os.read(sys.stdin.fileno(), 1)
    os._exit(0)


class Warming:
    """Makes a server's kernels ready in the background; a context manager.

    A process of low priority compiles them, since compiling here would hold up requests; then this
    process loads them from the cache, which takes a second or two.

    Args:
        load: whether this process is to use them.
    """

    def __init__(self, *, load: bool) -> None:
        self._wanted = load
        self._process = subprocess.Popen(
            _COMMAND,
            stdin=subprocess.PIPE,  # its end tells that this process has gone, however it went
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the server, which then ends this one
        )
        self._stopped = False
        self._thread = threading.Thread(target=self._load, name="warming")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stopped = True
        self._process.terminate()
        self._thread.join()
        if self._process.stdin is not None:
            self._process.stdin.close()

    def _load(self) -> None:
        code = self._process.wait()
        if self._stopped:
            return
        if code:
            _log.warning("compiling kernels ended with %d; `renmai warm` tells why", code)
        elif self._wanted:
            _log.info("kernels are ready, loaded in %.1f s", _every_kernel())
