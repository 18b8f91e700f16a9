"""Variables and arguments whose values are taken as they are, which most small queries have.

graphql-core and strawberry look at types, defaults and nesting anew for each request: for one key,
a seventh of what the query costs. Whatever is not plain goes their way.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import strawberry
from graphql import (
    FieldNode,
    GraphQLBoolean,
    GraphQLError,
    GraphQLField,
    GraphQLID,
    GraphQLSchema,
    GraphQLString,
    VariableDefinitionNode,
    VariableNode,
    get_nullable_type,
)
from graphql.execution.get_variable_signature import (
    GraphQLVariableSignature,
    get_variable_signature,
)
from graphql.execution.values import VariableValues, VariableValueSource

CLASSES: dict[object, type] = {GraphQLString: str, GraphQLID: str, GraphQLBoolean: bool}
"""Of the values that these scalars take as they are."""

DECLARED = (str, bool, strawberry.ID)
"""What strawberry's arguments of those types are declared as, where it leaves them as they are."""

Signatures = dict[str, tuple[GraphQLVariableSignature, type]]
"""Plain variables by name, each with the class of its values."""


def signatures(
    schema: GraphQLSchema, definitions: Collection[VariableDefinitionNode]
) -> Signatures | None:
    """An operation's variables; None where one is not plain."""
    found: Signatures = {}
    for definition in definitions:
        signature = get_variable_signature(schema, definition)
        if isinstance(signature, GraphQLError):
            return None
        kind = CLASSES.get(get_nullable_type(signature.type))
        if kind is None:
            return None
        found[signature.name] = (signature, kind)
    return found


def values(known: Signatures, given: Mapping[str, Any]) -> VariableValues | None:
    """The variables' values; None where one is missing, null, or of another class."""
    sources: dict[str, VariableValueSource] = {}
    coerced: dict[str, Any] = {}
    for name, (signature, kind) in known.items():
        value = given.get(name)
        if value.__class__ is not kind:
            return None
        sources[name] = VariableValueSource(signature, value)
        coerced[name] = value
    return VariableValues(sources, coerced)


def named(
    schema: GraphQLSchema, definition: GraphQLField, node: FieldNode
) -> dict[str, str] | None:
    """The variables that are a field's arguments, by the arguments' Python names.

    Returns:
        None where an argument is left out, is no variable, or is not plain.
    """
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    config = schema.extensions["strawberry-definition"].config
    found = {}
    for declared in definition.extensions["strawberry-definition"].arguments:
        name = config.name_converter.from_argument(declared)
        value = given.get(name)
        plain = get_nullable_type(definition.args[name].type) in CLASSES
        if not isinstance(value, VariableNode) or not plain or declared.type not in DECLARED:
            return None
        found[declared.python_name] = value.name.value
    return found


def taken(names: Mapping[str, str], coerced: Mapping[str, Any]) -> dict[str, Any] | None:
    """The arguments of those names; None where one has no value."""
    found = {}
    for name, variable in names.items():
        value = coerced.get(variable)
        if value is None:
            return None
        found[name] = value
    return found
