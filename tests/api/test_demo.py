"""The demo's data is whole or completed at the next start, and leaves others' data alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from api.cli.demo import COMMITS, load_demo
from api.service import Service
from api.settings import load
from graph.store import TenantGraph, Upsert


@pytest.fixture
async def graph(tmp_path: Path) -> AsyncIterator[TenantGraph]:
    async with Service(load({}, store=f"sqlite:///{tmp_path}", cache_dir="none")) as service:
        yield service.store.tenant("default")


async def test_data_whose_loading_was_stopped_is_completed_at_the_next_start(
    graph: TenantGraph,
) -> None:
    loading = asyncio.create_task(load_demo(graph))
    while await graph.version() == 0:  # noqa: ASYNC110  (only the store tells)
        await asyncio.sleep(0.01)
    loading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await loading
    assert 1 <= await graph.version() < COMMITS

    assert await load_demo(graph)
    assert await graph.version() == COMMITS
    assert not await load_demo(graph)


async def test_a_store_that_is_in_use_gets_no_demo_data(graph: TenantGraph) -> None:
    await graph.commit([Upsert("Contact", "a", {"name": "王小明"})], actor="test")

    assert not await load_demo(graph)
    assert await graph.version() == 1
