"""A store whose reads are answered from memory where they can be."""

from __future__ import annotations

from graph.record_cache.kept import Kept
from graph.record_cache.shelf import Shelf
from graph.record_cache.tenant import CachedTenant
from graph.store import Store


class CachedStore:
    """Another store, and what was last read from it; see `graph.store.Store`.

    Args:
        store: the other store.
        limit: most bytes that are kept of all tenants together.
        max_age_s: by how many seconds a view may lag behind what other processes wrote.

    Attributes:
        kept: what is kept, and how often it served.
    """

    def __init__(self, store: Store, limit: int, max_age_s: float = 0.0) -> None:
        self._store = store
        self._max_age_s = max_age_s
        self._shelves: dict[str, Shelf] = {}
        self.kept = Kept(limit)

    def tenant(self, tenant_id: str) -> CachedTenant:
        """A view of one tenant, for one request."""
        graph = self._store.tenant(tenant_id)
        shelf = self._shelves.get(tenant_id)
        if shelf is None:
            shelf = self._shelves[tenant_id] = Shelf(self.kept)
        return CachedTenant(graph, shelf, self._max_age_s)

    async def tenants(self) -> list[str]:
        """Ids of the tenants that have data, sorted."""
        return await self._store.tenants()

    async def ready(self) -> None:
        """Returns when the database answers."""
        await self._store.ready()

    async def close(self) -> None:
        """Ends all work and gives back every connection and lock."""
        await self._store.close()
