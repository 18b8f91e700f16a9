"""The protocol graphql-transport-ws, spoken by a real client to a real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from api.app import Application, build_app
from api.http.sockets import PROTOCOL, Rules, Sockets, allowed
from api.settings import load
from graph.store import Upsert
from tests.api.serving import served, until

pytestmark = pytest.mark.usefixtures("all_left")

CHANGES = "subscription { changes { version changes { key node { id } } } }"
WRITE = """mutation ($key: String!) {
  upsertContacts(input: {contacts: [{key: $key, name: "A"}]}) { version } }"""


class World:
    """A served application."""

    def __init__(self, folder: Path, **more: Any) -> None:
        self.app: Application = build_app(load(store=f"sqlite:///{folder}", **more))
        self.streams = self.app.state.metrics
        self.port = 0

    def count(self, name: str, **labels: str) -> float:
        return self.app.state.metrics.registry.get_sample_value(name, labels) or 0.0

    @property
    def open(self) -> float:
        """Subscriptions that run now."""
        return self.count("renmai_subscriptions_open")


class Client:
    """A client that says and hears messages."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def say(self, **message: Any) -> None:
        await self.socket.send(orjson.dumps(message).decode())

    async def hear(self) -> Any:
        async with asyncio.timeout(20):
            return orjson.loads(await self.socket.recv())

    async def begin(self) -> None:
        await self.say(type="connection_init")
        assert await self.hear() == {"type": "connection_ack"}

    async def ask(self, name: str, query: str, **variables: Any) -> None:
        payload = {"query": query, "variables": variables}
        await self.say(id=name, type="subscribe", payload=payload)

    async def follow(self, name: str) -> int:
        """Subscribes to all changes; the version they begin with."""
        await self.ask(name, CHANGES)
        begun = await self.hear()
        assert (begun["id"], begun["type"]) == (name, "next")
        version: int = begun["payload"]["data"]["changes"]["version"]
        return version

    async def closed(self) -> tuple[int, str]:
        """Code and reason, once the server has closed the socket."""
        try:
            while True:
                await self.hear()
        except ConnectionClosed as closed:
            return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (1006, "")


@asynccontextmanager
async def opened(port: int, *, protocol: str = PROTOCOL, **more: Any) -> AsyncIterator[Client]:
    uri = f"ws://127.0.0.1:{port}/graphql"
    protocols: Any = [protocol] if protocol else None
    async with connect(uri, subprotocols=protocols, **more) as socket:
        yield Client(socket)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("sockets"), max_operations_per_socket=3)
    with served(world.app) as port:
        world.port = port
        yield world


@pytest.fixture
async def client(world: World) -> AsyncIterator[Client]:
    async with opened(world.port) as client:
        yield client


async def test_a_subscriber_hears_what_others_write(world: World, client: Client) -> None:
    await client.begin()
    version = await client.follow("1")

    async with opened(world.port) as other:
        await other.begin()
        await other.ask("m", WRITE, key="heard")
        written = [await other.hear(), await other.hear()]

    data = {"upsertContacts": {"version": version + 1}}
    assert written == [
        {"id": "m", "type": "next", "payload": {"data": data}},
        {"id": "m", "type": "complete"},
    ]
    told = (await client.hear())["payload"]["data"]["changes"]
    assert (told["version"], [c["key"] for c in told["changes"]]) == (version + 1, ["heard"])


async def test_who_comes_back_misses_nothing(world: World) -> None:
    async with opened(world.port) as client:
        await client.begin()
        version = await client.follow("1")
    async with opened(world.port) as other:
        await other.begin()
        for key in ("missed1", "missed2"):
            await other.ask(key, WRITE, key=key)
            await other.hear()
            await other.hear()

    query = "subscription ($a: Long) { changes(after: $a) { changes { key } } }"
    async with opened(world.port) as client:
        await client.begin()
        await client.ask("2", query, a=version)
        heard = [(await client.hear())["payload"]["data"]["changes"] for _ in range(2)]

    assert [c["key"] for one in heard for c in one["changes"]] == ["missed1", "missed2"]


async def test_a_query_has_one_answer(client: Client) -> None:
    await client.begin()
    await client.ask("q", "{ __typename }")

    assert await client.hear() == {
        "id": "q",
        "type": "next",
        "payload": {"data": {"__typename": "Query"}},
    }
    assert await client.hear() == {"id": "q", "type": "complete"}


