from __future__ import annotations

import asyncio

import pytest

from graph import snapshots as module
from graph.errors import BadInput, TimedOut
from graph.model import NodeRef
from graph.network import Network, build_network
from graph.snapshots import Snapshots
from graph.store import Store, TenantGraph, Upsert
from tests.graph.conftest import new_tenant


class Counted:
    """Counts how many snapshots are built."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.built = 0
        self.begun = asyncio.Event()
        monkeypatch.setattr(module, "build_network", self.build)

    async def build(self, graph: TenantGraph) -> Network:
        self.built += 1
        self.begun.set()
        return await build_network(graph)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    return Counted(monkeypatch)


async def write(store: Store, tenant: str, key: str) -> int:
    change = Upsert("Contact", key, {"name": key})
    return (await store.tenant(tenant).commit([change], actor="test")).version


async def test_the_same_snapshot_serves_until_somebody_writes(
    store: Store, counted: Counted
) -> None:
    tenant, snapshots = new_tenant(), Snapshots(store)
    await write(store, tenant, "a")

    first = await snapshots.network(tenant)
    again = await snapshots.network(tenant)
    version = await write(store, tenant, "b")
    after = await snapshots.network(tenant, at_least=version)

    assert again is first
    assert (len(first), len(after), after.version) == (1, 2, version)
    assert counted.built == 2


async def test_those_who_ask_together_wait_for_one_build(store: Store, counted: Counted) -> None:
    tenant, snapshots = new_tenant(), Snapshots(store)
    await write(store, tenant, "a")

    given = await asyncio.gather(*(snapshots.network(tenant) for _ in range(5)))

    assert len({id(network) for network in given}) == 1
    assert counted.built == 1


async def test_who_stops_waiting_does_not_stop_the_build(store: Store, counted: Counted) -> None:
    tenant, snapshots = new_tenant(), Snapshots(store)
    version = await write(store, tenant, "a")

    impatient = asyncio.create_task(snapshots.network(tenant))
    await counted.begun.wait()
    impatient.cancel()
    found = await snapshots.network(tenant)

    assert (counted.built, found.version) == (1, version)


async def test_tenants_stay_apart(store: Store) -> None:
    one, other, snapshots = new_tenant(), new_tenant(), Snapshots(store)
    await write(store, one, "a")
    await write(store, other, "b")

    assert (await snapshots.network(one)).nodes.id_of(NodeRef("Contact", "a")) == 0
    assert (await snapshots.network(other)).nodes.id_of(NodeRef("Contact", "a")) == -1


async def test_a_version_that_is_not_there_yet_is_waited_for(store: Store) -> None:
    tenant, snapshots = new_tenant(), Snapshots(store)
    await write(store, tenant, "a")

    waiting = asyncio.create_task(snapshots.network(tenant, at_least=2))
    await asyncio.sleep(0)
    await write(store, tenant, "b")

    assert (await waiting).version == 2


async def test_a_version_that_never_comes_is_refused(store: Store) -> None:
    tenant, snapshots = new_tenant(), Snapshots(store, patience_s=0)

    with pytest.raises(TimedOut, match="version 5 is not there; the newest is 0; use the version"):
        await snapshots.network(tenant, at_least=5)


async def test_what_is_no_tenant_is_refused(store: Store) -> None:
    with pytest.raises(BadInput):
        await Snapshots(store).network("../etc")
