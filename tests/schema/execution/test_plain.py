"""What is taken as it is, is what graphql-core and strawberry would have made of it."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import FieldNode, OperationDefinitionNode, get_variable_values, parse
from graphql.execution.values import VariableValues

from schema.build import Schema, build_schema
from schema.execution.arguments import arguments
from schema.execution.plain import named, signatures, taken, values


@pytest.fixture(scope="module")
def schema() -> Schema:
    return build_schema()


def operation(text: str) -> OperationDefinitionNode:
    (found,) = parse(text).definitions
    assert isinstance(found, OperationDefinitionNode)
    return found


def shown(found: VariableValues) -> list[Any]:
    """The sources, whose signatures are compared by identity otherwise."""
    return [(name, str(s.signature.type), s.value) for name, s in found.sources.items()]


@pytest.mark.parametrize(
    ("variables", "given"),
    [
        ("$key: String!", {"key": "a"}),
        ("$key: String", {"key": ""}),
        ('$key: String = "b"', {"key": "a"}),
        ("$id: ID!, $yes: Boolean", {"id": "7", "yes": False, "more": 1}),
    ],
)
def test_plain_variables_have_the_values_that_graphql_core_gives(
    schema: Schema, variables: str, given: dict[str, Any]
) -> None:
    definitions = operation(f"query ({variables}) {{ __typename }}").variable_definitions or ()

    known = signatures(schema._schema, definitions)

    assert known is not None
    ours = values(known, given)
    theirs = get_variable_values(schema._schema, definitions, given)
    assert ours is not None
    assert not isinstance(theirs, list)
    assert ours.coerced == theirs.coerced
    assert shown(ours) == shown(theirs)


@pytest.mark.parametrize(
    "variables", ["$n: Int", "$n: [String!]!", "$n: Float!", "$n: PartyKind!", "$n: Unknown"]
)
def test_other_variables_are_not_plain(schema: Schema, variables: str) -> None:
    definitions = operation(f"query ({variables}) {{ __typename }}").variable_definitions or ()

    assert signatures(schema._schema, definitions) is None


@pytest.mark.parametrize("given", [{}, {"key": None}, {"key": 1}, {"key": ["a"]}, {"key": True}])
def test_a_value_that_is_missing_or_of_another_class_is_left_to_graphql_core(
    schema: Schema, given: dict[str, Any]
) -> None:
    definitions = operation('query ($key: String = "b") { __typename }').variable_definitions
    known = signatures(schema._schema, definitions or ())

    assert known is not None
    assert values(known, given) is None


def field(text: str) -> FieldNode:
    (found,) = operation(text).selection_set.selections
    assert isinstance(found, FieldNode)
    return found


def test_plain_arguments_have_the_values_that_strawberry_gives(schema: Schema) -> None:
    asked = operation("query ($k: String!) { contact(key: $k) { name } }")
    node = field("query ($k: String!) { contact(key: $k) { name } }")
    definition = schema._schema.query_type.fields["contact"]  # type: ignore[union-attr]
    variables = get_variable_values(schema._schema, asked.variable_definitions or (), {"k": "a"})
    assert not isinstance(variables, list)

    names = named(schema._schema, definition, node)

    assert names == {"key": "k"}
    assert taken(names, variables.coerced) == {"key": "a"}
    assert arguments(schema._schema, definition, node, variables) == {"key": "a"}
    assert taken(names, {}) is None


@pytest.mark.parametrize(
    "text",
    [
        '{ contact(key: "a") { name } }',
        "query ($k: String!) { contacts(search: $k) { totalCount } }",
        "query ($n: Int) { contacts(first: $n) { totalCount } }",
    ],
)
def test_arguments_that_are_left_out_or_not_plain_are_left_to_strawberry(
    schema: Schema, text: str
) -> None:
    node = field(text)
    definition = schema._schema.query_type.fields[node.name.value]  # type: ignore[union-attr]

    assert named(schema._schema, definition, node) is None


async def test_a_null_for_a_key_is_told_as_ever(schema: Schema) -> None:
    text = "query ($k: String!) { contact(key: $k) { name } }"

    found = await schema.executor.execute(text, {"k": None}, None)  # type: ignore[arg-type]

    assert [error.message for error in found.errors or ()] == [
        "Variable '$k' has invalid value: Expected value of non-null type 'String!' not to be None."
    ]
