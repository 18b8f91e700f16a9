"""Commits that are planned as a store would plan them, and not written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

from graph.commit import Claim, Found, Need, Plan, claim_of, plan
from graph.model import RECORDS, NodeRef, Record
from graph.model.codec import columns, decoder
from graph.store import Change, Receipt, TenantGraph


class Committer(Protocol):
    """What takes the batches of an import: a tenant's graph, or a rehearsal of it."""

    async def commit(self, changes: Sequence[Change], *, actor: str) -> Receipt:
        """Makes all changes or none."""
        ...


class Rehearsal:
    """A graph as it would be after the commits given, which are kept in memory only.

    It checks all that the store checks (`graph.commit.plan`), against the store's records as
    they are while it runs. Memory: one record for each one changed.
    """

    def __init__(self, graph: TenantGraph) -> None:
        self._graph = graph
        self._records: dict[NodeRef, Record] = {}
        self._holders: dict[str, dict[Claim, str]] = {}
        self._claims: dict[NodeRef, Claim] = {}
        self._version: int | None = None

    async def commit(self, changes: Sequence[Change], *, actor: str) -> Receipt:
        """What the store's commit would answer; later ones see its effects.

        Raises:
            CommitRejected: the store would refuse some changes; names each.
        """
        if self._version is None:
            self._version = await self._graph.version()
        steps = plan(changes, datetime.now(UTC))
        try:
            need = next(steps)
            while True:
                need = steps.send(await self._found(need))
        except StopIteration as done:
            planned: Plan = done.value
        self._remember(planned)
        return Receipt(self._version, planned.outcomes)

    async def _found(self, need: Need) -> Found:
        stored = await self._stored(need.records | need.exist)
        return Found(
            records={ref: stored[ref] for ref in need.records if ref in stored},
            exist=frozenset(ref for ref in need.exist if ref in stored),
            holders=await self._held(need.claims),
        )

    async def _stored(self, refs: Iterable[NodeRef]) -> Mapping[NodeRef, Record]:
        found: dict[NodeRef, Record] = {}
        asked: dict[str, list[str]] = {}
        for ref in refs:
            if ref in self._records:
                found[ref] = self._records[ref]
            else:
                asked.setdefault(ref.kind, []).append(ref.key)
        if self._version:  # before the first commit there is nothing to ask for
            for kind, keys in asked.items():
                records = await self._graph.nodes(kind, keys)
                found.update({NodeRef(kind, key): r for key, r in records.items()})
        return found

    async def _held(self, claims: Iterable[Claim]) -> Mapping[Claim, str]:
        held: dict[Claim, str] = {}
        for claim in claims:
            holders = await self._holders_of(claim[0])
            if claim in holders:
                held[claim] = holders[claim]
        return held

    async def _holders_of(self, kind: str) -> dict[Claim, str]:
        """Who holds the claims of a kind, read whole from the store the first time."""
        if kind not in self._holders:
            self._holders[kind] = {}
            info, decode = RECORDS[kind], decoder(kind)
            async for batch in self._graph.scan(kind):
                stored = zip(*(batch.columns[c] for c in columns(info)), strict=True)
                for row in stored:
                    self._claim(self._records.get(NodeRef(kind, row[0])) or decode(row))
        return self._holders[kind]

    def _remember(self, planned: Plan) -> None:
        for record in (*planned.created, *planned.updated):
            self._records[record.ref] = record
            if record.ref.kind in self._holders:
                self._claim(record)

    def _claim(self, record: Record) -> None:
        """Gives a record the claim it has now in place of the one it had."""
        kind, key = record.ref
        holders = self._holders[kind]
        old = self._claims.pop(record.ref, None)
        if old is not None and holders.get(old) == key:
            del holders[old]
        text = claim_of(record)
        if text is not None:
            holders[kind, text] = key
            self._claims[record.ref] = (kind, text)
