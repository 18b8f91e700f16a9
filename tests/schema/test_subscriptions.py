"""What subscribers are told, on each store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from graphql import ExecutionResult
from strawberry.schema.exceptions import InvalidOperationTypeError

from graph.feed import Feed
from graph.model import NodeRef
from graph.model.words import TieKind
from graph.store import Delete, Store, TenantGraph, Upsert
from schema.build import Schema, build_schema
from schema.context import Context
from schema.execution import Mode
from schema.execution.events import Events
from schema.subscriptions import MOST_CHANGES, RecordKind
from tests.graph.conftest import new_tenant, place, row, store
from tests.schema.conftest import RecordingGraph

__all__ = ["place", "row", "store"]

ALL = "{ version actor more changes { kind key action sourceId targetId node { id } } }"
CONTACTS = [Upsert("Contact", key, {"name": key.upper()}) for key in ("a", "b")]
TIE = Upsert(
    "Tie",
    "ab",
    {"kind": TieKind.FRIEND, "source": NodeRef("Contact", "a"), "target": NodeRef("Contact", "b")},
)


@pytest.fixture
def graph(store: Store) -> TenantGraph:
    return store.tenant(new_tenant())


class Subscriber:
    """Subscribes and takes answers one by one."""

    def __init__(self, schema: Schema, graph: TenantGraph) -> None:
        self.schema = schema
        self.recording: Any = RecordingGraph(graph)
        self.feed = Feed(graph, 0.02)

    def context(self) -> Context:
        return Context(self.recording, feed=self.feed)

    async def subscribe(self, text: str, **variables: Any) -> Events:
        found = await self.schema.executor.subscribe(text, variables, self.context())
        assert isinstance(found, Events), found
        return found

    async def refused(self, text: str, **variables: Any) -> list[dict[str, Any]]:
        found = await self.schema.executor.subscribe(text, variables, self.context())
        assert isinstance(found, ExecutionResult)
        assert found.data is None
        return [dict(error.formatted) for error in found.errors or ()]

    async def answers(self, events: Events, number: int) -> AsyncIterator[Any]:
        for _ in range(number):
            async with asyncio.timeout(20):
                event = await anext(events.source)
            answer = await events.answer(event, self.context())
            assert answer.errors is None
            assert answer.data is not None
            yield answer.data["changes"]

    async def heard(self, text: str, number: int, **variables: Any) -> list[Any]:
        events = await self.subscribe(text, **variables)
        try:
            return [answer async for answer in self.answers(events, number)]
        finally:
            await events.source.aclose()


@pytest.fixture
def subscriber(schema: Schema, graph: TenantGraph) -> Subscriber:
    return Subscriber(schema, graph)


async def test_a_commit_is_one_event_with_its_records_as_they_are_now(
    subscriber: Subscriber, graph: TenantGraph
) -> None:
    await graph.commit([*CONTACTS, TIE], actor="Li Lei")
    await graph.commit([Delete("Contact", "b")], actor="Han Meimei")

    first, second = await subscriber.heard(f"subscription {{ changes(after: 0) {ALL} }}", 2)

    a, b = (NodeRef("Contact", key).global_id for key in "ab")
    assert (first["version"], first["actor"], first["more"]) == (1, "Li Lei", False)
    assert sorted(first["changes"], key=lambda c: str(c["key"])) == [
        {"kind": "CONTACT", "key": "a", "action": "CREATED", "node": {"id": a}}
        | {"sourceId": None, "targetId": None},
        {"kind": "TIE", "key": "ab", "action": "CREATED", "node": None}
        | {"sourceId": a, "targetId": b},
        {"kind": "CONTACT", "key": "b", "action": "CREATED", "node": None}
        | {"sourceId": None, "targetId": None},
    ]
    told = {(c["kind"], c["key"], c["action"], c["sourceId"]) for c in second["changes"]}
    assert told == {("CONTACT", "b", "DELETED", None), ("TIE", "ab", "DELETED", a)}


async def test_without_a_version_the_first_event_says_where_it_begins(
    subscriber: Subscriber, graph: TenantGraph
) -> None:
    await graph.commit(CONTACTS, actor="test")
    events = await subscriber.subscribe(f"subscription {{ changes {ALL} }}")
    await graph.commit([Delete("Contact", "a")], actor="test")

    begin, change = [answer async for answer in subscriber.answers(events, 2)]
    await events.source.aclose()

    assert begin == {"version": 1, "actor": None, "more": False, "changes": []}
    assert (change["version"], change["changes"][0]["action"]) == (2, "DELETED")


async def test_only_the_kinds_asked_for_are_told(
    subscriber: Subscriber, graph: TenantGraph
) -> None:
    await graph.commit(CONTACTS, actor="test")
    await graph.commit([TIE], actor="test")

    (only,) = await subscriber.heard(
        "subscription ($after: Long) { changes(kinds: [TIE], after: $after) { version } }",
        1,
        after="0",
    )

    assert only == {"version": 2}


async def test_a_large_commit_comes_in_parts_that_say_so(
    subscriber: Subscriber, graph: TenantGraph
) -> None:
    keys = [f"g{number:03}" for number in range(2 * MOST_CHANGES + 1)]
    await graph.commit([Upsert("Good", key, {"name": key}) for key in keys], actor="test")
    await graph.commit(CONTACTS, actor="test")

    found = await subscriber.heard(
        "subscription { changes(after: 0) { version more changes { key } } }", 4
    )

    assert [(one["version"], one["more"], len(one["changes"])) for one in found] == [
        (1, True, 100),
        (1, True, 100),
        (1, False, 1),
        (2, False, 2),
    ]
    assert sorted(c["key"] for one in found[:3] for c in one["changes"]) == keys


async def test_an_event_costs_one_call_a_level_whatever_its_changes(
    subscriber: Subscriber, graph: TenantGraph
) -> None:
    many = [Upsert("Contact", f"c{number}", {"name": "C"}) for number in range(50)]
    await graph.commit([*CONTACTS, TIE, *many], actor="test")

    await subscriber.heard(
        "subscription { changes(after: 0) { changes { node { id "
        "... on Contact { ties { edges { node { name } } } } } } } }",
        1,
    )

    assert subscriber.recording.calls == [("records", 53), ("related", 52)]


async def test_events_are_answered_by_plans_or_by_graphql_core_alike(
    subscriber: Subscriber, graph: TenantGraph
) -> None:
    await graph.commit([*CONTACTS, TIE], actor="test")
    text = f"subscription {{ changes(after: 0) {ALL} }}"
    by_core = Subscriber(build_schema(Mode.CORE), graph)

    assert await by_core.heard(text, 1) == await subscriber.heard(text, 1)
    counters = by_core.schema.executor.counters
    assert (counters.planned, counters.generic["as set"], counters.events) == (0, 1, 1)


@pytest.mark.parametrize(
    ("text", "variables", "code", "told"),
    [
        ("subscription { changes(after: 7) { version } }", {}, "BAD_INPUT", "the newest is 0"),
        ("subscription { changes(after: -1) { version } }", {}, "BAD_INPUT", "-1 is no version"),
        ("subscription { changes(kinds: []) { version } }", {}, "BAD_INPUT", "kinds: an empty"),
        ("subscription { changes(after: 1.5) { version } }", {}, "BAD_INPUT", "not a whole number"),
        ("subscription { changes(kinds: [X]) { version } }", {}, "BAD_INPUT", "RecordKind"),
        ("subscription { changes { version } a: changes { at } }", {}, "BAD_INPUT", "one"),
        ("subscription { __typename }", {}, "BAD_INPUT", "introspection"),
        ("subscription A { changes { at } } query B { __typename }", {}, "BAD_INPUT", "name"),
        ("subscription ($a: Long!) { changes(after: $a) { at } }", {}, "BAD_INPUT", "$a"),
        (
            "subscription ($a: Boolean = true) { changes { at @skip(if: $a) } }",
            {"a": None},
            "BAD_INPUT",
            "null",
        ),
        ("subscription {", {}, "BAD_INPUT", "Syntax"),
    ],
)
async def test_what_cannot_be_subscribed_to_is_told_at_once(
    subscriber: Subscriber, text: str, variables: dict[str, Any], code: str, told: str
) -> None:
    found = await subscriber.refused(text, **variables)

    assert [error["extensions"]["code"] for error in found] == [code] * len(found)
    assert told in found[0]["message"]


async def test_a_subscription_whose_field_is_left_out_is_refused(subscriber: Subscriber) -> None:
    text = "subscription ($a: Boolean!) { changes @include(if: $a) { version } }"

    (error,) = await subscriber.refused(text, a=False)

    assert error["extensions"]["code"] == "BAD_INPUT"


async def test_only_subscriptions_give_events(subscriber: Subscriber) -> None:
    with pytest.raises(InvalidOperationTypeError):
        await subscriber.schema.executor.subscribe("{ __typename }", None, subscriber.context())


def test_every_kind_of_record_can_be_followed() -> None:
    assert {"CONTACT", "TIE", "TRADE_LEG", "STAFF", "DEAL_ROLE"} <= set(RecordKind.__members__)
