"""Waiting for a version that another process wrote."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from graph.at_least import AtLeast
from graph.errors import StoreUnavailable, TimedOut
from graph.model import Contact, NodeRef, relations
from graph.query import FindQuery, RelatedQuery, Tree, Walk
from graph.record_cache import CachedStore
from graph.sqlite import SqliteStore
from graph.store import TenantGraph, Upsert
from graph.versions import Versions

A = NodeRef("Contact", "a")
TIES = RelatedQuery(relations("Contact")["ties"])

ASKED: dict[str, tuple[Any, ...]] = {
    "version": (),
    "nodes": ("Contact", ["a"]),
    "records": ([A],),
    "find": (FindQuery("Contact"),),
    "related": (TIES, [A]),
    "counts": (TIES, [A]),
    "walk": (Walk((Tree(TIES),)), [A]),
    "search": ("Ada", ["Contact"], 3),
    "log": (0,),
}


def named(name: str) -> Upsert:
    return Upsert("Contact", "a", {"name": name})


async def name_of(graph: TenantGraph) -> str:
    record = (await graph.records([A]))[A]
    assert isinstance(record, Contact)
    return record.name


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    """A tenant at version 1."""
    found = SqliteStore(tmp_path)
    await found.ready()
    await found.tenant("t").commit([named("Old")], actor="tests")
    yield found
    await found.close()


@pytest.fixture
def versions() -> Versions:
    return Versions(patience_s=0.05)


def test_everything_asked_of_a_tenant_is_tried_here() -> None:
    asked = {
        name for name, _ in inspect.getmembers(TenantGraph, inspect.isfunction) if name[0] != "_"
    }

    assert asked == {*ASKED, "commit", "scan"}


@pytest.mark.parametrize("name", ASKED)
async def test_what_is_asked_is_answered_once_the_version_is_there(
    store: SqliteStore, versions: Versions, name: str
) -> None:
    graph = store.tenant("t")

    found = await getattr(AtLeast(graph, 1, versions), name)(*ASKED[name])

    assert found == await getattr(graph, name)(*ASKED[name])


@pytest.mark.parametrize("name", ASKED)
async def test_a_version_that_does_not_come_is_told(
    store: SqliteStore, versions: Versions, name: str
) -> None:
    graph = AtLeast(store.tenant("t"), 2, versions)

    with pytest.raises(TimedOut, match="version 2 does not exist yet: the tenant stands at"):
        await getattr(graph, name)(*ASKED[name])


async def test_a_scan_waits_too(store: SqliteStore, versions: Versions) -> None:
    found = [batch.size async for batch in AtLeast(store.tenant("t"), 1, versions).scan("Contact")]

    assert found == [1]
    with pytest.raises(TimedOut):
        _ = [batch async for batch in AtLeast(store.tenant("t"), 2, versions).scan("Contact")]


async def test_nothing_is_written_before_the_version_is_there(
    store: SqliteStore, versions: Versions
) -> None:
    with pytest.raises(TimedOut):
        await AtLeast(store.tenant("t"), 2, versions).commit([named("New")], actor="tests")

    assert await store.tenant("t").version() == 1
    receipt = await AtLeast(store.tenant("t"), 1, versions).commit([named("New")], actor="tests")
    assert receipt.version == 2


async def test_who_waited_in_vain_does_not_wait_again(store: SqliteStore) -> None:
    graph, looks = store.tenant("t"), 0

    class Counted:
        async def version(self) -> int:
            nonlocal looks
            looks += 1
            return await graph.version()

    asked = AtLeast(Counted(), 2, Versions(patience_s=0.05))  # type: ignore[arg-type]
    with pytest.raises(TimedOut):
        await asked.records([A])
    seen = looks

    with pytest.raises(TimedOut):
        await asked.find(FindQuery("Contact"))

    assert looks == seen


async def test_a_version_that_comes_while_it_is_waited_for_is_seen(store: SqliteStore) -> None:
    graph = AtLeast(store.tenant("t"), 2, Versions(patience_s=20))
    waiting = asyncio.create_task(name_of(graph))
    await asyncio.sleep(0.1)
    assert not waiting.done()

    await store.tenant("t").commit([named("New")], actor="tests")

    assert await waiting == "New"


async def test_all_who_wait_share_the_looks(store: SqliteStore) -> None:
    versions, graph, looks = Versions(patience_s=0.5), store.tenant("t"), 0

    class Counted:
        async def version(self) -> int:
            nonlocal looks
            looks += 1
            return await graph.version()

    waiting = [AtLeast(Counted(), 2, versions).records([A]) for _ in range(300)]  # type: ignore[arg-type]
    found = await asyncio.gather(*waiting, return_exceptions=True)

    assert {type(one) for one in found} == {TimedOut}
    assert looks < 60


async def test_what_is_kept_in_memory_is_renewed_where_the_version_is_newer(
    store: SqliteStore, versions: Versions
) -> None:
    late = CachedStore(store, 10_000_000, max_age_s=60)
    await name_of(late.tenant("t"))
    await store.tenant("t").commit([named("New")], actor="another process")
    old = await name_of(late.tenant("t"))

    new = await name_of(AtLeast(late.tenant("t"), 2, versions))

    assert (old, new) == ("Old", "New")
    assert await name_of(late.tenant("t")) == "New"


async def test_a_database_that_is_down_is_told(versions: Versions) -> None:
    class Down:
        async def version(self) -> int:
            raise StoreUnavailable("down")

    with pytest.raises(StoreUnavailable):
        await AtLeast(Down(), 1, versions).records([A])  # type: ignore[arg-type]
