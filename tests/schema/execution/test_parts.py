"""Answers in parts by @defer and @stream: together the whole, few calls, errors masked."""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from graphql import ExecutionResult, OperationType
from strawberry.schema.exceptions import InvalidOperationTypeError

from graph.model import NodeRef, Record
from graph.model.words import TieKind
from graph.query import FindQuery, Hit, Page, RelatedQuery
from graph.sqlite import SqliteStore
from graph.store import TenantGraph, Upsert
from schema.build import build_schema
from schema.context import Context
from schema.execution import Executor, Mode

NUMBER = 6
TIES = "ties { edges { node { name affiliations { totalCount } } } }"
DEFERRED = f'{{ contacts {{ edges {{ node {{ key ... @defer(label: "L") {{ {TIES} }} }} }} }} }}'
STREAMED = (
    f'{{ contacts {{ edges @stream(initialCount: 2, label: "L") {{ node {{ key {TIES} }} }} }} }}'
)
WHOLE = f"{{ contacts {{ edges {{ node {{ key {TIES} }} }} }} }}"


class Counting:
    """A graph that notes what it is asked, and fails where it is told to."""

    def __init__(self, graph: TenantGraph) -> None:
        self._graph = graph
        self.calls: list[tuple[str, int]] = []
        self.failing = ""

    async def find(self, query: FindQuery) -> Page[Record]:
        self.calls.append(("find", 1))
        return await self._graph.find(query)

    async def related(
        self, query: RelatedQuery, anchors: Sequence[NodeRef]
    ) -> Mapping[NodeRef, Page[Hit]]:
        self.calls.append((query.relation.name, len(anchors)))
        if query.relation.name == self.failing:
            raise RuntimeError("secret")
        return await self._graph.related(query, anchors)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._graph, name)


@pytest.fixture
async def graph(tmp_path: Path) -> AsyncIterator[Counting]:
    store = SqliteStore(tmp_path)
    await store.ready()
    tenant = store.tenant("parts")
    contacts = [Upsert("Contact", f"c{n}", {"name": f"N{n}"}) for n in range(NUMBER)]
    ties = [
        Upsert(
            "Tie",
            f"t{n}",
            {
                "source": NodeRef("Contact", f"c{n}"),
                "target": NodeRef("Contact", f"c{(n + 1) % NUMBER}"),
                "kind": TieKind.FRIEND,
            },
        )
        for n in range(NUMBER)
    ]
    await tenant.commit([*contacts, *ties], actor="tests")
    yield Counting(tenant)
    await store.close()


@pytest.fixture(scope="module")
def executor() -> Executor:
    return build_schema().executor


async def delivered(executor: Executor, graph: Any, query: str) -> list[dict[str, Any]]:
    found = await executor.deliver(query, None, Context(graph))
    assert not isinstance(found, ExecutionResult), found
    return [part async for part in found]


async def answered(executor: Executor, graph: Any, query: str) -> ExecutionResult:
    found = await executor.deliver(query, None, Context(graph))
    assert isinstance(found, ExecutionResult)
    return found


