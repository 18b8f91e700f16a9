"""Whose snapshot is given, how old it may be, and what is kept of it."""

from __future__ import annotations

import asyncio
import os
import zlib
from pathlib import Path
from typing import Any

import pytest

from graph import snapshots as module
from graph.errors import BadInput, StoreUnavailable, TimedOut
from graph.model import NodeRef
from graph.network import Network, build_network
from graph.network.cache import SnapshotCache
from graph.network.flat import nbytes
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
    assert counted.built == 1  # the second came from the log


async def test_those_who_ask_together_wait_for_one_build(store: Store, counted: Counted) -> None:
    tenant, snapshots = new_tenant(), Snapshots(store)
    await write(store, tenant, "a")

    given = await asyncio.gather(*(snapshots.network(tenant) for _ in range(5)))

    assert len({id(network) for network in given}) == 1
    assert counted.built == 1


async def test_who_comes_when_an_older_build_has_just_ended_begins_another(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant, snapshots = new_tenant(), Snapshots(store)
    begun, asking, ending = asyncio.Event(), asyncio.Event(), asyncio.Event()
    ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    of_tenant = type(store.tenant(tenant))
    known = of_tenant.version

    async def build(graph: TenantGraph) -> Network:
        network = await build_network(graph)
        begun.set()
        await ending.wait()
        ended.set_result(None)  # who waits for it goes on before anybody is told of this build
        return network

    async def version(graph: TenantGraph) -> int:
        found: int = await known(graph)
        if found > first:
            asking.set()
            await ended
        return found

    monkeypatch.setattr(module, "build_network", build)
    first = await write(store, tenant, "a")
    older = asyncio.create_task(snapshots.network(tenant))
    await begun.wait()
    monkeypatch.setattr(of_tenant, "version", version)
    second = await write(store, tenant, "b")
    newer = asyncio.create_task(snapshots.network(tenant))
    await asking.wait()
    ending.set()

    assert [(await older).version, (await newer).version] == [first, second]


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

    with pytest.raises(
        TimedOut, match=r"version 5 does not exist yet: the tenant stands at version 0, and"
    ):
        await snapshots.network(tenant, at_least=5)


async def test_all_who_wait_for_a_version_share_the_looks(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant, snapshots, looks = new_tenant(), Snapshots(store, patience_s=0.5), 0
    look = snapshots._asked_version

    async def counted(*given: Any) -> int:
        nonlocal looks
        looks += 1
        return await look(*given)

    monkeypatch.setattr(snapshots, "_asked_version", counted)
    waiting = [snapshots.network(tenant, at_least=5) for _ in range(100)]
    found = await asyncio.gather(*waiting, return_exceptions=True)

    assert {type(one) for one in found} == {TimedOut}
    assert looks < 100 + 60  # one each to begin with


async def test_what_is_no_tenant_is_refused(store: Store) -> None:
    with pytest.raises(BadInput):
        await Snapshots(store).network("../etc")


# -- age


async def test_an_older_one_is_given_to_who_takes_it_while_a_newer_one_is_made(
    store: Store,
) -> None:
    tenant, snapshots = new_tenant(), Snapshots(store)
    await write(store, tenant, "a")
    old = await snapshots.network(tenant)
    version = await write(store, tenant, "b")

    taken = await snapshots.view(tenant, max_age_s=60)
    await snapshots.close()

    assert taken.network is old
    assert 0 < taken.age_s < 60
    held = snapshots.held(tenant)
    assert held is not None
    assert held.version == version


async def test_one_older_than_is_taken_is_not_given(store: Store) -> None:
    tenant, snapshots = new_tenant(), Snapshots(store)
    await write(store, tenant, "a")
    await snapshots.network(tenant)
    version = await write(store, tenant, "b")
    await asyncio.sleep(0.02)

    taken = await snapshots.view(tenant, max_age_s=0.01)

    assert (taken.network.version, taken.age_s) == (version, 0.0)


async def test_who_names_a_version_gets_it_whatever_age_is_taken(store: Store) -> None:
    tenant, snapshots = new_tenant(), Snapshots(store)
    await write(store, tenant, "a")
    await snapshots.network(tenant)
    version = await write(store, tenant, "b")

    taken = await snapshots.view(tenant, at_least=version, max_age_s=60)

    assert taken.network.version == version


# -- a store that does not answer


class Failing:
    """A store whose tenants stop answering when they are told to."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.down = False
        self.silent = False
        self.asked = 0

    def tenant(self, tenant: str) -> Any:
        return _FailingTenant(self, self._store.tenant(tenant))


class _FailingTenant:
    def __init__(self, store: Failing, graph: TenantGraph) -> None:
        self._store = store
        self._graph = graph

    def __getattr__(self, name: str) -> Any:
        return getattr(self._graph, name)

    async def version(self) -> int:
        self._store.asked += 1
        if self._store.silent:
            await asyncio.sleep(60)
        if self._store.down:
            raise StoreUnavailable("down")
        return await self._graph.version()


async def test_a_store_that_is_down_leaves_the_last_one_with_its_age(store: Store) -> None:
    tenant, failing = new_tenant(), Failing(store)
    snapshots = Snapshots(failing)
    version = await write(store, tenant, "a")
    old = await snapshots.network(tenant)
    await asyncio.sleep(0.02)

    failing.down = True
    given = await snapshots.view(tenant)

    assert given.network is old
    assert given.age_s > 0.02
    with pytest.raises(StoreUnavailable):
        await snapshots.view(tenant, at_least=version + 1)


async def test_a_store_that_is_down_is_not_asked_by_everyone(store: Store) -> None:
    tenant, failing = new_tenant(), Failing(store)
    snapshots = Snapshots(failing)
    await write(store, tenant, "a")
    await snapshots.network(tenant)

    failing.asked, failing.down = 0, True
    for _ in range(5):
        await snapshots.view(tenant)

    assert failing.asked == 1


async def test_a_store_that_is_silent_counts_as_down(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STORE_PATIENCE_S", 0.05)
    tenant, failing = new_tenant(), Failing(store)
    snapshots = Snapshots(failing)
    await write(store, tenant, "a")
    old = await snapshots.network(tenant)

    failing.silent = True

    assert (await snapshots.view(tenant)).network is old


async def test_a_store_that_comes_back_is_asked_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "DOWN_S", 0.0)
    tenant, failing = new_tenant(), Failing(store)
    snapshots = Snapshots(failing)
    await write(store, tenant, "a")
    await snapshots.network(tenant)
    failing.down = True
    await snapshots.view(tenant, max_age_s=60)
    await snapshots.view(tenant)
    version = await write(store, tenant, "b")

    failing.down = False

    assert (await snapshots.view(tenant)) == (snapshots.held(tenant), 0.0)
    assert (await snapshots.network(tenant)).version == version


async def test_a_store_that_is_down_from_the_start_has_no_snapshot(store: Store) -> None:
    failing = Failing(store)
    failing.down = True

    with pytest.raises(StoreUnavailable):
        await Snapshots(failing).view(new_tenant())


# -- memory


async def test_the_least_recently_used_are_let_go(store: Store, counted: Counted) -> None:
    tenants = [new_tenant() for _ in range(3)]
    for tenant in tenants:
        await write(store, tenant, "a")
    size = nbytes(await Snapshots(store).network(tenants[0]))
    snapshots = Snapshots(store, memory_bytes=2 * size)
    one, two, three = tenants

    for tenant in (one, two, one, three):
        await snapshots.network(tenant)

    assert [snapshots.held(tenant) is not None for tenant in tenants] == [True, False, True]


async def test_one_is_held_whatever_its_size(store: Store) -> None:
    tenant, snapshots = new_tenant(), Snapshots(store, memory_bytes=1)
    await write(store, tenant, "a")

    await snapshots.network(tenant)

    assert snapshots.held(tenant) is not None


# -- on disk


@pytest.fixture
def everything_is_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WORTH_SAVING", 0)


@pytest.mark.usefixtures("everything_is_saved")
async def test_a_restart_reads_what_was_saved_and_not_the_store(
    store: Store, counted: Counted, tmp_path: Path
) -> None:
    tenant, cache = new_tenant(), SnapshotCache(tmp_path)
    await write(store, tenant, "a")
    before = Snapshots(store, cache=cache)
    built = await before.network(tenant)
    await before.close()

    again = await Snapshots(store, cache=cache).network(tenant)

    assert counted.built == 1
    assert (again.version, again.computed_at) == (built.version, built.computed_at)


@pytest.mark.usefixtures("everything_is_saved")
async def test_what_was_committed_since_comes_from_the_log(
    store: Store, counted: Counted, tmp_path: Path
) -> None:
    tenant, cache = new_tenant(), SnapshotCache(tmp_path)
    await write(store, tenant, "a")
    before = Snapshots(store, cache=cache)
    await before.network(tenant)
    await before.close()
    version = await write(store, tenant, "b")

    again = await Snapshots(store, cache=cache).network(tenant)

    assert counted.built == 1
    assert (again.version, len(again)) == (version, 2)


@pytest.mark.usefixtures("everything_is_saved")
async def test_a_snapshot_of_another_database_is_made_anew(
    store: Store, counted: Counted, tmp_path: Path
) -> None:
    tenant, other, cache = new_tenant(), new_tenant(), SnapshotCache(tmp_path)
    await write(store, tenant, "a")
    await write(store, other, "z")
    before = Snapshots(store, cache=cache)
    await before.network(tenant)
    await before.close()
    (tmp_path / tenant).rename(tmp_path / other)
    place = next(p for p in (tmp_path / other).iterdir() if p.is_dir())
    manifest = (place / "manifest.json").read_text().replace(tenant, other)
    _, body = manifest.split("\n")
    (place / "manifest.json").write_text(f"{module_crc(body)}\n{body}")

    found = await Snapshots(store, cache=cache).network(other)

    assert counted.built == 2
    assert found.nodes.id_of(NodeRef("Contact", "z")) == 0


def module_crc(body: str) -> str:
    return f"{zlib.crc32(body.encode()):08x}"


@pytest.mark.usefixtures("everything_is_saved")
async def test_a_snapshot_newer_than_the_store_is_made_anew(
    store: Store, counted: Counted, tmp_path: Path
) -> None:
    tenant, cache = new_tenant(), SnapshotCache(tmp_path)
    await write(store, tenant, "a")
    network = await build_network(store.tenant(tenant))
    newer = Network(9, network.computed_at, network.nodes, network.edges, network.purchases)
    cache.save(tenant, newer, "mark")

    found = await Snapshots(store, cache=cache).network(tenant)

    assert (counted.built, found.version) == (1, 1)


@pytest.mark.usefixtures("everything_is_saved")
async def test_a_store_that_is_down_at_a_restart_leaves_what_was_saved(
    store: Store, tmp_path: Path
) -> None:
    tenant, cache = new_tenant(), SnapshotCache(tmp_path)
    await write(store, tenant, "a")
    before = Snapshots(store, cache=cache)
    built = await before.network(tenant)
    await before.close()
    failing = Failing(store)
    failing.down = True

    given = await Snapshots(failing, cache=cache).view(tenant)

    assert given.network.version == built.version
    assert given.age_s > 0


async def test_small_snapshots_are_not_saved(store: Store, tmp_path: Path) -> None:
    tenant = new_tenant()
    await write(store, tenant, "a")
    snapshots = Snapshots(store, cache=SnapshotCache(tmp_path))

    await snapshots.network(tenant)
    await snapshots.close()

    assert os.listdir(tmp_path) == []
