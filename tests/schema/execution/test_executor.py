"""Operations run from their plans: calls, errors, bounds, deadline, cancellation."""

from __future__ import annotations

import asyncio
import gc
import time
import tracemalloc
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from graphql import OperationType
from strawberry.schema.exceptions import InvalidOperationTypeError

from graph.errors import StoreUnavailable, TimedOut
from graph.model import Customer, NodeRef, Record
from graph.query import FindQuery, Hit, Page, RelatedQuery
from schema.build import Schema, build_schema
from schema.context import Context
from schema.execution import Executor, Mode, executor, plan, run
from schema.execution.clock import LONG, TURN_S, Clock, Overdue
from schema.execution.failures import MAX_PER_LEVEL
from schema.execution.plan import Level


class ListedGraph:
    """A graph of so many customers, whose relations give what a test says."""

    def __init__(self, number: int, related: Any = None) -> None:
        self.customers = [Customer(key=f"c{i}", name=f"C {i}") for i in range(number)]
        self._related = related
        self.asked = 0

    async def nodes(
        self, kind: str, keys: Sequence[str], fields: frozenset[str] | None = None
    ) -> Mapping[str, Record]:
        return {c.key: c for c in self.customers if c.key in keys}

    async def records(
        self, refs: Sequence[NodeRef], fields: frozenset[str] | None = None
    ) -> Mapping[NodeRef, Record]:
        return {c.ref: c for c in self.customers if c.ref in refs}

    async def find(self, query: FindQuery) -> Page[Record]:
        return Page(tuple(self.customers), tuple((c.key,) for c in self.customers))

    async def related(
        self, query: RelatedQuery, anchors: Sequence[NodeRef]
    ) -> Mapping[NodeRef, Page[Hit]]:
        self.asked += 1
        found: Mapping[NodeRef, Page[Hit]] = await self._related(anchors)
        return found


async def answer(
    runner: Executor, graph: Any, query: str, **more: Any
) -> tuple[Any, list[dict[str, Any]]]:
    found = await runner.execute(query, more.pop("variables", None), Context(graph), **more)
    return found.data, [dict(e.formatted) for e in found.errors or ()]


def fresh(schema: Schema, **more: Any) -> Executor:
    return Executor(schema._schema, **more)


OWNERS = "{ customers { edges { node { key owner { name } } } } }"


async def test_a_plan_is_made_once_for_each_way_its_switches_fall(schema: Schema) -> None:
    runner, graph = fresh(schema), ListedGraph(2)
    query = """query ($yes: Boolean!, $key: String!) {
      customer(key: $key) { key name @include(if: $yes) } }"""

    for yes, key in [(True, "c0"), (False, "c0"), (True, "c1"), (False, "c1")]:
        data, _ = await answer(runner, graph, query, variables={"yes": yes, "key": key})
        assert data["customer"] == ({"key": key, "name": f"C {key[1]}"} if yes else {"key": key})

    operation = runner.documents.get(query).operation(None)
    assert list(operation.plans) == [(True,), (False,)]


async def test_the_plans_of_an_operation_are_bounded(
    schema: Schema, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor, "MAX_PLANS", 2)
    runner, graph = fresh(schema), ListedGraph(1)
    query = """query ($a: Boolean!, $b: Boolean!) {
      x: __typename @skip(if: $a) y: __typename @skip(if: $b) }"""

    for a, b in [(True, True), (True, False), (False, True)]:
        await answer(runner, graph, query, variables={"a": a, "b": b})

    operation = runner.documents.get(query).operation(None)
    assert list(operation.plans) == [(True, False), (False, True)]


