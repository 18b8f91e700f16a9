"""A commit: one transaction that takes the tenant's lock, plans, writes and logs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from graph.changelog import decode_outcomes, encode_changes, encode_outcomes
from graph.commit import Plan, fingerprint, plan
from graph.errors import BadInput, Conflict, shown
from graph.model.codec import micros
from graph.neo4j_store.connection import Connection, Transaction, run
from graph.neo4j_store.needs import answer
from graph.neo4j_store.writing import write_plan
from graph.settling import settled
from graph.store import Change, Receipt

LONGEST_IDEMPOTENCY_KEY = 1_000

# The write to the tenant's node waits for whoever else commits; what follows is read after it.
_LOCK = (
    "MERGE (t:Tenant {tenantId: $tenant}) ON CREATE SET t.version = 0 SET t.locked = true "
    "WITH t OPTIONAL MATCH (r:Receipt {tenantId: $tenant, idempotencyKey: $key}) "
    "RETURN t.version, r.fingerprint, r.version, r.outcomes"
)
_LOG = (
    "MATCH (t:Tenant {tenantId: $tenant}) SET t.version = $version "
    "CREATE (:LogEntry {tenantId: $tenant, version: $version, at: $at, actor: $actor, "
    "changes: $changes})"
)
_RECEIPT = (
    "CREATE (:Receipt {tenantId: $tenant, idempotencyKey: $key, fingerprint: $fingerprint, "
    "version: $version, outcomes: $outcomes})"
)


async def commit(
    connection: Connection,
    tenant: str,
    changes: Sequence[Change],
    actor: str,
    idempotency_key: str | None,
) -> Receipt:
    """Makes all changes or none; see `graph.store.TenantGraph.commit`."""
    if idempotency_key is not None and not 0 < len(idempotency_key) <= LONGEST_IDEMPOTENCY_KEY:
        raise BadInput(
            f"the idempotency key has {len(idempotency_key):,} characters; "
            f"give one of 1 to {LONGEST_IDEMPOTENCY_KEY:,}"
        )
    mark = fingerprint(changes) if idempotency_key is not None else None

    async def unit(transaction: Transaction) -> Receipt:
        version, *before = await run(transaction, _LOCK, {"tenant": tenant, "key": idempotency_key})
        if before[0] is not None:
            return _again(before, mark, idempotency_key)
        now = datetime.now(UTC)
        made = await _planned(changes, now, transaction, tenant)
        if made.logged:
            version += 1
            await write_plan(made, transaction, tenant)
            entry = {"at": micros(now), "actor": actor, "changes": encode_changes(made.logged)}
            await run(transaction, _LOG, {**entry, "tenant": tenant, "version": version})
        receipt = Receipt(version, made.outcomes)
        if idempotency_key is not None:
            await _keep(transaction, tenant, receipt, idempotency_key, mark)
        return receipt

    sent = False

    def sending(begun: bool) -> None:
        nonlocal sent
        sent = begun

    work = asyncio.create_task(connection.write(unit, sending))
    return await settled(work, lambda: not sent and work.cancel())


async def _planned(
    changes: Sequence[Change], now: datetime, transaction: Transaction, tenant: str
) -> Plan:
    """Plans the commit, asking the database what the plan needs to know."""
    planning = plan(changes, now)
    try:
        need = next(planning)
        while True:
            need = planning.send(await answer(need, transaction, tenant))
    except StopIteration as end:
        made: Plan = end.value
        return made


def _again(before: Sequence[Any], mark: str | None, key: str | None) -> Receipt:
    """The first answer to an idempotency key."""
    known, version, outcomes = before
    if known != mark:
        raise Conflict(
            f"the idempotency key {shown(key)} was used with other changes; give a new one"
        )
    return Receipt(version, decode_outcomes(outcomes), replayed=True)


async def _keep(
    transaction: Transaction, tenant: str, receipt: Receipt, key: str, mark: str | None
) -> None:
    await run(
        transaction,
        _RECEIPT,
        {
            "tenant": tenant,
            "key": key,
            "fingerprint": mark,
            "version": receipt.version,
            "outcomes": encode_outcomes(receipt.outcomes),
        },
    )
