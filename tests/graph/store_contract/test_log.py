import asyncio
from dataclasses import replace
from typing import Any

from graph.model import RECORDS, NodeRef, Record
from graph.model.codec import decode_value
from graph.query import FindQuery, Window
from graph.store import Action, Delete, LogEntry, LoggedChange, Store, TenantGraph, Upsert
from tests.graph.conftest import new_tenant
from tests.graph.store_contract.processes import run_writer
from tests.graph.stores import StoreRow
from tests.graph.strategies import upserts, world


async def whole(graph: TenantGraph) -> dict[NodeRef, Record]:
    pages = [await graph.find(FindQuery(k, window=Window(first=1_000))) for k in RECORDS]
    return {r.ref: r for page in pages for r in page.items}


async def staff(graph: TenantGraph, *keys: str, name: str = "x") -> None:
    await graph.commit([Upsert("Staff", k, {"name": name}) for k in keys], actor="tests")


async def test_a_commit_stands_in_the_log_with_its_actor_and_changes(graph: TenantGraph) -> None:
    receipt = await graph.commit(
        [Upsert("Staff", "s", {"name": "x"}), Upsert("Good", "g", {"name": "y"})], actor="王·é"
    )

    (entry,) = await graph.log(0)

    assert (entry.version, entry.actor) == (receipt.version, "王·é")
    assert set(map(str, entry.changes)) == {
        str(LoggedChange(Action.CREATED, NodeRef("Staff", "s"))),
        str(LoggedChange(Action.CREATED, NodeRef("Good", "g"))),
    }


async def test_the_log_begins_after_a_version_and_ends_at_its_limit(graph: TenantGraph) -> None:
    for n in range(5):
        await staff(graph, f"s{n}")

    async def versions(after: int, limit: int) -> list[int]:
        return [e.version for e in await graph.log(after, limit)]

    assert await versions(0, 100) == [1, 2, 3, 4, 5]
    assert await versions(2, 2) == [3, 4]
    assert await versions(0, 0) == []
    assert await versions(5, 100) == []
    assert await versions(99, 100) == []


async def test_an_edges_change_names_its_ends(graph: TenantGraph) -> None:
    await graph.commit(upserts(world(0)), actor="tests")
    edge: Any = world(0).of_kind("Offer")[0]
    await graph.commit([Upsert("Offer", edge.key, {"quantity": 77})], actor="tests")

    (entry,) = await graph.log(1)

    assert entry.changes == (
        LoggedChange(
            Action.UPDATED, edge.ref, (edge.source, edge.target), {"quantity": edge.quantity}
        ),
    )


def undone(now: dict[NodeRef, Record], entry: LogEntry) -> dict[NodeRef, Record]:
    """The graph as it was before a commit."""
    past = dict(now)
    for change in entry.changes:
        fields = RECORDS[change.ref.kind].fields
        values = {n: decode_value(fields[n], v) for n, v in change.before.items() if n in fields}
        if change.action is Action.CREATED:
            del past[change.ref]
        elif change.action is Action.UPDATED:
            past[change.ref] = replace(past[change.ref], **values)
        else:
            ends: Any = dict(zip(("source", "target"), change.ends or (), strict=False))
            past[change.ref] = RECORDS[change.ref.kind].record(**values, **ends)
    return past


def unstamped(records: dict[NodeRef, Record]) -> dict[NodeRef, Record]:
    base = Record(key="x")
    return {
        r: replace(x, created_at=base.created_at, updated_at=base.updated_at, revision=1)
        for r, x in records.items()
    }


async def test_the_past_is_read_back_from_the_log(graph: TenantGraph) -> None:
    """Every former state, from the newest to none at all."""
    states = [await whole(graph)]
    contacts = world(0).of_kind("Contact")
    commits: list[list[Any]] = [
        upserts(world(0)),
        [
            Upsert("Contact", c.key, {"region": None, "hobbies": ("新",), "custom": {"n": 1}})
            for c in contacts
        ],
        [Upsert("Contact", c.key, {"custom": {"n": True}, "sex": None}) for c in contacts],
        [Delete("Contact", contacts[0].key), Upsert("Staff", "new", {"name": "x"})],
        [Delete("Customer", c.key) for c in world(0).of_kind("Customer")],
    ]
    for changes in commits:
        await graph.commit(changes, actor="tests")
        states.append(await whole(graph))

    entries = await graph.log(0)
    assert [e.version for e in entries] == [1, 2, 3, 4, 5]
    for number in range(5, 0, -1):
        past = undone(states[number], entries[number - 1])
        assert unstamped(past) == unstamped(states[number - 1])


async def test_the_log_is_gapless_and_ordered_under_eight_writers(graph: TenantGraph) -> None:
    """Each writes records of its own, and all write one record together."""

    async def write(writer: int) -> list[tuple[int, str]]:
        acknowledged = []
        for n in range(6):
            key = f"w{writer}-{n}"
            receipt = await graph.commit(
                [
                    Upsert("Staff", key, {"name": "x"}),
                    Upsert("Good", "shared", {"name": "x", "category": key}),
                ],
                actor=f"writer-{writer}",
            )
            acknowledged.append((receipt.version, key))
        return acknowledged

    seen = await asyncio.gather(*(write(w) for w in range(8)))

    entries = await graph.log(0)
    assert [e.version for e in entries] == list(range(1, 49))
    assert [e.at for e in entries] == sorted(e.at for e in entries)
    logged = {e.version: {c.ref.key for c in e.changes} - {"shared"} for e in entries}
    assert logged == {version: {key} for keys in seen for version, key in keys}
    check_shared(entries, await graph.nodes("Good", ["shared"]))


def check_shared(entries: list[LogEntry], found: Any) -> None:
    """Each commit saw what the one before it left in the record that all write."""
    written = [next(c.ref.key for c in e.changes if c.ref.key != "shared") for e in entries]
    before = [
        c.before["category"] for e in entries for c in e.changes if c.action is Action.UPDATED
    ]
    assert before == written[:-1]
    assert found["shared"].category == written[-1]
    assert found["shared"].revision == len(entries)


async def test_the_log_is_gapless_under_writers_in_two_processes(
    row: StoreRow, place: str, graph: TenantGraph
) -> None:
    if not row.shared:
        return  # such a store refuses a second process: see test_unusable.py
    writers = [await run_writer(row, place, graph.tenant, name, commits=15) for name in ("a", "b")]
    outputs = await asyncio.gather(*(w.communicate() for w in writers))

    assert [w.returncode for w in writers] == [0, 0], outputs
    acknowledged = [line.split() for out, _ in outputs for line in out.decode().splitlines()]
    entries = await graph.log(0)
    assert [e.version for e in entries] == list(range(1, 31))
    assert sorted(int(version) for version, _ in acknowledged) == list(range(1, 31))
    keys = {str(e.version): {c.ref.key for c in e.changes if c.ref.kind == "Tie"} for e in entries}
    assert keys == {version: {key} for version, key in acknowledged}


async def test_the_logs_of_two_tenants_are_apart(store: Store) -> None:
    one, other = store.tenant(new_tenant()), store.tenant(new_tenant())
    await staff(one, "a")
    await staff(other, "b")
    await staff(one, "c")

    assert [e.version for e in await one.log(0)] == [1, 2]
    assert [c.ref.key for e in await other.log(0) for c in e.changes] == ["b"]
