"""The store under test, in turn each of the table of stores."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from graph.store import Store, TenantGraph
from tests.graph.stores import STORES, StoreRow
from tests.graph.strategies import WORLDS, upserts, world


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


@pytest.fixture(scope="session")
async def graphs(store: Store) -> list[TenantGraph]:
    """Tenants that hold the small graphs `strategies.world(0)` and on."""
    loaded = [store.tenant(new_tenant()) for _ in range(WORLDS)]
    for seed, tenant in enumerate(loaded):
        await tenant.commit(upserts(world(seed)), actor="tests")
    return loaded


class Budget:
    """How many random examples a test tries on one store: hypothesis knows one number for all."""

    def __init__(self, examples: int) -> None:
        self._left = examples
        self._failing = False

    def spent(self) -> bool:
        """Whether the next example is one too many; none is while a failure is being shrunk."""
        self._left -= 1
        return self._left < 0 and not self._failing

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Notes a failure of what is inside."""
        try:
            yield
        except BaseException:
            self._failing = True
            raise


@pytest.fixture
def budget(row: StoreRow) -> Budget:
    """The budget of one test on one store."""
    return Budget(row.examples)


@pytest.fixture
def fresh_place(row: StoreRow, place: str, tmp_path: Path) -> str:
    """A place that no other store is using: an empty folder, or the server, which all may use."""
    return place if row.server else str(tmp_path / "store")