async def test_a_plan_is_charged_also_where_it_takes_the_place_of_another(
    schema: Schema, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor, "MAX_PLANS", 2)
    runner, graph = fresh(schema), ListedGraph(1)
    names = " ".join(f"n{i}: name" for i in range(50))
    query = f"""query ($a: Boolean!, $b: Boolean!, $big: Boolean!) {{
      x: __typename @skip(if: $a) y: __typename @skip(if: $b)
      customer(key: "c0") {{ key {names.replace("name", "name @include(if: $big)")} }} }}"""
    document = runner.documents.get(query)
    before = document.bytes

    sizes = []
    for big in (False, True, False):
        for a, b in [(True, True), (True, False)]:
            await answer(runner, graph, query, variables={"a": a, "b": b, "big": big})
        sizes.append(document.bytes - before)
        assert runner.documents.bytes == document.bytes

    small, large, again = sizes
    assert large - small == 2 * 50 * executor.BYTES_OF_FIELD
    assert again == small


async def test_a_document_stays_with_as_many_plans_as_it_has_room_for(schema: Schema) -> None:
    runner, graph = fresh(schema), ListedGraph(1)
    query = """query ($a: Boolean!, $b: Boolean!) {
      x: __typename @skip(if: $a) y: __typename @skip(if: $b) __typename }"""
    document = runner.documents.get(query)
    runner.documents.largest = document.bytes + int(4.3 * executor.BYTES_OF_FIELD)

    for a, b in [(True, True), (True, False), (False, True)]:
        await answer(runner, graph, query, variables={"a": a, "b": b})

    assert list(document.operation(None).plans) == [(True, False), (False, True)]
    assert runner.documents.get(query) is document


async def test_a_document_is_charged_roughly_what_its_plans_take(schema: Schema) -> None:
    runner, graph = fresh(schema), ListedGraph(1)
    names = " ".join(f"n{i}: name" for i in range(200))
    query = f"""query ($a: Boolean!, $b: Boolean!, $c: Boolean!, $d: Boolean!, $big: Boolean!) {{
      {" ".join(f"t{s}: __typename @skip(if: ${s})" for s in "abcd")}
      ... @include(if: $big) {{ customer(key: "c0") {{ {names} }} }} }}"""
    document = runner.documents.get(query)
    ways: list[dict[str, Any]] = [
        {s: bool(n >> i & 1) for i, s in enumerate("abcd")} for n in range(executor.MAX_PLANS)
    ]
    for way in ways:
        await answer(runner, graph, query, variables={**way, "big": False})
    before = document.bytes
    gc.collect()

    tracemalloc.start()
    try:
        for way in ways * 3:
            await answer(runner, graph, query, variables={**way, "big": True})
        gc.collect()
        taken = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()

    assert 0.75 * taken < document.bytes - before < 2 * taken


async def test_many_errors_of_one_level_are_told_in_one(schema: Schema) -> None:
    async def away(anchors: Sequence[NodeRef]) -> Any:
        raise StoreUnavailable("the database does not answer")

    runner = fresh(schema)

    data, errors = await answer(runner, ListedGraph(100, away), OWNERS)

    assert data["customers"]["edges"][99] == {"node": {"key": "c99", "owner": None}}
    assert len(errors) == MAX_PER_LEVEL + 1
    assert errors[0]["path"] == ["customers", "edges", 0, "node", "owner"]
    assert errors[-1]["path"] == ["customers", "edges", MAX_PER_LEVEL, "node", "owner"]
    assert errors[-1]["message"] == (
        "80 more errors of this kind, the first of them here: the database does not answer"
    )
    assert {e["extensions"]["code"] for e in errors} == {"STORE_UNAVAILABLE"}


async def test_one_bad_value_costs_the_rest_of_its_level_nothing(schema: Schema) -> None:
    runner, graph = fresh(schema), ListedGraph(30)
    await answer(runner, graph, "{ nodes(ids: []) { ... on Customer { name } } }")
    bad: Any = None
    graph.customers[3] = replace(graph.customers[3], name=bad)
    ids = ", ".join(f'"{c.global_id}"' for c in graph.customers)

    data, errors = await answer(
        runner, graph, f"{{ nodes(ids: [{ids}]) {{ ... on Customer {{ name }} }} }}"
    )

    assert [e["path"] for e in errors] == [["nodes", 3, "name"]]
    assert data["nodes"][2:5] == [{"name": "C 2"}, None, {"name": "C 4"}]
    assert runner.counters.slow == {"Query.nodes: Surprise": 1}


