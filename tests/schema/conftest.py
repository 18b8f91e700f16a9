"""A schema over a real store whose calls are recorded."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from graph.model import NodeRef, Record
from graph.query import FindQuery, Hit, Page, RelatedQuery
from graph.store import SearchHit, TenantGraph
from schema.build import Schema, build_schema
from schema.context import Context
from tests.graph.stores import STORES, StoreRow
from tests.schema.world import company

Fields = frozenset[str] | None


class RecordingGraph:
    """Passes reads on to a real graph and keeps (what was called, for how many)."""

    def __init__(self, graph: TenantGraph) -> None:
        self._graph = graph
        self.calls: list[tuple[str, int]] = []

    async def nodes(
        self, kind: str, keys: Sequence[str], fields: Fields = None
    ) -> Mapping[str, Record]:
        self.calls.append(("nodes", len(keys)))
        return await self._graph.nodes(kind, keys, fields)

    async def records(
        self, refs: Sequence[NodeRef], fields: Fields = None
    ) -> Mapping[NodeRef, Record]:
        self.calls.append(("records", len(refs)))
        return await self._graph.records(refs, fields)

    async def find(self, query: FindQuery) -> Page[Record]:
        self.calls.append(("find", 1))
        return await self._graph.find(query)

    async def related(
        self, query: RelatedQuery, anchors: Sequence[NodeRef]
    ) -> Mapping[NodeRef, Page[Hit]]:
        self.calls.append(("related", len(anchors)))
        return await self._graph.related(query, anchors)

    async def counts(
        self, query: RelatedQuery, anchors: Sequence[NodeRef]
    ) -> Mapping[NodeRef, int]:
        self.calls.append(("counts", len(anchors)))
        return await self._graph.counts(query, anchors)

    async def search(self, text: str, kinds: Sequence[str], first: int) -> list[SearchHit]:
        self.calls.append(("search", 1))
        return await self._graph.search(text, kinds, first)


@dataclass
class Client:
    """Asks the real schema.

    Attributes:
        schema: the whole schema.
        graph: the graph it reads, with its calls.
    """

    schema: Schema
    graph: Any

    @property
    def calls(self) -> list[tuple[str, int]]:
        """The store calls of the last query, in the order they were made."""
        found: list[tuple[str, int]] = self.graph.calls
        return found

    async def run(self, query: str, **variables: Any) -> tuple[Any, list[dict[str, Any]]]:
        """Data and errors, as a client gets them."""
        self.calls.clear()
        result = await self.schema.execute(
            query, variable_values=variables, context_value=Context(self.graph)
        )
        return result.data, [dict(e.formatted) for e in result.errors or ()]

    async def ask(self, query: str, **variables: Any) -> Any:
        """Data of a query that must have no errors."""
        data, errors = await self.run(query, **variables)
        assert errors == []
        return data

    async def keys(self, root: str, **arguments: Any) -> list[str]:
        """Keys of the records on a page of a root connection."""
        kind = {"staff": "Staff"}.get(root, root[:-1].capitalize())
        query = (
            f"query ($filter: {kind}Filter, $orderBy: [{kind}Order!], $first: Int) "
            f"{{ {root}(filter: $filter, orderBy: $orderBy, first: $first) "
            "{ edges { node { key } } } }"
        )
        data = await self.ask(query, **{"first": 100, **arguments})
        return [edge["node"]["key"] for edge in data[root]["edges"]]

    async def refused(self, query: str, **variables: Any) -> dict[str, Any]:
        """The one error of a query that must fail."""
        _, errors = await self.run(query, **variables)
        assert len(errors) == 1, errors
        return errors[0]


@pytest.fixture(scope="session")
def schema() -> Schema:
    """The whole schema."""
    return build_schema()


@asynccontextmanager
async def _opened(row: StoreRow, place: str) -> AsyncIterator[TenantGraph]:
    store = row.open(place)
    try:
        await store.ready()
        graph = store.tenant(f"schema-{uuid.uuid4().hex}")
        await graph.commit(company(), actor="test")
        yield graph
    finally:
        await store.close()


@pytest.fixture(scope="session")
async def company_graph(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TenantGraph]:
    """The company in a SQLite store; tests only read it."""
    async with _opened(STORES["sqlite"], str(tmp_path_factory.mktemp("company"))) as graph:
        yield graph


@pytest.fixture(scope="session")
async def company_on_neo4j(neo4j_url: str) -> AsyncIterator[TenantGraph]:
    """The company in Neo4j; tests only read it."""
    async with _opened(STORES["neo4j"], neo4j_url) as graph:
        yield graph


@pytest.fixture
def client(schema: Schema, company_graph: TenantGraph) -> Client:
    """Asks the schema about the company."""
    return Client(schema, RecordingGraph(company_graph))


@pytest.fixture(params=["company_graph", pytest.param("company_on_neo4j", marks=pytest.mark.neo4j)])
def either(schema: Schema, request: pytest.FixtureRequest) -> Client:
    """The same on each store, for the rules that the stores' contract suite does not hold."""
    return Client(schema, RecordingGraph(request.getfixturevalue(request.param)))
