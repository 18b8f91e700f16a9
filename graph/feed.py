"""Follows tenants' change logs: every commit in order, without gaps, soon after it was made.

Whoever follows reads at its own pace, so nothing piles up for a slow one: the commits of late are
kept for all, within a bound, and who is further behind reads the log itself. Commits of this
process are told at once (`Feed.wake`), those of others are found by looking at the version; one
look serves all followers of a tenant.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager, suppress

from graph.errors import BadInput, StoreUnavailable
from graph.store import LogEntry, Store, TenantGraph

BATCH = 100
"""Most commits read from the log at once."""

MOST_COMMITS = 256
MOST_CHANGES = 10_000
"""What is kept for all followers of a tenant: some 3 MB at most."""


class Feed:
    """One tenant's commits, for all who follow them in this process.

    Args:
        graph: the tenant's graph.
        poll_s: how often to look for commits of other processes.

    Attributes:
        followers: how many follow now.
    """

    def __init__(self, graph: TenantGraph, poll_s: float) -> None:
        self._graph = graph
        self._poll_s = poll_s
        self._newest = 0
        self._kept: deque[LogEntry] = deque()
        self._changes = 0
        self._looking = asyncio.Lock()
        self._woken = asyncio.Event()
        self._moved = asyncio.Event()
        self._poller: asyncio.Task[None] | None = None
        self._closed = False
        self._trouble: BaseException | None = None
        self.followers = 0

    async def start(self, after: int | None) -> int:
        """The version that a follower begins after: `after`, or the newest one.

        Raises:
            BadInput: no commit has had that version yet, or can have it.
            StoreUnavailable: the store does not answer.
        """
        if after is not None and after < 0:
            raise BadInput(f"after: {after:,} is no version; take one from an answer, or 0 for all")
        if after is not None and after <= self._newest:
            return after
        await self._look()
        if after is None:
            return self._newest
        if after > self._newest:
            raise BadInput(
                f"after: no commit has version {after:,} yet, the newest is {self._newest:,}; "
                "take a version from an answer"
            )
        return after

    async def follow(self, after: int) -> AsyncGenerator[LogEntry]:
        """Every commit after that version, oldest first; ends when the feed is closed.

        Raises:
            StoreUnavailable: the log had to be read and the store did not answer.
        """
        with self._followed():
            while not self._closed:
                moved = self._moved
                entries = await self._next(after)
                if self._trouble is not None:
                    raise self._trouble
                if not entries:
                    await self._wait(moved, behind=after < self._newest)
                for entry in entries:
                    yield entry
                    after = entry.version

    async def _wait(self, moved: asyncio.Event, *, behind: bool) -> None:
        """Returns when there may be more; `behind`: a member of a cluster lacks what there is."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._poll_s if behind else None):
                await moved.wait()

    async def _next(self, after: int) -> list[LogEntry]:
        """Some of the commits after that version; none if there is none, or not to be seen yet."""
        if after >= self._newest:
            return []
        if self._kept and self._kept[0].version <= after + 1:
            return [entry for entry in self._kept if entry.version > after]
        return await self._read(after, self._newest)

    async def _read(self, after: int, newest: int) -> list[LogEntry]:
        # none beyond the version that was looked at: what is kept of records is as new as that
        entries = await self._graph.log(after, BATCH)
        return [entry for entry in entries if entry.version <= newest]

    @contextmanager
    def _followed(self) -> Iterator[None]:
        self.followers += 1
        if self._poller is None:
            self._trouble = None
            self._poller = asyncio.create_task(self._poll())
            self._poller.add_done_callback(self._ended)
        try:
            yield
        finally:
            self.followers -= 1
            if not self.followers:
                self._stop()

    def wake(self) -> None:
        """Says that this process has committed something."""
        self._woken.set()

    async def _poll(self) -> None:
        while True:
            with suppress(StoreUnavailable):  # whoever reads from it is told; it may come back
                await self._look()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._poll_s):
                    await self._woken.wait()
            self._woken.clear()

    async def _look(self) -> None:
        """Takes note of what was committed since the last look."""
        async with self._looking:
            newest = await self._graph.version()
            if newest <= self._newest:
                return
            if self.followers and newest - self._newest <= BATCH:
                self._keep(await self._read(self._newest, newest))
            if not self._kept or self._kept[-1].version != newest:
                self._forget()
            self._newest = newest
            moved, self._moved = self._moved, asyncio.Event()
            moved.set()

    def _keep(self, entries: list[LogEntry]) -> None:
        for entry in entries:
            self._kept.append(entry)
            self._changes += len(entry.changes)
        while len(self._kept) > MOST_COMMITS or (self._kept and self._changes > MOST_CHANGES):
            self._changes -= len(self._kept.popleft().changes)

    def _forget(self) -> None:
        self._kept.clear()
        self._changes = 0

    def _ended(self, poller: asyncio.Task[None]) -> None:
        """Lets followers fail with what nobody expected, instead of waiting for ever."""
        if not poller.cancelled():
            self._trouble = poller.exception()
            self._moved.set()

    def _stop(self) -> None:
        if self._poller is not None:
            self._poller.cancel()
            self._poller = None
        self._forget()

    def close(self) -> None:
        """Ends it for all followers."""
        self._closed = True
        self._stop()
        self._moved.set()


class Feeds:
    """The feeds of a store's tenants.

    Args:
        store: the store.
        poll_s: how often to look for commits of other processes.
    """

    def __init__(self, store: Store, poll_s: float) -> None:
        self._store = store
        self._poll_s = poll_s
        self._feeds: dict[str, Feed] = {}

    def of(self, tenant: str) -> Feed:
        """One tenant's feed."""
        found = self._feeds.get(tenant)
        if found is None:
            found = self._feeds[tenant] = Feed(self._store.tenant(tenant), self._poll_s)
        return found

    def close(self) -> None:
        """Ends all of them."""
        for feed in self._feeds.values():
            feed.close()
