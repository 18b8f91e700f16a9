"""Planning a commit without I/O, and knowing the same commit again."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Mapping, Sequence
from datetime import datetime

from graph.commit.bars import check_bars, wanted_edges
from graph.commit.cascading import cascade, gone
from graph.commit.claims import check_claims, wanted_claims
from graph.commit.draft import Draft
from graph.commit.exchange import Found, Need, Plan
from graph.commit.merging import check_named, merge
from graph.errors import BadInput
from graph.store import MAX_CHANGES, Change, Upsert


def fingerprint(changes: Sequence[Change]) -> str:
    """A digest by which the same changes are known again under an idempotency key."""
    digest = hashlib.sha256()
    for change in changes:
        parts: tuple[object, ...] = (change.kind, change.key, change.expected_revision)
        if isinstance(change, Upsert):
            values = {
                n: sorted(v.items()) if isinstance(v, Mapping) else v
                for n, v in change.values.items()
            }
            parts += (change.mode, change.stamps, sorted(values.items()))
            if change.add:
                parts += (sorted(change.add.items()),)
        digest.update(repr(parts).encode())
    return digest.hexdigest()


def plan(changes: Sequence[Change], now: datetime) -> Generator[Need, Found, Plan]:
    """Plans a commit.

    Args:
        changes: at most MAX_CHANGES.
        now: the commit's time.

    Raises:
        CommitRejected: some changes cannot be made; all of them are named.
        BadInput: too many changes, or a kind that does not exist.
    """
    if len(changes) > MAX_CHANGES:
        raise BadInput(
            f"{len(changes):,} changes in one commit; at most {MAX_CHANGES:,}, send several"
        )
    draft = Draft(changes, now)
    first = yield Need(records=draft.own, exist=draft.mentioned())
    merge(draft, first)
    check_named(draft, first.exist)
    frontier = gone(draft)
    while frontier:
        found = yield Need(attached=frontier)
        frontier = cascade(draft, found.attached)
    check_named(draft, first.exist)  # what is named may have gone with something deleted
    edges = wanted_edges(draft)
    if edges:
        found = yield Need(between=edges)
        check_bars(draft, found.between)
    claims = wanted_claims(draft)
    if claims:
        found = yield Need(claims=frozenset(claims))
        check_claims(draft, claims, found.holders)
    return draft.finish()
