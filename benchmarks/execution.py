"""How fast operations run in this process: our plans against strawberry with DataLoaders.

    python -m benchmarks.execution [--rounds 8]

Both run the same schema on the same graph: plain lists of objects that stand ready; the store's
answers remembered in a dict, so that execution alone is measured; SQLite; SQLite with the record
cache warm. Rounds are interleaved, the garbage collector is set as the server sets it; prints a
Markdown table of minimum and median milliseconds of processor time (others may work on the
machine), the writing of the answer as JSON included.
"""

# ruff: noqa: T201  (a command line that prints its result)
from __future__ import annotations

import argparse
import asyncio
import dataclasses
import gc
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import orjson
import strawberry
from strawberry.extensions import ParserCache, ValidationCache

from api.collector import settle
from benchmarks import execution_lists
from benchmarks.execution_lists import Lists
from graph.model import Contact, NodeRef, Record
from graph.model.words import AffiliationKind, OrganizationKind, Sex, TieKind
from graph.query import FindQuery, Hit, Page, RelatedQuery
from graph.record_cache import CachedStore
from graph.sqlite import SqliteStore
from graph.store import TenantGraph, Upsert
from schema.build import Schema, build_schema
from schema.context import Context
from schema.execution import Executor

COMPANY = OrganizationKind.COMPANY
CONTACTS = 2_000
TIES = 12
"""Ties that each contact begins; as many lead to it."""

RELAY = """{ contacts(first: 100) { edges { node { key name region sex
  ties(first: 10) { edges { node { key name region sex } } } } } } }"""
NETWORK = """{ contact(key: "p0") { name ties(first: 20) { totalCount edges { kind since node {
  key name region ties(first: 20) { totalCount edges { kind node { key name region sex
    affiliations(first: 1) { edges { title node { name kind } } } } } } } } } } }"""
TINY = '{ contact(key: "p0") { key name } }'

Run = Callable[[], Awaitable[bytes]]


class Remembering:
    """Reads of a real graph, each asked once."""

    def __init__(self, graph: TenantGraph) -> None:
        self._graph = graph
        self._known: dict[Any, Any] = {}

    async def nodes(
        self, kind: str, keys: Sequence[str], fields: frozenset[str] | None = None
    ) -> Mapping[str, Record]:
        """Records by key."""
        asked = (kind, len(keys), keys[0], keys[-1])
        if asked not in self._known:
            self._known[asked] = await self._graph.nodes(kind, keys, fields)
        found: Mapping[str, Record] = self._known[asked]
        return found

    async def records(
        self, refs: Sequence[NodeRef], fields: frozenset[str] | None = None
    ) -> Mapping[NodeRef, Record]:
        """Records of any kinds."""
        asked = (len(refs), refs[0], refs[-1])
        if asked not in self._known:
            self._known[asked] = await self._graph.records(refs, fields)
        found: Mapping[NodeRef, Record] = self._known[asked]
        return found

    async def find(self, query: FindQuery) -> Page[Record]:
        """A page of records."""
        query = dataclasses.replace(query, fields=None)  # whatever others ask of it
        asked = (query.kind, query.window)
        if asked not in self._known:
            self._known[asked] = await self._graph.find(query)
        found: Page[Record] = self._known[asked]
        return found

    async def related(
        self, query: RelatedQuery, anchors: Sequence[NodeRef]
    ) -> Mapping[NodeRef, Page[Hit]]:
        """Members of a relation."""
        query = dataclasses.replace(query, fields=None, edge_fields=None)
        asked = (query.relation.name, query.window, len(anchors), anchors[0], anchors[-1])
        if asked not in self._known:
            self._known[asked] = await self._graph.related(query, anchors)
        found: Mapping[NodeRef, Page[Hit]] = self._known[asked]
        return found

    def replace(self, change: Callable[[Any], Any]) -> None:
        """Changes what is remembered."""
        self._known = {asked: change(found) for asked, found in self._known.items()}


def world() -> list[Upsert]:
    """Contacts, their ties, and where they work."""
    changes = [
        Upsert("Organization", f"o{i}", {"name": f"组织 {i}", "kind": COMPANY}) for i in range(40)
    ]
    regions = ("北京", "上海", None)
    for i in range(CONTACTS):
        values = {"name": f"王小{i:04}", "region": regions[i % 3], "sex": Sex.FEMALE}
        changes.append(Upsert("Contact", f"p{i}", values))
    random = Random(1)
    for i in range(CONTACTS):
        me = NodeRef("Contact", f"p{i}")
        for other in random.sample([j for j in range(CONTACTS) if j != i], TIES):
            tie = {"source": me, "target": NodeRef("Contact", f"p{other}"), "kind": TieKind.FRIEND}
            changes.append(Upsert("Tie", f"t{i}-{other}", tie))
        works = NodeRef("Organization", f"o{i % 40}")
        job = {"source": me, "target": works, "kind": AffiliationKind.WORKS_AT, "title": "工程师"}
        changes.append(Upsert("Affiliation", f"a{i}", job))
    return changes


