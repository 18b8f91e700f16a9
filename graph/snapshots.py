"""Where snapshots come from: kept in memory and on disk, brought up to date when asked for."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections import OrderedDict
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple, Protocol

from graph.changelog import encode_changes
from graph.errors import StoreUnavailable
from graph.network import Network, advance, build_network
from graph.network.cache import Saved, SnapshotCache
from graph.network.flat import nbytes
from graph.store import TenantGraph
from graph.versions import PATIENCE_S, Versions

STORE_PATIENCE_S = 8.0
"""Seconds the database has to tell its version, where there is a snapshot to answer from: a busy
one must not pass for one that is down, since answers are older then than who asks expects."""

DOWN_S = 5.0
"""Seconds after a failure in which the database is not asked again."""

MEMORY_BYTES = 2 * 2**30
"""Memory of all snapshots together, unless told otherwise."""

WORTH_SAVING = 20_000
"""Nodes and edges from which a snapshot is saved; smaller ones are scanned in half a second."""

_log = logging.getLogger(__name__)


class Tenants(Protocol):
    """Where the graphs of tenants are: a store, or one graph alone."""

    def tenant(self, tenant_id: str) -> TenantGraph:
        """The graph of one tenant."""
        ...


class View(NamedTuple):
    """A snapshot as somebody gets it.

    Attributes:
        network: the snapshot.
        age_s: seconds since it was last known to be the newest version; 0 = it is.
    """

    network: Network
    age_s: float


@dataclass(slots=True)
class _Held:
    """A tenant's snapshot.

    Attributes:
        network: the newest.
        size: its memory in bytes.
        seen: when its version was last known to be the newest, by `time.monotonic`.
        saved: version of the snapshot on disk; -1 = none.
    """

    network: Network
    size: int
    seen: float
    saved: int = -1


class Snapshots:
    """Gives each tenant's network, by default never older than the tenant's version at the call.

    One snapshot a tenant is held, and brought up to date from the log: some 0.1 s at a million
    edges. Those who ask meanwhile wait for the same work. Where the database does not answer, the
    last one known is given with its age.

    Args:
        store: where the tenants are.
        cache: where snapshots are kept on disk; None = nowhere.
        memory_bytes: of all snapshots together; beyond it the least recently used go. One is
            always held, whatever its size.
        patience_s: how long to wait for a version that the database does not show yet.
    """

    def __init__(
        self,
        store: Tenants,
        *,
        cache: SnapshotCache | None = None,
        memory_bytes: int = MEMORY_BYTES,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._store = store
        self._cache = cache
        self._memory_bytes = memory_bytes
        self._patience_s = patience_s
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._building: dict[str, asyncio.Task[None]] = {}
        self._behind: set[asyncio.Task[None]] = set()
        self._refreshing: set[str] = set()
        self._down_until = 0.0
        self._waiting: dict[str, Versions] = {}

    async def network(self, tenant: str, at_least: int = 0) -> Network:
        """The tenant's network; see `view`."""
        return (await self.view(tenant, at_least)).network

    async def view(self, tenant: str, at_least: int = 0, max_age_s: float = 0.0) -> View:
        """The tenant's network and its age.

        Args:
            tenant: the tenant's id.
            at_least: a version that must be in it: the one its own write returned.
            max_age_s: take one that was the newest that long ago, while a newer one is made.

        Raises:
            TimedOut: the database does not show that version.
            StoreUnavailable: it does not answer, and there is no snapshot of that version.
            BadInput: not a tenant id.
        """
        graph = self._store.tenant(tenant)
        held = self._held.get(tenant)
        if held is not None and held.network.version >= at_least:
            age_s = time.monotonic() - held.seen
            if 0 < max_age_s >= age_s:
                self._held.move_to_end(tenant)
                self._refresh_behind(tenant, graph)
                return View(held.network, age_s)
        try:
            return View(await self._newest(tenant, graph, at_least), 0.0)
        except StoreUnavailable:
            found = await self._without_store(tenant)
            if found is None or found.network.version < at_least:
                raise
            return found

    def held(self, tenant: str) -> Network | None:
        """The tenant's last known network, however old; None where there is none in memory."""
        held = self._held.get(tenant)
        return None if held is None else held.network

    async def close(self) -> None:
        """Ends all work, and saves what changed much since it was saved."""
        for tenant in list(self._held):
            self._save_behind(tenant, self._store.tenant(tenant), at_least_changed=0)
        waiting = [*self._behind, *self._building.values()]
        await asyncio.gather(*waiting, return_exceptions=True)

    # -- the newest version

    async def _newest(self, tenant: str, graph: TenantGraph, at_least: int) -> Network:
        asked = time.monotonic()
        version = await self._asked_version(tenant, graph)
        if version < at_least:
            waiting = self._waiting.setdefault(tenant, Versions(self._patience_s))
            await waiting.reached(partial(self._asked_version, tenant, graph), at_least)
            version = await self._asked_version(tenant, graph)
        while (held := self._held.get(tenant)) is None or held.network.version < version:
            # shielded: who stops waiting does not stop what others, or its own retry, wait for
            building = self._building.get(tenant)
            if building is None or building.done():  # done: of an older version, told in a moment
                building = self._begin(tenant, graph, version, asked)
            await asyncio.shield(building)
        held.seen = max(held.seen, asked)
        self._held.move_to_end(tenant)
        return held.network

    def _refresh_behind(self, tenant: str, graph: TenantGraph) -> None:
        if tenant not in self._refreshing:
            self._refreshing.add(tenant)
            self._do_behind(self._refresh(tenant, graph))

    async def _refresh(self, tenant: str, graph: TenantGraph) -> None:
        try:
            await self._newest(tenant, graph, 0)
        except StoreUnavailable as error:
            _log.warning("the snapshot of %s cannot be brought up to date: %s", tenant, error)
        finally:
            self._refreshing.discard(tenant)

    async def _asked_version(self, tenant: str, graph: TenantGraph) -> int:
        if tenant not in self._held:
            return await graph.version()
        if time.monotonic() < self._down_until:
            raise StoreUnavailable("the database did not answer a moment ago; try again")
        try:
            async with asyncio.timeout(STORE_PATIENCE_S):
                return await graph.version()
        except (TimeoutError, StoreUnavailable) as error:
            self._down_until = time.monotonic() + DOWN_S
            raise StoreUnavailable(
                "the database did not tell its version; check that it runs, and try again"
            ) from error

    async def _without_store(self, tenant: str) -> View | None:
        held = self._held.get(tenant)
        if held is not None:
            return View(held.network, time.monotonic() - held.seen)
        saved = await self._load(tenant)
        if saved is None:
            return None
        age = datetime.now(UTC) - saved.network.computed_at
        return View(saved.network, max(0.0, age.total_seconds()))

    # -- building

    def _begin(
        self, tenant: str, graph: TenantGraph, version: int, asked: float
    ) -> asyncio.Task[None]:
        def ended(task: asyncio.Task[None]) -> None:
            if self._building.get(tenant) is task:
                del self._building[tenant]
            if not task.cancelled():
                task.exception()  # those who wait have seen it

        building = asyncio.create_task(self._build(tenant, graph, version, asked))
        self._building[tenant] = building
        building.add_done_callback(ended)
        return building

    async def _build(self, tenant: str, graph: TenantGraph, version: int, asked: float) -> None:
        held = self._held.get(tenant) or await self._reopened(tenant, graph, version)
        network = None if held is None else held.network
        if network is not None and network.version < version:
            network = await advance(network, graph, version)
        if network is None:
            network = await build_network(graph)
        saved = -1 if held is None else held.saved
        self._hold(tenant, graph, _Held(network, nbytes(network), asked, saved))

    async def _reopened(self, tenant: str, graph: TenantGraph, version: int) -> _Held | None:
        """The tenant's snapshot on disk, if it belongs to the log that the database has."""
        saved = await self._load(tenant)
        if saved is None or saved.network.version > version:
            return None
        if await _mark(graph, saved.network.version) != saved.mark:
            _log.warning("the saved snapshot of %s is of another database; it is made anew", tenant)
            return None
        network = saved.network
        return _Held(network, nbytes(network), time.monotonic(), network.version)

    async def _load(self, tenant: str) -> Saved | None:
        return None if self._cache is None else await asyncio.to_thread(self._cache.load, tenant)

    def _hold(self, tenant: str, graph: TenantGraph, held: _Held) -> None:
        self._held[tenant] = held
        self._held.move_to_end(tenant)
        self._save_behind(tenant, graph, at_least_changed=1_000 + len(held.network) // 20)
        used = sum(one.size for one in self._held.values())
        while used > self._memory_bytes and len(self._held) > 1:
            least = next(iter(self._held))
            self._save_behind(least, self._store.tenant(least), at_least_changed=0)
            used -= self._held.pop(least).size

    # -- saving

    def _save_behind(self, tenant: str, graph: TenantGraph, *, at_least_changed: int) -> None:
        """Saves a snapshot that is large, and some versions newer than the one on disk."""
        held = self._held[tenant]
        if self._cache is None or held.saved == held.network.version:
            return
        if held.saved >= 0 and held.network.version - held.saved < at_least_changed:
            return
        if len(held.network) + sum(map(len, held.network.edges.values())) >= WORTH_SAVING:
            self._do_behind(self._save(graph, held, self._cache))

    async def _save(self, graph: TenantGraph, held: _Held, cache: SnapshotCache) -> None:
        before, held.saved = held.saved, held.network.version
        try:
            mark = await _mark(graph, held.network.version)
        except StoreUnavailable:
            mark = None
        if mark is None:
            held.saved = before
            return
        saved = await asyncio.to_thread(cache.save, graph.tenant, held.network, mark)
        if saved is not None and saved.network.version == held.network.version:
            held.network = saved.network  # the pages are shared with other processes

    def _do_behind(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._behind.add(task)
        task.add_done_callback(self._behind.discard)


async def _mark(graph: TenantGraph, version: int) -> str | None:
    """A fingerprint of the commit that made a version: no other database has the same."""
    entries = await graph.log(version - 1, 1)
    if not entries or entries[0].version != version:
        return None
    entry = entries[0]
    text = f"{entry.version} {entry.at.isoformat()} {entry.actor} {encode_changes(entry.changes)}"
    return hashlib.sha256(text.encode()).hexdigest()
