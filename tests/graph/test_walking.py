"""What a request has read ahead answers it, and nothing else changes."""

from __future__ import annotations

from typing import Any

import pytest

from graph.errors import StoreUnavailable
from graph.model import NodeRef, relations
from graph.query import RelatedQuery, Tree, Walk, Window
from graph.record_cache import CachedStore
from graph.walking import Ahead
from tests.graph.record_cache.test_tenant import A, B, C, Counted, cache, counted

__all__ = ["cache", "counted"]

NAME = frozenset({"name"})
TIES = RelatedQuery(relations("Contact")["ties"], fields=NAME)
FEW = RelatedQuery(relations("Contact")["ties"], window=Window(1))
WALK = Walk((Tree(TIES, (Tree(FEW),)),), records=True, fields=NAME)
NOBODY = NodeRef("Contact", "nobody")


@pytest.fixture
async def ahead(counted: Counted) -> Ahead:
    return Ahead(counted.tenant("t"))


async def test_what_was_read_ahead_is_not_read_again(ahead: Ahead, counted: Counted) -> None:
    await ahead.read(WALK, [A, NOBODY])
    counted.calls.clear()

    assert list(await ahead.nodes("Contact", ["a", "nobody"], NAME)) == ["a"]
    assert [hit.node.key for hit in (await ahead.related(TIES, [A, NOBODY]))[A].items] == ["b"]
    assert [hit.node.key for hit in (await ahead.related(FEW, [B]))[B].items] == ["a"]
    assert counted.calls == []


async def test_what_was_not_is_asked(ahead: Ahead, counted: Counted) -> None:
    await ahead.read(WALK, [A])
    counted.calls.clear()

    assert set(await ahead.records([A, B], NAME)) == {A, B}
    assert (await ahead.nodes("Contact", ["a"]))["a"].revision == 1  # other fields
    assert set(await ahead.related(TIES, [A, C])) == {A, C}
    assert await ahead.version() == 1
    assert counted.calls == ["records", "records", "related", "version"]


async def test_what_a_cache_kept_is_asked_of_it(cache: CachedStore, counted: Counted) -> None:
    for _ in range(2):
        ahead: Any = Ahead(cache.tenant("t"))
        await ahead.read(WALK, [A])
        assert set(await ahead.records([A], NAME)) == {A}
        assert [hit.node.key for hit in (await ahead.related(TIES, [A]))[A].items] == ["b"]

    assert counted.calls == ["version", "walk", "version"]


async def test_an_error_is_told_to_who_asks_for_what_was_to_come(
    ahead: Ahead, counted: Counted
) -> None:
    async def fail() -> None:
        raise StoreUnavailable("the database does not answer")

    counted.within["walk"] = fail
    await ahead.read(WALK, [A])

    for asked in (ahead.records([A], NAME), ahead.related(TIES, [A]), ahead.related(FEW, [B])):
        with pytest.raises(StoreUnavailable):
            await asked
    assert list(await ahead.records([A])) == [A]
