"""A caller who stops waiting for a commit: it is written whole and told so, or not at all."""

from __future__ import annotations

import asyncio
import time

from graph.store import Receipt, TenantGraph, Upsert

TRIES = 24


def changes(number: int) -> list[Upsert]:
    return [Upsert("Staff", f"s{number}-{i}", {"name": "x"}) for i in range(40)]


async def test_a_cancelled_commit_is_not_written_and_one_that_has_begun_is_answered(
    graph: TenantGraph,
) -> None:
    """Cancelled at many moments between the call and its answer."""
    began = time.perf_counter()
    last = await graph.commit(changes(0), actor="tests")
    usual = time.perf_counter() - began
    told: dict[int, Receipt | None] = {0: last}

    for number in range(1, TRIES):
        task = asyncio.create_task(graph.commit(changes(number), actor="tests"))
        await asyncio.sleep(usual * number / TRIES)
        task.cancel()
        await asyncio.wait([task])
        told[number] = None if task.cancelled() else task.result()
    end = await graph.commit(changes(TRIES), actor="tests")
    written = {
        n for n in told if len(await graph.nodes("Staff", [c.key for c in changes(n)])) == 40
    }
    partly = {n for n in told if await graph.nodes("Staff", [c.key for c in changes(n)])}

    assert written == partly == {n for n, receipt in told.items() if receipt is not None}
    receipts = [receipt.version for receipt in told.values() if receipt is not None]
    assert [*receipts, end.version] == list(range(1, len(receipts) + 2))


async def test_a_commit_cancelled_at_once_is_not_written(graph: TenantGraph) -> None:
    await graph.commit(changes(0), actor="tests")
    task = asyncio.create_task(graph.commit(changes(1), actor="tests"))

    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
    assert await graph.version() == 1


async def test_a_passed_timeout_yields_to_a_commit_that_was_made(graph: TenantGraph) -> None:
    """Whatever the moment: an answer means written, a timeout that nothing is."""
    version = (await graph.commit(changes(0), actor="tests")).version
    for number in range(1, TRIES):
        try:
            async with asyncio.timeout(number / 1_000):
                version = (await graph.commit(changes(number), actor="tests")).version
        except TimeoutError:
            assert await graph.version() == version
