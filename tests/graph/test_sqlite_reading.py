"""Readers: short reads at once, long ones in threads, and the SQL of pages and scans."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from graph.errors import BadInput, StoreUnavailable
from graph.model import RECORDS, Contact, NodeRef, relations
from graph.model.codec import columns, decoder
from graph.model.words import TieKind
from graph.query import (
    And,
    Compare,
    Filter,
    FindQuery,
    Not,
    Op,
    Or,
    Order,
    Quantifier,
    Related,
    RelatedCount,
    RelatedQuery,
    Window,
)
from graph.sqlite import SqliteStore, reading, searching
from graph.sqlite.filters import after_prefix, joined
from graph.sqlite.relating import compile_related
from graph.sqlite.store import SqliteTenant
from graph.store import Change, Upsert

TIES = relations("Contact")["ties"]


def ref(key: str) -> NodeRef:
    return NodeRef("Contact", key)


def tie(key: str, one: str, other: str, **more: object) -> Upsert:
    values = {"source": ref(one), "target": ref(other), "kind": TieKind.FRIEND, **more}
    return Upsert("Tie", key, values)


@pytest.fixture(scope="module")
async def store(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SqliteStore]:
    made = SqliteStore(tmp_path_factory.mktemp("reading"))
    yield made
    await made.close()


@pytest.fixture(scope="module")
async def graph(store: SqliteStore) -> SqliteTenant:
    """40 contacts in a star around the first, one of them tied twice."""
    made = store.tenant("star")
    changes: list[Change] = [
        Upsert(
            "Contact", f"c{i:02d}", {"name": f"Name {i % 7}", "region": "北京" if i % 2 else None}
        )
        for i in range(40)
    ]
    changes += [tie(f"t{i:02d}", "c00", f"c{i:02d}", strength=i / 3e7) for i in range(1, 40)]
    await made.commit([*changes, tie("t99", "c05", "c00")], actor="test")
    return made


@contextmanager
def traced(graph: SqliteTenant) -> Iterator[list[str]]:
    """The statements that run."""
    seen: list[str] = []
    assert graph._database is not None
    own = graph._database.readers._own
    own.set_trace_callback(seen.append)
    yield seen
    own.set_trace_callback(None)


async def test_a_relations_pages_take_three_statements_and_its_counts_one(
    graph: SqliteTenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "HELD_S", 60)
    query = RelatedQuery(TIES, window=Window(first=2), count=True)

    with traced(graph) as statements:
        pages = await graph.related(query, [ref(f"c{i:02d}") for i in range(40)])
        sizes = await graph.counts(query, [ref("c00"), ref("c01"), ref("none")])

    assert [text.split()[0] for text in statements] == [
        "BEGIN",
        "SELECT",
        "SELECT",
        "SELECT",
        "ROLLBACK",
        "SELECT",
    ]
    assert [h.edge.key for h in pages[ref("c00")].items if h.edge] == ["t01", "t02"]
    assert [h.node.key for h in pages[ref("c05")].items] == ["c00", "c00"]
    assert sizes == {ref("c00"): 40, ref("c01"): 1, ref("none"): 0}


async def test_the_statement_does_not_depend_on_the_number_of_anchors() -> None:
    one = compile_related(RelatedQuery(TIES), [ref("c00")])
    many = compile_related(RelatedQuery(TIES), [ref(f"c{i:02d}") for i in range(40)])

    assert one.text == many.text


async def test_anchors_of_another_kind_are_refused(graph: SqliteTenant) -> None:
    with pytest.raises(BadInput, match=r"Contact.ties starts from a Contact, not a Good"):
        await graph.related(RelatedQuery(TIES), [NodeRef("Good", "g")])


async def test_a_relation_without_edges_has_no_edge_filter(graph: SqliteTenant) -> None:
    purchases = relations("Customer")["purchases"]
    query = RelatedQuery(purchases, edge=Compare("key", Op.EQ, "x"))

    with pytest.raises(BadInput, match=r"Customer.purchases has no edge between; filter its node"):
        await graph.counts(query, [])


@pytest.mark.parametrize("op", [Op.LT, Op.CONTAINS, Op.IS_NULL])
async def test_an_edges_end_is_only_compared_as_a_whole(graph: SqliteTenant, op: Op) -> None:
    with pytest.raises(BadInput, match="does not suit an edge's source; use EQ or IN"):
        await graph.find(FindQuery("Tie", Compare("source", op, ref("c00"))))


async def test_an_edges_end_compared_with_text_is_refused(graph: SqliteTenant) -> None:
    with pytest.raises(BadInput, match="does not suit an edge's target; use EQ or IN"):
        await graph.find(FindQuery("Tie", Compare("target", Op.EQ, "c00")))


async def test_more_than_a_thousand_alternatives_fit_into_one_filter(graph: SqliteTenant) -> None:
    keys = tuple(Compare("key", Op.EQ, f"c{i:02d}") for i in range(1_200))

    page = await graph.find(FindQuery("Contact", Or(keys), window=Window(first=100)))

    assert len(page.items) == 40


async def test_a_filter_too_large_for_sqlite_is_refused(graph: SqliteTenant) -> None:
    part: Filter = Compare("key", Op.EQ, "c00")
    for _ in range(5):
        part = Or(
            (
                *(Compare("key", Op.EQ, "none"),) * 2_000,
                And((*(Compare("key", Op.GT, ""),) * 2_000, part)),
            )
        )

    with pytest.raises(BadInput, match="the filter is too large for SQLite; take parts of it away"):
        await graph.find(FindQuery("Contact", part))


async def test_relations_nested_as_deep_as_allowed_are_followed(graph: SqliteTenant) -> None:
    """From the hub to a leaf and back, twelve levels; by each kind of party, by edges as well."""
    part: Filter = Compare("key", Op.EQ, "c00")
    for _ in range(10):
        part = Related("ties", Quantifier.SOME, node=part)
    referred: Filter = Compare("name", Op.EQ, "A")
    for _ in range(2):
        made = Related("referrals_made", Quantifier.EVERY, node=referred)
        referred = RelatedCount("referrals_received", Op.EQ, 0, node=made)

    hub = await graph.find(FindQuery("Contact", part))
    leaves = await graph.find(FindQuery("Contact", Related("ties", Quantifier.SOME, node=part)))
    all_of_them = await graph.find(FindQuery("Contact", referred, count=True))

    assert [r.key for r in hub.items] == ["c00"]
    assert leaves.items[0].key == "c01"
    assert all_of_them.total == 40


@pytest.mark.parametrize("relation", ["referrals_made", "referrals_received"])
async def test_relations_of_parties_multiply_and_are_bounded(
    graph: SqliteTenant, relation: str
) -> None:
    part: Filter = Not(Compare("name", Op.EQ, "A"))
    for _ in range(6):
        part = Related(relation, Quantifier.NONE, node=part)

    with pytest.raises(BadInput, match="follows relations of several kinds of records too deeply"):
        await graph.find(FindQuery("Contact", part))


async def test_floats_are_found_among_others_with_all_their_digits(graph: SqliteTenant) -> None:
    wanted = (1 / 3e7, 2 / 3e7, 0.5)

    page = await graph.find(FindQuery("Tie", Compare("strength", Op.IN, wanted)))

    assert [r.key for r in page.items] == ["t01", "t02"]


@pytest.mark.parametrize(
    ("prefix", "after"),
    [
        ("a", "b"),
        ("az", "a{"),
        ("王", "玌"),
        ("\ud7ff", "\ue000"),
        ("a\U0010ffff", "b"),
        ("\U0010ffff", None),
        ("", None),
    ],
)
def test_the_text_after_a_prefix(prefix: str, after: str | None) -> None:
    assert after_prefix(prefix) == after


def test_conditions_are_joined_as_a_balanced_tree() -> None:
    assert joined([], "AND") == ""
    assert joined(["a"], "AND") == "a"
    assert joined(list("abcde"), "OR") == "((a OR b) OR (c OR (d OR e)))"


# -- threads


async def test_a_long_read_gives_the_same_from_a_thread(
    graph: SqliteTenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = FindQuery(
        "Contact",
        Related("ties", Quantifier.SOME, node=Compare("name", Op.STARTS_WITH, "Name")),
        (Order("ties", descending=True, count=True), Order("name")),
        Window(first=5),
        count=True,
    )
    inline = await graph.find(query)
    monkeypatch.setattr(reading, "HELD_S", -1)
    everything = FindQuery("Tie", window=Window(first=1_000), count=True)

    threaded = await graph.find(query)
    many = await asyncio.gather(*(graph.find(everything) for _ in range(10)))

    assert threaded == inline
    assert [len(p.items) for p in many] == [40] * 10


async def test_a_cancelled_read_stops_in_its_thread(graph: SqliteTenant) -> None:
    count = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    assert graph._database is not None
    readers = graph._database.readers

    tasks = [
        asyncio.ensure_future(readers.run(lambda c: c.execute(count).fetchone())) for _ in range(4)
    ]
    await asyncio.sleep(0.1)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)

    # all four threads are free again, and the connections can be used
    assert all(task.cancelled() for task in tasks)
    pages = await asyncio.gather(*(readers.run(slowly) for _ in range(4)))
    assert pages == [300_000] * 4


def slowly(connection: sqlite3.Connection) -> int:
    """A read too long for the loop."""
    text = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 300000) "
    number: int = connection.execute(text + "SELECT max(i) FROM n").fetchone()[0]
    return number


async def test_a_driver_error_in_a_thread_becomes_ours(graph: SqliteTenant) -> None:
    assert graph._database is not None
    readers = graph._database.readers

    def fail(connection: sqlite3.Connection) -> None:
        slowly(connection)
        connection.execute("SELECT * FROM nowhere")

    with pytest.raises(StoreUnavailable, match="SQLite says: no such table: nowhere"):
        await readers.run(fail)


async def test_readers_cannot_write(graph: SqliteTenant) -> None:
    assert graph._database is not None

    with pytest.raises(StoreUnavailable, match="it is read-only; give this user the right"):
        await graph._database.readers.run(lambda c: c.execute("DELETE FROM Contact"))


# -- scans


async def test_a_scan_gives_every_value_as_stored(graph: SqliteTenant) -> None:
    batches = [b async for b in graph.scan("Tie", batch=17)]
    rows = [row for b in batches for row in zip(*b.columns.values(), strict=True)]
    stored = await graph.find(FindQuery("Tie", window=Window(first=100)))

    assert [b.size for b in batches] == [17, 17, 6]
    assert list(batches[0].columns) == list(columns(RECORDS["Tie"]))
    assert tuple(map(decoder("Tie"), rows)) == stored.items


async def test_a_scan_gives_lists_and_maps_as_json_text(store: SqliteStore) -> None:
    graph = store.tenant("texts")
    values = {"name": 'a"\\\n王', "hobbies": ('"x"', "y"), "custom": {"b": 1, "a": None}}
    await graph.commit([Upsert("Contact", "k", values)], actor="test")

    (batch,) = [b async for b in graph.scan("Contact", ["hobbies", "name", "custom", "name"])]

    assert list(batch.columns) == ["hobbies", "name", "custom"]
    assert batch.columns["name"] == ['a"\\\n王']
    assert json.loads(batch.columns["hobbies"][0]) == ['"x"', "y"]
    assert json.loads(batch.columns["custom"][0]) == {"b": 1, "a": None}


@pytest.mark.parametrize(("kind", "names"), [("Tie", ["name"]), ("Nothing", None)])
async def test_a_scan_of_what_does_not_exist_is_refused(
    graph: SqliteTenant, kind: str, names: list[str] | None
) -> None:
    with pytest.raises(BadInput, match=r"has no column 'name'; use key|is not a kind of record"):
        await anext(aiter(graph.scan(kind, names)))


async def test_a_scan_sees_one_moment(store: SqliteStore) -> None:
    graph = store.tenant("moment")
    names = [f"c{i}" for i in range(10)]
    await graph.commit([Upsert("Contact", k, {"name": "A"}) for k in names], actor="test")

    keys: list[str] = []
    async for batch in graph.scan("Contact", ["key"], batch=2):
        keys += batch.columns["key"]
        await graph.commit([Upsert("Contact", f"d{len(keys)}", {"name": "B"})], actor="test")

    assert keys == names


async def test_a_scan_left_early_gives_its_connection_back(store: SqliteStore) -> None:
    graph = store.tenant("early")
    await graph.commit(
        [Upsert("Contact", f"c{i}", {"name": "A"}) for i in range(500)], actor="test"
    )

    async def use() -> None:
        async for _ in graph.scan("Contact", batch=1):
            pass

    for wait in (0, 0.001, 0.01):
        task = asyncio.ensure_future(use())
        await asyncio.sleep(wait)
        task.cancel()
        await asyncio.wait([task])
    scan = graph.scan("Contact", batch=1)
    await anext(scan)
    await scan.aclose()

    assert graph._database is not None
    idle = graph._database.readers._idle
    assert [c.in_transaction for c in idle] == [False] * len(idle)
    assert 1 <= len(idle) <= 2


async def test_a_scan_of_a_closed_store_is_refused(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    graph = store.tenant("a")
    await graph.commit([Upsert("Contact", f"c{i}", {"name": "A"}) for i in range(3)], actor="t")
    scan = graph.scan("Contact", batch=1)
    await anext(scan)

    await store.close()

    with pytest.raises(StoreUnavailable, match="was closed; open it again"):
        await anext(scan)


# -- search


async def keys_found(graph: SqliteTenant, text: str, first: int = 10) -> list[str]:
    return [h.node.key for h in await graph.search(text, ["Contact", "Customer"], first)]


async def test_search_ranks_over_all_kinds_and_breaks_ties_by_kind_and_key(
    store: SqliteStore,
) -> None:
    graph = store.tenant("search")
    names = {"b": "王明", "a": "王明", "c": "王小明", "d": "大王", "e": "Swang"}
    changes: list[Change] = [Upsert("Contact", k, {"name": n}) for k, n in names.items()]
    long = "Y" * (searching.LONGEST_TERM + 6)
    changes += [
        Upsert("Customer", "b", {"name": "王明"}),
        Upsert("Customer", "z", {"name": f"X {long}", "phones": ("+8613800138000",)}),
    ]
    await graph.commit(changes, actor="test")

    assert await keys_found(graph, "王") == ["a", "b", "b", "c", "d"]
    assert await keys_found(graph, "王", 2) == ["a", "b"]
    assert await keys_found(graph, "wang") == ["a", "b", "b", "c", "d", "e"]
    assert await keys_found(graph, "an") == ["e", "d", "a", "b", "b", "c"]
    assert await keys_found(graph, "wan g", 4) == ["a", "b", "b", "c"]
    assert await keys_found(graph, long) == ["z"]
    assert await keys_found(graph, long + "Y") == []
    assert await keys_found(graph, "0013") == ["z"]
    assert await keys_found(graph, "001") == []
    assert await keys_found(graph, '") OR "') == []
    assert await keys_found(graph, "王", 0) == []
    assert [h.node.ref.kind for h in await graph.search("王", ["Customer"], 5)] == ["Customer"]
    assert await graph.search("x", ["Tie"], 5) == []
    with pytest.raises(BadInput, match="'Nothing' is not a kind of record"):
        await graph.search("x", ["Nothing"], 5)


async def test_half_characters_are_refused_in_reads(graph: SqliteTenant) -> None:
    half = "\ud83d"
    calls = (
        graph.nodes("Contact", [half]),
        graph.nodes("Contact", ["a", half]),
        graph.find(FindQuery("Contact", And((Compare("name", Op.EQ, half),)))),
        graph.find(FindQuery("Contact", Compare("name", Op.IN, (half,)))),
        graph.related(RelatedQuery(TIES), [ref(half)]),
    )
    for call in calls:
        with pytest.raises(BadInput, match="a text holds half of a character"):
            await call
    assert await graph.search("王" + half, ["Contact"], 5) == []


async def test_a_node_read_is_the_record(graph: SqliteTenant) -> None:
    found = await graph.nodes("Contact", ["c01", "none", "c02"])

    assert sorted(found) == ["c01", "c02"]
    assert isinstance(found["c01"], Contact)
    assert (found["c01"].name, found["c01"].region, found["c01"].revision) == ("Name 1", "北京", 1)
