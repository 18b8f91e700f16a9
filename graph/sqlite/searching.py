"""The search index: kept with each commit, asked with `graph.searching`'s scores.

`search` has one row a record with all its terms; `search_term` each term from each of its words
on, for look-ups by beginning; `search_part` the trigrams of the terms, for look-ups of any part
of three characters and more.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from graph import searching
from graph.compiling import record_kind
from graph.model import RECORDS, NodeRef, Record, RecordInfo
from graph.model.codec import decoder
from graph.sqlite.filters import after_prefix, as_json
from graph.sqlite.keyed import by_key, select
from graph.store import SearchHit

LONGEST_TERM = 64
"""Characters of a term that a look-up by its beginning sees."""

MOST_CANDIDATES = 10_000
"""Matches that are scored at most; more match only queries too short to rank anything."""

TRIGRAM = 3


def searchable(info: RecordInfo) -> tuple[str, ...]:
    """Names of the fields that records of the kind are found by."""
    return tuple(f.name for f in info.fields.values() if f.searchable)


def put(connection: sqlite3.Connection, records: Iterable[Record]) -> None:
    """Adds records to the index that are not in it."""
    for record in records:
        found = searching.terms(record)
        if not found:
            continue
        row = (*record.ref, "\n".join(found))
        number = connection.execute(
            "INSERT INTO search (kind, key, terms) VALUES (?, ?, ?)", row
        ).lastrowid
        heads, parts = _indexed(row[2])
        connection.executemany(
            "INSERT INTO search_term VALUES (?, ?)", [(h, number) for h in heads]
        )
        connection.execute("INSERT INTO search_part (rowid, terms) VALUES (?, ?)", (number, parts))


def remove(connection: sqlite3.Connection, refs: Iterable[NodeRef]) -> None:
    """Takes records out of the index."""
    for ref in refs:
        row = connection.execute(
            "SELECT id, terms FROM search WHERE kind = ? AND key = ?", ref
        ).fetchone()
        if row is None:
            continue
        number, terms = row
        heads, parts = _indexed(terms)
        connection.executemany(
            "DELETE FROM search_term WHERE term = ? AND id = ?", [(h, number) for h in heads]
        )
        connection.execute(
            "INSERT INTO search_part (search_part, rowid, terms) VALUES ('delete', ?, ?)",
            (number, parts),
        )
        connection.execute("DELETE FROM search WHERE id = ?", (number,))


def _indexed(terms: str) -> tuple[set[str], str]:
    """From a record's terms: what each reads from a word on, and the text of the trigrams."""
    heads: set[str] = set()
    for term in terms.split("\n"):
        words = term.removeprefix(searching.PHONE).split(" ")
        heads.update("".join(words[start:])[:LONGEST_TERM] for start in range(len(words)))
    return heads, "\n".join(searching.compact(t) for t in terms.split("\n"))


def ensure_rules(connection: sqlite3.Connection) -> None:
    """Indexes everything anew when the rules or the searchable fields are others than before."""
    fields = {info.name: searchable(info) for info in RECORDS.values() if searchable(info)}
    now = f"{searching.RULES} {fields}"
    before = connection.execute("SELECT rules FROM search_rules").fetchone()
    if before == (now,):
        return
    for statement in (
        "DELETE FROM search",
        "DELETE FROM search_term",
        "INSERT INTO search_part (search_part) VALUES ('delete-all')",
        "DELETE FROM search_rules",
    ):
        connection.execute(statement)
    for kind in fields:
        put(connection, _all(connection, kind))
    connection.execute("INSERT INTO search_rules VALUES (?)", (now,))


def _all(connection: sqlite3.Connection, kind: str) -> Iterator[Record]:
    return map(decoder(kind), connection.execute(select(kind)))


def search(
    connection: sqlite3.Connection, text: str, kinds: Sequence[str], first: int
) -> list[SearchHit]:
    """Records whose terms match, best first, ties by kind and key."""
    wanted = {record_kind(k).name for k in kinds}
    query = searching.normalise(text)
    if not query or first < 1:
        return []
    found = _scored(query, _by_beginning(connection, query, wanted))
    # every other match scores less than one of a word's beginning, and in Chinese there is none
    if len(found) < first and not all(map(searching.is_han, query)):
        found |= _scored(query, _by_part(connection, query, wanted))
    best = sorted(found, key=lambda ref: (-found[ref], ref))[:first]
    records = _records(connection, best)
    return [SearchHit(records[ref], found[ref]) for ref in best if ref in records]


def _scored(query: str, rows: Iterable[tuple[str, str, str]]) -> dict[NodeRef, float]:
    scores = (
        (NodeRef(kind, key), searching.score(query, terms.split("\n"))) for kind, key, terms in rows
    )
    return {ref: score for ref, score in scores if score > 0}


def _by_beginning(
    connection: sqlite3.Connection, query: str, kinds: set[str]
) -> list[tuple[str, str, str]]:
    low = query[:LONGEST_TERM]
    return connection.execute(
        "SELECT kind, key, terms FROM search "
        "WHERE id IN (SELECT id FROM search_term WHERE term >= ? AND term < ?) "
        "AND kind IN (SELECT value FROM json_each(?)) LIMIT ?",
        (low, after_prefix(low), as_json(list(kinds)), MOST_CANDIDATES),
    ).fetchall()


def _by_part(
    connection: sqlite3.Connection, query: str, kinds: set[str]
) -> list[tuple[str, str, str]]:
    """By trigrams where the query has one, else by looking through all terms."""
    if len(query) < TRIGRAM:
        source, values = "search s WHERE instr(replace(s.terms, ' ', ''), ?)", [query]
    else:
        trigrams = {query[i : i + TRIGRAM] for i in range(len(query) - TRIGRAM + 1)}
        source = "search_part p JOIN search s ON s.id = p.rowid WHERE search_part MATCH ?"
        values = [" ".join(f'"{t}"' for t in sorted(trigrams))]
    return connection.execute(
        f"SELECT s.kind, s.key, s.terms FROM {source} "
        "AND s.kind IN (SELECT value FROM json_each(?)) LIMIT ?",
        (*values, as_json(list(kinds)), MOST_CANDIDATES),
    ).fetchall()


def _records(connection: sqlite3.Connection, refs: Sequence[NodeRef]) -> dict[NodeRef, Record]:
    found: dict[NodeRef, Record] = {}
    for kind in {ref.kind for ref in refs}:
        keys = [ref.key for ref in refs if ref.kind == kind]
        found |= {r.ref: r for r in by_key(connection, kind, keys)}
    return found
