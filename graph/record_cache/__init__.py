"""Records and pages kept in memory in front of a store, never older than a reader may see.

    store    a store whose reads are answered from memory where they can be
    tenant   one request's view of a tenant
    shelf    what is kept of one tenant, and the version it is current to
    kept     the one bound on memory of all tenants together
    depends  what a kept answer depends on
    sizes    how much memory records take

The rule of freshness stands in docs/decisions/0007-record-cache.md.
"""

from graph.record_cache.store import CachedStore

__all__ = ["CachedStore"]
