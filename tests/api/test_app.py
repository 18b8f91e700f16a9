from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from httpx2 import ASGITransport, AsyncClient, Response

from api.app import build_app
from api.http import JSON, RESPONSE_JSON
from api.settings import Environment, Settings, load
from graph.store import Upsert

BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"
NAMES = "{ customers(first: 2) { edges { node { name } } } }"
MUTATION = 'mutation { deleteCustomers(input: {keys: ["a"]}) { version } }'


def settings(tmp_path: Path, **more: Any) -> Settings:
    return load(store=f"sqlite:///{tmp_path}/data", **more)


@asynccontextmanager
async def running(chosen: Settings) -> AsyncIterator[AsyncClient]:
    app = build_app(chosen)
    async with app.router.lifespan_context(app):
        graph = app.state.service.store.tenant(chosen.tenant)
        values = [("a", "Ada"), ("b", "王小明")]
        changes = [Upsert("Customer", key, {"name": name}) for key, name in values]
        await graph.commit(changes, actor="test")
        transport = ASGITransport(app=app)
        async with AsyncClient(transport=transport, base_url="http://renmai") as client:
            yield client


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[AsyncClient]:
    async with running(settings(tmp_path)) as found:
        yield found


async def post(
    client: AsyncClient, body: object, accept: str | None = JSON, media: str = JSON
) -> Response:
    headers: Mapping[str, str] = {"content-type": media, **({"accept": accept} if accept else {})}
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return await client.post("/graphql", content=content, headers=headers)


async def test_a_query_by_post_is_answered(client: AsyncClient) -> None:
    answer = await post(client, {"query": NAMES})

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    names = [e["node"]["name"] for e in answer.json()["data"]["customers"]["edges"]]
    assert names == ["Ada", "王小明"]


async def test_a_query_by_get_is_answered(client: AsyncClient) -> None:
    query = "query Q($k: String!) { customer(key: $k) { name } }"
    answer = await client.get("/graphql", params={"query": query, "variables": '{"k": "a"}'})

    assert answer.json() == {"data": {"customer": {"name": "Ada"}}}


async def test_a_mutation_by_get_is_refused_and_changes_nothing(client: AsyncClient) -> None:
    answer = await client.get("/graphql", params={"query": MUTATION})

    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    assert (await post(client, {"query": NAMES})).json()["data"]["customers"]["edges"][0] == {
        "node": {"name": "Ada"}
    }


@pytest.mark.parametrize(("accept", "status"), [(JSON, 200), (RESPONSE_JSON, 400)])
async def test_an_invalid_document_has_the_status_of_its_media_type(
    client: AsyncClient, accept: str, status: int
) -> None:
    answer = await post(client, {"query": "{ nothing }"}, accept)

    assert answer.status_code == status
    assert "data" not in answer.json()
    assert answer.json()["errors"][0]["extensions"] == {"code": "BAD_INPUT"}


@pytest.mark.parametrize(
    ("body", "media", "status", "message"),
    [
        (b"{", JSON, 400, "the body is not JSON: "),
        (b"[]", JSON, 400, "the body must be a JSON object such as"),
        (b"\xff\xfe", JSON, 400, "the body is not JSON: "),
        (b'{"query": "{\xed\xa0\x80}"}', JSON, 400, "the body is not JSON: "),
        ({"query": ""}, JSON, 400, "`query` is missing"),
        ({"query": 7}, JSON, 400, "`query` is missing"),
        ({"query": NAMES, "variables": []}, JSON, 400, "`variables` must be a JSON object"),
        ({"query": NAMES, "operationName": 1}, JSON, 400, "`operationName` must be text"),
        ({"query": NAMES}, "text/plain", 415, "the body is text/plain; send application/json"),
        ({"query": NAMES}, "", 415, "the body is of no named type"),
        ({"query": "x" * 5_000_000}, JSON, 413, "the body is larger than 4,000,000 bytes"),
    ],
)
async def test_a_wrong_request_is_refused_with_the_remedy(
    client: AsyncClient, body: object, media: str, status: int, message: str
) -> None:
    answer = await post(client, body, media=media)

    assert answer.status_code == status
    assert answer.json()["errors"][0]["message"].startswith(message)


async def test_a_body_that_does_not_tell_its_size_is_bounded_too(client: AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b" " * 100_000

    answer = await client.post("/graphql", content=chunks(), headers={"content-type": JSON})

    assert answer.status_code == 413


@pytest.mark.parametrize("operation", [None, "C"])
async def test_the_operation_to_run_must_be_told_where_there_are_several(
    client: AsyncClient, operation: str | None
) -> None:
    body = {"query": "query A { __typename } query B { __typename }", "operationName": operation}
    answer = await post(client, body, RESPONSE_JSON)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_INPUT"


async def test_a_document_of_too_many_words_is_refused_before_it_is_read(
    client: AsyncClient,
) -> None:
    aliases = " ".join(f"a{n}: __typename" for n in range(20_000))
    answer = await post(client, {"query": f"{{ {aliases} }}"}, RESPONSE_JSON)

    assert answer.status_code == 400
    assert "more than 20000 tokens" in answer.json()["errors"][0]["message"]


async def test_variables_by_get_must_be_json(client: AsyncClient) -> None:
    answer = await client.get("/graphql", params={"query": NAMES, "variables": "{"})

    assert answer.status_code == 400


async def test_other_methods_and_media_types_are_refused(client: AsyncClient) -> None:
    assert (await client.put("/graphql")).status_code == 405
    assert (await client.get("/graphql", headers={"accept": "image/png"})).status_code == 406


async def test_a_browser_gets_graphiql_in_development_only(
    client: AsyncClient, tmp_path: Path
) -> None:
    page = await client.get("/graphql", headers={"accept": BROWSER})

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    production = settings(tmp_path / "2", environment=Environment.PRODUCTION)
    async with running(production) as other:
        assert (await other.get("/graphql", headers={"accept": BROWSER})).status_code == 400


async def test_health_is_told_with_and_without_the_store(client: AsyncClient) -> None:
    assert (await client.get("/health")).text == "alive\n"
    assert (await client.get("/health/ready")).text == "ready\n"


async def test_a_request_that_takes_too_long_is_cut_off(tmp_path: Path) -> None:
    async with running(settings(tmp_path, request_timeout_s=1e-9)) as client:
        answer = await post(client, {"query": "{ topReferrers { total } }"})

    assert answer.status_code == 504
    assert answer.json()["errors"][0]["extensions"] == {"code": "TIMEOUT"}