async def test_what_never_ran_is_an_error_and_its_id_is_free_again(client: Client) -> None:
    await client.begin()
    for query in ("{", "{ nothing }", "subscription { changes(after: 99999) { version } }"):
        await client.ask("1", query)
        told = await client.hear()

        assert (told["id"], told["type"]) == ("1", "error")
        assert told["payload"][0]["extensions"]["code"] == "BAD_INPUT"


async def test_an_error_of_a_field_stands_beside_data(client: Client) -> None:
    await client.begin()
    await client.ask("1", '{ node(id: "none") { id } }')

    told = await client.hear()

    assert told["type"] == "next"
    assert told["payload"]["data"] == {"node": None}
    assert told["payload"]["errors"][0]["path"] == ["node"]


async def test_complete_ends_the_subscription_and_frees_its_id(
    world: World, client: Client
) -> None:
    await client.begin()
    await client.follow("1")
    assert world.open == 1

    await client.say(id="1", type="complete")
    await until(lambda: world.open == 0)
    await client.say(id="1", type="complete")  # of one that has ended: nothing
    await client.follow("1")

    assert world.open == 1


async def test_a_client_that_leaves_ends_its_subscriptions(world: World) -> None:
    async with opened(world.port) as client:
        await client.begin()
        await client.follow("1")
        await client.follow("2")
        assert world.open == 2
        client.socket.transport.abort()

    await until(lambda: world.open == 0)
    feed = world.app.state.service.feeds.of("default")
    await until(lambda: feed.followers == 0)


async def test_pings_are_answered_with_what_they_bring(client: Client) -> None:
    await client.say(type="ping")
    assert await client.hear() == {"type": "pong"}

    await client.say(type="pong", payload={"mine": 1})
    await client.say(type="ping", payload={"a": [1]})
    assert await client.hear() == {"type": "pong", "payload": {"a": [1]}}


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("{", "a message is no JSON: "),
        ("[]", "a message is no JSON object"),
        (b"{}", "messages are text, not bytes"),
        ("{}", "no message of a client has type null"),
        ('{"type": "next"}', 'no message of a client has type "next"'),
        ('{"type": "start"}', 'no message of a client has type "start"'),
        ('{"type": ["ping"]}', 'no message of a client has type ["ping"]'),
        ('{"type": "ping", "payload": 1}', "`payload` must be an object"),
        ('{"type": "complete"}', "`id` must be text, and not empty"),
        ('{"type": "subscribe", "id": ""}', "`id` must be text, and not empty"),
        ('{"type": "subscribe", "id": 1}', "`id` must be text, and not empty"),
        ('{"type": "subscribe", "id": "1"}', "`payload` must be an object with `query`"),
        ('{"type": "subscribe", "id": "1", "payload": {}}', "`query` is missing; "),
        (
            '{"type": "subscribe", "id": "1", "payload": {"query": "{a}", "variables": []}}',
            "`variables` must be a JSON object, from name to value",
        ),
    ],
)
async def test_a_wrong_message_closes_the_socket(
    client: Client, message: str | bytes, reason: str
) -> None:
    await client.begin()
    await client.socket.send(message)

    code, told = await client.closed()

    assert (code, told[: len(reason)]) == (4400, reason)


async def test_operations_before_the_acknowledgement_are_unauthorized(client: Client) -> None:
    await client.ask("1", "{ __typename }")

    assert (await client.closed())[0] == 4401


async def test_a_second_initialisation_is_one_too_many(client: Client) -> None:
    await client.begin()
    await client.say(type="connection_init")

    assert await client.closed() == (4429, "too many initialisation requests")


async def test_an_id_that_is_in_use_closes_the_socket(world: World, client: Client) -> None:
    await client.begin()
    await client.follow("mine")
    await client.ask("mine", CHANGES)

    assert await client.closed() == (4409, "subscriber for mine already exists")
    await until(lambda: world.open == 0)


async def test_a_long_reason_fits_its_frame(client: Client) -> None:
    await client.begin()
    name = "王" * 200
    await client.follow(name)
    await client.ask(name, CHANGES)

    code, reason = await client.closed()

    assert code == 4409
    assert reason.startswith("subscriber for 王王")
    assert len(reason.encode()) <= 123


async def test_who_says_nothing_is_closed(world: World) -> None:
    streaming = world.app.sockets._streaming
    with served(
        Sockets(streaming, Rules(largest=1_000, most=1, init_s=0.1)), lifespan="off"
    ) as port:
        async with opened(port) as client:
            assert await client.closed() == (4408, "connection initialisation timeout")
        async with opened(port) as client:
            await client.begin()
            await asyncio.sleep(0.2)
            await client.say(type="ping")
            assert await client.hear() == {"type": "pong"}


