"""The driver's sessions for reading, kept for the next statement."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

from neo4j import AsyncSession


class Sessions:
    """Sessions that are free: to make one takes a tenth of what a small read costs.

    A statement by itself, read to its end, gives its connection back, so that a free session
    holds none. Where anything went wrong, the session is not used again.

    Args:
        make: makes a session.
    """

    def __init__(self, make: Callable[[], AsyncSession]) -> None:
        self._make = make
        self._free: list[AsyncSession] = []
        self._closed = False

    def one(self) -> _Held:
        """A session for one statement: `async with sessions.one() as session`."""
        return _Held(self, self._free.pop() if self._free else self._make())

    async def take_back(self, session: AsyncSession) -> None:
        """Keeps a session for others."""
        if self._closed:
            await session.close()
        else:
            self._free.append(session)

    async def close(self) -> None:
        """Closes them, and what is taken back from now on."""
        self._closed = True
        while self._free:
            await self._free.pop().close()


class _Held:
    """Holds one session; a class, which costs less than a generator."""

    __slots__ = ("_session", "_sessions")

    def __init__(self, sessions: Sessions, session: AsyncSession) -> None:
        self._sessions = sessions
        self._session = session

    async def __aenter__(self) -> AsyncSession:
        return self._session

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            await self._sessions.take_back(self._session)
        else:
            # which also gives up the connection of who was cancelled, as `close` does not
            await self._session.__aexit__(kind, error, trace)  # type: ignore[no-untyped-call]
