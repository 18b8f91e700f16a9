"""Reads that come together share a statement, and none is the worse for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from random import Random
from typing import Any
from urllib.parse import urlsplit

import pytest
from neo4j.exceptions import Neo4jError, ServiceUnavailable

from graph.errors import BadInput, DomainError, StoreUnavailable, TimedOut, Unauthenticated
from graph.model import NodeRef, relations
from graph.neo4j_store import Neo4jStore, joining
from graph.neo4j_store.joining import Joining
from graph.query import Order, RelatedQuery, Tree, Walk, Window
from graph.store import TenantGraph, Upsert
from tests.graph.conftest import new_tenant
from tests.graph.strategies import KEYS, upserts, world

MOST = 6
TIES = relations("Contact")["ties"]


def ref(key: str) -> NodeRef:
    return NodeRef("Contact", key)


Reader = asyncio.Task[dict[str, Any]]


class Server:
    """Answers statements when it is told to.

    Attributes:
        value: what it says of every key, as of when a statement comes.
        asked: the keys of each statement, in the order they came.
        bad: keys by which a statement fails, and how.
        given_up: how many statements were cancelled.
        readers: who has asked.
    """

    def __init__(self) -> None:
        self.value = 0
        self.asked: list[list[str]] = []
        self.bad: dict[str, DomainError] = {}
        self.given_up = 0
        self.readers: list[Reader] = []
        self.joining = Joining()
        self._held: list[asyncio.Event] = []

    async def ask(self, anchors: Sequence[NodeRef]) -> Mapping[NodeRef, Any]:
        keys, value, held = [anchor.key for anchor in anchors], self.value, asyncio.Event()
        self.asked.append(keys)
        self._held.append(held)
        try:
            await held.wait()
        except asyncio.CancelledError:
            self.given_up += 1
            raise
        for key in keys:
            if key in self.bad:
                raise self.bad[key]
        return dict.fromkeys(anchors, value)

    async def read(self, *keys: str, shape: str = "shape") -> dict[str, Any]:
        """What one asker is told of its keys."""
        anchors = [ref(key) for key in keys]
        found = await self.joining.read(shape, anchors, MOST, self.ask)
        return {key: found[ref(key)] for key in keys}

    async def answer(self, statement: int) -> None:
        """Lets a statement end, and whoever waited go on."""
        self._held[statement].set()
        await settled()

    def reader(self, *keys: str, shape: str = "shape") -> Reader:
        """Who asks about some keys."""
        made = asyncio.create_task(self.read(*keys, shape=shape))
        self.readers.append(made)
        return made

    def each(self, *keys: str) -> list[Reader]:
        """An asker for each key."""
        return [self.reader(key) for key in keys]


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    yield made
    for task in made.readers:
        task.cancel()
    await asyncio.wait(made.readers)
    await settled()


@pytest.fixture
async def waiting(server: Server) -> list[Reader]:
    """The asker of 0, whose statement is on its way, and of a, b and c, who wait."""
    asked = server.each("0", "a", "b", "c")
    await settled()
    return asked


async def test_whoever_finds_none_of_its_shape_asked_is_asked_at_once(server: Server) -> None:
    server.reader("0")
    server.reader("other", shape="another")
    await settled()

    assert server.asked == [["0"], ["other"]]


async def test_those_who_come_later_go_together_when_it_has_ended(
    server: Server, waiting: list[Reader]
) -> None:
    assert server.asked == [["0"]]

    await server.answer(0)
    assert server.asked == [["0"], ["a", "b", "c"]]

    await server.answer(1)
    assert await asyncio.gather(*waiting) == [{key: 0} for key in ("0", "a", "b", "c")]


async def test_a_statement_begins_after_the_last_of_its_askers_came(
    server: Server, waiting: list[Reader]
) -> None:
    server.value = 1  # a commit, between those who wait and one who comes
    late = server.reader("late")
    await settled()

    await server.answer(0)
    await server.answer(1)

    assert server.asked[1:] == [["a", "b", "c", "late"]]
    assert await late == {"late": 1}
    assert [await waiting[0], await waiting[1]] == [{"0": 0}, {"a": 1}]


async def test_what_two_ask_is_asked_once(server: Server) -> None:
    asked = server.each("0", "a", "a")
    await settled()

    await server.answer(0)
    await server.answer(1)

    assert server.asked[1:] == [["a"]]
    assert [await asked[1], await asked[2]] == [{"a": 0}, {"a": 0}]


async def test_a_statement_takes_no_more_than_its_most_anchors(server: Server) -> None:
    server.reader("0")
    await settled()
    pairs = [server.reader(f"{n}x", f"{n}y") for n in range(4)]
    await settled()

    await server.answer(0)
    assert server.asked[1:] == [["0x", "0y", "1x", "1y", "2x", "2y"]]
    await server.answer(1)
    assert server.asked[2:] == [["3x", "3y"]]
    await server.answer(2)

    assert [len(await pair) for pair in pairs] == [2, 2, 2, 2]


async def test_who_asks_for_many_is_asked_alone_and_keeps_nobody_waiting(server: Server) -> None:
    server.reader(*"0abc")
    server.reader(*"1abc")
    await settled()
    server.reader("x")
    await settled()

    assert server.asked == [[*"0abc"], [*"1abc"], ["x"]]


async def test_a_statement_that_is_stuck_is_waited_for_a_moment_only(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joining, "LONGEST_WAIT_S", 0.01)
    asked = server.each("0", *"abcdefgh")
    await asyncio.sleep(0.05)

    assert server.asked[1:] == [[*"abcdef"], [*"gh"]]
    await server.answer(1)
    assert await asked[1] == {"a": 0}


async def test_who_is_cancelled_hurts_no_other(server: Server, waiting: list[Reader]) -> None:
    waiting[0].cancel()  # its statement, which is its own
    await settled()
    assert (server.asked[1:], server.given_up) == ([["a", "b", "c"]], 1)

    waiting[1].cancel()  # one of three
    await settled()
    await server.answer(1)

    assert [await waiting[2], await waiting[3]] == [{"b": 0}, {"c": 0}]
    assert server.given_up == 1
    assert [task.cancelled() for task in waiting] == [True, True, False, False]


async def test_who_is_cancelled_while_it_waits_is_not_asked_for(
    server: Server, waiting: list[Reader]
) -> None:
    waiting[2].cancel()
    await settled()

    await server.answer(0)

    assert server.asked[1:] == [["a", "c"]]


async def test_a_statement_that_nobody_waits_for_is_given_up(
    server: Server, waiting: list[Reader]
) -> None:
    await server.answer(0)
    for task in waiting[1:]:
        task.cancel()
    await settled()

    assert server.given_up == 1
    assert await waiting[0] == {"0": 0}


def refused() -> DomainError:
    """A failure that the server gave as its answer."""
    made = TimedOut("too long")
    made.__cause__ = Neo4jError("too long")
    return made


def unreached() -> DomainError:
    made = StoreUnavailable("gone")
    made.__cause__ = ServiceUnavailable("gone")
    return made


def not_signed_in() -> DomainError:
    made = Unauthenticated("who?")
    made.__cause__ = Neo4jError("who?")
    return made


@pytest.mark.parametrize("error", [refused(), BadInput("half a character")], ids=repr)
async def test_what_may_be_the_fault_of_one_is_asked_one_by_one(
    error: DomainError, server: Server, waiting: list[Reader]
) -> None:
    server.bad["b"] = error

    await server.answer(0)
    await server.answer(1)
    assert server.asked[2:] == [["a"], ["b"], ["c"]]
    for statement in (2, 3, 4):
        await server.answer(statement)

    assert [await waiting[1], await waiting[3]] == [{"a": 0}, {"c": 0}]
    with pytest.raises(type(error)):
        await waiting[2]


@pytest.mark.parametrize("error", [unreached(), not_signed_in()], ids=repr)
async def test_what_is_nobodys_fault_is_told_to_all_at_once(
    error: DomainError, server: Server, waiting: list[Reader]
) -> None:
    server.bad["b"] = error

    await server.answer(0)
    await server.answer(1)

    assert server.asked[2:] == []
    assert [task.exception() for task in waiting[1:]] == [error] * 3


async def test_nothing_is_kept_of_those_who_have_been_answered(
    server: Server, waiting: list[Reader]
) -> None:
    await server.answer(0)
    await server.answer(1)
    await asyncio.gather(*waiting)

    assert server.joining._lines == {}


# -- on a database


@pytest.fixture
async def store(neo4j_url: str) -> AsyncIterator[Neo4jStore]:
    parts = urlsplit(neo4j_url)
    url = f"bolt://{parts.hostname}:{parts.port}"
    made = Neo4jStore(url, parts.username or "", parts.password or "")
    yield made
    await made.close()


@pytest.fixture
def counted(store: Neo4jStore, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that read, as they are sent."""
    sent: list[str] = []
    read = store._connection.read

    async def counting(text: str, parameters: Mapping[str, Any]) -> list[Any]:
        sent.append(text)
        return await read(text, parameters)

    monkeypatch.setattr(store._connection, "read", counting)
    return sent


