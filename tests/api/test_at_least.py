"""A reader of one server sees what it wrote by another, however old answers may be."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
from httpx2 import ASGITransport, AsyncClient

from api.app import build_app
from api.settings import Settings, load

NAME = '{ contact(key: "a") { name } }'
DEFERRED = '{ contact(key: "a") { key ... @defer { name } } }'
RENAME = """mutation ($name: String!) {
  upsertContacts(input: {contacts: [{key: "a", name: $name}]}) { version } }"""
REFER = """mutation {
  upsertCustomers(input: {customers: [{key: "c", name: "C"}]}) { version }
  recordReferral(input: {source: {kind: CONTACT, key: "a"}, target: {kind: CUSTOMER, key: "c"}}) {
    version } }"""
REACH = """{ referralReach(kind: CONTACT, key: "a", maxAgeS: 1000) { version count }
  contact(key: "a") { network(maxAgeS: 1000) { version total } } }"""


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


async def test_analytics_take_it_into_account_too(both: tuple[AsyncClient, AsyncClient]) -> None:
    one, other = both
    first = await written(one, "Ada")
    await asked(other, REACH)
    referred = (await asked(one, REFER))["data"]["recordReferral"]
    late = await asked(other, REACH)

    found = await asked(other, REACH, extensions={"atLeastVersion": referred["version"]})

    def said(version: int, near: int) -> dict[str, Any]:
        network = {"version": version, "total": near}
        reach = {"version": version, "count": near}
        return {"data": {"referralReach": reach, "contact": {"network": network}}}

    assert (late, found) == (said(first, 0), said(referred["version"], 1))


PARTS = "multipart/mixed, application/json"
EVENTS = "text/event-stream"


@pytest.fixture
async def late(tmp_path: Path) -> AsyncIterator[AsyncClient]:
    """A server on one contact, where a version is waited for for two seconds."""
    settings = load(store=f"sqlite:///{tmp_path}/data", request_timeout_s=4)
    async with AsyncExitStack() as held:
        client = await served(settings, held)
        await written(client, "Ada")
        yield client


@pytest.mark.parametrize("accept", ["application/json", PARTS, EVENTS])
@pytest.mark.parametrize(("version", "ends"), [(1, b'"name":"Ada"'), (2, b"TIMEOUT")])
async def test_every_way_of_asking_waits(
    late: AsyncClient, accept: str, version: int, ends: bytes
) -> None:
    query = DEFERRED if accept == PARTS else NAME
    content = orjson.dumps({"query": query, "extensions": {"atLeastVersion": version}})
    headers = {"accept": accept, "content-type": "application/json"}

    answer = await late.post("/graphql", content=content, headers=headers)

    assert ends in answer.content
    assert (b"version 2 does not exist yet: the tenant stands at version 1" in answer.content) == (
        version == 2
    )


async def test_it_may_be_asked_for_by_get(late: AsyncClient) -> None:
    parameters = {"query": NAME, "extensions": '{"atLeastVersion": 1}'}

    answer = await late.get("/graphql", params=parameters)

    assert answer.json() == {"data": {"contact": {"name": "Ada"}}}


async def test_a_mutation_for_a_version_that_is_not_there_writes_nothing(
    late: AsyncClient,
) -> None:
    more = {"variables": {"name": "New"}, "extensions": {"atLeastVersion": 2}}

    found = await asked(late, RENAME, **more)

    (error,) = found["errors"]
    assert error["extensions"] == {"code": "TIMEOUT"}
    assert error["path"] == ["upsertContacts"]
    assert error["message"].endswith(
        "use the version that your write returned. Nothing was written"
    )
    assert await asked(late, NAME) == {"data": {"contact": {"name": "Ada"}}}


async def test_what_is_wrong_is_told_before_anything_is_waited_for(late: AsyncClient) -> None:
    wrong = await asked(late, "{ nothing }", extensions={"atLeastVersion": 2})
    hashed = {"version": 1, "sha256Hash": "0" * 64}
    unknown = await asked(late, "", extensions={"atLeastVersion": 2, "persistedQuery": hashed})

    assert wrong["errors"][0]["message"].startswith("Cannot query field 'nothing'")
    assert unknown["errors"][0]["extensions"] == {"code": "PERSISTED_QUERY_NOT_FOUND"}


CHANGES = "subscription { changes(after: 0) { version changes { node { id } } } }"


async def test_events_begin_once_the_version_is_there(late: AsyncClient) -> None:
    body = {"query": CHANGES, "extensions": {"atLeastVersion": 2}}
    headers = {"accept": EVENTS}

    answer = await late.post("/graphql", json=body, headers=headers)

    assert b"version 2 does not exist yet: the tenant stands at version 1" in answer.content
    assert b'"changes"' not in answer.content


async def test_an_analytic_tells_too_what_it_waited_for(late: AsyncClient) -> None:
    query = "{ topReferrers(measure: COUNT) { version } }"

    found = await asked(late, query, extensions={"atLeastVersion": 2})

    (error,) = found["errors"]
    assert error["message"].startswith("version 2 does not exist yet")
    assert error["extensions"] == {"code": "TIMEOUT"}
