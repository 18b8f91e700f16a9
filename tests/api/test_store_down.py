"""While the database is down, what the last snapshot knows is still answered, with its age."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from api.cli.demo import load_demo
from api.service import Service
from api.settings import load
from tests.neo4j_server.server import Server

STRUCTURE = """{ influencers(over: BOTH, first: 3) { version age items { rank score partyId } }
    referralReach(kind: CONTACT, key: "contact-139") { age count partyId } }"""
NAMES = "{ influencers(over: BOTH, first: 3) { items { rank partyId party { name } } } }"


@pytest.fixture
async def server(neo4j_url: str, tmp_path: Path) -> AsyncIterator[Server]:
    """A server of this test's own, to be stopped; `neo4j_url` says whether there can be one."""
    made = Server(tmp_path / "neo4j")
    yield made
    made.wipe()


def ages(data: dict[str, Any]) -> list[float]:
    """Takes the ages out of an answer."""
    return [found.pop("age") for found in data.values()]


async def test_structure_is_answered_from_the_last_snapshot(server: Server) -> None:
    settings = load({}, store=server.start(0).url, cache_dir="none", request_timeout_s=90.0)
    async with Service(settings) as service:
        await load_demo(service.store.tenant(settings.tenant))
        before = await service.execute(STRUCTURE, actor="test")
        named = await service.execute(NAMES, actor="test")

        server.stop()
        after = await service.execute(STRUCTURE, actor="test")
        unnamed = await service.execute(NAMES, actor="test")

    assert "errors" not in before
    assert "errors" not in after
    assert ages(before["data"]) == [0.0, 0.0]
    assert all(age > 0 for age in ages(after["data"]))
    assert after["data"] == before["data"]
    assert {e["extensions"]["code"] for e in unnamed["errors"]} == {"STORE_UNAVAILABLE"}
    assert [row["partyId"] for row in unnamed["data"]["influencers"]["items"]] == [
        row["partyId"] for row in named["data"]["influencers"]["items"]
    ]