def walk(size: int) -> Walk:
    query = RelatedQuery(TIES, order=(Order("since"),), window=Window(size), count=True)
    return Walk((Tree(query, (Tree(RelatedQuery(TIES, window=Window(2))),)),), records=True)


async def one(graph: TenantGraph, random: Random) -> Any:
    """One read, of one of a few shapes."""
    refs = [ref(key) for key in random.sample(KEYS, random.randint(1, 3))]
    if random.random() < 0.3:
        return await graph.records(refs)
    if random.random() < 0.3:
        found: Any = await graph.records(refs, frozenset({"name"}))
        return {found[ref].name for ref in found}
    walked = await graph.walk(walk(random.randint(1, 2)), refs)
    return walked.records, walked.pages


async def test_many_are_answered_together_as_each_is_alone(
    store: Neo4jStore, counted: list[str]
) -> None:
    graph = store.tenant(new_tenant())
    await graph.commit(upserts(world(0)), actor="tests")
    alone = [await one(graph, Random(seed)) for seed in range(100)]
    assert len(counted) == 100

    together = await asyncio.gather(*(one(graph, Random(seed)) for seed in range(100)))

    assert together == alone
    assert len(counted) - 100 < 50


async def test_whoever_reads_sees_what_was_committed_before(store: Neo4jStore) -> None:
    """Readers beside a writer: a read that began after a commit never misses it."""
    graph, committed, ended = store.tenant(new_tenant()), 0, False
    await graph.commit([Upsert("Staff", "s", {"name": "0"})], actor="tests")

    async def write() -> None:
        nonlocal committed, ended
        for n in range(1, 20):
            await graph.commit([Upsert("Staff", "s", {"name": str(n)})], actor="tests")
            committed = n
        ended = True

    async def read() -> None:
        while not ended:
            before = committed
            found: Any = (await graph.nodes("Staff", ["s"]))["s"]
            assert int(found.name) >= before

    await asyncio.gather(write(), *(read() for _ in range(10)))
