"""A commit's plan, written: few statements, each for many records of one kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from graph.commit import Plan, claim_of
from graph.model import RECORDS, Edge, Record, RecordInfo, record_info
from graph.model.codec import ENDS, columns, encode
from graph.neo4j_store.connection import Transaction, run
from graph.neo4j_store.names import camel, entity_type, keyed
from graph.neo4j_store.search import index_text
from graph.searching import terms

ROWS = 5_000
"""Most rows of one statement; more take more memory in the server, not less time."""


async def write_plan(plan: Plan, transaction: Transaction, tenant: str) -> None:
    """Writes what a plan says.

    Edges go before the nodes they join and come after them. Claims are given up before others
    take them, since the database checks them at each record.
    """
    deleted = sorted(plan.deleted, key=lambda record: isinstance(record, Edge), reverse=True)
    for info, records in _by_kind(deleted):
        await _each(transaction, tenant, _delete(info), ([r.key] for r in records))
    for info, records in _by_kind(plan.updated):
        if info.claim_message:
            await _each(transaction, tenant, _release(info), ([r.key] for r in records))
    for info, records in _by_kind(plan.updated):
        await _each(transaction, tenant, _update(info), (row(tenant, info, r) for r in records))
    created = sorted(plan.created, key=lambda record: isinstance(record, Edge))
    for info, records in _by_kind(created):
        for kinds, alike in _by_ends(records).items():
            text = _create(info, kinds)
            await _each(transaction, tenant, text, (row(tenant, info, r) for r in alike))


def row(tenant: str, info: RecordInfo, record: Record) -> list[Any]:
    """A record's stored values, its claim, and what search needs where it can be found."""
    values = [*encode(info, record, native_lists=True), claim_of(record)]
    if is_searchable(info):
        found = terms(record)
        values += [list(found), index_text(tenant, info.name, found)]
    return values


def is_searchable(info: RecordInfo) -> bool:
    """Whether records of that kind are found by search."""
    return info.ends is None and any(f.searchable for f in info.fields.values())


def properties(info: RecordInfo) -> str:
    """The map of properties that a `row` gives, all but the tenant and the ends of an edge."""
    names = columns(info)
    stored = {camel(n): i for i, n in enumerate(names) if n not in ENDS}
    stored["claim"] = len(names)
    if is_searchable(info):
        stored |= {"searchTerms": len(names) + 1, "searchText": len(names) + 2}
    return ", ".join(f"{name}: row[{position}]" for name, position in stored.items())


def _create(info: RecordInfo, ends: tuple[str, str] | None) -> str:
    made = f"{entity_type(info)} {{tenantId: $tenant, {properties(info)}}}"
    if ends is None:
        return f"CREATE (:{made})"
    source, target = (record_info(kind) for kind in ends)
    return (
        f"MATCH {keyed(source, 's', 'row[2]')} MATCH {keyed(target, 't', 'row[4]')} "
        f"CREATE (s)-[:{made}]->(t)"
    )


def _update(info: RecordInfo) -> str:
    return f"MATCH {keyed(info, 'n', 'row[0]')} SET n += {{{properties(info)}}}"


def _release(info: RecordInfo) -> str:
    return f"MATCH {keyed(info, 'n', 'row[0]')} REMOVE n.claim"


def _delete(info: RecordInfo) -> str:
    # what others than renmai have tied to a node goes with it
    verb = "DETACH DELETE" if info.ends is None else "DELETE"
    return f"MATCH {keyed(info, 'n', 'row[0]')} {verb} n"


async def _each(
    transaction: Transaction, tenant: str, text: str, rows: Iterable[list[Any]]
) -> None:
    for some in _batches(rows):
        await run(transaction, f"UNWIND $rows AS row {text}", {"tenant": tenant, "rows": some})


def _batches(rows: Iterable[list[Any]]) -> Iterator[list[list[Any]]]:
    left = iter(rows)
    while some := list(islice(left, ROWS)):
        yield some


def _by_kind(records: Iterable[Record]) -> list[tuple[RecordInfo, list[Record]]]:
    grouped: dict[str, list[Record]] = {}
    for record in records:
        grouped.setdefault(type(record).__name__, []).append(record)
    return [(RECORDS[kind], some) for kind, some in grouped.items()]


def _by_ends(records: Sequence[Record]) -> dict[tuple[str, str] | None, list[Record]]:
    grouped: dict[tuple[str, str] | None, list[Record]] = {}
    for record in records:
        ends = (record.source.kind, record.target.kind) if isinstance(record, Edge) else None
        grouped.setdefault(ends, []).append(record)
    return grouped