async def test_a_relation_that_forgets_a_parent_is_our_error(schema: Schema) -> None:
    runner, graph = fresh(schema), ListedGraph(2)

    async def short(parents: Sequence[Any], call: object) -> list[Any]:
        return [None]

    document = runner.documents.get(OWNERS)
    await answer(runner, ListedGraph(0), OWNERS)
    plan: Any = document.operation(None).plans[()]
    (level,) = plan.fields[0].kids
    assert isinstance(level, Level)
    level.call = short

    _, errors = await answer(runner, graph, OWNERS)

    assert [e["extensions"]["code"] for e in errors] == ["INTERNAL", "INTERNAL"]


async def test_a_plan_stops_at_the_deadline(schema: Schema) -> None:
    graph = ListedGraph(3)

    with pytest.raises(TimedOut):
        await answer(fresh(schema), graph, OWNERS, deadline=time.perf_counter() - 1)
    assert graph.asked == 0


def test_a_long_list_is_watched() -> None:
    past = Clock(time.perf_counter() - 1)

    with pytest.raises(Overdue):
        list(past.watch(range(10)))
    assert list(Clock(None).watch(range(2 * LONG))) == list(range(2 * LONG))


async def test_the_deadline_also_holds_inside_a_long_list(schema: Schema) -> None:
    graph = ListedGraph(LONG)
    query = "{ customers { edges { node { key } } } }"

    with pytest.raises(TimedOut):
        await answer(fresh(schema), graph, query, deadline=time.perf_counter() - 1)


async def test_a_request_that_nobody_waits_for_stops_all_its_levels(schema: Schema) -> None:
    cancelled: list[int] = []
    begun = asyncio.Event()

    async def forever(anchors: Sequence[NodeRef]) -> Any:
        if graph.asked == 2:
            begun.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append(len(anchors))
            raise

    graph = ListedGraph(3, forever)
    query = OWNERS.replace("owner", "referralReceived { key } owner")
    request = asyncio.create_task(answer(fresh(schema), graph, query))
    async with asyncio.timeout(20):
        await begun.wait()

    request.cancel()

    with pytest.raises(asyncio.CancelledError):
        await request
    await asyncio.sleep(0)
    assert cancelled == [3, 3]


async def test_others_have_their_turn_between_levels(schema: Schema) -> None:
    async def slowly(anchors: Sequence[NodeRef]) -> Any:
        time.sleep(0.01)  # noqa: ASYNC251 - a store that answers on the loop
        return {a: Page((), ()) for a in anchors}

    order = []

    async def other() -> None:
        order.append("other")

    waiting = asyncio.create_task(other())
    await answer(fresh(schema), ListedGraph(3, slowly), OWNERS)
    order.append("answer")
    await waiting

    assert order == ["other", "answer"]


async def test_introspection_stands_beside_other_fields(schema: Schema) -> None:
    query = '{ customer(key: "c0") { key } __type(name: "Contact") { name } __typename }'

    data, errors = await answer(fresh(schema), ListedGraph(1), query)

    assert errors == []
    assert data == {
        "customer": {"key": "c0"},
        "__type": {"name": "Contact"},
        "__typename": "Query",
    }


async def test_wrong_variables_are_all_told(schema: Schema) -> None:
    query = "query ($a: Int!, $b: Int!) { customers(first: $a, last: $b) { totalCount } }"

    data, errors = await answer(fresh(schema), ListedGraph(1), query, variables={"a": "x"})

    assert data is None
    assert [e["extensions"]["code"] for e in errors] == ["BAD_INPUT", "BAD_INPUT"]


