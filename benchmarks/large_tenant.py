"""A seeded tenant of a million edges, written past the commits: they would take minutes.

    python -m benchmarks.large_tenant FOLDER [--edges 1000000]
    python -m benchmarks.large_tenant bolt://user:password@host:port [--edges 1000000]

The second writes a tenant into Neo4j, times a snapshot's scan of it, and deletes it again.

Its log has one entry, made by a real commit; the rows beside it are what commits would have left,
but for search terms, which no snapshot reads. Of the edges 4 in 10 are referrals, 4 in 10 ties,
2 in 10 affiliations; keys are UUIDs, as the server generates them.
"""

# ruff: noqa: T201  (a command line that prints its result)
from __future__ import annotations

import argparse
import asyncio
import sqlite3
import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np
from neo4j import Driver, GraphDatabase

from benchmarks import graphs
from graph.model import RECORDS
from graph.model.codec import encode_value
from graph.model.words import AffiliationKind, ReferralStatus, Stage, TieKind
from graph.neo4j_store import Neo4jStore
from graph.neo4j_store.names import camel, entity_type
from graph.network import build_network
from graph.query import FindQuery, Window
from graph.sqlite import SqliteStore
from graph.sqlite.tables import quoted, stored_columns
from graph.store import Upsert

TENANT = "large"
NOW = 1_767_000_000_000_000
REGIONS = [f"region {i}" for i in range(30)]
INDUSTRIES = [f"industry {i}" for i in range(20)]

Row = dict[str, Any]


async def make(folder: Path, edges: int) -> None:
    """Writes the tenant into a folder of stores."""
    store = SqliteStore(folder)
    await store.ready()
    await store.tenant(TENANT).commit([Upsert("Staff", "sue", {"name": "Sue"})], actor="bench")
    await store.close()
    connection = sqlite3.connect(folder / f"{TENANT}.db", isolation_level=None)
    connection.execute("BEGIN")
    for kind, rows in _tables(edges):
        _insert(connection, kind, rows)
    connection.execute("COMMIT")
    connection.close()


def _insert(connection: sqlite3.Connection, kind: str, rows: Iterator[Row]) -> None:
    info, names = RECORDS[kind], stored_columns(kind)
    plain: Row = {f.name: encode_value(f, f.default) for f in info.fields.values()}
    plain |= {"created_at": NOW, "updated_at": NOW, "revision": 1, "claim": None}
    marks = ", ".join("?" * len(names))
    connection.executemany(
        f"INSERT INTO {quoted(kind)} VALUES ({marks})",
        ([(plain | row)[name] for name in names] for row in rows),
    )


