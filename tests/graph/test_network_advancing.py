"""A snapshot brought up to date from the log is the one that a scan would give."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from graph.errors import CommitRejected
from graph.model import NodeRef, Record
from graph.model.words import ReferralStatus, Stage, TieKind
from graph.network import Network, advance, build_network
from graph.store import Change, Delete, TenantGraph, Upsert
from tests.graph.test_network_build import Disturbed, attempt, same

MADE = datetime(2026, 1, 1, tzinfo=UTC)

BEGINNING: list[Change] = [
    *(Upsert("Contact", f"c{i}", {"name": "x", "region": "north"}) for i in range(5)),
    *(Upsert("Customer", f"k{i}", {"name": "x", "stage": Stage.NEW}) for i in range(3)),
    *(
        Upsert("Referral", f"r{i}", {"source": NodeRef("Contact", "c0"), "target": target})
        for i, target in enumerate([NodeRef("Contact", "c1"), NodeRef("Customer", "k0")])
    ),
    Upsert(
        "Purchase",
        "p0",
        {"customer_key": "k0", "at": MADE, "amount_minor": 5, "referral_key": "r1"},
    ),
    Upsert("Purchase", "p1", {"customer_key": "k0", "at": MADE, "amount_minor": 5}),
]


def any_change(dice: random.Random) -> Change:
    one, other = dice.sample(range(7), 2)
    party, other_party = (
        dice.choice([NodeRef("Contact", f"c{i}"), NodeRef("Customer", f"k{i}")])
        for i in (one, other)
    )
    key = dice.choice(["r0", "r1", "r2", "r3"])
    at = MADE + timedelta(days=dice.randrange(3))
    low, high = sorted((one, other))
    tie = {"source": NodeRef("Contact", f"c{low}"), "target": NodeRef("Contact", f"c{high}")}
    purchase = {
        "customer_key": f"k{dice.randrange(4)}",
        "amount_minor": dice.randrange(3),
        "at": at,
        "referral_key": dice.choice([None, "r0", "r1", "r2"]),
    }
    choices: list[Change] = [
        Upsert("Contact", f"c{one}", {"name": "x", "region": dice.choice(["a", "z", None])}),
        Upsert("Contact", f"c{one}", {"name": f"name {dice.random()}"}),
        Upsert("Customer", f"k{one}", {"name": "x", "industry": dice.choice(["cars", "tea"])}),
        Delete("Contact", f"c{one}"),
        Delete("Customer", f"k{one}"),
        Upsert("Tie", f"t{dice.randrange(3)}", {"kind": TieKind.FRIEND, **tie}),
        Upsert("Tie", f"u{dice.randrange(3)}", {"kind": TieKind.FRIEND, **tie}),
        Delete("Tie", f"t{dice.randrange(3)}"),
        Upsert("Referral", key, {"source": party, "target": other_party}),
        Upsert("Referral", key, {"status": dice.choice(list(ReferralStatus))}),
        Delete("Referral", key),
        Upsert("Purchase", f"p{dice.randrange(4)}", purchase),
        Upsert("Purchase", f"p{dice.randrange(4)}", {"amount_minor": dice.randrange(3)}),
        Delete("Purchase", f"p{dice.randrange(4)}"),
        Upsert("Staff", "s", {"name": "Sue"}),
    ]
    return dice.choice(choices)


async def some_commits(graph: TenantGraph, dice: random.Random, most: int) -> None:
    for _ in range(dice.randint(1, most)):
        with suppress(CommitRejected):
            changes = {(c.kind, c.key): c for c in (any_change(dice) for _ in range(4))}
            await graph.commit(list(changes.values()), actor="test")
        with suppress(CommitRejected):
            await graph.commit([any_change(dice)], actor="test")


async def advanced(network: Network, graph: TenantGraph) -> Network:
    found = await advance(network, graph, await graph.version())
    assert found is not None
    return found


@pytest.mark.parametrize("seed", range(6))
async def test_is_what_a_scan_gives_whatever_was_committed(graph: TenantGraph, seed: int) -> None:
    dice = random.Random(seed)
    await graph.commit(BEGINNING, actor="test")
    network = await build_network(graph)

    for _ in range(6):
        await some_commits(graph, dice, 4)
        network = await advanced(network, graph)
        same(network, await build_network(graph))


@pytest.mark.parametrize("seed", range(6))
async def test_shows_one_version_while_others_write(graph: TenantGraph, seed: int) -> None:
    dice = random.Random(seed)
    await graph.commit(BEGINNING, actor="test")
    before = await build_network(graph)
    await some_commits(graph, dice, 4)
    version, expected = await graph.version(), await build_network(graph)

    rivals = [[any_change(dice)] for _ in range(8)]
    found = await advance(before, Reading(graph, rivals), version)

    assert found is not None
    same(found, expected)


class Reading(Disturbed):
    """A tenant's graph that somebody writes to before every look at records."""

    async def nodes(
        self, kind: str, keys: Sequence[str], fields: frozenset[str] | None = None
    ) -> Mapping[str, Record]:
        await self._write()
        await self._write()
        return await self._graph.nodes(kind, keys, fields)


async def test_what_a_snapshot_does_not_keep_costs_no_array(graph: TenantGraph) -> None:
    await graph.commit(BEGINNING, actor="test")
    before = await build_network(graph)
    await graph.commit([Upsert("Contact", "c1", {"name": "Other"})], actor="test")

    after = await advanced(before, graph)

    assert after.version == before.version + 1
    assert after.nodes is before.nodes
    assert all(after.edges[kind] is table for kind, table in before.edges.items())


async def test_a_kind_of_edge_that_did_not_change_is_shared(graph: TenantGraph) -> None:
    await graph.commit(BEGINNING, actor="test")
    before = await build_network(graph)
    await graph.commit([Delete("Referral", "r0")], actor="test")

    after = await advanced(before, graph)

    assert after.edges["Tie"] is before.edges["Tie"]
    assert after.edges["Referral"].keys.take([0]) == ["r1"]


async def test_too_many_changes_call_for_a_scan(graph: TenantGraph) -> None:
    await graph.commit(BEGINNING, actor="test")
    before = await build_network(graph)
    await attempt(graph, BEGINNING[:1])
    await graph.commit([Delete("Contact", "c0"), Delete("Contact", "c1")], actor="test")

    assert await advance(before, graph, await graph.version(), most=3) is None


async def test_a_snapshot_of_another_graph_calls_for_a_scan(
    graph: TenantGraph, store: object
) -> None:
    await graph.commit(BEGINNING, actor="test")
    await graph.commit([Delete("Purchase", "p1"), Delete("Contact", "c3")], actor="test")
    version = await graph.version()
    stranger = await build_network(graph)
    older = Network(
        version - 1, stranger.computed_at, stranger.nodes, stranger.edges, stranger.purchases
    )

    assert await advance(older, graph, version) is None
