"""What a snapshot built from a store shows, also while others write."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest

from graph.errors import CommitRejected
from graph.model import NodeRef
from graph.model.codec import micros
from graph.model.words import ReferralStatus, Stage, TieKind
from graph.network import Network, build_network, days
from graph.network.values import NO_DAY, NO_MOMENT, code
from graph.store import Batch, Change, Delete, LogEntry, TenantGraph, Upsert

MADE = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)


def contact(key: str) -> NodeRef:
    return NodeRef("Contact", key)


def tie(key: str, one: str, other: str, **values: Any) -> Upsert:
    ends = {"source": contact(one), "target": contact(other)}
    return Upsert("Tie", key, {"kind": TieKind.FRIEND, **ends, **values})


def referral(key: str, source: NodeRef, target: NodeRef, **values: Any) -> Upsert:
    return Upsert("Referral", key, {"source": source, "target": target, **values})


BEGINNING: list[Change] = [
    Upsert("Contact", "ann", {"name": "Ann", "region": "Wuhan"}),
    Upsert("Contact", "bob", {"name": "Bob"}),
    Upsert("Customer", "acme", {"name": "Acme", "stage": Stage.PREMIUM, "industry": "cars"}),
    Upsert("Good", "car", {"name": "Car"}),
    tie("t1", "bob", "ann", strength=0.5, until=date(2026, 5, 1)),
    tie("t2", "ann", "bob"),
    referral("r1", contact("ann"), NodeRef("Customer", "acme"), at=MADE),
    Upsert(
        "Offer",
        "o1",
        {
            "source": NodeRef("Customer", "acme"),
            "target": NodeRef("Good", "car"),
            "value_minor": 500,
        },
    ),
    Upsert("Purchase", "p1", {"customer_key": "acme", "at": MADE, "amount_minor": 9}),
    Upsert(
        "Purchase",
        "p2",
        {"customer_key": "acme", "at": MADE, "amount_minor": 8, "referral_key": "r1"},
    ),
]


async def test_a_tenant_without_data_has_an_empty_network(graph: TenantGraph) -> None:
    network = await build_network(graph)

    assert (network.version, len(network)) == (0, 0)


async def test_shows_what_was_written(graph: TenantGraph) -> None:
    receipt = await graph.commit(BEGINNING, actor="test")

    network = await build_network(graph)

    assert network.version == receipt.version
    assert network.nodes.refs(range(4)) == [
        NodeRef("Customer", "acme"),
        contact("ann"),
        contact("bob"),
        NodeRef("Good", "car"),
    ]
    assert network.nodes.having("region", "Wuhan").tolist() == [False, True, False, False]
    assert network.nodes.having("stage", "PREMIUM").tolist() == [True, False, False, False]
    assert network.nodes.having("industry", "cars").tolist() == [True, False, False, False]
    ties, made = network.edges["Tie"], network.edges["Referral"]
    assert (ties.source.tolist(), ties.target.tolist()) == ([1, 1], [2, 2])
    assert ties.keys.take([0, 1]) == ["t1", "t2"]
    assert ties.columns["kind"].tolist() == [code(TieKind.FRIEND)] * 2
    assert ties.columns["until"].tolist() == [days(date(2026, 5, 1)), NO_DAY]
    assert ties.columns["since"].tolist() == [NO_DAY, NO_DAY]
    np.testing.assert_array_equal(ties.columns["strength"], np.array([0.5, np.nan], np.float32))
    assert (made.source.tolist(), made.target.tolist()) == ([1], [0])
    assert made.columns["at"].tolist() == [micros(MADE)]
    assert made.columns["status"].tolist() == [code(ReferralStatus.PENDING)]
    assert network.edges["Offer"].columns["value_minor"].tolist() == [500]
    bought = network.purchases
    assert bought.customer.tolist() == [0, 0]
    assert bought.at.tolist() == [micros(MADE)] * 2
    assert bought.amount_minor.tolist() == [8, 9]
    assert bought.referral.tolist() == [0, -1]


async def test_what_has_no_time_holds_none(graph: TenantGraph) -> None:
    await graph.commit(
        [*BEGINNING[:3], referral("r1", contact("ann"), contact("bob"))], actor="test"
    )

    network = await build_network(graph)

    assert network.edges["Referral"].columns["at"].tolist() == [NO_MOMENT]


async def attempt(graph: TenantGraph, changes: Sequence[Change]) -> None:
    """Commits, if the state allows it."""
    with suppress(CommitRejected):
        await graph.commit(changes, actor="rival")


class Disturbed:
    """A tenant's graph that somebody writes to whenever a scan has given a batch."""

    def __init__(self, graph: TenantGraph, commits: Sequence[Sequence[Change]]) -> None:
        self._graph = graph
        self._left = list(commits)
        self.tenant = graph.tenant

    def __getattr__(self, name: str) -> Any:
        return getattr(self._graph, name)

    async def scan(
        self, kind: str, columns: Sequence[str] | None = None, batch: int = 10_000
    ) -> AsyncIterator[Batch]:
        await self._write()
        async for part in self._graph.scan(kind, columns, 2):
            yield part
            await self._write()

    async def _write(self) -> None:
        if self._left:
            await attempt(self._graph, self._left.pop(0))

    async def log(self, after: int, limit: int = 100) -> list[LogEntry]:
        return await self._graph.log(after, 1)


