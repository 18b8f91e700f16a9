"""The store under test, in turn each of the table of stores."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

import pytest

from graph.store import Store, TenantGraph
from tests.graph.stores import STORES, StoreRow


@pytest.fixture(
    scope="session",
    params=[
        pytest.param(row, id=row.name, marks=[pytest.mark.neo4j] if row.server else [])
        for row in STORES.values()
    ],
)
def row(request: pytest.FixtureRequest) -> StoreRow:
    """One row of the table of stores."""
    found: StoreRow = request.param
    return found


@pytest.fixture(scope="session")
def place(row: StoreRow, request: pytest.FixtureRequest) -> str:
    """Where the store under test keeps its data: a folder of its own, or a server's URL."""
    if row.server:
        return str(request.getfixturevalue("neo4j_url"))
    factory: pytest.TempPathFactory = request.getfixturevalue("tmp_path_factory")
    return str(factory.mktemp(row.name))


@pytest.fixture(scope="session")
async def store(row: StoreRow, place: str) -> AsyncIterator[Store]:
    """An open store; tests share it, each with a tenant of its own."""
    opened = row.open(place)
    await opened.ready()
    yield opened
    await opened.close()


def new_tenant() -> str:
    """A tenant id that no other test uses."""
    return f"t-{uuid.uuid4().hex}"


@pytest.fixture
def graph(store: Store) -> TenantGraph:
    """A tenant without data."""
    return store.tenant(new_tenant())