async def test_an_unknown_operation_is_bad_input(schema: Schema) -> None:
    _, errors = await answer(
        fresh(schema), ListedGraph(1), "query A { __typename }", operation_name="B"
    )

    assert [(e["message"], e["extensions"]) for e in errors] == [
        ("Unknown operation named 'B'.", {"code": "BAD_INPUT"})
    ]


async def test_an_operation_of_a_kind_that_may_not_run_is_refused(schema: Schema) -> None:
    with pytest.raises(InvalidOperationTypeError):
        await answer(
            fresh(schema),
            ListedGraph(1),
            "mutation { deleteGoods(input: {keys: []}) { version } nothing }",
            allowed={OperationType.QUERY},
        )


async def test_a_field_for_each_possible_type_does_not_make_a_huge_plan(
    schema: Schema, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "MAX_FIELDS", 10)
    runner = fresh(schema)

    data, errors = await answer(runner, ListedGraph(0), '{ node(id: "none") { id __typename } }')

    assert (data, [e["path"] for e in errors]) == ({"node": None}, [["node"]])
    assert runner.counters.generic == {"too many fields": 1}


async def test_graphql_core_runs_everything_when_set_so() -> None:
    schema = build_schema(Mode.CORE)

    found = await schema.execute('{ customer(key: "c0") { name } }', None, Context(ListedGraph(1)))  # type: ignore[arg-type]

    assert found.data == {"customer": {"name": "C 0"}}
    assert schema.executor.counters.generic == {"as set": 1}
    assert schema.executor.counters.planned == 0


@dataclass
class Busy:
    """Relations of many aliases at one place, each a while on the loop.

    Attributes:
        graph: what they read.
        query: what asks them.
        jumps: how many were called between two turns of the rest of the loop.
        begun: once the second is called.
    """

    graph: ListedGraph
    query: str
    jumps: list[int] = field(default_factory=list)
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def others(self) -> None:
        """The rest of the loop."""
        while True:
            before = self.graph.asked
            await asyncio.sleep(0)
            self.jumps.append(self.graph.asked - before)
            if self.graph.asked > 1:
                self.begun.set()


BUSY = 40


@pytest.fixture
async def busy() -> AsyncIterator[Busy]:
    """With others on the loop."""

    async def slowly(anchors: Sequence[NodeRef]) -> Any:
        time.sleep(1.2 * TURN_S)  # noqa: ASYNC251 - a store that answers on the loop
        return {a: Page((), ()) for a in anchors}

    aliases = " ".join(f"a{i}: owner {{ name }}" for i in range(BUSY))
    made = Busy(ListedGraph(3, slowly), f"{{ customers {{ edges {{ node {{ {aliases} }} }} }} }}")
    others = asyncio.create_task(made.others())
    yield made
    others.cancel()


@pytest.mark.parametrize("mode", list(Mode))
async def test_others_have_their_turn_between_levels_side_by_side(
    schema: Schema, busy: Busy, mode: Mode
) -> None:
    _, errors = await answer(fresh(schema, mode=mode), busy.graph, busy.query)

    assert (errors, busy.graph.asked) == ([], BUSY)
    assert max(busy.jumps) == 1


@pytest.mark.parametrize("mode", list(Mode))
async def test_the_deadline_holds_between_levels_side_by_side(
    schema: Schema, busy: Busy, mode: Mode
) -> None:
    deadline = time.perf_counter() + 10 * TURN_S

    with pytest.raises(TimedOut):
        await answer(fresh(schema, mode=mode), busy.graph, busy.query, deadline=deadline)
    asked = busy.graph.asked
    await asyncio.sleep(0.1)

    assert asked < 10
    assert busy.graph.asked == asked


@pytest.mark.parametrize("mode", list(Mode))
async def test_levels_side_by_side_stop_when_nobody_waits(
    schema: Schema, busy: Busy, mode: Mode
) -> None:
    request = asyncio.create_task(answer(fresh(schema, mode=mode), busy.graph, busy.query))
    async with asyncio.timeout(20):
        await busy.begun.wait()

    request.cancel()

    with pytest.raises(asyncio.CancelledError):
        await request
    await asyncio.sleep(0.1)
    assert busy.graph.asked <= 4


