"""The door: an operation's text in, data and errors out."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Collection, Mapping
from enum import StrEnum
from typing import Any

from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationType,
    get_variable_values,
)
from graphql.execution.values import VariableValues
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.types.graphql import OperationType as RefusedType

from schema.context import Context
from schema.errors import public_error
from schema.execution.arguments import NO_VARIABLES
from schema.execution.clock import Clock
from schema.execution.counters import Counters
from schema.execution.documents import Document, Documents, Operation, Switches
from schema.execution.failures import MAX_PER_LEVEL, Failures
from schema.execution.parts import TITLE, Part, parts, whole
from schema.execution.plan import Plan, Unplannable, make_plan
from schema.execution.run import Request, Run

MAX_PLANS = 16
"""Most plans of an operation: one for each way its @skip and @include have fallen."""

BYTES_OF_FIELD = 1_500
"""Memory of a plan and its functions for each of its fields (tracemalloc: 1,270 to 1,500)."""


MAX_VARIABLE_ERRORS = 50
"""Most errors in variables that are told; graphql-core's own bound."""


class Mode(StrEnum):
    """What runs operations: our plans, or graphql-core field by field."""

    PLAN = "plan"
    CORE = "core"


class Executor:
    """Runs operations of one schema.

    Args:
        schema: the schema, as graphql-core knows it.
        mode: what runs operations.
        most_errors: most errors of one level that are told one by one.

    Attributes:
        counters: what became of the operations.
        documents: the documents last asked for.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        mode: Mode = Mode.PLAN,
        *,
        most_errors: int = MAX_PER_LEVEL,
    ) -> None:
        self._schema = schema
        self._mode = mode
        self._most_errors = most_errors
        self.counters = Counters()
        self.documents = Documents(schema)

    async def execute(
        self,
        text: str,
        variables: Mapping[str, Any] | None,
        context: Context,
        *,
        operation_name: str | None = None,
        allowed: Collection[OperationType] = frozenset(OperationType),
        deadline: float | None = None,
    ) -> ExecutionResult:
        """The answer to one operation; its errors are what a client may see.

        Args:
            text: the document.
            variables: values of its variables.
            context: what the request brings along.
            operation_name: the operation to run where the document has several.
            allowed: the kinds of operation that may run.
            deadline: when to give up, in seconds of `time.perf_counter`.

        Raises:
            InvalidOperationTypeError: the operation is of a kind that may not run.
            TimedOut: the deadline passed.
        """
        try:
            found = await self.run(
                text,
                variables,
                context,
                operation_name=operation_name,
                allowed=allowed,
                deadline=deadline,
            )
        except GraphQLError as error:
            found = Failures(None, [error])
        if not found.errors:
            return ExecutionResult(found.data, None)
        told = [public_error(error) for error in found.errors]
        more = [_summary(first, number) for first, number in found.more.values()]
        return ExecutionResult(found.data, told + more)

    async def deliver(
        self,
        text: str,
        variables: Mapping[str, Any] | None,
        context: Context,
        *,
        operation_name: str | None = None,
        allowed: Collection[OperationType] = frozenset(OperationType),
        deadline: float | None = None,
    ) -> ExecutionResult | AsyncGenerator[Part]:
        """As `execute`, but in parts where the operation asks for them by @defer.

        Raises:
            InvalidOperationTypeError: the operation is of a kind that may not run.
            TimedOut: the deadline passed before the first part.
        """
        request = self._in_parts(text, variables, context, operation_name, allowed)
        if request is None:
            return await self.execute(
                text,
                variables,
                context,
                operation_name=operation_name,
                allowed=allowed,
                deadline=deadline,
            )
        self.counters.generic[TITLE] += 1
        found = request.core(in_parts=True).execute_operation()
        if inspect.isawaitable(found):
            found = await found
        return whole(found) if isinstance(found, ExecutionResult) else parts(found)

    def _in_parts(
        self,
        text: str,
        variables: Mapping[str, Any] | None,
        context: Context,
        name: str | None,
        allowed: Collection[OperationType],
    ) -> Request | None:
        """The request, where all is well with it and its document has @defer."""
        document = self.documents.get(text)
        try:
            operation = document.operation(name)
        except GraphQLError:
            return None
        if document.errors or not operation.in_parts or operation.node.operation not in allowed:
            return None
        values = self._values(operation, variables)
        return (
            None if isinstance(values, list) else Request(self._schema, operation, values, context)
        )

    async def run(
        self,
        text: str,
        variables: Mapping[str, Any] | None,
        context: Context,
        *,
        operation_name: str | None = None,
        allowed: Collection[OperationType] = frozenset(OperationType),
        deadline: float | None = None,
    ) -> Failures:
        """As `execute`, but with the errors as they are found.

        Raises:
            GraphQLError: there is no such operation.
            InvalidOperationTypeError: the operation is of a kind that may not run.
            TimedOut: the deadline passed.
        """
        document = self.documents.get(text)
        if not document.operations:
            return Failures(None, list(document.errors))
        operation = document.operation(operation_name)
        if operation.node.operation not in allowed:
            raise InvalidOperationTypeError(RefusedType(operation.node.operation.value))
        if document.errors:
            return Failures(None, list(document.errors))
        values = self._values(operation, variables)
        if isinstance(values, list):
            return Failures(None, values)
        request = Request(self._schema, operation, values, context)
        plan = self._plan(document, operation, values)
        if isinstance(plan, Unplannable):
            self.counters.generic[str(plan)] += 1
            return await _by_core(request)
        self.counters.planned += 1
        run = Run(request, plan, Clock(deadline), self.counters, self._most_errors)
        return await run.run()

    def _values(
        self, operation: Operation, variables: Mapping[str, Any] | None
    ) -> VariableValues | list[GraphQLError]:
        definitions = operation.node.variable_definitions
        if not definitions:
            return NO_VARIABLES
        given = dict(variables or {})
        return get_variable_values(self._schema, definitions, given, MAX_VARIABLE_ERRORS)

    def _plan(
        self, document: Document, operation: Operation, values: VariableValues
    ) -> Plan | Unplannable:
        if self._mode is Mode.CORE:
            return Unplannable("as set")
        switches: Switches = tuple(values.coerced.get(name) for name in operation.switches)
        known = operation.plans.get(switches)
        if known is None:
            known = self._new_plan(operation, values)
            if len(operation.plans) >= MAX_PLANS:
                operation.plans.pop(next(iter(operation.plans)))
            else:
                size = known.size if isinstance(known, Plan) else 1
                self.documents.charge(document, BYTES_OF_FIELD * size)
            operation.plans[switches] = known
        return known

    def _new_plan(self, operation: Operation, values: VariableValues) -> Plan | Unplannable:
        try:
            return make_plan(self._schema, operation, values)
        except Unplannable as verdict:
            return verdict.with_traceback(None)


async def _by_core(request: Request) -> Failures:
    """Runs an operation field by field."""
    found = request.core().execute_operation()
    if inspect.isawaitable(found):
        found = await found
    assert isinstance(found, ExecutionResult)
    return Failures(found.data, found.errors)


def _summary(first: GraphQLError, number: int) -> GraphQLError:
    """One error for the rest of a level's."""
    known = public_error(first)
    return GraphQLError(
        f"{number:,} more errors of this kind, the first of them here: {known.message}",
        nodes=first.nodes,
        path=first.path,
        extensions=known.extensions,
    )
