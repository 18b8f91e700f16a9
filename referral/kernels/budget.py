"""How long a computation may take, and a way to stop it from outside."""

from __future__ import annotations

import threading
import time

from graph.errors import TimedOut


class Budget:
    """Looked at between chunks of a computation, which are well under a second each.

    Args:
        seconds: from now on; None = as long as it takes.
        cancel: stops the computation when another thread sets it.

    >>> Budget(60).check("reach")
    """

    __slots__ = ("_begun", "_cancel", "_seconds")

    def __init__(self, seconds: float | None = None, cancel: threading.Event | None = None) -> None:
        self._begun = time.monotonic()
        self._seconds = seconds
        self._cancel = cancel

    def check(self, what: str) -> None:
        """Goes on, or stops the computation of `what`.

        Raises:
            TimedOut: the time is over, or the flag is set.
        """
        if self._cancel is not None and self._cancel.is_set():
            raise TimedOut(f"{what} was cancelled; ask again for an answer")
        if self._seconds is not None and time.monotonic() - self._begun >= self._seconds:
            raise TimedOut(
                f"{what} takes longer than the {self._seconds:g} s allowed; "
                "ask about fewer parties or edges, or allow more time"
            )

    def stopped(self) -> bool:
        """Whether it was told to stop; time that is over does not count."""
        return self._cancel is not None and self._cancel.is_set()

    def left(self) -> float | None:
        """Seconds that are left; 0 once it is stopped, None = as long as it takes."""
        if self.stopped():
            return 0.0
        if self._seconds is None:
            return None
        return max(0.0, self._begun + self._seconds - time.monotonic())


UNLIMITED = Budget()
"""As long as it takes."""
