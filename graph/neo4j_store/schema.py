"""Constraints and indexes, derived from the records."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from graph.migrations import Migration
from graph.model import RECORDS, RecordInfo, node_records
from graph.neo4j_store.names import camel, entity_type
from graph.neo4j_store.writing import is_searchable
from graph.searching import RULES

LOCK = "CREATE CONSTRAINT renmai_schema IF NOT EXISTS FOR (n:RenmaiSchema) REQUIRE n.name IS UNIQUE"
"""What must be there before anything: one node, by which processes wait for each other."""

MIGRATIONS = (
    Migration(
        1,
        "tenants, log and receipts",
        (
            "CREATE CONSTRAINT renmai_tenant IF NOT EXISTS "
            "FOR (n:Tenant) REQUIRE n.tenantId IS UNIQUE",
            "CREATE CONSTRAINT renmai_log IF NOT EXISTS "
            "FOR (n:LogEntry) REQUIRE (n.tenantId, n.version) IS UNIQUE",
            "CREATE CONSTRAINT renmai_receipt IF NOT EXISTS "
            "FOR (n:Receipt) REQUIRE (n.tenantId, n.idempotencyKey) IS UNIQUE",
        ),
    ),
)
"""What the records do not say."""

SEARCH_INDEX = "renmai_search"


def statements() -> list[str]:
    """All that makes the database fit the records; what is there already is left alone."""
    return [text for info in RECORDS.values() for text in _of(info)]


def _of(info: RecordInfo) -> Iterator[str]:
    place = f"(n:{entity_type(info)})" if info.ends is None else f"()-[n:{entity_type(info)}]-()"
    name = f"renmai_{entity_type(info).lower()}"
    unique = ["key", *(["claim"] if info.claim_message else [])]
    for column in unique:
        yield (
            f"CREATE CONSTRAINT {name}_{column} IF NOT EXISTS "
            f"FOR {place} REQUIRE (n.tenantId, n.{column}) IS UNIQUE"
        )
    for field in info.fields.values():
        if field.indexed:
            yield (
                f"CREATE INDEX {name}_{field.name} IF NOT EXISTS "
                f"FOR {place} ON (n.tenantId, n.{camel(field.name)})"
            )


def searchable() -> list[str]:
    """The labels that the full-text index covers."""
    return [info.name for info in node_records() if is_searchable(info)]


def search_index() -> str:
    """The full-text index over the search words of all searchable labels."""
    return (
        f"CREATE FULLTEXT INDEX {SEARCH_INDEX} IF NOT EXISTS "
        f"FOR (n:{'|'.join(searchable())}) ON EACH [n.searchText] "
        "OPTIONS {indexConfig: {`fulltext.analyzer`: 'whitespace'}}"
    )


def search_rules() -> str:
    """What decides which terms records are found by."""
    fields = [
        f"{info.name}.{field.name}"
        for info in node_records()
        for field in info.fields.values()
        if field.searchable
    ]
    return f"{RULES} {' '.join(fields)}"


def digest() -> str:
    """A digest of all this: equal where the database needs nothing."""
    parts = [*statements(), search_index(), search_rules(), *known_fields()]
    parts += [migration.checksum for migration in MIGRATIONS]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def known_fields() -> list[str]:
    """All fields of all records."""
    return [f"{info.name}.{name}" for info in RECORDS.values() for name in info.fields]