async def test_a_message_larger_than_allowed_closes_the_socket(world: World) -> None:
    streaming = world.app.sockets._streaming
    with served(Sockets(streaming, Rules(largest=1_000, most=1)), lifespan="off") as port:
        async with opened(port) as client:
            await client.say(type="ping", payload={"a": "x" * 1_000})

            assert (await client.closed())[0] == 1009


async def test_one_operation_too_many_is_refused_and_the_others_go_on(
    world: World, client: Client
) -> None:
    await client.begin()
    for name in "123":
        await client.follow(name)

    await client.ask("4", CHANGES)
    told = await client.hear()

    assert (told["id"], told["type"]) == ("4", "error")
    assert told["payload"][0]["extensions"] == {"code": "TOO_EXPENSIVE"}
    assert "3 operations" in told["payload"][0]["message"]
    assert world.open == 3


async def test_a_place_is_free_as_soon_as_its_operation_is_completed(
    world: World, client: Client
) -> None:
    await client.begin()
    for name in "123":
        await client.follow(name)

    for _ in range(20):
        await client.say(id="1", type="complete")
        await client.follow("1")

    await until(lambda: world.open == 3)


@pytest.mark.parametrize("protocol", ["", "graphql-ws", "json"])
async def test_only_the_one_protocol_is_spoken(world: World, protocol: str) -> None:
    async with opened(world.port, protocol=protocol) as client:
        assert await client.closed() == (4406, f"speak {PROTOCOL}")


async def test_pages_of_other_origins_may_not_open_a_socket(world: World) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with opened(world.port, origin="https://evil.example"):
            pass
    assert refused.value.response.status_code == 403

    async with opened(world.port, origin=f"http://127.0.0.1:{world.port}") as client:
        await client.begin()


@pytest.mark.parametrize(
    ("origin", "host", "origins", "may"),
    [
        (b"", b"crm.example", [], True),
        (b"https://crm.example", b"crm.example", [], True),
        (b"https://CRM.example", b"crm.example", [], True),
        (b"https://crm.example:8443", b"crm.example", [], False),
        (b"null", b"crm.example", [], False),
        (b"https://crm.example.evil", b"crm.example", [], False),
        (b"https://app.example", b"crm.example", ["https://app.example"], True),
        (b"http://app.example", b"crm.example", ["https://app.example"], False),
        (b"https://anybody.example", b"crm.example", ["*"], True),
    ],
)
def test_a_socket_is_opened_by_our_own_pages_and_those_named(
    origin: bytes, host: bytes, origins: list[str], may: bool
) -> None:
    headers = {b"host": host, **({b"origin": origin} if origin else {})}

    assert allowed(headers, origins) is may


async def test_the_origins_that_are_set_may_open_one(tmp_path: Path) -> None:
    world = World(tmp_path, socket_origins="https://App.example, https://b.example")
    with served(world.app) as port:
        async with opened(port, origin="https://app.example") as client:
            await client.begin()
        with pytest.raises(InvalidStatus):
            async with opened(port, origin="https://evil.example"):
                pass


async def test_a_path_behind_a_proxy_s_prefix_is_served_too(tmp_path: Path) -> None:
    world = World(tmp_path)

    async def prefixed(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            scope = {**scope, "root_path": "/crm", "path": "/crm/graphql"}
        await world.app(scope, receive, send)

    with served(prefixed) as port:
        async with opened(port) as client:
            await client.begin()


async def test_a_server_that_stops_closes_sockets_at_once(tmp_path: Path) -> None:
    world = World(tmp_path)
    with served(world.app) as port:
        socket = opened(port)
        client = await socket.__aenter__()
        await client.begin()
        await client.follow("1")

    assert (await client.closed())[0] == 1012
    assert world.open == 0


async def test_who_takes_nothing_is_given_up(tmp_path: Path) -> None:
    world = World(tmp_path, subscription_stall_s=0.3)
    goods = [Upsert("Good", f"{number}", {"name": "G"}) for number in range(6_000)]
    aliases = " ".join(f"a{number}: action" for number in range(200))
    with served(world.app) as port:
        service = world.app.state.service
        await service.store.tenant("default").commit(goods, actor="test")
        async with opened(port, max_queue=1, compression=None) as client:
            await client.begin()
            many = f"changes(after: 0) {{ changes {{ {aliases} }} }}"
            await client.ask("1", f"subscription {{ {many} }}")

            await until(lambda: world.count("renmai_subscriptions_total", what="stalled") == 1)
            await until(lambda: world.open == 0)
            assert service.feeds.of("default").followers == 0
            assert 0 < world.count("renmai_subscription_events_total") < 60
