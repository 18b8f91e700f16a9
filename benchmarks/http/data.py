"""The LDBC sample in Neo4j, once as renmai keeps it and once as its peer does."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from neo4j import AsyncDriver, AsyncGraphDatabase

from api.settings import load
from api.stores import open_store
from graph.importing import import_folder
from graph.model import Record
from graph.model.words import AffiliationKind
from graph.query import FindQuery, Window
from graph.store import TenantGraph
from schema.scalars import show_moment

TENANT = "bench-http"
AT_ONCE = 1_000

CONSTRAINTS = (
    "CREATE CONSTRAINT bench_person IF NOT EXISTS FOR (n:BenchPerson) REQUIRE n.key IS UNIQUE",
    "CREATE CONSTRAINT bench_organization IF NOT EXISTS "
    "FOR (n:BenchOrganization) REQUIRE n.key IS UNIQUE",
    "CREATE INDEX bench_person_sex IF NOT EXISTS FOR (n:BenchPerson) ON (n.sex)",
    "CREATE INDEX bench_person_name IF NOT EXISTS FOR (n:BenchPerson) ON (n.name)",
)
CLEAR = "MATCH (n:BenchPerson|BenchOrganization) DETACH DELETE n"
PERSONS = "UNWIND $rows AS row CREATE (n:BenchPerson) SET n = row"
ORGANIZATIONS = "UNWIND $rows AS row CREATE (n:BenchOrganization) SET n = row"
KNOWS = """UNWIND $rows AS row MATCH (a:BenchPerson {key: row.source})
MATCH (b:BenchPerson {key: row.target})
CREATE (a)-[:BENCH_KNOWS {key: row.key, kind: row.kind, since: row.since}]->(b)"""
WORKS_AT = """UNWIND $rows AS row MATCH (a:BenchPerson {key: row.source})
MATCH (b:BenchOrganization {key: row.target})
CREATE (a)-[:BENCH_WORKS_AT {key: row.key, since: row.since}]->(b)"""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Keys:
    """Contacts to ask about.

    Attributes:
        all: every one.
        middling: those who know six to nine others, whose networks have 20 to 50 kB.
    """

    all: list[str]
    middling: list[str]


async def prepare(url: str, folder: Path) -> Keys:
    """Fills Neo4j where it is empty, both ways with the same records."""
    store = open_store(load(store=url, tenant=TENANT))
    try:
        await store.ready()
        graph = store.tenant(TENANT)
        if await graph.version() == 0:
            await import_folder("ldbc", folder, graph)
        contacts, ties = await _all(graph, "Contact"), await _all(graph, "Tie")
        async with _driver(url) as driver:
            if await _count(driver) != len(contacts):
                await _fill(driver, graph, contacts, ties)
    finally:
        await store.close()
    known = Counter(end.key for tie in ties for end in (tie.source, tie.target))
    keys = sorted(contact.key for contact in contacts)
    return Keys(keys, [key for key in keys if 6 <= known[key] <= 9])


async def _all(graph: TenantGraph, kind: str) -> list[Any]:
    found: list[Record] = []
    window = Window(AT_ONCE)
    while True:
        page = await graph.find(FindQuery(kind, window=window))
        found += page.items
        if not page.has_next:
            return found
        window = Window(AT_ONCE, after=page.cursors[-1])


def _driver(url: str) -> AsyncDriver:
    parts = urlsplit(url)
    auth = (unquote(parts.username or "neo4j"), unquote(parts.password or ""))
    address = f"{parts.scheme}://{parts.hostname}:{parts.port or 7687}"
    return AsyncGraphDatabase.driver(address, auth=auth, notifications_min_severity="OFF")


async def _count(driver: AsyncDriver) -> int:
    found = await driver.execute_query("MATCH (n:BenchPerson) RETURN count(*) AS n")
    number: int = found.records[0]["n"]
    return number


async def _fill(
    driver: AsyncDriver, graph: TenantGraph, contacts: list[Any], ties: list[Any]
) -> None:
    organizations = await _all(graph, "Organization")
    affiliations = await _all(graph, "Affiliation")
    for text in (*CONSTRAINTS, CLEAR):
        await driver.execute_query(text)
    await _send(driver, PERSONS, [_person(contact) for contact in contacts])
    await _send(
        driver,
        ORGANIZATIONS,
        [{"key": o.key, "name": o.name, "kind": o.kind.name} for o in organizations],
    )
    await _send(driver, KNOWS, [_edge(tie, kind=tie.kind.name) for tie in ties])
    works = [_edge(a) for a in affiliations if a.kind is AffiliationKind.WORKS_AT]
    await _send(driver, WORKS_AT, works)
    await driver.execute_query("CALL db.awaitIndexes(60)")


async def _send(driver: AsyncDriver, text: str, rows: list[Row]) -> None:
    for start in range(0, len(rows), AT_ONCE):
        await driver.execute_query(text, rows=rows[start : start + AT_ONCE])


def _person(contact: Any) -> Row:
    return {
        "key": contact.key,
        "name": contact.name,
        "sex": contact.sex.name,
        "region": contact.region,
        "birthday": contact.birthday,
        "birthdayCalendar": contact.birthday_calendar.name,
        "hobbies": list(contact.hobbies),
        "revision": contact.revision,
        "createdAt": show_moment(contact.created_at),
        "updatedAt": show_moment(contact.updated_at),
    }


def _edge(edge: Any, **more: Any) -> Row:
    since = edge.since.isoformat() if edge.since else None
    return {
        "key": edge.key,
        "source": edge.source.key,
        "target": edge.target.key,
        "since": since,
        **more,
    }