@pytest.mark.parametrize("mode", list(Mode))
async def test_many_errors_of_one_field_are_told_in_one_either_way(
    schema: Schema, mode: Mode
) -> None:
    async def away(anchors: Sequence[NodeRef]) -> Any:
        raise StoreUnavailable("the database does not answer")

    _, errors = await answer(fresh(schema, mode=mode), ListedGraph(100, away), OWNERS)

    assert len(errors) == MAX_PER_LEVEL + 1
    assert errors[0]["locations"] == errors[-1]["locations"] == [{"line": 1, "column": 34}]
    assert errors[-1]["message"].startswith("80 more errors of this kind")


@pytest.mark.parametrize("mode", list(Mode))
async def test_errors_of_introspection_are_told_once(schema: Schema, mode: Mode) -> None:
    names = "abc"
    fields = " ".join(f"{name}: __type(name: $n) {{ name }}" for name in names)
    query = f'query ($n: String = "Contact") {{ {fields} }}'

    data, errors = await answer(
        fresh(schema, mode=mode), ListedGraph(1), query, variables={"n": None}
    )

    assert data == dict.fromkeys(names)
    assert [e["path"] for e in errors] == [[name] for name in names]


async def test_an_error_of_the_client_is_no_slow_level(schema: Schema) -> None:
    runner = fresh(schema)
    query = "{ customers { edges { node { key needs(first: -1) { totalCount } } } } }"

    for _ in range(2):
        _, errors = await answer(runner, ListedGraph(30), query)
        assert {e["extensions"]["code"] for e in errors} == {"BAD_INPUT"}

    assert runner.counters.slow == {}
    assert runner.counters.generated >= 2


async def test_a_level_of_several_pieces_is_complete(
    schema: Schema, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "PIECE", 2)
    graph = ListedGraph(9)
    bad: Any = None
    graph.customers[4] = replace(graph.customers[4], name=bad)
    ids = ", ".join(f'"{c.global_id}"' for c in graph.customers)
    runner = fresh(schema)

    data, errors = await answer(
        runner, graph, f"{{ nodes(ids: [{ids}]) {{ ... on Customer {{ name }} }} }}"
    )

    assert [e["path"] for e in errors] == [["nodes", 4, "name"]]
    assert data["nodes"] == [None if i == 4 else {"name": f"C {i}"} for i in range(9)]
    assert runner.counters.slow == {"Query.nodes: Surprise": 1}


SWITCHED = """query ($s: Boolean = true) {
  a: __typename customer(key: "c0") { name @skip(if: $s) key } }"""


@pytest.mark.parametrize("mode", list(Mode))
async def test_null_for_a_switch_is_an_error_of_the_field_around(
    schema: Schema, mode: Mode
) -> None:
    runner = fresh(schema, mode=mode)

    data, errors = await answer(runner, ListedGraph(1), SWITCHED, variables={"s": None})
    nobody, none = await answer(runner, ListedGraph(0), SWITCHED, variables={"s": None})

    assert (data, [e["path"] for e in errors]) == ({"a": "Query", "customer": None}, [["customer"]])
    assert errors[0]["extensions"] == {"code": "BAD_INPUT"}
    assert (nobody, none) == (data, [])


@pytest.mark.parametrize("mode", list(Mode))
async def test_null_for_a_switch_at_the_root_costs_the_whole_answer(
    schema: Schema, mode: Mode
) -> None:
    query = "query ($s: Boolean = true) { a: __typename b: __typename @skip(if: $s) }"

    data, errors = await answer(
        fresh(schema, mode=mode), ListedGraph(1), query, variables={"s": None}
    )

    assert (data, [e["extensions"] for e in errors]) == (None, [{"code": "BAD_INPUT"}])
    assert "path" not in errors[0]
