"""An operation's cost is known before anything is read, and what costs too much is refused."""

from __future__ import annotations

from typing import Any

import pytest
import strawberry
from graphql import ExecutionResult, GraphQLError, get_introspection_query, get_variable_values
from graphql.execution.values import VariableValues

from graph.errors import TooExpensive
from schema.build import Schema
from schema.context import Context
from schema.declare import attribute, definition, list_of, object_type
from schema.execution import Executor, Mode
from schema.execution.cost import MAX_COST, MAX_HELD, MAX_KNOWN, MAX_SELECTED, MOST
from schema.execution.documents import Documents
from schema.relation import Call, relation_field
from schema.root import root_field


def cost(schema: strawberry.Schema, text: str, **variables: Any) -> tuple[int, int]:
    """Records and fields of an operation."""
    document = Documents(schema._schema).get(text)
    assert document.errors == []
    operation = document.operation(None)
    definitions = operation.node.variable_definitions or ()
    values = get_variable_values(schema._schema, list(definitions), variables)
    assert not isinstance(values, list)
    assert operation.cost is not None
    return operation.cost.of(values)


def nested(*sizes: int) -> str:
    """Contacts, their ties, the ties of those ... with pages of these sizes."""
    first, *more = sizes
    inner = "node { key }"
    for size in reversed(more):
        inner = f"node {{ ties(first: {size}) {{ edges {{ {inner} }} }} }}"
    return f"{{ contacts(first: {first}) {{ edges {{ {inner} }} }} }}"


@pytest.mark.parametrize(
    ("text", "records"),
    [
        ("{ __typename }", 0),
        ('{ contact(key: "c") { key name } }', 1),
        ('{ contact(key: "c") { referralReceived { source { id } } } }', 3),
        ("{ contacts { totalCount pageInfo { hasNextPage } } }", 1),
        ("{ contacts { edges { node { key } } } }", 21),
        ("{ contacts(first: null) { edges { node { key } } } }", 21),
        ("{ contacts(last: 5) { edges { node { key } } } }", 6),
        ("{ contacts(first: 0) { edges { node { key } } } }", 1),
        ("{ contacts(first: 999999) { edges { node { key } } } }", 101),
        ("{ contacts(first: -3) { edges { node { key } } } }", 1),
        ("{ communities { items { size } } }", 21),
        ("{ communities(first: 3) { items { members { inside } } } }", 1 + 3 * (1 + 20)),
        ('{ nodes(ids: ["a", "b", "c"]) { id } }', 1 + 3),
        ('{ nodes(ids: "a") { id } }', 1 + 1),
        ('{ search(text: "a", first: 7) { __typename } }', 1 + 7),
        ("{ __schema { types { name } } }", 20),
        (nested(10, 2), 1 + 10 * (1 + 1 + 2)),
    ],
)
def test_a_page_multiplies_what_hangs_below(schema: Schema, text: str, records: int) -> None:
    assert cost(schema, text)[0] == records


def test_sizes_come_from_variables(schema: Schema) -> None:
    pages = "query ($n: Int, $m: Int! = 3) { contacts(first: $n, last: $m) { edges { cursor } } }"
    ids = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"

    assert cost(schema, pages, n=7) == (8, 3)
    assert cost(schema, pages) == (4, 3)
    assert cost(schema, ids, ids=["a"] * 9) == (10, 2)


def test_a_mutation_costs_what_its_input_holds(schema: Schema) -> None:
    text = """mutation ($input: UpsertGoodsInput!) {
      upsertGoods(input: $input) { goods { key } } }"""
    written = 'mutation { upsertGoods(input: {goods: [{key: "a", name: "A"}]}) { goods { key } } }'
    goods = [{"key": f"g{i}", "name": "G"} for i in range(4)]

    assert cost(schema, text, input={"goods": goods})[0] == 1 + 4
    assert cost(schema, written)[0] == 1 + 1


def test_what_is_left_out_costs_nothing(schema: Schema) -> None:
    text = """query ($a: Boolean!, $b: Boolean!) {
      x: contacts @skip(if: $a) { edges { cursor } }
      ... @include(if: $b) { y: contacts { edges { cursor } } }
      z: contacts @skip(if: true) { edges { cursor } } }"""

    assert cost(schema, text, a=False, b=True) == (42, 6)
    assert cost(schema, text, a=True, b=False) == (0, 0)


def test_aliases_and_spread_fragments_count_each_time(schema: Schema) -> None:
    aliases = " ".join(f"a{i}: owner {{ name }}" for i in range(500))
    fragment = "fragment F on Contact { referralReceived { key } }"

    assert cost(schema, f'{{ customer(key: "c") {{ {aliases} }} }}') == (501, 1001)
    assert cost(schema, f'{{ contact(key: "c") {{ ...F ...F }} }} {fragment}') == (3, 5)


def doubled(depth: int) -> str:
    """Each fragment spreads the next one twice."""
    fragments = " ".join(
        f"fragment F{i} on Contact {{ a: referralReceived {{ source {{ ...F{i + 1} }} }}"
        f" b: referralReceived {{ source {{ ...F{i + 1} }} }} }}"
        for i in range(depth)
    )
    end = f"fragment F{depth} on Contact {{ key }}"
    return f'{{ contact(key: "c") {{ ...F0 }} }} {fragments} {end}'


