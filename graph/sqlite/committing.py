"""One commit inside an open transaction: what `graph.commit` asks, and what it plans."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from graph.changelog import decode_outcomes, encode_changes, encode_outcomes
from graph.commit import Between, Found, Need, Plan, claim_of, fingerprint, plan
from graph.errors import Conflict, shown
from graph.model import RECORDS, NodeRef, Record, RecordInfo
from graph.model.codec import ENDS, decoder, encode, micros
from graph.sqlite import searching
from graph.sqlite.filters import as_json
from graph.sqlite.keyed import by_key, select
from graph.sqlite.tables import claims, quoted, stored_columns
from graph.store import Action, Change, LoggedChange, Receipt


@dataclass(frozen=True, slots=True)
class Commit:
    """What is to be committed.

    Attributes:
        changes: all or none of which are made.
        actor: who.
        idempotency_key: by which the first answer is given again.
    """

    changes: Sequence[Change]
    actor: str
    idempotency_key: str | None


def make(connection: sqlite3.Connection, commit: Commit) -> Receipt:
    """Makes a commit; the caller holds the write lock, and undoes all if this raises.

    Raises:
        CommitRejected: changes were refused.
        Conflict: the idempotency key was used with other changes.
    """
    digest = fingerprint(commit.changes) if commit.idempotency_key is not None else None
    replayed = _replayed(connection, commit.idempotency_key, digest)
    if replayed is not None:
        return replayed
    now = datetime.now(UTC)
    made = _planned(connection, commit.changes, now)
    version = current_version(connection)
    if not made.logged and commit.idempotency_key is None:
        return Receipt(version, made.outcomes)
    _write(connection, made)
    connection.execute(
        "INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            version + 1,
            micros(now),
            commit.actor,
            encode_changes(made.logged),
            commit.idempotency_key,
            digest,
            encode_outcomes(made.outcomes) if digest is not None else None,
        ),
    )
    return Receipt(version + 1, made.outcomes)


def current_version(connection: sqlite3.Connection) -> int:
    """Version of the newest commit; 0 before the first."""
    row = connection.execute("SELECT version FROM log ORDER BY version DESC LIMIT 1").fetchone()
    return row[0] if row else 0


def _replayed(
    connection: sqlite3.Connection, key: str | None, digest: str | None
) -> Receipt | None:
    if key is None:
        return None
    row = connection.execute(
        "SELECT version, fingerprint, outcomes FROM log WHERE idempotency_key = ?", (key,)
    ).fetchone()
    if row is None:
        return None
    version, first, outcomes = row
    if first != digest:
        raise Conflict(
            f"the idempotency key {shown(key)} was used with other changes; take a new key"
        )
    return Receipt(version, decode_outcomes(outcomes), replayed=True)


# -- what the plan needs to know


def _planned(connection: sqlite3.Connection, changes: Sequence[Change], now: datetime) -> Plan:
    planning = plan(changes, now)
    need = next(planning)
    while True:
        try:
            need = planning.send(_answer(connection, need))
        except StopIteration as done:
            made: Plan = done.value
            return made


def _answer(connection: sqlite3.Connection, need: Need) -> Found:
    records = {
        r.ref: r for kind, keys in _by_kind(need.records) for r in by_key(connection, kind, keys)
    }
    exist = {ref for kind, keys in _by_kind(need.exist) for ref in _there(connection, kind, keys)}
    holders = {}
    for kind, texts in _by_kind(need.claims):
        held = _among(connection, kind, "claim, key", "claim", texts)
        holders.update({(kind, text): key for text, key in held})
    return Found(
        records,
        frozenset(exist),
        _attached(connection, need.attached),
        holders,
        _between(connection, need.between),
    )


def _by_kind(pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    for kind, group in groupby(sorted(pairs), key=lambda pair: pair[0]):
        yield kind, [text for _, text in group]


def _there(connection: sqlite3.Connection, kind: str, keys: list[str]) -> list[NodeRef]:
    return [NodeRef(kind, key) for (key,) in _among(connection, kind, "key", "key", keys)]


def _among(
    connection: sqlite3.Connection, kind: str, listed: str, column: str, values: list[str]
) -> sqlite3.Cursor:
    return connection.execute(
        f"SELECT {listed} FROM {quoted(kind)} WHERE {column} IN (SELECT value FROM json_each(?))",
        (as_json(values),),
    )


def _attached(connection: sqlite3.Connection, refs: frozenset[NodeRef]) -> list[Record]:
    """Edges with such an end, and records with a field that names one of them."""
    found: dict[NodeRef, Record] = {}
    for kind, keys in _by_kind(refs):
        for info, condition in _hanging(kind):
            text = f"{select(info.name)} WHERE {condition} IN (SELECT value FROM json_each(?))"
            rows = connection.execute(text, (as_json(keys),))
            found.update({r.ref: r for r in map(decoder(info.name), rows)})
    return list(found.values())


_JOINED = "WHERE source_kind = ? AND source_key = ? AND target_kind = ? AND target_key = ?"


def _between(connection: sqlite3.Connection, wanted: frozenset[Between]) -> list[Record]:
    """Edges of a kind between a source and a target; pairs are few."""
    return [
        record
        for kind, source, target in wanted
        for record in map(
            decoder(kind), connection.execute(f"{select(kind)} {_JOINED}", (*source, *target))
        )
    ]


def _hanging(kind: str) -> Iterator[tuple[RecordInfo, str]]:
    """The kinds of records that may hang on records of that kind, and by which column."""
    for info in RECORDS.values():
        if info.ends is not None and kind in info.ends.sources:
            yield info, f"source_kind = '{kind}' AND source_key"
        if info.ends is not None and kind in info.ends.targets:
            yield info, f"target_kind = '{kind}' AND target_key"
        for field in info.fields.values():
            if field.ref is not None and field.ref.kind == kind:
                yield info, quoted(field.name)


# -- what the plan wants written


def _write(connection: sqlite3.Connection, made: Plan) -> None:
    """Deletes, then updates, then creates, so that a claim let go can be taken at once."""
    for kind, deleted in _of_one_kind(made.deleted):
        connection.executemany(
            f"DELETE FROM {quoted(kind)} WHERE key = ?", [(r.key,) for r in deleted]
        )
    for kind, updated in _of_one_kind(made.updated):
        _update(connection, RECORDS[kind], updated)
    for kind, created in _of_one_kind(made.created):
        names = stored_columns(kind)  # a table's own order differs once columns were added
        listed, marks = ", ".join(map(quoted, names)), ", ".join("?" * len(names))
        rows = [_row(RECORDS[kind], r) for r in created]
        connection.executemany(f"INSERT INTO {quoted(kind)} ({listed}) VALUES ({marks})", rows)
    _index(connection, made)


def _of_one_kind(records: Sequence[Record]) -> Iterator[tuple[str, list[Record]]]:
    kinds = dict.fromkeys(type(r).__name__ for r in records)
    for kind in kinds:
        yield kind, [r for r in records if type(r).__name__ == kind]


def _row(info: RecordInfo, record: Record) -> tuple[object, ...]:
    values = encode(info, record)
    return (*values, claim_of(record)) if claims(info) else values


def _update(connection: sqlite3.Connection, info: RecordInfo, updated: list[Record]) -> None:
    if claims(info):  # two records may swap theirs: none is held while they do
        connection.executemany(
            f"UPDATE {quoted(info.name)} SET claim = NULL WHERE key = ?",
            [(r.key,) for r in updated],
        )
    names = stored_columns(info.name)
    fixed = {"key", "created_at", *ENDS}  # left alone, so are their indexes
    kept = [i for i, name in enumerate(names) if name not in fixed]
    listed = ", ".join(f"{quoted(names[i])} = ?" for i in kept)
    rows = []
    for record in updated:
        row = _row(info, record)
        rows.append((*(row[i] for i in kept), record.key))
    connection.executemany(f"UPDATE {quoted(info.name)} SET {listed} WHERE key = ?", rows)


def _index(connection: sqlite3.Connection, made: Plan) -> None:
    """Keeps the search index: terms change only with the fields they come from."""
    stale = {c.ref for c in made.logged if c.action is not Action.CREATED and _said(c)}
    searching.remove(connection, stale)
    searching.put(connection, [r for r in made.updated if r.ref in stale])
    searching.put(connection, [r for r in made.created if _can_be_found(r.ref.kind)])


def _said(change: LoggedChange) -> bool:
    info = RECORDS[change.ref.kind]
    if not _can_be_found(info.name):
        return False
    # a person's name is read otherwise than a firm's: the kind matters as well
    return not change.before.keys().isdisjoint((*searching.searchable(info), "kind"))


def _can_be_found(kind: str) -> bool:
    return bool(searching.searchable(RECORDS[kind]))
