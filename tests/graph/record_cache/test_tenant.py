"""When the cache asks the store, and when it must not answer from memory."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from graph.errors import StoreUnavailable
from graph.model import Contact, NodeRef, relations
from graph.model.words import TieKind
from graph.query import FindQuery, RelatedQuery
from graph.record_cache import CachedStore, tenant
from graph.record_cache.sizes import record_bytes
from graph.sqlite import SqliteStore
from graph.store import Change, Delete, Upsert

TIES = RelatedQuery(relations("Contact")["ties"])
A, B, C = (NodeRef("Contact", key) for key in "abc")
READS = ("version", "log", "records", "related", "counts", "find", "walk")


class Counted:
    """A store whose reads are counted; a test may do something within one."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self.calls: list[str] = []
        self.within: dict[str, Callable[[], Any]] = {}

    def tenant(self, tenant_id: str) -> Any:
        graph, calls, within = self._store.tenant(tenant_id), self.calls, self.within

        class Graph:
            tenant = tenant_id

            def __getattr__(self, name: str) -> Any:
                found = getattr(graph, name)
                if name not in READS:
                    return found

                async def counted(*given: Any) -> Any:
                    calls.append(name)
                    answer = await found(*given)
                    if name in within:
                        await within.pop(name)()
                    return answer

                return counted

        return Graph()


def contact(key: str, name: str) -> Upsert:
    return Upsert("Contact", key, {"name": name})


def tie(key: str, one: NodeRef, other: NodeRef) -> Upsert:
    return Upsert("Tie", key, {"source": one, "target": other, "kind": TieKind.FRIEND})


@pytest.fixture
async def counted(tmp_path: Path) -> AsyncIterator[Counted]:
    store = SqliteStore(tmp_path)
    await store.ready()
    changes: Sequence[Change] = [
        *(contact(r.key, r.key.upper()) for r in (A, B, C)),
        tie("ab", A, B),
    ]
    await store.tenant("t").commit(changes, actor="tests")
    yield Counted(store)
    await store.close()


@pytest.fixture
def cache(counted: Counted) -> CachedStore:
    return CachedStore(counted, 10_000_000)  # type: ignore[arg-type]


async def read_all(cache: CachedStore) -> None:
    view = cache.tenant("t")
    await view.records([A, B, C])
    await view.related(TIES, [A, B, C])
    await view.counts(TIES, [A, B, C])
    await view.find(FindQuery("Contact"))
    await view.find(FindQuery("Tie"))


async def test_what_was_read_is_not_read_again(cache: CachedStore, counted: Counted) -> None:
    await read_all(cache)
    counted.calls.clear()

    await read_all(cache)

    assert counted.calls == ["version"]
    assert (cache.kept.hits, cache.kept.misses) == (11, 11)


@pytest.mark.parametrize(
    ("change", "calls"),
    [
        (contact("c", "New"), ["records", "find"]),
        (contact("a", "New"), ["records", "related", "find"]),
        (tie("ac", A, C), ["related", "counts", "find"]),
        (tie("ab", A, B), []),
        (Delete("Contact", "b"), ["records", "related", "counts", "find", "find"]),
        (Upsert("Good", "g", {"name": "G"}), []),
    ],
)
async def test_a_change_costs_only_what_depends_on_it(
    cache: CachedStore, counted: Counted, change: Change, calls: list[str]
) -> None:
    await read_all(cache)
    receipt = await cache.tenant("t").commit([change], actor="tests")
    counted.calls.clear()

    await read_all(cache)

    followed = ["log"] if receipt.version == 2 else []
    assert counted.calls == ["version", *followed, *calls]


async def test_what_changed_while_it_was_read_is_not_kept(
    cache: CachedStore, counted: Counted
) -> None:
    async def change() -> None:
        await cache.tenant("t").commit([contact("a", "New")], actor="tests")
        await cache.tenant("t").records([B])  # takes the change into account

    await cache.tenant("t").records([C])
    counted.within["records"] = change
    old = await cache.tenant("t").records([A])

    new = await cache.tenant("t").records([A])

    assert [r[A].name for r in (old, new)] == ["A", "New"]  # type: ignore[attr-defined]


async def test_those_who_come_together_share_a_look_at_the_version(
    cache: CachedStore, counted: Counted
) -> None:
    views = [cache.tenant("t") for _ in range(20)]

    await asyncio.gather(*(view.records([A]) for view in views))

    assert counted.calls.count("version") == 1


async def test_some_age_spares_the_look(counted: Counted) -> None:
    cache = CachedStore(counted, 10_000_000, max_age_s=60)  # type: ignore[arg-type]
    for _ in range(5):
        await cache.tenant("t").records([A])

    assert counted.calls == ["version", "records"]
    await counted._store.tenant("t").commit([contact("a", "Elsewhere")], actor="tests")
    seen = await cache.tenant("t").records([A])
    await cache.tenant("t").commit([contact("b", "Ours")], actor="tests")
    after = await cache.tenant("t").records([A, B])
    assert seen[A].name == "A"  # type: ignore[attr-defined]
    assert [after[r].name for r in (A, B)] == ["Elsewhere", "Ours"]  # type: ignore[attr-defined]