def test_chained_fragments_are_looked_at_once(schema: Schema) -> None:
    records, fields = cost(schema, doubled(30))

    assert records == 1 + sum(2 * 2**i * 2 for i in range(30))
    assert fields == 1 + sum(4 * 2**i for i in range(30)) + 2**30


def test_counting_ends_somewhere(schema: Schema) -> None:
    assert cost(schema, doubled(60)) == (MOST, MOST)


def test_a_relation_to_a_list_without_a_page_counts_as_many_as_a_page() -> None:
    async def things(call: Call) -> list[Any]:
        return []

    async def parts(parents: list[Any], call: Call) -> list[Any]:
        return [[] for _ in parents]

    said: dict[str, Any] = {"permission": "read:things", "description": "Things."}
    thing: Any = object_type("Thing", "One.", [attribute("name", str, "Its name.")])
    definition(thing).fields.append(relation_field("parts", parts, list_of(thing), **said))
    query = object_type("Query", "All.", [root_field("things", things, list_of(thing), **said)])

    found = cost(strawberry.Schema(query), "{ things { parts { name } } }")

    assert found == (1 + 20 * (1 + 1 + 20), 3)


async def answer(runner: Executor, text: str, **variables: Any) -> list[dict[str, Any]]:
    """The errors of an operation that reaches no store: the graph is none."""
    found = await runner.execute(text, variables, Context(None))  # type: ignore[arg-type]
    assert found.data is None
    return [dict(error.formatted) for error in found.errors or ()]


@pytest.mark.parametrize("mode", list(Mode))
async def test_what_costs_too_much_is_refused_before_anything_is_read(
    schema: Schema, mode: Mode
) -> None:
    (error,) = await answer(Executor(schema._schema, mode), nested(100, 100, 100, 100))

    assert error["extensions"] == {"code": "TOO_EXPENSIVE"}
    assert error["message"] == (
        "the operation may bring 102,020,201 records; 2,000,000 are allowed (RENMAI_MAX_COST); "
        "lower `first` or `last`, or ask for fewer levels at once, along "
        "contacts (100) > ties (100) > ties (100) > ties (100)"
    )


async def test_a_refusal_names_the_beginning_of_a_long_way(schema: Schema) -> None:
    (error,) = await answer(Executor(schema._schema), nested(*[100] * 12))

    assert "more than 1,000,000,000,000,000 records" in error["message"]
    assert error["message"].endswith("along contacts (100)" + " > ties (100)" * 7 + " > ...")


@pytest.mark.parametrize("mode", list(Mode))
async def test_too_many_fields_are_refused_even_without_a_limit(schema: Schema, mode: Mode) -> None:
    (error,) = await answer(Executor(schema._schema, mode, max_cost=0), doubled(30))

    assert error["extensions"] == {"code": "TOO_EXPENSIVE"}
    assert error["message"].startswith("the operation selects 5,368,709,117 fields")


async def test_mutations_subscriptions_and_parts_are_refused_alike(schema: Schema) -> None:
    runner, context = Executor(schema._schema, max_cost=5), Context(None)  # type: ignore[arg-type]
    mutation = "mutation { upsertGoods(input: {goods: [%s]}) { goods { key } } }"
    goods = ", ".join(f'{{key: "g{i}", name: "G"}}' for i in range(9))
    events = "subscription { changes { changes { node { id } } } }"
    deferred = "{ ... @defer { contacts { edges { cursor } } } }"

    (written,) = await answer(runner, mutation % goods)
    subscribed = await runner.subscribe(events, None, context)
    in_parts = await runner.deliver(deferred, None, context)

    assert written["message"].startswith("the operation may bring 10 records; 5 are allowed")
    for found in (subscribed, in_parts):
        assert isinstance(found, ExecutionResult)
        assert [e.extensions for e in found.errors or ()] == [{"code": "TOO_EXPENSIVE"}]


def test_the_limit_as_delivered_lets_three_full_levels_pass(schema: Schema) -> None:
    assert cost(schema, nested(100, 20, 20))[0] == 44_201
    assert cost(schema, nested(100, 100, 100))[0] < MAX_COST < cost(schema, nested(*[100] * 4))[0]
    records, fields = cost(schema, get_introspection_query())
    assert records < MAX_COST
    assert fields < MAX_SELECTED


def test_a_known_cost_is_kept_for_some_values_of_the_variables(schema: Schema) -> None:
    text = "query ($n: Int) { contacts(first: $n) { edges { cursor } } }"
    operation = Documents(schema._schema).get(text).operation(None)
    assert operation.cost is not None

    for n in range(MAX_KNOWN + 5):
        values = get_variable_values(
            schema._schema, list(operation.node.variable_definitions or ()), {"n": n}
        )
        assert not isinstance(values, list)
        with pytest.raises(TooExpensive) if n else pytest.raises(GraphQLError):
            operation.cost.check(values, n)
            raise GraphQLError("0 is no limit")

    assert len(operation.cost._known) == MAX_KNOWN


def test_few_values_are_kept_of_very_many_variables(schema: Schema) -> None:
    number = MAX_HELD // 4
    declared = " ".join(f"$v{n}: Int" for n in range(number))
    fields = " ".join(f"a{n}: contacts(first: $v{n}) {{ totalCount }}" for n in range(number))
    operation = Documents(schema._schema).get(f"query ({declared}) {{ {fields} }}").operation(None)
    assert operation.cost is not None

    for n in range(9):
        operation.cost.of(VariableValues({}, {"v0": n}))

    assert len(operation.cost._known) == 4