class Bench:
    """Runs queries both ways on one graph."""

    def __init__(self, graph: Any) -> None:
        self.graph = graph
        self.schema = build_schema()
        self.cached = build_schema()
        self.cached.extensions = (ParserCache, ValidationCache)
        self.plain = build_schema()
        self.plain.extensions = ()

    async def plan(self, query: str) -> bytes:
        """By a plan, kept with its document."""
        return _json(await self.schema.execute(query, None, Context(self.graph)))

    async def new_plan(self, query: str) -> bytes:
        """By a plan, the document unknown before."""
        executor = Executor(self.schema._schema)
        return _json(await executor.execute(query, None, Context(self.graph)))

    async def strawberry(self, query: str) -> bytes:
        """By strawberry, which remembers documents."""
        return await _by_strawberry(self.cached, query, self.graph)

    async def new_strawberry(self, query: str) -> bytes:
        """By strawberry, which parses and validates."""
        return await _by_strawberry(self.plain, query, self.graph)


async def _by_strawberry(schema: Schema, query: str, graph: Any) -> bytes:
    return _json(await strawberry.Schema.execute(schema, query, context_value=Context(graph)))


def _json(found: Any) -> bytes:
    assert not found.errors, found.errors[:1]
    return orjson.dumps({"data": found.data})


async def by_hand(graph: Any) -> bytes:
    """RELAY as one would write it by hand, with the checks that GraphQL asks for."""
    page = await graph.find(_asked["find"])
    contacts = page.items
    query = _asked["related"]
    ties = await graph.related(query, [c.ref for c in contacts])
    edges = []
    for contact in contacts:
        shown = _contact(contact)
        below = []
        for hit in ties[contact.ref].items:
            below.append({"node": _contact(hit.node)})
        shown["ties"] = {"edges": below}
        edges.append({"node": shown})
    return orjson.dumps({"data": {"contacts": {"edges": edges}}})


def _contact(contact: Any) -> dict[str, Any]:
    if contact.__class__ is not Contact:
        raise TypeError
    key, name, region = contact.key, contact.name, contact.region
    if key.__class__ is not str or name.__class__ is not str:
        raise TypeError
    if region is not None and region.__class__ is not str:
        raise TypeError
    sex = contact.sex
    return {
        "key": key,
        "name": name,
        "region": region,
        "sex": None if sex is None else sex.name,
    }


_asked: dict[str, Any] = {}


class _Listening:
    """Keeps the questions that a plan asks, for `by_hand` to ask the same."""

    def __init__(self, graph: Any) -> None:
        self._graph = graph
        self.nodes = graph.nodes

    async def find(self, query: FindQuery) -> Any:
        _asked["find"] = query
        return await self._graph.find(query)

    async def related(self, query: RelatedQuery, anchors: Sequence[NodeRef]) -> Any:
        _asked["related"] = query
        return await self._graph.related(query, anchors)


