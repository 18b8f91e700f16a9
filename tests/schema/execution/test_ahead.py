"""Levels are read together where that costs less; the answer is the same, errors included."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from graph.errors import BadInput, StoreUnavailable
from graph.model import NodeRef
from graph.query import Tree, Walk, Walked
from graph.store import TenantGraph
from graph.walking import by_levels
from schema.build import Schema
from schema.context import Context
from schema.execution import ahead
from tests.schema.conftest import RecordingGraph

NETWORK = """{ contact(key: "p000") { name ties(first: 5) { totalCount edges { since node { name
  affiliations(first: 2) { edges { node { name } } }
  ties(first: 2) { edges { cursor node { name } } } } } } } }"""


class Walking(RecordingGraph):
    """Keeps the walks as (number of anchors, the shape of the trees), and reads by levels."""

    walks: list[tuple[int, list[Any]]]
    error: Exception | None = None

    def __init__(self, graph: TenantGraph) -> None:
        super().__init__(graph)
        self.walks = []

    async def walk(self, walk: Walk, anchors: Sequence[NodeRef]) -> Walked:
        self.walks.append((len(anchors), [shape(tree) for tree in walk.trees]))
        if self.error is not None:
            raise self.error
        return await by_levels(self._graph, walk, anchors)


def shape(tree: Tree) -> Any:
    name = tree.query.relation.name
    return {name: [shape(below) for below in tree.below]} if tree.below else name


@pytest.fixture
def graph(company_graph: TenantGraph) -> Walking:
    """The company, read by who keeps the walks."""
    return Walking(company_graph)


async def answer(schema: Schema, graph: Walking, query: str, *, walks: bool = True) -> Any:
    context = Context(graph, walks=walks)  # type: ignore[arg-type]
    found = await schema.execute(query, None, context)
    return found.data, [dict(e.formatted) for e in found.errors or ()]


async def same(schema: Schema, graph: Walking, query: str) -> list[tuple[int, list[Any]]]:
    """The walks of a query, whose answer is the same without."""
    found = await answer(schema, graph, query)
    walks, calls = list(graph.walks), list(graph.calls)
    graph.calls.clear()
    assert found == await answer(schema, graph, query, walks=False)
    graph.calls[:] = calls
    return walks


async def test_a_record_comes_with_all_levels_below(schema: Schema, graph: Walking) -> None:
    walks = await same(schema, graph, NETWORK)

    assert walks == [(1, [{"ties": ["affiliations", "ties"]}])]
    assert graph.calls == []


async def test_a_list_is_read_first_and_then_what_its_records_lead_to(
    schema: Schema, graph: Walking
) -> None:
    query = """{ contacts(first: 4) { edges { node { name
                 ties(first: 3) { edges { node { name } } }
                 affiliations(first: 3) { edges { node { name } } } } } } }"""

    assert await same(schema, graph, query) == [(4, ["ties", "affiliations"])]
    assert graph.calls == [("find", 1)]


async def test_one_level_alone_is_read_as_ever(schema: Schema, graph: Walking) -> None:
    query = "{ contacts(first: 4) { edges { node { ties(first: 3) { edges { since } } } } } }"

    assert await same(schema, graph, query) == []
    assert graph.calls == [("find", 1), ("related", 4)]


async def test_a_record_of_any_kind_comes_with_its_levels(schema: Schema, graph: Walking) -> None:
    id = NodeRef("Contact", "p000").global_id
    query = f'{{ node(id: "{id}") {{ id ... on Contact {{ ties {{ edges {{ since }} }} }} }} }}'

    # two types of records have the field in the query's eyes, one in the record's
    assert await same(schema, graph, query) == [(1, ["ties"])]
    assert graph.calls == []


async def test_what_only_some_kinds_are_asked_is_not_foreseen(
    schema: Schema, graph: Walking
) -> None:
    query = """{ contacts(first: 100) { edges { node { referralsMade(first: 9) { edges { node {
        name ... on Contact { ties(first: 2) { edges { node { name } } } }
        referralsMade(first: 2) { edges { status } } } } } } } } }"""

    walks = await same(schema, graph, query)

    assert walks[0][1] == [{"referrals_made": ["referrals_made"]}]
    assert [name for name, _ in graph.calls] == ["find", "related"]


async def test_a_wrong_argument_is_told_at_its_own_level(schema: Schema, graph: Walking) -> None:
    query = NETWORK.replace("ties(first: 2)", "ties(first: 2000)")

    assert await same(schema, graph, query) == [(1, [{"ties": ["affiliations"]}])]


async def test_a_key_that_is_none_is_told_by_the_field(schema: Schema, graph: Walking) -> None:
    query = '{ contact(key: "") { name ties { edges { since } } } }'

    data, errors = await answer(schema, graph, query)

    assert data == {"contact": None}
    assert [(e["path"], e["extensions"]["code"]) for e in errors] == [(["contact"], "BAD_INPUT")]
    assert graph.walks == []


async def test_what_the_store_refuses_is_asked_level_by_level(
    schema: Schema, graph: Walking
) -> None:
    graph.error = BadInput("no")

    await same(schema, graph, NETWORK)

    assert [name for name, _ in graph.calls] == ["records", "related", "related", "related"]


async def test_what_fails_is_told_once_a_level(schema: Schema, graph: Walking) -> None:
    graph.error = StoreUnavailable("the database does not answer")

    data, errors = await answer(schema, graph, NETWORK)

    assert data == {"contact": None}
    assert [(e["path"], e["extensions"]["code"]) for e in errors] == [
        (["contact"], "STORE_UNAVAILABLE")
    ]
    assert graph.calls == []


async def test_many_rows_are_read_level_by_level(
    schema: Schema, graph: Walking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "MOST_ROWS", 11)

    walks = await same(schema, graph, NETWORK)

    assert walks[0] == (1, [{"ties": ["affiliations", "ties"]}])
    monkeypatch.setattr(ahead, "MOST_ROWS", 9)
    graph.walks.clear()
    assert (await same(schema, graph, NETWORK))[0] == (1, ["ties"])


async def test_few_levels_are_read_together(
    schema: Schema, graph: Walking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "MOST_LEVELS", 2)

    assert (await same(schema, graph, NETWORK))[0] == (1, [{"ties": ["affiliations"]}])


async def test_what_writes_reads_nothing_ahead(schema: Schema, graph: Walking) -> None:
    query = """mutation { deleteContacts(input: {keys: ["none"]}) { contacts: __typename
                 a: version } }"""

    await answer(schema, graph, query)

    assert graph.walks == []


@pytest.mark.parametrize(
    "query",
    [
        NETWORK,
        """{ contact(key: "p000") { referralsMade(first: 4) { totalCount pageInfo { hasNextPage }
             edges { status node { __typename name
               ... on Customer { purchases(first: 2) { edges { node { at } } } }
               referralsMade(first: 2, orderBy: [{status: ASC}]) { edges { cursor
                 node { name } } } } } } } }""",
        """{ organizations(first: 20) { edges { node { members(last: 3) { edges { kind
             node { name ties(first: 2, filter: {node: {name: {contains: "1"}}}) { totalCount
               edges { node { name } } } } } }
             needs(first: 2) { edges { node { name } } } } } } }""",
    ],
)
async def test_neo4j_answers_the_same_by_one_statement(
    schema: Schema, company_on_neo4j: TenantGraph, query: str
) -> None:
    graph: Any = company_on_neo4j

    together = await schema.execute(query, None, Context(graph, walks=True))
    apart = await schema.execute(query, None, Context(graph))

    assert together.errors is None
    assert together.data == apart.data


async def test_arguments_of_variables_are_looked_at_each_time(
    schema: Schema, graph: Walking
) -> None:
    query = """query ($n: Int) { contact(key: "p000") {
                 ties(first: $n) { edges { node { ties(first: 1) { edges { since } } } } } } }"""
    found = []
    for number in (1, 2, 1):
        context: Any = Context(graph, walks=True)  # type: ignore[arg-type]
        answered = await schema.execute(query, {"n": number}, context)
        found.append(len(answered.data["contact"]["ties"]["edges"]))  # type: ignore[index]

    assert found == [1, 2, 1]
