"""Whatever is committed and read, in whatever order, the cache answers as the store does."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import DomainError
from graph.model import RECORDS, NodeRef, relations
from graph.query import FindQuery, RelatedQuery, Window
from graph.record_cache import CachedStore
from graph.store import Change, Delete, Mode, Store, TenantGraph, Upsert
from tests.graph.conftest import Budget, new_tenant
from tests.graph.store_contract.sameness import FUZZ
from tests.graph.store_contract.test_related import candidates
from tests.graph.strategies import KEYS, filters, member_filters, orders, sortable, upserts, world

KINDS = tuple(RECORDS)
WAYS = [r for kind in KINDS for r in relations(kind).values()]
LIMIT = 2_000_000


@st.composite
def finds(draw: st.DrawFn) -> FindQuery:
    kind = draw(st.sampled_from(KINDS))
    wanted = draw(st.none() | filters((kind,), 2))
    order = draw(orders(sortable((kind,))))
    return FindQuery(kind, wanted, order, Window(draw(st.integers(1, 4))), draw(st.booleans()))


@st.composite
def relateds(draw: st.DrawFn) -> RelatedQuery:
    way = draw(st.sampled_from(WAYS))
    edge, node = draw(member_filters((way.owner,), way, 2))
    order, size = draw(orders(candidates(way))), draw(st.integers(1, 3))
    count, edges = draw(st.booleans()), draw(st.booleans())
    return RelatedQuery(way, edge, node, order, Window(size), count=count, edges=edges)


STEPS = st.lists(st.integers(0, 10**6), min_size=3, max_size=6)
QUERIES = st.lists(st.one_of(finds(), relateds(), relateds()), min_size=2, max_size=4)


async def ask(graph: TenantGraph, query: FindQuery | RelatedQuery) -> Any:
    """What a graph says to a query, whole records by key included."""
    refs = [NodeRef(kind, key) for kind in ("Contact", "Tie", "Purchase") for key in KEYS]
    if isinstance(query, FindQuery):
        return await graph.find(query), await graph.records(refs)
    anchors = [NodeRef(query.relation.owner, key) for key in KEYS]
    return await graph.related(query, anchors), await graph.counts(query, anchors)


def changes(seed: int) -> list[Change]:
    """A few changes: other values, records deleted with what hangs on them, records anew."""
    random = Random(seed)
    picked = random.sample(upserts(world(seed % 4)), 4)
    return [
        Delete(u.kind, u.key)
        if random.random() < 0.3
        else replace(u, mode=Mode.UPSERT, values=_some(u, random))
        for u in picked
    ]


def _some(change: Upsert, random: Random) -> dict[str, Any]:
    ends = {k: v for k, v in change.values.items() if k in ("source", "target")}
    return ends | {k: v for k, v in change.values.items() if random.random() < 0.8}


async def commit(graph: TenantGraph, seed: int) -> None:
    """Commits what can be; a rule may refuse some."""
    for change in changes(seed):
        try:
            await graph.commit([change], actor="tests")
        except DomainError:
            continue


@FUZZ
@given(steps=STEPS, queries=QUERIES)
async def test_views_of_two_processes_answer_as_the_store_does(
    steps: list[int], queries: list[FindQuery | RelatedQuery], store: Store, budget: Budget
) -> None:
    """Commits go through either cache or around both; each new view sees them."""
    if budget.spent():
        return
    with budget.watched():
        name = new_tenant()
        raw = store.tenant(name)
        caches = [CachedStore(store, LIMIT), CachedStore(store, LIMIT)]
        writers = [raw, *(cache.tenant(name) for cache in caches)]
        await raw.commit(upserts(world(0)), actor="tests")
        for step in steps:
            await commit(writers[step % 3], step)
            for query in queries:
                expected = await ask(raw, query)
                for cache in caches:
                    assert await ask(cache.tenant(name), query) == expected
                    assert await ask(cache.tenant(name), query) == expected


@pytest.mark.parametrize("limit", [3_000, LIMIT])
async def test_a_reader_sees_what_was_acknowledged_before_it_began(
    store: Store, limit: int
) -> None:
    name = new_tenant()
    ours, theirs = CachedStore(store, limit), CachedStore(store, limit)
    await ours.tenant(name).commit([Upsert("Contact", "c", {"name": "0"})], actor="tests")
    done, ended = 0, False

    async def write(cache: CachedStore, part: int) -> None:
        nonlocal done
        for i in range(1, 16):
            number = max(done, 2 * i + part)
            change = Upsert("Contact", "c", {"name": str(number)})
            await cache.tenant(name).commit([change], actor="tests")
            done = max(done, number)
            await asyncio.sleep(0)

    async def read(cache: CachedStore) -> None:
        while not ended:
            least = done
            found = await cache.tenant(name).nodes("Contact", ["c"])
            assert int(found["c"].name) >= least - 1  # type: ignore[attr-defined]
            await asyncio.sleep(0)

    readers = [asyncio.create_task(read(cache)) for cache in (ours, theirs) for _ in range(3)]
    await write(ours, 0)
    await write(theirs, 1)
    ended = True
    await asyncio.gather(*readers)
    assert int((await theirs.tenant(name).nodes("Contact", ["c"]))["c"].name) == done  # type: ignore[attr-defined]
