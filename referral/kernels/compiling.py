"""Compiling kernels: one decorator, with a word in the log when the cache does not have one yet."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit
from numba.core import event

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])

_log = logging.getLogger(__name__)


def compiled(function: FunctionT) -> FunctionT:
    """Compiles a kernel at its first call with arguments of new types, and keeps the code on disk.

    It runs without Python's global lock, so that a server goes on answering meanwhile. A division
    by zero gives infinity or NaN as in numpy.
    """
    made: Any = njit(cache=True, nogil=True, error_model="numpy")(function)
    return cast(FunctionT, made)


class Announcer(event.Listener):
    """Logs what is compiled because no cache has it: that takes seconds, once."""

    def __init__(self) -> None:
        self._begun: dict[str, float] = {}

    def on_start(self, event: Any) -> None:
        """A compilation begins; a cache that has the code never comes here."""
        name = _name(event.data["dispatcher"])
        if name:
            self._begun[name] = time.perf_counter()
            _log.info("compiling %s: first use without a cache, some seconds", name)

    def on_end(self, event: Any) -> None:
        """A compilation is over."""
        name = _name(event.data["dispatcher"])
        if name in self._begun:
            seconds = time.perf_counter() - self._begun.pop(name)
            _log.info("compiled %s in %.1f s; `renmai warm` does it ahead", name, seconds)


def _name(dispatcher: Any) -> str:
    """Dotted name of one of our kernels; empty for functions of others."""
    function = dispatcher.py_func
    module: str = function.__module__
    return f"{module}.{function.__name__}" if module.startswith("referral.") else ""


event.register("numba:compile", Announcer())  # type: ignore[no-untyped-call]
