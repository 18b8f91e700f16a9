"""What the fields of a level are called with."""

from __future__ import annotations

from typing import Any

from graphql import FieldNode, GraphQLField, GraphQLSchema, VariableNode, Visitor, visit
from graphql.execution.values import VariableValues, get_argument_values
from strawberry.types.arguments import convert_arguments

NO_VARIABLES = VariableValues({}, {})


def arguments(
    schema: GraphQLSchema, definition: GraphQLField, node: FieldNode, variables: VariableValues
) -> dict[str, Any]:
    """A field's arguments by their Python names, as graphql-core and strawberry give them.

    Raises:
        GraphQLError: a value is none of its type.
    """
    if not definition.args:
        return {}
    given = get_argument_values(definition, node, variables)
    ours = schema.extensions["strawberry-definition"]
    declared = definition.extensions["strawberry-definition"]
    return convert_arguments(
        given, declared.arguments, ours.schema_converter.scalar_registry, ours.config
    )


def has_variables(node: FieldNode) -> bool:
    """Whether the arguments of a field name a variable."""
    finder = _Finder()
    for argument in node.arguments or ():
        visit(argument.value, finder)
    return finder.found


class _Finder(Visitor):
    """Sees whether there is a variable."""

    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def enter_variable(self, _node: VariableNode, *_: Any) -> None:
        self.found = True
