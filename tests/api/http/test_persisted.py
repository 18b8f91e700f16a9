"""Automatic persisted queries, as Apollo's and urql's clients send them."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from httpx2 import AsyncClient

from api.http import JSON, RESPONSE_JSON
from tests.api.http.test_sockets import World, opened
from tests.api.serving import served
from tests.api.test_app import post, running, settings

QUERY = "query Persisted { __typename }"
UNKNOWN = "query Unknown { __typename }"
ANSWER = {"data": {"__typename": "Query"}}
NOT_FOUND = {
    "errors": [
        {
            "message": "PersistedQueryNotFound",
            "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"},
        }
    ]
}


def extensions(text: str) -> dict[str, Any]:
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {"persistedQuery": {"version": 1, "sha256Hash": digest}}


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[AsyncClient]:
    async with running(settings(tmp_path)) as found:
        yield found


@pytest.mark.parametrize(("accept", "status"), [(JSON, 200), (RESPONSE_JSON, 400)])
async def test_a_client_sends_the_hash_then_the_text_then_the_hash(
    client: AsyncClient, accept: str, status: int
) -> None:
    by_hash = {"extensions": extensions(QUERY)}
    first = await post(client, by_hash, accept)
    second = await post(client, {"query": QUERY, **by_hash}, accept)
    third = await post(client, by_hash, accept)

    assert (first.status_code, first.json()) == (status, NOT_FOUND)
    assert [second.json(), third.json()] == [ANSWER, ANSWER]


async def test_a_text_that_came_without_its_hash_is_found_by_it_by_get_too(
    client: AsyncClient,
) -> None:
    await post(client, {"query": QUERY})

    parameters = {"extensions": orjson.dumps(extensions(QUERY)).decode()}
    answer = await client.get("/graphql", params=parameters, headers={"accept": "text/html, */*"})

    assert answer.json() == ANSWER


async def test_a_hash_may_be_in_upper_case_and_beside_an_empty_text(client: AsyncClient) -> None:
    await post(client, {"query": QUERY})
    given = extensions(QUERY)
    given["persistedQuery"]["sha256Hash"] = given["persistedQuery"]["sha256Hash"].upper()

    answer = await post(client, {"query": "", "extensions": given})

    assert answer.json() == ANSWER


async def test_a_hash_of_another_text_is_refused_and_nothing_runs(client: AsyncClient) -> None:
    answer = await post(client, {"query": QUERY, "extensions": extensions(UNKNOWN)})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"] == {"code": "BAD_INPUT"}
    assert "sha256Hash is not the hash of `query`" in answer.json()["errors"][0]["message"]
    assert (await post(client, {"extensions": extensions(UNKNOWN)})).json() == NOT_FOUND


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([], "`extensions` must be a JSON object"),
        ({"persistedQuery": 1}, "`extensions.persistedQuery` must be"),
        ({"persistedQuery": {"version": 1}}, "`extensions.persistedQuery` must be"),
        ({"persistedQuery": {"version": 1, "sha256Hash": "G" * 64}}, "64 hexadecimal"),
        ({"persistedQuery": {"version": 2, "sha256Hash": "a" * 64}}, "`version`, which is 1"),
        ({"tracing": True}, "`query` is missing"),
        ({"persistedQuery": None}, "`query` is missing"),
    ],
)
async def test_what_is_no_hash_is_refused(client: AsyncClient, given: object, told: str) -> None:
    answer = await post(client, {"extensions": given})

    assert answer.status_code == 400
    assert told in answer.json()["errors"][0]["message"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("persisted"))
    with served(world.app) as port:
        world.port = port
        yield world


async def test_a_subscription_is_found_by_its_hash_over_a_socket(world: World) -> None:
    text = "subscription { changes { version } }"
    async with opened(world.port) as client:
        await client.begin()
        await client.say(id="1", type="subscribe", payload={"extensions": extensions(text)})
        missing = await client.hear()
        await client.say(
            id="1", type="subscribe", payload={"query": text, "extensions": extensions(text)}
        )
        found = await client.hear()

    assert missing == {"id": "1", "type": "error", "payload": NOT_FOUND["errors"]}
    assert found["payload"] == {"data": {"changes": {"version": 0}}}
