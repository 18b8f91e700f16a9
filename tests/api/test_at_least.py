"""A reader of one process sees what it wrote by another, however old answers may be."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from httpx2 import ASGITransport, AsyncClient

from api.app import build_app
from api.settings import Settings, load

NAME = '{ contact(key: "a") { name } }'
RENAME = """mutation ($name: String!) {
  upsertContacts(input: {contacts: [{key: "a", name: $name}]}) { version } }"""


async def asked(client: AsyncClient, query: str, **more: Any) -> Any:
    answer = await client.post("/graphql", json={"query": query, **more})
    return answer.json()


async def written(client: AsyncClient, name: str) -> int:
    """The version at which the contact has that name."""
    found = await asked(client, RENAME, variables={"name": name})
    version: int = found["data"]["upsertContacts"]["version"]
    return version


async def served(settings: Settings, held: AsyncExitStack) -> AsyncClient:
    """A client of a server with those settings, as a process of its own would have them."""
    app = build_app(settings)
    await held.enter_async_context(app.router.lifespan_context(app))
    transport = ASGITransport(app=app)
    return await held.enter_async_context(AsyncClient(transport=transport, base_url="http://x"))


@pytest.fixture
async def both(neo4j_url: str) -> AsyncIterator[tuple[AsyncClient, AsyncClient]]:
    """Two servers on one tenant, whose answers may be a minute old."""
    settings = load(store=neo4j_url, tenant=f"t{uuid4().hex}", record_cache_max_age_ms=60_000)
    async with AsyncExitStack() as held:
        yield await served(settings, held), await served(settings, held)


async def test_what_another_server_wrote_is_seen_once_its_version_is_asked_for(
    both: tuple[AsyncClient, AsyncClient],
) -> None:
    one, other = both
    await written(one, "Old")
    assert (await asked(other, NAME))["data"]["contact"]["name"] == "Old"
    version = await written(one, "New")
    late = await asked(other, NAME)

    found = await asked(other, NAME, extensions={"atLeastVersion": version})

    assert [answer["data"]["contact"]["name"] for answer in (late, found)] == ["Old", "New"]
    assert (await asked(other, NAME))["data"]["contact"]["name"] == "New"


@pytest.mark.parametrize("cache_mb", [0, 16])
async def test_a_version_that_does_not_exist_is_told(tmp_path: Path, cache_mb: int) -> None:
    settings = load(
        store=f"sqlite:///{tmp_path}/data", record_cache_mb=cache_mb, request_timeout_s=1
    )
    async with AsyncExitStack() as held:
        client = await served(settings, held)
        version = await written(client, "Ada")
        begun = time.monotonic()

        found = await asked(client, NAME, extensions={"atLeastVersion": version + 1})

        (error,) = found["errors"]
        assert error["extensions"] == {"code": "TIMEOUT"}
        assert error["message"].startswith(
            f"version {version + 1} does not exist yet: the tenant stands at version {version}"
        )
        assert time.monotonic() - begun < 10
        assert "errors" not in await asked(client, NAME, extensions={"atLeastVersion": version})