async def measure(rounds: int, each: int, **runs: Run) -> dict[str, list[float]]:
    """Processor milliseconds of each run, sorted; rounds take turns."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for run in runs.values():
        for _ in range(3):
            await run()
    for _ in range(rounds):
        for name, run in runs.items():
            gc.collect()
            for _ in range(each):
                start = time.process_time()
                await run()
                times[name].append((time.process_time() - start) * 1e3)
    return {name: sorted(found) for name, found in times.items()}


def row(what: str, bar: str, ours: list[float], other: list[float], name: str) -> None:
    """Prints a line: times and the ratio of the other to ours."""
    low, middle = other[0] / ours[0], statistics.median(other) / statistics.median(ours)
    print(
        f"| {what} | {bar} | {ours[0]:.3f} / {statistics.median(ours):.3f} | {name} "
        f"{other[0]:.3f} / {statistics.median(other):.3f} | {low:.2f} / {middle:.2f} |"
    )


def spoilt(answer: Any) -> Any:
    """An answer of the store with a bad value in one of its pages."""
    if not isinstance(answer, Mapping) or len(answer) < 100:
        return answer
    made = dict(answer)
    ref, page = next((r, p) for r, p in reversed(made.items()) if isinstance(p, Page) and p.items)
    first = page.items[0]
    bad: Any = None  # where none may be
    hit = Hit(first.edge, dataclasses.replace(first.node, name=bad))
    made[ref] = dataclasses.replace(page, items=(hit, *page.items[1:]))
    return made


async def table(store: SqliteStore, rounds: int) -> None:
    """Measures and prints all rows."""
    graph = store.tenant("bench")
    changes = world()
    for start in range(0, len(changes), 1_000):
        await graph.commit(changes[start : start + 1_000], actor="bench")
    memory = Remembering(graph)
    bench, disk = Bench(memory), Bench(graph)
    warm = Bench(CachedStore(store, 256 * 2**20).tenant("bench"))
    settle()
    print("| work | bar | ours, min / median ms | other | ratio, min / median |")
    print("|---|---|---:|---:|---:|")
    await _lists(rounds)
    for what, query, bar in (("100 x 10 x 4", RELAY, ">= 20"), ("2-hop network", NETWORK, ">= 20")):
        assert await bench.plan(query) == await bench.strawberry(query)
        places = (
            ("Relay, memory", bench, bar),
            ("SQLite, cold", disk, ">= 6"),
            ("SQLite, warm", warm, ">= 20"),
        )
        for where, one, wanted in places:
            found = await measure(
                rounds,
                6,
                plan=lambda one=one, query=query: one.plan(query),  # type: ignore[misc]
                other=lambda one=one, query=query: one.strawberry(query),  # type: ignore[misc]
            )
            row(f"{what}, {where}", wanted, found["plan"], found["other"], "strawberry")
    for where, one in (("memory", bench), ("SQLite, cold", disk), ("SQLite, warm", warm)):
        found = await measure(
            rounds,
            200,
            plan=lambda one=one: one.plan(TINY),  # type: ignore[misc]
            other=lambda one=one: one.strawberry(TINY),  # type: ignore[misc]
        )
        row(
            f"tiny, document known, {where}",
            "<= 0.03 ms",
            found["plan"],
            found["other"],
            "strawberry",
        )
    await _small(bench, memory, rounds)


async def _lists(rounds: int) -> None:
    lists = Lists((ParserCache, ValidationCache))

    async def ours(query: str) -> bytes:
        return _json(await lists.plan(query))

    async def theirs(query: str) -> bytes:
        return _json(await lists.strawberry(query))

    for what, query in (
        ("100 x 10 x 4", execution_lists.LISTS),
        ("2-hop", execution_lists.NETWORK),
    ):
        assert await ours(query) == await theirs(query)
        found = await measure(
            rounds,
            6,
            plan=lambda query=query: ours(query),  # type: ignore[misc]
            other=lambda query=query: theirs(query),  # type: ignore[misc]
        )
        row(f"{what}, plain lists, memory", ">= 25", found["plan"], found["other"], "strawberry")


async def _small(bench: Bench, memory: Remembering, rounds: int) -> None:
    listening = _Listening(memory)
    await bench.schema.execute(RELAY, None, Context(listening))  # type: ignore[arg-type]
    assert await by_hand(memory) == await bench.plan(RELAY)
    found = await measure(rounds, 20, plan=lambda: bench.plan(RELAY), hand=lambda: by_hand(memory))
    row("100 x 10 x 4 by hand", ">= 0.5", found["plan"], found["hand"], "hand")
    for what, query in (("tiny", TINY), ("2-hop network", NETWORK)):
        found = await measure(
            rounds,
            10,
            plan=lambda query=query: bench.new_plan(query),  # type: ignore[misc]
            other=lambda query=query: bench.new_strawberry(query),  # type: ignore[misc]
        )
        row(f"{what}, document unknown", ">= 0.85", found["plan"], found["other"], "strawberry")
    await _bad(bench, memory, rounds)


async def _bad(bench: Bench, memory: Remembering, rounds: int) -> None:
    good = await measure(rounds, 10, good=lambda: bench.plan(NETWORK))
    memory.replace(spoilt)

    async def bad() -> bytes:
        found = await bench.schema.executor.run(NETWORK, None, Context(memory))  # type: ignore[arg-type]
        assert 1 <= len(found.errors) <= 5, len(found.errors)
        return orjson.dumps({"data": found.data})

    found = await measure(rounds, 10, bad=bad)
    row("one bad value in a level of 400", ">= 0.1", found["bad"], good["good"], "good")


async def main() -> None:
    """Measures, and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=8)
    options = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder))
        await store.ready()
        await table(store, options.rounds)
        await store.close()


if __name__ == "__main__":
    asyncio.run(main())