def arrays(value: Any, name: str = "network") -> dict[str, np.ndarray[Any, Any]]:
    """Every array below a value, by its path."""
    if isinstance(value, np.ndarray):
        return {name: value}
    if is_dataclass(value):
        parts = [(f.name, getattr(value, f.name)) for f in fields(value)]
    elif hasattr(value, "_asdict"):
        parts = list(value._asdict().items())
    elif hasattr(value, "items"):
        parts = list(value.items())
    else:
        return {}
    return {path: a for n, part in parts for path, a in arrays(part, f"{name}.{n}").items()}


def same(one: Network, other: Network) -> None:
    """Both show the same, word for word."""
    assert one.version == other.version
    assert one.nodes.words == other.nodes.words
    expected = arrays(other)
    for path, array in arrays(one).items():
        np.testing.assert_array_equal(array, expected[path], err_msg=path)


RIVALS: dict[str, list[list[Change]]] = {
    "creating": [[Upsert("Contact", "cat", {"name": "Cat"}), tie("t3", "ann", "cat")]],
    "changing, twice": [
        [Upsert("Referral", "r1", {"status": ReferralStatus.LOST})],
        [Upsert("Referral", "r1", {"status": ReferralStatus.CONTACTED, "at": None})],
        [Upsert("Contact", "ann", {"region": "Xi'an"})],
    ],
    "deleting with all that hangs on it": [[Delete("Contact", "ann")]],
    "changing, then deleting": [
        [Upsert("Tie", "t1", {"strength": 1.0}), Upsert("Purchase", "p1", {"amount_minor": 1})],
        [Delete("Contact", "ann"), Delete("Purchase", "p1")],
    ],
    "deleting, then creating anew": [
        [Delete("Tie", "t1"), Delete("Customer", "acme")],
        [tie("t1", "bob", "ann", strength=0.9), Upsert("Customer", "acme", {"name": "New"})],
        [Upsert("Tie", "t1", {"strength": 0.1})],
    ],
    "creating, then deleting": [
        [Upsert("Contact", "cat", {"name": "Cat"}), tie("t3", "ann", "cat")],
        [Delete("Contact", "cat")],
    ],
    "changing what a snapshot does not keep": [
        [Upsert("Contact", "ann", {"name": "Anna"}), Upsert("Staff", "s", {"name": "Sue"})]
    ],
}


@pytest.mark.parametrize("rivals", RIVALS.values(), ids=list(RIVALS))
@pytest.mark.parametrize("pause", [0, 3, 9])
async def test_what_is_committed_during_a_scan_is_undone(
    graph: TenantGraph, rivals: list[list[Change]], pause: int
) -> None:
    await graph.commit(BEGINNING, actor="test")
    expected = await build_network(graph)

    idle: list[list[Change]] = [[]] * pause
    found = await build_network(Disturbed(graph, [*idle, *rivals]))

    assert await graph.version() == expected.version + len(rivals)
    same(found, expected)


def random_commit(random_: random.Random) -> list[Change]:
    people = [f"c{i}" for i in range(5)]
    made: dict[NodeRef, Change] = {}
    for _ in range(random_.randint(1, 4)):
        one, other = random_.sample(people, 2)
        choices: list[Change] = [
            Upsert("Contact", one, {"name": one, "region": random_.choice(["x", "y", None])}),
            Delete("Contact", one),
            tie(f"t{one}{other}", one, other, strength=random_.random()),
            Delete("Tie", f"t{one}{other}"),
        ]
        change = random_.choice(choices)
        made[NodeRef(change.kind, change.key)] = change
    return list(made.values())


@pytest.mark.parametrize("seed", range(8))
async def test_random_commits_during_a_scan_are_undone(graph: TenantGraph, seed: int) -> None:
    random_ = random.Random(seed)
    everybody: list[Change] = [Upsert("Contact", f"c{i}", {"name": "x"}) for i in range(5)]
    await graph.commit(everybody, actor="test")
    for _ in range(5):
        await attempt(graph, random_commit(random_))
    expected = await build_network(graph)

    found = await build_network(Disturbed(graph, [random_commit(random_) for _ in range(12)]))

    same(found, expected)