def items(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the later parts bring."""
    return [item for part in parts for item in part.get("incremental", ())]


def put_together(parts: list[dict[str, Any]]) -> Any:
    """The whole answer that the parts make."""
    data = parts[0]["data"]
    for item in items(parts[1:]):
        place = data
        for step in item["path"]:
            place = place[step]
        place.extend(item["items"]) if "items" in item else place.update(item["data"])
    return data


async def test_the_parts_make_the_whole_with_the_same_calls(executor: Executor, graph: Any) -> None:
    parts = await delivered(executor, graph, DEFERRED)
    calls, graph.calls = graph.calls, []
    whole = await executor.execute(WHOLE, None, Context(graph))

    assert put_together(parts) == whole.data
    assert calls == graph.calls == [("find", 1), ("ties", NUMBER)]
    assert {part["hasNext"] for part in parts[:-1]} == {True}
    assert parts[-1]["hasNext"] is False


async def test_a_part_says_where_it_belongs(executor: Executor, graph: Counting) -> None:
    first, *others = await delivered(executor, graph, DEFERRED)

    where = ["contacts", "edges", 0, "node"]
    assert first["pending"][0] == {"id": "0", "path": where, "label": "L"}
    item = next(item for item in items(others) if item["id"] == "0")
    assert (item["path"], item["label"]) == (where, "L")


async def test_an_error_in_a_part_is_masked(executor: Executor, graph: Counting) -> None:
    graph.failing = "ties"

    _, *others = await delivered(executor, graph, DEFERRED)

    codes = [item["errors"][0]["extensions"]["code"] for item in items(others)]
    assert codes == ["INTERNAL"] * NUMBER
    assert "secret" not in str(others)


@pytest.mark.parametrize(
    "query",
    [
        "{ contacts { edges { node { key ... @defer(if: false) { name } } } } }",
        "{ contacts { edges @stream(if: false, initialCount: 1) { node { key name } } } }",
        "{ contacts { edges @stream(initialCount: 6) { node { key name } } } }",
        "{ contacts { edges { node { key name } } } }",
    ],
)
async def test_what_defers_nothing_comes_whole(
    executor: Executor, graph: Counting, query: str
) -> None:
    found = await answered(executor, graph, query)

    nodes = [{"node": {"key": f"c{n}", "name": f"N{n}"}} for n in range(NUMBER)]
    assert found.data == {"contacts": {"edges": nodes}}
    assert graph.calls == [("find", 1)]


@pytest.mark.parametrize(
    "query",
    [
        "{",
        "{ nothing ... @defer { __typename } }",
        "query A { a: __typename } query B { b: __typename ... @defer { __typename } }",
        "query ($k: String!) { contact(key: $k) { ... @defer { name } } }",
    ],
)
async def test_what_is_wrong_is_told_at_once(
    executor: Executor, graph: Counting, query: str
) -> None:
    found = await answered(executor, graph, query)

    assert found.errors
    assert {e.extensions["code"] for e in found.errors if e.extensions} == {"BAD_INPUT"}
    assert graph.calls == []


async def test_a_kind_of_operation_that_may_not_run_does_not(
    executor: Executor, graph: Any
) -> None:
    query = 'mutation { deleteContacts(input: {keys: ["c0"]}) { ... @defer { version } } }'
    allowed = [OperationType.QUERY]

    with pytest.raises(InvalidOperationTypeError):
        await executor.deliver(query, None, Context(graph), allowed=allowed)


@pytest.mark.parametrize("mode", list(Mode))
async def test_who_takes_no_parts_gets_the_whole(graph: Any, mode: Mode) -> None:
    executor = build_schema(mode).executor

    deferred = await executor.execute(DEFERRED, None, Context(graph))
    whole = await executor.execute(WHOLE, None, Context(graph))

    assert (deferred.data, deferred.errors) == (whole.data, None)


async def test_the_rest_is_not_asked_for_when_nobody_wants_it(
    executor: Executor, graph: Any
) -> None:
    found = await executor.deliver(DEFERRED, None, Context(graph))
    assert not isinstance(found, ExecutionResult)
    await anext(found)

    await found.aclose()

    assert graph.calls == [("find", 1)]


async def test_a_streamed_list_comes_in_two_with_one_call_a_level_for_each(
    executor: Executor, graph: Counting
) -> None:
    first, *others = await delivered(executor, graph, STREAMED)
    calls, graph.calls = graph.calls, []
    whole = await executor.execute(WHOLE, None, Context(graph))

    assert len(first["data"]["contacts"]["edges"]) == 2
    assert first["pending"] == [{"id": "0", "path": ["contacts", "edges"], "label": "L"}]
    (item,) = items(others)
    assert (item["id"], item["path"], item["label"]) == ("0", ["contacts", "edges"], "L")
    assert len(item["items"]) == NUMBER - 2
    assert put_together([first, *others]) == whole.data
    assert calls == [("find", 1), ("ties", 2), ("ties", NUMBER - 2)]
    assert others[-1]["hasNext"] is False


async def test_streams_in_streams_and_deferred_parts_make_the_whole(
    executor: Executor, graph: Any
) -> None:
    query = """{ contacts { edges @stream(initialCount: 1) { node { key ... @defer {
      ties { edges @stream { node { name affiliations { totalCount } } } } } } } } }"""

    parts = await delivered(executor, graph, query)
    calls, graph.calls = graph.calls, []
    whole = await executor.execute(WHOLE, None, Context(graph))

    assert put_together(parts) == whole.data
    assert len(calls) <= 2 * len(graph.calls)


async def test_a_negative_beginning_is_bad_input(executor: Executor, graph: Counting) -> None:
    query = "query ($n: Int!) { contacts { edges @stream(initialCount: $n) { cursor } } }"

    found = await executor.deliver(query, {"n": -1}, Context(graph))

    assert isinstance(found, ExecutionResult)
    assert found.errors
    (error,) = found.errors
    assert error.message == "initialCount is below 0; give the number of items to begin with"
    assert (error.extensions, error.path) == ({"code": "BAD_INPUT"}, ["contacts", "edges"])


async def test_an_error_in_a_streamed_item_is_masked(executor: Executor, graph: Counting) -> None:
    query = f"{{ contacts {{ edges @stream {{ node {{ key {TIES} }} }} }} }}"
    graph.failing = "ties"

    _, *others = await delivered(executor, graph, query)

    (item,) = items(others)
    assert [e["extensions"]["code"] for e in item["errors"]] == ["INTERNAL"] * NUMBER
    assert "secret" not in str(others)


async def test_the_rest_of_a_stream_is_not_asked_for_when_nobody_wants_it(
    executor: Executor, graph: Any
) -> None:
    found = await executor.deliver(STREAMED, None, Context(graph))
    assert not isinstance(found, ExecutionResult)
    await anext(found)

    await found.aclose()

    assert graph.calls == [("find", 1), ("ties", 2)]


@pytest.mark.parametrize("mode", list(Mode))
async def test_who_takes_no_parts_gets_a_streamed_list_whole(graph: Any, mode: Mode) -> None:
    executor = build_schema(mode).executor

    streamed = await executor.execute(STREAMED, None, Context(graph))
    whole = await executor.execute(WHOLE, None, Context(graph))

    assert (streamed.data, streamed.errors) == (whole.data, None)


def told(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All errors, in the order in which they come."""
    failed = [
        e for part in parts for item in part.get("completed", ()) for e in item.get("errors", ())
    ]
    return [*(e for item in items(parts) for e in item.get("errors", ())), *failed]


async def test_errors_of_one_field_count_together_over_all_parts(
    schema_of_two: Executor, graph: Counting
) -> None:
    graph.failing = "ties"
    query = f"{{ contacts {{ edges {{ node {{ key ... @defer {{ {TIES} }} }} }} }} }}"

    parts = await delivered(schema_of_two, graph, query)

    errors = told(parts)
    assert [e["path"] for e in errors] == [
        ["contacts", "edges", n, "node", "ties"] for n in range(3)
    ]
    assert [e["message"].startswith("further errors of this kind") for e in errors] == [
        False,
        False,
        True,
    ]
    assert put_together(parts)["contacts"]["edges"][-1]["node"]["ties"] is None


@pytest.fixture(scope="module")
def schema_of_two() -> Executor:
    """Tells two errors of a field one by one."""
    return Executor(build_schema()._schema, most_errors=2)


@pytest.mark.parametrize("steps", range(6))
@pytest.mark.parametrize("query", [DEFERRED, STREAMED])
async def test_a_client_that_leaves_leaves_nothing_to_warn_of(
    executor: Executor, graph: Any, query: str, steps: int
) -> None:
    logged: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: logged.append(context["message"]))

    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        found = await executor.deliver(query, None, Context(graph))
        assert not isinstance(found, ExecutionResult)
        await anext(found)
        waiting = asyncio.ensure_future(anext(found))
        for _ in range(steps):
            await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await found.aclose()
        del found, waiting
        await asyncio.sleep(0.02)
        gc.collect()

    assert logged == []
    assert [str(w.message) for w in warned] == []
