"""Puts the schema together, and refuses to start with a field that could cause N+1."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import strawberry
from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLObjectType,
    OperationType,
)
from strawberry.schema.config import StrawberryConfig
from strawberry.types.execution import ExecutionContext

from schema import analytics, mutations, queries, subscriptions
from schema.declare import object_type
from schema.errors import PublicErrors
from schema.execution import Executor, Mode
from schema.execution.cost import MAX_COST
from schema.relation import RelationField
from schema.root import RootField
from schema.scalars import SCALARS
from schema.view import VIEWS


class Schema(strawberry.Schema):
    """Our schema; errors are logged where they are masked.

    Attributes:
        executor: runs its operations.
    """

    executor: Executor

    async def execute(  # type: ignore[override]  # strawberry names more that we do not offer
        self,
        query: str,
        variable_values: Mapping[str, Any] | None = None,
        context_value: Any = None,
        *,
        operation_name: str | None = None,
        allowed_operation_types: Collection[OperationType] = frozenset(OperationType),
        deadline: float | None = None,
    ) -> ExecutionResult:
        """The answer to one operation: see `Executor.execute`."""
        return await self.executor.execute(
            query,
            variable_values,
            context_value,
            operation_name=operation_name,
            allowed=allowed_operation_types,
            deadline=deadline,
        )

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Leaves the log to `schema.errors`, which knows what was unexpected."""


def build_schema(mode: Mode = Mode.PLAN, *, max_cost: int = MAX_COST) -> Schema:
    """The whole schema.

    Args:
        mode: what runs operations.
        max_cost: most records that an operation may bring; 0 = any number.

    Raises:
        TypeError: a field below the root is neither a plain attribute nor a relation, or one at the
            root is none of ours.
    """
    analytics.extend_views()
    query = object_type("Query", "What can be asked.", queries.fields() + analytics.fields())
    schema = Schema(
        query,
        object_type("Mutation", "What can be written.", mutations.fields()),
        object_type("Subscription", "What can be followed.", subscriptions.fields()),
        types=list(VIEWS.values()),
        extensions=[PublicErrors],
        config=StrawberryConfig(scalar_map=SCALARS, enable_experimental_incremental_execution=True),
    )
    wrong = list(unbatched_fields(schema))
    if wrong:
        raise TypeError(
            f"{', '.join(wrong)}: neither a plain attribute of a record nor a relation; "
            "declare it with @relation (schema/relation.py), so that a level stays one call"
        )
    foreign = list(foreign_roots(schema))
    if foreign:
        raise TypeError(
            f"{', '.join(foreign)}: no field that levels call; declare it with root_field or "
            "event_field (schema/root.py), which name a permission too"
        )
    schema.executor = Executor(schema._schema, mode, max_cost=max_cost)
    return schema


def unbatched_fields(schema: strawberry.Schema) -> Iterator[str]:
    """Fields below the root that would be computed parent by parent: `Contact.age`."""
    core = schema._schema
    roots = {core.query_type, core.mutation_type, core.subscription_type}
    for name, kind in core.type_map.items():
        if kind in roots or name.startswith("__"):
            continue
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for title, field in kind.fields.items():
                declared = field.extensions["strawberry-definition"]
                if not (declared.is_basic_field or isinstance(declared, RelationField)):
                    yield f"{name}.{title}"


def foreign_roots(schema: strawberry.Schema) -> Iterator[str]:
    """Fields at the root that are declared otherwise than ours, and so have no plan."""
    core = schema._schema
    for kind in filter(None, (core.query_type, core.mutation_type, core.subscription_type)):
        for title, field in kind.fields.items():
            if not isinstance(field.extensions.get("strawberry-definition"), RootField):
                yield f"{kind.name}.{title}"


def print_schema() -> str:
    """The schema in the schema language, as schema.graphql holds it."""
    return build_schema().as_str() + "\n"
