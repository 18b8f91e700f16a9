"""JSON kept with pages is what would be made anew, and goes when its page goes."""

from __future__ import annotations

import tracemalloc
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from graph.model import NodeRef, relations
from graph.model.words import TieKind
from graph.query import FindQuery, Page, RelatedQuery
from graph.record_cache import CachedStore
from graph.record_cache.kept import Entry, Kept, Tables
from graph.sqlite import SqliteStore
from graph.store import Delete, Upsert
from schema.build import Schema, build_schema
from schema.connection import Connection
from schema.context import Context
from schema.execution.complete import Part
from schema.execution.plan import Level
from schema.execution.ready import keep

QUERY = """query ($first: Int) { contact(key: "a") { name ties(first: $first) {
  totalCount edges { cursor kind node { key name } } pageInfo { endCursor } } } }"""
CONTACTS = "{ contacts { edges { node { name custom } } } }"
A, B, C = (NodeRef("Contact", key) for key in "abc")


@dataclass
class Asking:
    """Asks as the HTTP endpoint does, and in values, which must say the same."""

    schema: Schema
    store: CachedStore

    async def text(self, query: str, **variables: Any) -> bytes:
        context = Context(self.store.tenant("t"), fragments=True)
        found = await self.schema.execute(query, variables, context)
        return orjson.dumps({"data": found.data, "errors": [e.path for e in found.errors or ()]})

    async def ask(self, query: str, **variables: Any) -> Any:
        """The data; the fourth time, when all that will ever be ready is."""
        texts = [await self.text(query, **variables) for _ in range(4)]
        plain = await self.schema.execute(query, variables, Context(self.store.tenant("t")))
        assert set(texts) == {orjson.dumps({"data": plain.data, "errors": []})}
        return orjson.loads(texts[-1])["data"]


def contact(key: str, name: str) -> Upsert:
    return Upsert("Contact", key, {"name": name})


def tie(one: NodeRef, other: NodeRef) -> Upsert:
    ends = {"source": one, "target": other, "kind": TieKind.FRIEND}
    return Upsert("Tie", one.key + other.key, ends)


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path)
    await store.ready()
    changes = [contact("a", "A"), contact("b", "B"), contact("c", "C"), tie(A, B)]
    await store.tenant("t").commit(changes, actor="tests")
    yield store
    await store.close()


@pytest.fixture
def asking(sqlite: SqliteStore) -> Asking:
    return Asking(build_schema(), CachedStore(sqlite, 10_000_000))


def names(data: Any) -> list[str]:
    return [edge["node"]["name"] for edge in data["contact"]["ties"]["edges"]]


async def ready(store: CachedStore, query: FindQuery) -> int:
    """For how many places JSON of a page is kept."""
    made = (await store.tenant("t").find(query)).made
    assert made is not None
    return len(made.by)


async def test_from_the_second_use_of_a_plan_a_kept_page_is_shown_as_json(asking: Asking) -> None:
    await asking.text(CONTACTS)
    query = FindQuery("Contact")
    assert await ready(asking.store, query) == 0

    await asking.text(CONTACTS)

    assert await ready(asking.store, query) == 1
    (kept,) = (await asking.store.tenant("t").find(query)).made.by.values()  # type: ignore[union-attr]
    assert isinstance(kept, orjson.Fragment)
    assert [edge["node"]["name"] for edge in (await asking.ask(CONTACTS))["contacts"]["edges"]] == [
        "A",
        "B",
        "C",
    ]
    assert await ready(asking.store, query) == 1


async def test_values_are_asked_for_by_all_others(asking: Asking) -> None:
    await asking.ask(CONTACTS)

    found = await asking.schema.execute(CONTACTS, None, Context(asking.store.tenant("t")))

    assert found.data is not None
    assert found.data["contacts"]["edges"][0] == {"node": {"name": "A", "custom": {}}}


async def test_after_a_commit_the_new_values_are_shown(asking: Asking) -> None:
    assert names(await asking.ask(QUERY)) == ["B"]

    await asking.store.tenant("t").commit([contact("b", "New"), tie(A, C)], actor="tests")

    assert names(await asking.ask(QUERY)) == ["New", "C"]
    await asking.store.tenant("t").commit([Delete("Contact", "b")], actor="tests")
    assert names(await asking.ask(QUERY)) == ["C"]


async def test_what_another_process_commits_is_shown(asking: Asking, sqlite: SqliteStore) -> None:
    other = Asking(asking.schema, CachedStore(sqlite, 10_000_000))
    assert names(await asking.ask(QUERY)) == names(await other.ask(QUERY)) == ["B"]

    await other.store.tenant("t").commit([contact("b", "Theirs")], actor="tests")

    assert names(await asking.ask(QUERY)) == names(await other.ask(QUERY)) == ["Theirs"]


