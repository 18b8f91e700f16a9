"""A client that writes through the whole schema, on each store of the table of stores."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from graph.sqlite import SqliteStore
from graph.store import Store, TenantGraph
from schema.build import Schema
from schema.context import Context
from tests.graph.stores import STORES, StoreRow

SINGLE = ("update", "recordReferral")
ENDING = "version replayed errors { index code message field }"


class Recording:
    """Passes all on to a graph and keeps the names of the calls."""

    def __init__(self, graph: TenantGraph) -> None:
        self._graph = graph
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        self.calls.append(name)
        return getattr(self._graph, name)


@dataclass
class Writer:
    """Writes through the real schema.

    Attributes:
        schema: the whole schema.
        graph: the tenant's graph.
        calls: the store calls of the last operation.
    """

    schema: Schema
    graph: TenantGraph
    calls: list[str] = field(default_factory=list)

    async def run(self, query: str, **variables: Any) -> tuple[Any, list[dict[str, Any]]]:
        """Data and errors, as a client gets them."""
        recording = Recording(self.graph)
        context = Context(recording, actor="anna")
        result = await self.schema.execute(query, variable_values=variables, context_value=context)
        self.calls = recording.calls
        return result.data, [dict(e.formatted) for e in result.errors or ()]

    async def mutate(
        self, name: str, given: Any, shows: str = ""
    ) -> tuple[Any, list[dict[str, Any]]]:
        """The mutation's payload, and the errors beside it."""
        single = name.startswith(SINGLE) and not name.endswith("Referrals")
        title = name[0].upper() + name[1:]
        taken = "Deletion" if name.startswith(("delete", "disconnect")) else title
        outcomes = "outcome" if single else "outcomes"
        query = (
            f"mutation ($input: {taken}Input!) {{ {name}(input: $input) "
            f"{{ {shows} {outcomes} {{ key action revision }} {ENDING} }} }}"
        )
        data, errors = await self.run(query, input=given)
        return data and data[name], errors

    async def write(self, name: str, given: Any, shows: str = "") -> Any:
        """The payload of a mutation that must write."""
        payload, errors = await self.mutate(name, given, shows)
        assert errors == []
        assert payload["errors"] == []
        return payload

    async def problems(self, name: str, given: Any) -> list[tuple[int, str, str | None]]:
        """Place, code and field of each thing wrong, of a mutation that must write nothing."""
        return [(p["index"], p["code"], p["field"]) for p in await self.refused(name, given)]

    async def refused(self, name: str, given: Any) -> list[dict[str, Any]]:
        """The problems of a mutation that must write nothing."""
        before = await self.graph.version()
        payload, errors = await self.mutate(name, given)
        assert errors == []
        assert (payload["version"], payload["replayed"]) == (None, False)
        assert payload.get("outcomes", []) == []
        assert payload.get("outcome") is None
        assert await self.graph.version() == before
        found: list[dict[str, Any]] = payload["errors"]
        return found

    async def error(self, name: str, given: Any) -> dict[str, Any]:
        """The one error of a mutation that fails as a whole and writes nothing."""
        before = await self.graph.version()
        payload, errors = await self.mutate(name, given)
        assert payload is None
        assert await self.graph.version() == before
        (found,) = errors
        return found


@pytest.fixture(
    scope="session",
    params=[
        pytest.param(row, id=row.name, marks=[pytest.mark.neo4j] if row.server else [])
        for row in STORES.values()
    ],
)
async def each_store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    """In turn each store of the table, open; tests share it, each with a tenant of its own."""
    row: StoreRow = request.param
    if row.server:
        place = str(request.getfixturevalue("neo4j_url"))
    else:
        factory: pytest.TempPathFactory = request.getfixturevalue("tmp_path_factory")
        place = str(factory.mktemp(row.name))
    opened = row.open(place)
    await opened.ready()
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
async def file_store(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Store]:
    """An embedded store; tests share it, each with a tenant of its own."""
    opened = SqliteStore(tmp_path_factory.mktemp("mutations"))
    yield opened
    await opened.close()


@pytest.fixture
def each_writer(each_store: Store, schema: Schema) -> Writer:
    """Writes to a tenant without data: for rules that the stores have a part in."""
    return Writer(schema, each_store.tenant(new_tenant()))


@pytest.fixture
def writer(file_store: Store, schema: Schema) -> Writer:
    """Writes to a tenant without data of the embedded store."""
    return Writer(schema, file_store.tenant(new_tenant()))


def new_tenant() -> str:
    """A tenant id that no other test uses."""
    return f"t-{uuid.uuid4().hex}"


async def people(writer: Writer, *keys: str) -> None:
    """Contacts of these keys, each named as its key in capitals."""
    await writer.write(
        "upsertContacts", {"contacts": [{"key": k, "name": k.upper()} for k in keys]}
    )


def contact(key: str) -> dict[str, str]:
    """Names a contact as the end of an edge."""
    return {"kind": "CONTACT", "key": key}
