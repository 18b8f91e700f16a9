"""A progress bar on standard error, for work that takes longer than two seconds."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

SHOW_AFTER_S = 2.0

COMPILING = "compiling, once"
"""What the bar says while kernels are compiled, which takes seconds and happens once a machine."""

KERNELS_LOG = "referral.kernels.compiling"
"""The logger that tells when a kernel's compilation begins and ends."""

Advance = Callable[[int, int | None], None]
"""Called with what is done and the total (None where it is not known)."""


@contextmanager
def progress(title: str, *, quiet: bool = False) -> Iterator[Advance]:
    """A bar that appears when the work takes over two seconds, and disappears with its end.

    It also appears while the work stands still, and says so when kernels are compiled. There is
    none where standard error is no terminal.

    Args:
        title: what is done, a word or two.
        quiet: no bar: a program reads the output.
    """
    terminal = Console(stderr=True)
    if quiet or not terminal.is_interactive:
        yield lambda _done, _total: None
        return
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        _DoneColumn(),
        TimeElapsedColumn(),
        console=terminal,
        transient=True,
    )
    task = bar.add_task(title, total=None)
    later = threading.Timer(SHOW_AFTER_S, bar.start)
    later.daemon = True
    later.start()
    try:
        with _telling_of_compilation(bar, task, title):
            yield lambda done, total: bar.update(task, completed=done, total=total)
    finally:
        later.cancel()
        later.join()  # it may just be starting the bar
        if bar.live.is_started:
            bar.stop()


class _DoneColumn(ProgressColumn):
    """The part that is done, or its number where the whole is not known; nothing at first."""

    def render(self, task: Task) -> Text:
        """The column's text."""
        if task.total:
            return Text(f"{task.percentage:3.0f} %")
        return Text(f"{task.completed:,.0f}" if task.completed else "")


@contextmanager
def _telling_of_compilation(bar: Progress, task: TaskID, title: str) -> Iterator[None]:
    log = logging.getLogger(KERNELS_LOG)
    level = log.level
    handler = _Compiling(bar, task, title)
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)


class _Compiling(logging.Handler):
    """Shows on a bar that a kernel is being compiled."""

    def __init__(self, bar: Progress, task: TaskID, title: str) -> None:
        super().__init__()
        self._bar = bar
        self._task = task
        self._title = title

    def emit(self, record: logging.LogRecord) -> None:
        """Takes the begin or the end of a compilation."""
        begins = record.getMessage().startswith("compiling")
        self._bar.update(
            self._task, description=f"{self._title} ({COMPILING})" if begins else self._title
        )