async def test_one_page_at_several_places_is_shown_as_each_asks(asking: Asking) -> None:
    query = """{ contact(key: "a") { one: ties { edges { node { name } } }
      two: ties { t: totalCount edges { n: node { k: key } } } ties { edges { node { name } } } }
      again: contact(key: "a") { ties { edges { node { name } } } } }"""

    data = await asking.ask(query)

    by_name = {"edges": [{"node": {"name": "B"}}]}
    assert data["contact"] == {
        "one": by_name,
        "two": {"t": 1, "edges": [{"n": {"k": "b"}}]},
        "ties": by_name,
    }
    assert data["again"] == {"ties": by_name}


async def test_arguments_of_one_place_lead_to_pages_of_their_own(asking: Asking) -> None:
    await asking.store.tenant("t").commit([tie(A, C)], actor="tests")

    found = [names(await asking.ask(QUERY, first=first)) for first in (1, 2, 1, 0)]

    assert found == [["B"], ["B", "C"], ["B"], []]


async def test_counts_alone_are_shown(asking: Asking) -> None:
    query = '{ contact(key: "a") { ties { totalCount } } }'
    assert await asking.ask(query) == {"contact": {"ties": {"totalCount": 1}}}

    await asking.store.tenant("t").commit([tie(A, C)], actor="tests")

    assert await asking.ask(query) == {"contact": {"ties": {"totalCount": 2}}}


async def test_errors_are_told_each_time_and_nothing_is_kept_of_them(asking: Asking) -> None:
    bad = NodeRef("Contact", "b")
    page = (await asking.store.tenant("t").related(TIES, [A]))[A]
    object.__setattr__(page.items[0].node, "name", None)  # which may not be
    query = '{ contact(key: "a") { ties { totalCount edges { node { name } } } } }'

    texts = {await asking.text(query) for _ in range(4)}

    (text,) = texts  # the same each time
    assert orjson.loads(text)["data"] == {"contact": {"ties": None}}
    assert orjson.loads(text)["errors"] == [["contact", "ties", "edges", 0, "node", "name"]]
    assert page.made is not None
    assert page.made.by == {}
    assert page.items[0].node.ref == bad


async def test_what_is_no_json_is_left_to_who_writes_the_answer(asking: Asking) -> None:
    page = await asking.store.tenant("t").find(FindQuery("Contact"))
    object.__setattr__(page.items[0], "custom", {"large": 2**64})
    for _ in range(3):
        with pytest.raises(orjson.JSONEncodeError):
            await asking.text(CONTACTS)

    assert page.made is not None
    assert page.made.by == {}


async def test_levels_above_others_are_made_anew(asking: Asking) -> None:
    query = "{ contacts { edges { node { name ties { edges { node { name } } } } } } }"
    await asking.ask(query)

    assert await ready(asking.store, FindQuery("Contact")) == 0
    ties = replace(TIES, count=False)
    pages = await asking.store.tenant("t").related(ties, [A, C])
    assert [len(page.made.by) for page in pages.values() if page.made] == [1, 1]


async def test_without_a_cache_nothing_is_kept(sqlite: SqliteStore) -> None:
    schema = build_schema()
    for _ in range(3):
        context = Context(sqlite.tenant("t"), fragments=True)
        found = await schema.execute(CONTACTS, None, context)

    assert found.data is not None
    assert [e["node"]["name"] for e in found.data["contacts"]["edges"]] == ["A", "B", "C"]


@pytest.mark.parametrize("places", [1, 3])
def test_bytes_are_counted_as_they_are(places: int) -> None:
    kept, shelf, levels = Kept(10**9), Tables(), [level(number) for number in range(places)]
    pages: list[Page[Any]] = [Page((), ()) for _ in range(400)]
    for at, page in enumerate(pages):
        kept.put(Entry(shelf, ("t", at), page, (), 0))
    before, results = kept.bytes, [Connection(page) for page in pages]

    tracemalloc.start()
    for one in levels:
        slots: list[dict[str, Any]] = [{"ties": {"edges": "x" * 100}} for _ in pages]
        keep(one, Part([], results, slots))
        del slots
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert 0.7 < (kept.bytes - before) / held < 1.5


def level(number: int) -> Level:
    """A level of which all that matters here is its key and number."""
    nothing: Any = None
    return Level("ties", nothing, [], None, number=number)


TIES = RelatedQuery(relations("Contact")["ties"], count=True, edges=False)
