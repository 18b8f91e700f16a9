"""The example queries answer the same from every store."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from graphql import parse

from graph.importing import import_folder
from graph.store import TenantGraph
from schema.build import Schema, build_schema
from schema.execution import Mode
from tests.graph.stores import STORES
from tests.schema.conftest import Client, RecordingGraph

EXAMPLES = sorted((Path(__file__).parents[2] / "examples" / "queries").glob("*.graphql"))
ABSENT = "contact-absent"
"""The example of what is not there."""


async def _imported(name: str, place: str, folder: Path) -> AsyncIterator[TenantGraph]:
    store = STORES[name].open(place)
    try:
        await store.ready()
        graph = store.tenant(f"ldbc-{uuid.uuid4().hex}")
        report = await import_folder("ldbc", folder / "ldbc", graph)
        assert report.rejected == 0
        yield graph
    finally:
        await store.close()


@pytest.fixture(scope="module")
async def sqlite_ldbc(
    shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[TenantGraph]:
    """The LDBC sample in SQLite."""
    async for graph in _imported("sqlite", str(tmp_path_factory.mktemp("ldbc")), shared_data):
        yield graph


@pytest.fixture(scope="module")
async def neo4j_ldbc(shared_data: Path, neo4j_url: str) -> AsyncIterator[TenantGraph]:
    """The LDBC sample in Neo4j."""
    async for graph in _imported("neo4j", neo4j_url, shared_data):
        yield graph


def _request(example: Path) -> tuple[str, dict[str, Any]]:
    """Text and variables of an example."""
    file = example.with_suffix(".json")
    variables: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    return example.read_text("utf-8"), variables


async def _answer(schema: Schema, graph: TenantGraph, example: Path) -> Any:
    client = Client(schema, RecordingGraph(graph))
    text, variables = _request(example)
    return await client.ask(text, **variables)


def _leaves(answer: Any) -> int:
    if isinstance(answer, dict):
        return sum(_leaves(v) for v in answer.values())
    if isinstance(answer, list):
        return sum(_leaves(v) for v in answer)
    return answer is not None


def test_there_are_thirty_examples_that_say_what_they_show() -> None:
    assert len(EXAMPLES) == 30
    for example in EXAMPLES:
        text = example.read_text("utf-8")
        assert text.startswith("# "), example.name
        assert len(parse(text).definitions) >= 1


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.stem)
async def test_an_example_answers(schema: Schema, sqlite_ldbc: TenantGraph, example: Path) -> None:
    answer = await _answer(schema, sqlite_ldbc, example)

    assert (_leaves(answer) == 0) == (example.stem == ABSENT)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.stem)
async def test_an_example_answers_the_same_from_both_stores(
    schema: Schema, sqlite_ldbc: TenantGraph, neo4j_ldbc: TenantGraph, example: Path
) -> None:
    one = await _answer(schema, sqlite_ldbc, example)
    other = await _answer(schema, neo4j_ldbc, example)

    assert json.dumps(one, ensure_ascii=False) == json.dumps(other, ensure_ascii=False)


THREE_LEVELS = """{ contacts(first: 3) { totalCount edges { cursor node { id name birthday
  ties(first: 4) { totalCount edges { kind since node { id name region
    affiliations(first: 4) { totalCount edges { kind title node { id name kind region } } }
  } } } } } } }"""


async def test_contacts_their_ties_and_where_those_work_are_the_same_from_both_stores(
    schema: Schema, sqlite_ldbc: TenantGraph, neo4j_ldbc: TenantGraph
) -> None:
    clients = [Client(schema, RecordingGraph(graph)) for graph in (sqlite_ldbc, neo4j_ldbc)]

    one, other = [json.dumps(await client.ask(THREE_LEVELS)) for client in clients]

    assert one == other
    assert one.count('"affiliations"') == 11
    for client in clients:
        assert [call for call, _ in client.calls] == ["find", "related", "related"]


async def test_the_network_of_a_contact_takes_four_calls(
    schema: Schema, sqlite_ldbc: TenantGraph
) -> None:
    example = next(e for e in EXAMPLES if e.stem == "contact-network")
    client = Client(schema, RecordingGraph(sqlite_ldbc))
    text, variables = _request(example)

    await client.ask(text, **variables)

    assert [call for call, _ in client.calls] == ["nodes", "related", "related", "related"]


async def test_no_example_surprises_its_plan_and_all_answer_as_graphql_core_does(
    sqlite_ldbc: TenantGraph,
) -> None:
    planned, core = build_schema(), build_schema(Mode.CORE)

    for example in EXAMPLES:
        first = await _answer(planned, sqlite_ldbc, example)  # small levels step by step
        second = await _answer(planned, sqlite_ldbc, example)  # all by generated functions
        assert first == second == await _answer(core, sqlite_ldbc, example)

    counters = planned.executor.counters
    assert counters.planned == 2 * len(EXAMPLES)
    assert (counters.generic, counters.slow) == ({}, {})
    assert core.executor.counters.generic == {"as set": len(EXAMPLES)}
