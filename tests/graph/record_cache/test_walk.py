"""Walks in front of a store: what is not kept is read together, and kept level by level."""

from __future__ import annotations

from graph.model import NodeRef, relations
from graph.query import RelatedQuery, Tree, Walk, Window
from graph.record_cache import CachedStore
from tests.graph.record_cache.test_tenant import A, B, C, Counted, cache, contact, counted, tie

__all__ = ["cache", "counted"]

TIES = RelatedQuery(relations("Contact")["ties"], fields=frozenset({"name"}), places=False)
BELOW = RelatedQuery(relations("Contact")["ties"], window=Window(1), edges=False)
WALK = Walk((Tree(TIES, (Tree(BELOW),)),), records=True, fields=frozenset({"name"}))


async def ask(cache: CachedStore, ref: NodeRef) -> list[object]:
    """What a walk would have been asked for, level by level."""
    view = cache.tenant("t")
    page = (await view.related(TIES, [ref]))[ref]
    found = [hit.node.ref for hit in page.items]
    return [(await view.records([ref]))[ref], page.items, (await view.related(BELOW, found))]


async def test_a_walk_is_one_read_and_fills_every_level(
    cache: CachedStore, counted: Counted
) -> None:
    walked = await cache.tenant("t").walk(WALK, [A])

    assert counted.calls == ["version", "walk"]
    assert [hit.node.ref for hit in walked.pages[TIES][A].items] == [B]
    assert [hit.node.ref for hit in walked.pages[BELOW][B].items] == [A]
    assert walked.records[A].revision == 1  # whole, whatever was wanted
    counted.calls.clear()
    assert (await ask(cache, A))[0] is walked.records[A]
    assert counted.calls == ["version"]


async def test_what_is_kept_is_not_walked_again(cache: CachedStore, counted: Counted) -> None:
    await cache.tenant("t").walk(WALK, [A])
    counted.calls.clear()

    again = await cache.tenant("t").walk(WALK, [A])
    other = await cache.tenant("t").walk(WALK, [A, C])

    assert counted.calls == ["version", "version", "walk"]
    assert (again.records, again.pages) == ({}, {})
    assert list(other.pages[TIES]) == [C]


async def test_a_walk_sees_what_was_written(cache: CachedStore, counted: Counted) -> None:
    await cache.tenant("t").walk(WALK, [A])
    await cache.tenant("t").commit([contact("a", "New"), tie("ac", A, C)], actor="tests")

    walked = await cache.tenant("t").walk(WALK, [A])

    assert [hit.node.ref for hit in walked.pages[TIES][A].items] == [B, C]
    assert walked.records[A].name == "New"  # type: ignore[attr-defined]


async def test_what_changed_during_a_walk_is_not_kept(cache: CachedStore, counted: Counted) -> None:
    async def write() -> None:
        view = cache.tenant("t")
        await view.commit([tie("ac", A, C)], actor="tests")
        await view.records([A])

    await ask(cache, B)
    counted.within["walk"] = write
    await cache.tenant("t").walk(WALK, [A])

    page = (await cache.tenant("t").related(TIES, [A]))[A]

    assert [hit.node.ref for hit in page.items] == [B, C]


async def test_it_walks_where_the_store_does(cache: CachedStore) -> None:
    assert cache.tenant("t").walks is False
