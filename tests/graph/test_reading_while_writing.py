"""Whatever is committed meanwhile, an answer is that of one version between request and reply."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from graph import snapshots as module
from graph.errors import CommitRejected
from graph.model.record import EPOCH
from graph.network import build_network
from graph.network.cache import SnapshotCache
from graph.record_cache import CachedStore
from graph.snapshots import Snapshots
from graph.store import Change, Store, TenantGraph
from referral.registry import analytics
from schema.computing import Analytics
from tests.graph.conftest import new_tenant
from tests.graph.test_network_advancing import BEGINNING, any_change

COMMITS = 40
READERS = 3

QUESTIONS: list[tuple[str, dict[str, Any]]] = [
    ("network_statistics", {"over": "BOTH"}),
    ("top_referrers", {"measure": "REACH"}),
    ("top_referrers", {"measure": "VALUE"}),
    ("influencers", {"over": "BOTH"}),
    ("referral_reach", {"kind": "CONTACT", "key": "c0"}),
    ("path", {"from_kind": "CONTACT", "from_key": "c1", "to_kind": "CUSTOMER", "to_key": "k0"}),
]


class Reply(NamedTuple):
    """An answer, and the versions known to be there before and after it."""

    question: int
    answer: Any
    before: int
    after: int


class Writer:
    """Commits one thing a reply, and remembers what was accepted."""

    def __init__(self, graph: TenantGraph, seed: int) -> None:
        self._graph = graph
        self._dice = random.Random(seed)
        self.accepted: list[list[Change]] = []
        self.replied = asyncio.Semaphore(0)
        self.done = False

    async def run(self) -> None:
        """All commits."""
        for _ in range(COMMITS):
            changes = {(c.kind, c.key): c for c in (any_change(self._dice) for _ in range(3))}
            with suppress(CommitRejected):
                receipt = await self._graph.commit(list(changes.values()), actor="writer")
                if receipt.version > len(self.accepted) + 1:  # what changes nothing has no version
                    self.accepted.append(list(changes.values()))
            await self.replied.acquire()
        self.done = True


async def read(asked: Analytics, graph: TenantGraph, writer: Writer, seed: int) -> list[Reply]:
    dice, replies = random.Random(seed), []
    while not writer.done:
        number = dice.randrange(len(QUESTIONS))
        name, arguments = QUESTIONS[number]
        before = await graph.version()
        answer = await asked.whole(analytics()[name], graph.tenant, arguments)
        replies.append(Reply(number, answer, before, await graph.version()))
        writer.replied.release()
        await asyncio.sleep(0)  # what is known already is answered without a pause
    return replies


async def expected(graph: TenantGraph, commits: Sequence[list[Change]]) -> list[list[Any]]:
    """The answers at every version, each from a scan while nobody writes."""
    found: list[list[Any]] = [[]]
    for changes in [BEGINNING, *commits]:
        await graph.commit(changes, actor="again")
        network = await build_network(graph)
        found.append([analytics()[name].run(network, given) for name, given in QUESTIONS])
    return found


def timeless(answer: Any) -> Any:
    return None if answer is None else replace(answer, computed_at=EPOCH)


@pytest.mark.parametrize("seed", range(3))
async def test_every_answer_is_that_of_one_version_between_request_and_reply(
    store: Store, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WORTH_SAVING", 0)
    monkeypatch.setattr(module, "STORE_PATIENCE_S", 60)  # a busy machine is not a database down
    graph = store.tenant(new_tenant())
    await graph.commit(BEGINNING, actor="test")
    cached = Snapshots(store, cache=SnapshotCache(tmp_path), memory_bytes=1)
    served = Snapshots(CachedStore(store, 10_000_000))  # as a server has it
    network = await build_network(graph)
    for name, arguments in QUESTIONS:  # the first use of a kernel takes seconds
        analytics()[name].run(network, arguments)
    writer = Writer(graph, seed)
    readers = [
        read(Analytics(snapshots), graph, writer, seed * READERS + n)
        for n, snapshots in enumerate([cached, cached, served])
    ]
    _, *replies = await asyncio.gather(writer.run(), *readers)
    await cached.close()

    right = await expected(store.tenant(new_tenant()), writer.accepted)

    assert len(right) == await graph.version() + 1
    flat = [reply for some in replies for reply in some]
    assert len({reply.answer.version for reply in flat if reply.answer}) > 5
    for reply in flat:
        possible = [
            timeless(right[version][reply.question])
            for version in range(reply.before, reply.after + 1)
        ]
        assert timeless(reply.answer) in possible, reply
