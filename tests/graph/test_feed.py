"""Who follows a tenant hears every commit once and in order, on each store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import Any

import pytest

from graph import feed as module
from graph.errors import BadInput, StoreUnavailable
from graph.feed import Feed, Feeds
from graph.store import Delete, LogEntry, Store, TenantGraph, Upsert
from tests.graph.conftest import new_tenant

NEVER_S = 60.0


async def commit(graph: TenantGraph, *keys: str) -> int:
    changes = [Upsert("Good", key, {"name": key}) for key in keys]
    return (await graph.commit(changes, actor="test")).version


async def heard(entries: AsyncIterator[LogEntry], number: int) -> list[int]:
    async with asyncio.timeout(20):
        return [(await anext(entries)).version for _ in range(number)]


class Counting:
    """Passes on to a real graph, counts looks and reads, and is down when told so."""

    def __init__(self, graph: TenantGraph) -> None:
        self._graph = graph
        self.looks = 0
        self.reads = 0
        self.trouble: Exception | None = None

    async def version(self) -> int:
        self.looks += 1
        if self.trouble is not None:
            raise self.trouble
        return await self._graph.version()

    async def log(self, after: int, limit: int = 100) -> Sequence[LogEntry]:
        self.reads += 1
        return await self._graph.log(after, limit)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._graph, name)


def counted(graph: TenantGraph, poll_s: float) -> tuple[Any, Feed]:
    counting: Any = Counting(graph)
    return counting, Feed(counting, poll_s)


async def test_what_was_committed_before_and_after_is_heard_in_order(graph: TenantGraph) -> None:
    feed = Feed(graph, NEVER_S)
    await commit(graph, "a")
    await commit(graph, "b")
    async with aclosing(feed.follow(await feed.start(0))) as entries:
        assert await heard(entries, 2) == [1, 2]

        await graph.commit([Delete("Good", "a")], actor="somebody")
        feed.wake()
        async with asyncio.timeout(20):
            entry = await anext(entries)

    assert (entry.version, entry.actor) == (3, "somebody")
    assert [(c.action, c.ref) for c in entry.changes] == [("DELETED", ("Good", "a"))]


async def test_who_names_no_version_hears_what_comes(graph: TenantGraph) -> None:
    feed = Feed(graph, NEVER_S)
    await commit(graph, "a")

    start = await feed.start(None)
    await commit(graph, "b")
    async with aclosing(feed.follow(start)) as entries:
        assert start == 1
        assert await heard(entries, 1) == [2]


async def test_a_negative_version_is_refused(graph: TenantGraph) -> None:
    with pytest.raises(BadInput, match="after: -1 is no version; take one from an answer"):
        await Feed(graph, NEVER_S).start(-1)


@pytest.mark.parametrize("after", [2, 2**62])
async def test_a_version_that_no_commit_has_had_is_refused(graph: TenantGraph, after: int) -> None:
    await commit(graph, "a")

    with pytest.raises(BadInput, match="the newest is 1; take a version from an answer"):
        await Feed(graph, NEVER_S).start(after)


async def test_commits_of_other_processes_are_found_by_looking(store: Store) -> None:
    tenant = new_tenant()
    feed, other = Feed(store.tenant(tenant), 0.05), store.tenant(tenant)
    async with aclosing(feed.follow(await feed.start(None))) as entries:
        waiting = asyncio.ensure_future(heard(entries, 1))
        await asyncio.sleep(0.01)

        await commit(other, "a")

        assert await waiting == [1]


async def test_one_look_and_one_read_serve_all_followers(graph: TenantGraph) -> None:
    counting, feed = counted(graph, NEVER_S)
    start = await feed.start(None)
    followers = [feed.follow(start) for _ in range(20)]
    waiting = [asyncio.ensure_future(heard(entries, 2)) for entries in followers]
    await asyncio.sleep(0.05)
    counting.looks = counting.reads = 0

    await commit(graph, "a")
    await commit(graph, "b")
    feed.wake()
    found = await asyncio.gather(*waiting)

    assert found == [[1, 2]] * 20
    assert (counting.looks, counting.reads) == (1, 1)
    assert feed.followers == 20
    for entries in followers:
        await entries.aclose()
    assert feed.followers == 0


async def test_who_reads_slowly_misses_nothing_though_little_is_kept(
    graph: TenantGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_COMMITS", 3)
    monkeypatch.setattr(module, "BATCH", 4)
    feed = Feed(graph, 0.02)
    slow, quick = feed.follow(0), feed.follow(0)
    await commit(graph, "0")
    assert await heard(slow, 1) == [1]
    for number in range(1, 15):
        await commit(graph, str(number))
        feed.wake()
        assert await heard(quick, 1) == [number]
        assert len(feed._kept) <= 3

    assert await heard(slow, 14) == list(range(2, 16))

    await slow.aclose()
    await quick.aclose()


async def test_what_is_kept_is_bounded_by_changes_too(
    graph: TenantGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_CHANGES", 5)
    feed = Feed(graph, NEVER_S)
    entries = feed.follow(await feed.start(None))
    waiting = asyncio.ensure_future(heard(entries, 3))
    await asyncio.sleep(0.05)
    for keys in (("a", "b"), ("c", "d", "e", "f"), tuple("ghijkl")):
        await commit(graph, *keys)
        feed.wake()
        await asyncio.sleep(0.05)

    assert await waiting == [1, 2, 3]
    assert sum(len(entry.changes) for entry in feed._kept) <= 5
    await entries.aclose()


async def test_nobody_looks_when_nobody_follows(graph: TenantGraph) -> None:
    counting, feed = counted(graph, 0.01)
    entries = feed.follow(0)
    await commit(graph, "a")
    assert await heard(entries, 1) == [1]

    await entries.aclose()
    await asyncio.sleep(0)
    looks = counting.looks
    await asyncio.sleep(0.05)

    assert counting.looks == looks


async def test_a_follower_waits_while_the_store_is_down(graph: TenantGraph) -> None:
    counting, feed = counted(graph, 0.01)
    entries = feed.follow(await feed.start(None))
    counting.trouble = StoreUnavailable("down")
    waiting = asyncio.ensure_future(heard(entries, 1))
    await commit(graph, "a")
    await asyncio.sleep(0.05)
    assert not waiting.done()

    counting.trouble = None

    assert await waiting == [1]
    await entries.aclose()


async def test_what_nobody_expected_ends_followers_instead_of_leaving_them_waiting(
    graph: TenantGraph,
) -> None:
    counting, feed = counted(graph, 0.01)
    entries = feed.follow(await feed.start(None))
    counting.trouble = RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        await heard(entries, 1)


async def test_closing_ends_all_followers_of_all_tenants(store: Store) -> None:
    feeds = Feeds(store, NEVER_S)
    one, other = new_tenant(), new_tenant()
    assert feeds.of(one) is feeds.of(one)
    waiting = [
        asyncio.ensure_future(heard(feeds.of(tenant).follow(0), 1)) for tenant in (one, one, other)
    ]
    await asyncio.sleep(0.05)

    feeds.close()

    ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(end) for end in ended] == [StopAsyncIteration] * 3
