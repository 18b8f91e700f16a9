"""Runs a mutation: one commit, and one read of what was written."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from graph.errors import BadInput, CommitRejected, Problem
from graph.inputs import validate_key
from graph.model import Record, RecordInfo
from graph.store import Mode, Outcome
from schema.mutations.changes import Values, Writing, public_field
from schema.mutations.inputs import MAX_BATCH
from schema.mutations.payloads import Payload
from schema.relation import Call

ON_LOOP = 10
"""Most items checked on the event loop: phones and mail make a thousand of them take 0.7 s."""


async def write(
    call: Call,
    info: RecordInfo,
    items: Sequence[Values],
    once: str | None,
    *,
    mode: Mode,
    shows: str,
) -> Payload:
    """Writes records of one kind.

    Args:
        call: where the mutation is called from.
        info: the record.
        items: the input of each.
        once: the idempotency key.
        mode: whether they may be created, updated or both.
        shows: the payload's field that gives them back: they are read only if it is asked for.

    Raises:
        BadInput: too many items, or an idempotency key that is none.
        Conflict: the idempotency key stands for another write.
    """
    writing = _start(call, info, items, once, mode)
    if len(items) > ON_LOOP:
        await asyncio.to_thread(writing.write, items)
    else:
        writing.write(items)
    payload = await _commit(call, writing)
    if not payload.outcomes or not call.selects(shows):
        return payload
    return replace(payload, records=await _read(call, info, payload.outcomes))


async def delete(
    call: Call, info: RecordInfo, items: Sequence[Values], once: str | None
) -> Payload:
    """Deletes records of one kind; arguments and errors as `write` has them."""
    writing = _start(call, info, items, once, Mode.UPDATE)
    writing.delete(items)
    return await _commit(call, writing)


def _start(
    call: Call, info: RecordInfo, items: Sequence[Any], once: str | None, mode: Mode
) -> Writing:
    if len(items) > MAX_BATCH:
        raise BadInput(f"{len(items):,} items in one mutation; at most {MAX_BATCH:,}, send several")
    if once is not None:
        once = validate_key(once, what="idempotencyKey")
    return Writing(info, mode, once, call.context.region)


async def _commit(call: Call, writing: Writing) -> Payload:
    if writing.problems:
        return Payload(errors=writing.problems)
    try:
        receipt = await call.context.commit(writing.changes, writing.once)
    except CommitRejected as rejected:
        return Payload(errors=[_public(writing.info, p) for p in rejected.problems])
    return Payload((), receipt.outcomes, receipt.version, receipt.replayed)


def _public(info: RecordInfo, problem: Problem) -> Problem:
    return (
        problem
        if problem.field is None
        else replace(problem, field=public_field(info, problem.field))
    )


async def _read(call: Call, info: RecordInfo, outcomes: Sequence[Outcome]) -> list[Record]:
    """The records written; after a repetition some may be gone again."""
    keys = [o.ref.key for o in outcomes]
    found = await call.context.graph.nodes(info.name, keys)
    return [found[key] for key in keys if key in found]
