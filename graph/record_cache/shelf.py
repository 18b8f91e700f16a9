"""What is kept of one tenant, and the version it is current to."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Iterable
from typing import Any

from graph.looks import Looks
from graph.record_cache.depends import touched
from graph.record_cache.kept import Entry, Kept, Tables
from graph.store import TenantGraph

MOST_BEHIND = 100
"""Commits that are read from the log to learn what they changed; after more, all is let go."""


class Shelf(Tables):
    """One tenant's entries, none older than `version`.

    Attributes:
        kept: the bound that it shares with others.
        version: every commit up to it has been taken into account.
        newest: the highest version known to exist.
        looks: at the database's version.
        turn: grows whenever entries may have been let go for being outdated: what was read
            before that may be outdated too.
    """

    def __init__(self, kept: Kept) -> None:
        super().__init__()
        self.kept = kept
        self.version = 0
        self.newest = 0
        self.looks = Looks()
        self.turn = 0
        self._alone = asyncio.Lock()

    def saw(self, version: int) -> None:
        """Takes note that a version exists."""
        self.newest = max(self.newest, version)

    async def check(self, graph: TenantGraph, since: float) -> None:
        """Learns the database's version, by a look that began at `since` or later."""
        await self.looks.since(since, lambda: self._look(graph))

    async def _look(self, graph: TenantGraph) -> None:
        known = self.newest
        version = await graph.version()
        if version < known:  # another database stands in the place of the one known
            async with self._alone:
                self._clear()
                self.version = self.newest = version
        self.saw(version)

    async def follow(self, graph: TenantGraph) -> None:
        """Lets go what the commits up to `newest` have changed."""
        async with self._alone:
            while self.version < self.newest:
                newest = self.newest
                if not self.tables or newest - self.version > MOST_BEHIND:
                    self._clear()
                    self.version = newest
                    return
                entries = await graph.log(self.version, MOST_BEHIND)
                if not entries or entries[0].version != self.version + 1:  # the log was cut
                    self._clear()
                    self.version = newest
                    return
                self.turn += 1
                for tag in {t for entry in entries for c in entry.changes for t in touched(c)}:
                    self.kept.drop_tagged(self, tag)
                self.version = entries[-1].version

    def skip(self, version: int) -> None:
        """Lets all go, for a commit that changed much."""
        self.saw(version)
        self._clear()

    def _clear(self) -> None:
        self.turn += 1
        self.kept.drop_all(self)

    def keep(
        self,
        place: tuple[Hashable, Hashable],
        value: Any,
        tags: Iterable[Hashable],
        size: int,
    ) -> None:
        """Keeps an answer."""
        self.kept.put(Entry(self, place, value, tags, size))
