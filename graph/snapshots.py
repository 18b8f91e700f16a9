"""Where snapshots come from: one for each tenant, made when it is first asked for or outdated."""

from __future__ import annotations

import asyncio

from graph.errors import TimedOut
from graph.network import Network, build_network
from graph.store import Store, TenantGraph

PATIENCE_S = 5.0
"""Seconds to wait for a version that the database does not show yet."""

_PAUSE_S = 0.02


class Snapshots:
    """Gives each tenant's network, never older than the tenant's version at the call.

    It holds one snapshot a tenant; those who ask while it is being made wait for the same one.
    """

    def __init__(self, store: Store, *, patience_s: float = PATIENCE_S) -> None:
        self._store = store
        self._patience_s = patience_s
        self._held: dict[str, Network] = {}
        self._building: dict[str, asyncio.Task[None]] = {}

    async def network(self, tenant: str, at_least: int = 0) -> Network:
        """The tenant's network.

        Args:
            tenant: the tenant's id.
            at_least: a version that must be in it: the one its own write returned.

        Raises:
            TimedOut: the database does not show that version.
            BadInput: not a tenant id.
        """
        graph = self._store.tenant(tenant)
        version = await self._version(graph, at_least)
        while (held := self._held.get(tenant)) is None or held.version < version:
            # shielded: who stops waiting does not stop what others, or its own retry, wait for
            await asyncio.shield(self._building.get(tenant) or self._begin(tenant, graph))
        return held

    def _begin(self, tenant: str, graph: TenantGraph) -> asyncio.Task[None]:
        def ended(task: asyncio.Task[None]) -> None:
            del self._building[tenant]
            if not task.cancelled():
                task.exception()  # those who wait have seen it

        building = self._building[tenant] = asyncio.create_task(self._build(tenant, graph))
        building.add_done_callback(ended)
        return building

    async def _build(self, tenant: str, graph: TenantGraph) -> None:
        self._held[tenant] = await build_network(graph)

    async def _version(self, graph: TenantGraph, at_least: int) -> int:
        """The tenant's version, once it is that great: a database's copies may lag behind."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._patience_s
        while (version := await graph.version()) < at_least:
            if loop.time() > end:
                raise TimedOut(
                    f"version {at_least} is not there; the newest is {version}; "
                    "use the version that your write returned"
                )
            await asyncio.sleep(_PAUSE_S)
        return version