async def test_a_view_long_in_use_looks_again(
    cache: CachedStore, counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = cache.tenant("t")
    await view.records([A])
    await counted._store.tenant("t").commit([contact("a", "Elsewhere")], actor="tests")

    assert (await view.records([A]))[A].name == "A"  # type: ignore[attr-defined]
    monkeypatch.setattr(tenant, "HELD_S", 0.0)
    assert (await view.records([A]))[A].name == "Elsewhere"  # type: ignore[attr-defined]


async def test_a_large_commit_lets_all_go_without_the_log(
    cache: CachedStore, counted: Counted
) -> None:
    await read_all(cache)
    many = [contact(f"x{i}", "X") for i in range(tenant.MANY + 1)]
    await cache.tenant("t").commit(many, actor="tests")
    counted.calls.clear()

    await read_all(cache)

    assert counted.calls == ["version", "records", "related", "counts", "find", "find"]


async def test_who_is_far_behind_lets_all_go(cache: CachedStore, counted: Counted) -> None:
    await read_all(cache)
    for i in range(101):
        await counted._store.tenant("t").commit([contact("c", f"C {i}")], actor="tests")
    counted.calls.clear()

    await read_all(cache)

    assert "log" not in counted.calls
    assert counted.calls.count("records") == 1


async def test_a_log_that_was_cut_lets_all_go(cache: CachedStore, counted: Counted) -> None:
    await read_all(cache)
    await counted._store.tenant("t").commit([contact("a", "New")], actor="tests")
    view = cache.tenant("t")

    async def cut(*_: Any) -> list[Any]:
        return []

    view._graph.log = cut  # type: ignore[method-assign, assignment]
    found = await view.records([A])

    assert found[A].name == "New"  # type: ignore[attr-defined]
    assert len(cache.kept) == 1


async def test_another_database_in_its_place_is_noticed(
    cache: CachedStore, counted: Counted, tmp_path: Path
) -> None:
    await cache.tenant("t").commit([contact("a", "Newer")], actor="tests")
    await read_all(cache)
    other = SqliteStore(tmp_path / "other")
    await other.tenant("t").commit([contact("a", "Restored")], actor="tests")
    counted._store = other

    found = await cache.tenant("t").records([A])

    assert found[A].name == "Restored"  # type: ignore[attr-defined]
    await other.close()


async def test_a_commit_that_failed_may_have_been_made(
    cache: CachedStore, counted: Counted
) -> None:
    view = cache.tenant("t")
    await view.records([A])
    await counted._store.tenant("t").commit([contact("a", "Made")], actor="tests")

    async def lost(*_: Any, **__: Any) -> None:
        raise StoreUnavailable("no answer")

    view._graph.commit = lost  # type: ignore[method-assign, assignment]
    with pytest.raises(StoreUnavailable):
        await view.commit([contact("a", "Made")], actor="tests")

    assert (await view.records([A]))[A].name == "Made"  # type: ignore[attr-defined]


async def test_a_bound_holds_and_the_longest_unused_go_first(counted: Counted) -> None:
    cache = CachedStore(counted, 3_000)  # type: ignore[arg-type]
    view = cache.tenant("t")
    for ref in (A, B, A, C):
        await view.records([ref])
    counted.calls.clear()

    await view.records([A])
    await view.records([C])
    await view.records([B])

    assert counted.calls == ["records"]
    assert cache.kept.bytes <= 3_000
    assert len(cache.kept) == 2


async def test_bytes_are_counted_as_they_are(cache: CachedStore, counted: Counted) -> None:
    many = [
        Upsert("Contact", f"k{i:04}", {"name": f"王 {i:030}", "region": f"北京{i:020}"})
        for i in range(400)
    ]
    await cache.tenant("t").commit(many, actor="tests")
    view = cache.tenant("t")
    await view.records([A])
    refs = [NodeRef("Contact", f"k{i:04}") for i in range(400)]
    before = cache.kept.bytes

    tracemalloc.start()
    found = await view.records(refs)
    del found
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert 0.7 < (cache.kept.bytes - before) / held < 1.5


def test_every_text_of_a_record_counts() -> None:
    bare = Contact(key="k", name="n")
    full = Contact(
        key="k", name="n", region="r" * 1_000, hobbies=("h" * 1_000,), custom={"x": "y" * 1_000}
    )

    assert 3_000 < record_bytes(full) - record_bytes(bare) < 3_700


async def test_what_is_kept_is_whole_whoever_asked_first(
    cache: CachedStore, counted: Counted
) -> None:
    few = frozenset({"name"})
    view = cache.tenant("t")
    await view.related(replace(TIES, fields=few, edge_fields=few), [A])
    await view.find(FindQuery("Contact", fields=few))
    counted.calls.clear()

    pages, page = await view.related(TIES, [A]), await view.find(FindQuery("Contact"))

    assert counted.calls == []
    bare = counted.tenant("t")
    assert pages == await bare.related(TIES, [A])
    assert page == await bare.find(FindQuery("Contact"))
