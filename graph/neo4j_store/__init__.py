"""The store on a Neo4j server: several processes, several tenants in one database."""

from graph.neo4j_store.store import Neo4jStore

__all__ = ["Neo4jStore"]
