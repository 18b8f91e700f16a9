"""The Neo4j store: its connection and its tenants."""

from __future__ import annotations

from functools import partial

from graph.inputs import validate_tenant
from graph.neo4j_store.connection import Connection
from graph.neo4j_store.joining import Joining
from graph.neo4j_store.preparing import prepare
from graph.neo4j_store.schema import MIGRATIONS
from graph.neo4j_store.tenant import Neo4jTenant


class Neo4jStore:
    """A Neo4j database (5.26 or newer; Community is enough) as a store of many tenants.

    Nothing is connected before the first use. Schema and migrations run then, once, under a lock
    that processes share.
    """

    def __init__(
        self,
        url: str,
        user: str,
        password: str,
        *,
        database: str = "neo4j",
        pool_size: int = 50,
        connect_timeout_s: float = 5.0,
        queue_timeout_s: float = 15.0,
        retry_s: float = 15.0,
        statement_timeout_s: float = 60.0,
    ) -> None:
        """Describes the way to the database.

        Args:
            url: the server, without credentials: bolt://host:7687, neo4j+s://host ...
            user: who signs in.
            password: that user's.
            database: the database's name.
            pool_size: most connections at a time.
            connect_timeout_s: longest wait for the server to take a connection.
            queue_timeout_s: longest wait for one of the pool to become free.
            retry_s: how long what the server says may pass (a change of leader, a deadlock) is
                tried again; a server that does not answer at all is for `patience.OUTAGE_S`.
            statement_timeout_s: longest time of one transaction.

        Raises:
            BadInput: the URL is not one of a Neo4j server.
        """
        self._connection = Connection(
            url,
            user,
            password,
            database=database,
            pool_size=pool_size,
            connect_timeout_s=connect_timeout_s,
            queue_timeout_s=queue_timeout_s,
            retry_s=retry_s,
            statement_timeout_s=statement_timeout_s,
            prepare=partial(prepare, migrations=MIGRATIONS),
        )
        self._joining = Joining()

    def tenant(self, tenant_id: str) -> Neo4jTenant:
        """The graph of one tenant."""
        return Neo4jTenant(self._connection, self._joining, validate_tenant(tenant_id))

    async def tenants(self) -> list[str]:
        """Ids of the tenants that have data, sorted."""
        (found,) = await self._connection.read(
            "MATCH (t:Tenant) WHERE t.version > 0 RETURN collect(t.tenantId) AS found", {}
        )
        return sorted(found)

    async def ready(self) -> None:
        """Returns when the database answers and fits this version of renmai."""
        await self._connection.ready()

    async def close(self) -> None:
        """Gives back every connection."""
        await self._connection.close()