def _tables(edges: int) -> Iterator[tuple[str, Iterator[Row]]]:
    random = np.random.default_rng(11)
    referrals = graphs.referrals(edges * 4 // 10)
    people = referrals.size
    ties = graphs.social(edges * 4 // 10)
    firms = edges // 100
    keys = [f"c{i:07}" for i in random.permutation(people).tolist()]
    yield "Contact", (_person(key, number) for number, key in enumerate(keys))
    yield "Organization", ({"key": f"o{i:06}", "name": f"Firm {i}"} for i in range(firms))
    yield "Customer", (_customer(i) for i in range(firms))
    yield "Referral", _edges(random, referrals, keys, _referral)
    yield "Tie", _edges(random, ties, keys, _tie)
    count = edges - len(referrals.source) - len(ties.source)
    members = zip(
        random.integers(0, people, count).tolist(),
        random.integers(0, firms, count).tolist(),
        strict=True,
    )
    yield "Affiliation", (_affiliation(random, keys[a], b) for a, b in members)


def _person(key: str, number: int) -> Row:
    return {"key": key, "name": f"Person {number}", "region": REGIONS[number % 30]}


def _customer(number: int) -> Row:
    return {
        "key": f"k{number:06}",
        "name": f"Customer {number}",
        "kind": "ORGANIZATION",
        "stage": list(Stage)[number % len(Stage)].value,
        "industry": INDUSTRIES[number % 20],
    }


def _edges(
    random: np.random.Generator, given: graphs.Edges, keys: Sequence[str], columns: Any
) -> Iterator[Row]:
    for source, target in zip(given.source.tolist(), given.target.tolist(), strict=True):
        ends = keys[source], keys[target]
        if columns is _tie:  # an undirected edge is kept one way round
            ends = min(ends), max(ends)
        yield _row(random, "Contact", ends[0], "Contact", ends[1]) | columns(source)


def _row(random: np.random.Generator, *ends: str) -> Row:
    names = ("source_kind", "source_key", "target_kind", "target_key")
    return {"key": str(uuid.UUID(bytes=random.bytes(16))), **dict(zip(names, ends, strict=True))}


def _referral(number: int) -> Row:
    status = list(ReferralStatus)[number % len(ReferralStatus)].value
    return {"status": status, "at": NOW - number * 1_000_000}


def _tie(number: int) -> Row:
    since = date(2020, 1, 1) + timedelta(number % 2_000)
    kind = list(TieKind)[number % len(TieKind)].value
    return {"kind": kind, "since": since.isoformat(), "strength": (number % 11) / 10}


def _affiliation(random: np.random.Generator, person: str, firm: int) -> Row:
    row = _row(random, "Contact", person, "Organization", f"o{firm:06}")
    return row | {"kind": list(AffiliationKind)[firm % len(AffiliationKind)].value}


async def time_neo4j(url: str, edges: int, runs: int) -> None:
    """Writes the tenant into Neo4j under a name of its own, times scans, deletes it."""
    parts = urlsplit(url)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    bare = f"{parts.scheme}://{parts.hostname}:{parts.port}"
    store, tenant = Neo4jStore(bare, user, password), f"{TENANT}-{uuid.uuid4().hex[:8]}"
    await store.ready()
    graph = store.tenant(tenant)
    await graph.commit([Upsert("Staff", "sue", {"name": "Sue"})], actor="bench")
    with GraphDatabase.driver(bare, auth=(user, password)) as driver:
        try:
            began = time.perf_counter()
            for kind, rows in _tables(edges):
                _create(driver, tenant, kind, rows)
            print(f"written in {time.perf_counter() - began:.0f} s", flush=True)
            for _ in range(runs):
                began, own = time.perf_counter(), time.process_time()
                network = await build_network(graph)
                wall, own = time.perf_counter() - began, time.process_time() - own
                print(f"{network!r}: {wall:.1f} s from Neo4j, {own:.1f} s of our own", flush=True)
        finally:
            _delete(driver, tenant)
    await store.close()


async def ensure(url: str, edges: int) -> tuple[str, list[str]]:
    """The tenant in Neo4j, written where it is not there; its name and some contacts' keys."""
    parts = urlsplit(url)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    bare = f"{parts.scheme}://{parts.hostname}:{parts.port}"
    store, tenant = Neo4jStore(bare, user, password), f"{TENANT}-{edges}"
    try:
        await store.ready()
        graph = store.tenant(tenant)
        if await graph.version() == 0:
            with GraphDatabase.driver(bare, auth=(user, password)) as driver:
                _delete(driver, tenant)  # what a run that was stopped has left
                for kind, rows in _tables(edges):
                    _create(driver, tenant, kind, rows)
            await graph.commit([Upsert("Staff", "sue", {"name": "Sue"})], actor="bench")
        page = await graph.find(FindQuery("Contact", window=Window(40), fields=frozenset()))
        return tenant, [record.key for record in page.items]
    finally:
        await store.close()


def _delete(driver: Driver, tenant: str) -> None:
    """Deletes all of a tenant's nodes, with their edges."""
    labels = [i.name for i in RECORDS.values() if i.ends is None] + ["LogEntry", "Tenant"]
    for label in labels:
        text = (
            f"MATCH (n:{label}) WHERE n.tenantId = $tenant WITH n LIMIT 2000 "
            "DETACH DELETE n RETURN count(*) AS gone"
        )
        while driver.execute_query(text, tenant=tenant).records[0]["gone"]:
            pass


def _create(driver: Driver, tenant: str, kind: str, rows: Iterator[Row]) -> None:
    info = RECORDS[kind]
    plain = {f.name: encode_value(f, f.default, native_lists=True) for f in info.fields.values()}
    plain |= {"created_at": NOW, "updated_at": NOW, "revision": 1, "tenant_id": tenant}
    text = f"UNWIND $rows AS row CREATE (n:{entity_type(info)}) SET n = row"
    while some := list(islice(rows, 10_000)):
        made = [{k: v for k, v in (plain | row).items() if v is not None} for row in some]
        if info.ends is not None:
            ends = (made[0]["source_kind"], made[0]["target_kind"])
            text = (
                f"UNWIND $rows AS row MATCH (a:{ends[0]} {{tenantId: $tenant, key: row.sourceKey}})"
                f" MATCH (b:{ends[1]} {{tenantId: $tenant, key: row.targetKey}})"
                f" CREATE (a)-[e:{entity_type(info)}]->(b) SET e = row"
            )
        named = [{camel(name): value for name, value in row.items()} for row in made]
        driver.execute_query(text, rows=named, tenant=tenant)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("where")
    parser.add_argument("--edges", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    if "://" in options.where:
        asyncio.run(time_neo4j(options.where, options.edges, options.runs))
    else:
        Path(options.where).mkdir(parents=True, exist_ok=True)
        asyncio.run(make(Path(options.where), options.edges))
