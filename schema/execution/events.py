"""Subscriptions: where the events come from; each is answered by the operation's plan, as a query.

An event is the value of the subscription's one field, so its level is given instead of called,
and all below it runs as in a query: one call a level.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, NamedTuple

from graphql import ExecutionResult, GraphQLError, located_error
from graphql.execution.collect_fields import collect_fields

from schema.context import Context
from schema.execution.arguments import arguments
from schema.execution.run import Request
from schema.loading import selected
from schema.relation import Call


class Events(NamedTuple):
    """A subscription that is running.

    Attributes:
        source: the events; closing it ends the subscription.
        answer: what the client gets for an event, made in that context.
    """

    source: AsyncGenerator[Any]
    answer: Callable[[Any, Context], Awaitable[ExecutionResult]]


async def source_of(request: Request) -> AsyncGenerator[Any]:
    """The events of a subscription.

    Raises:
        GraphQLError: they cannot be had, located at the field.
    """
    schema, operation = request.schema, request.operation
    root = schema.subscription_type
    assert root is not None
    found = collect_fields(schema, operation.fragments, request.variables, root, operation.node)
    if not found.grouped_field_set:
        raise GraphQLError("nothing is subscribed to: @skip or @include leaves out the field")
    key, details = next(iter(found.grouped_field_set.items()))
    nodes = [detail.node for detail in details]
    definition = root.fields[nodes[0].name.value]
    subscribe = definition.extensions["strawberry-definition"].metadata["resolve"]
    try:
        given = arguments(schema, definition, nodes[0], request.variables)
        fields = selected(nodes, operation.definitions, request.variables.coerced)
        source: AsyncGenerator[Any] = await subscribe(Call(request.context, fields), **given)
    except Exception as error:
        raise located_error(error, nodes, [key]) from error
    return source
