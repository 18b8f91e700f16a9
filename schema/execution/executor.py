"""The door: an operation's text in, data and errors out."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Awaitable, Collection, Mapping, Sequence
from enum import StrEnum
from sys import getsizeof
from typing import Any, TypeVar, cast

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

from graph.errors import TooExpensive
from schema.context import Context
from schema.execution import plain
from schema.execution.arguments import NO_VARIABLES
from schema.execution.aside import aside, many
from schema.execution.clock import Clock
from schema.execution.cost import MAX_COST
from schema.execution.counters import Counters
from schema.execution.documents import Document, Documents, Operation, Switches
from schema.execution.events import Events, source_of
from schema.execution.failures import MAX_PER_LEVEL, Failures
from schema.execution.parts import TITLE, Part, parts
from schema.execution.plan import Plan, Unplannable, make_plan
from schema.execution.run import Request, Run
from schema.execution.streaming import InParts

T = TypeVar("T")

MAX_PLANS = 16
"""Most plans of an operation: one for each way its @skip and @include have fallen."""

BYTES_OF_FIELD = 1_500
"""Memory of a plan and its functions for each of its fields (tracemalloc: 1,270 to 1,500)."""


MANY_VALUES = 5_000
"""From how many values on variables are read beside the event loop; each takes up to 5
microseconds."""

MAX_VARIABLE_ERRORS = 50
"""Most errors in variables that are told; graphql-core's own bound."""


_SUBSCRIPTIONS = frozenset({OperationType.SUBSCRIPTION})


class _Refused(Exception):
    """The operation does not run, and these errors say why."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__()
        self.why = Failures(None, list(errors))


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
        max_cost: most records that an operation may bring; 0 = any number.

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
        max_cost: int = MAX_COST,
    ) -> None:
        self._schema = schema
        self._mode = mode
        self._most_errors = most_errors
        self._max_cost = max_cost
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
        return _told(
            await self.run(
                text,
                variables,
                context,
                operation_name=operation_name,
                allowed=allowed,
                deadline=deadline,
            )
        )

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
        """As `execute`, but in parts where the operation asks for them by @defer or @stream.

        Raises:
            InvalidOperationTypeError: the operation is of a kind that may not run.
            TimedOut: the deadline passed before the first part.
        """
        try:
            document, operation = await self._chosen(text, operation_name, allowed)
            values = await self._values(operation, variables)
        except _Refused as refused:
            return _told(refused.why)
        if not operation.in_parts:
            request = Request(self._schema, operation, values, context)
            return _told(await self._run(document, request, deadline))
        context.writes = operation.node.operation is OperationType.MUTATION
        self.counters.generic[TITLE] += 1
        request = Request(self._schema, operation, values, context)
        clock = Clock(deadline)
        core = cast(InParts, request.core(clock, in_parts=True))
        found = core.execute_operation()
        if inspect.isawaitable(found):
            found = await _while_wanted(found, clock)
        if not isinstance(found, ExecutionResult):
            return parts(found, self._most_errors, core)
        clock.check()
        return _told(Failures.of_core(found.data, found.errors, self._most_errors))

    async def subscribe(
        self,
        text: str,
        variables: Mapping[str, Any] | None,
        context: Context,
        *,
        operation_name: str | None = None,
    ) -> ExecutionResult | Events:
        """The events of a subscription, or why there are none.

        Args:
            text: the document.
            variables: values of its variables.
            context: what the request brings along.
            operation_name: the operation to run where the document has several.

        Raises:
            InvalidOperationTypeError: the operation is no subscription.
        """
        try:
            document, operation = await self._chosen(text, operation_name, _SUBSCRIPTIONS)
            values = await self._values(operation, variables)
            request = Request(self._schema, operation, values, context)
            plan = self._plan(document, operation, values)
            if isinstance(plan, Unplannable) and plan.wrong is not None:
                raise plan.wrong  # before an event comes
            source = await source_of(request)
        except _Refused as refused:
            return _told(refused.why)
        except GraphQLError as error:
            return _told(Failures(None, [error]))

        async def answer(event: Any, context: Context) -> ExecutionResult:
            request = Request(self._schema, operation, values, context, event)
            self.counters.events += 1
            return _told(await self._run(document, request, context.deadline))

        return Events(source, answer)

    async def run(
        self,
        text: str,
        variables: Mapping[str, Any] | None,
        context: Context,
        *,
        operation_name: str | None = None,
        allowed: Collection[OperationType] = frozenset(OperationType),
        deadline: float | None = None,
        event: Any = None,
    ) -> Failures:
        """As `execute`, but with the errors as they are found, and of an event where one is given.

        Raises:
            InvalidOperationTypeError: the operation is of a kind that may not run.
            TimedOut: the deadline passed.
        """
        try:
            document, operation = await self._chosen(text, operation_name, allowed)
            values = await self._values(operation, variables)
        except _Refused as refused:
            return refused.why
        request = Request(self._schema, operation, values, context, event)
        return await self._run(document, request, deadline)

    async def kind(self, text: str, operation_name: str | None) -> OperationType | None:
        """The kind of operation that a document's text asks for; None if it cannot be run."""
        document = await self.documents.find(text)
        try:
            return document.operation(operation_name).node.operation
        except GraphQLError:
            return None

    async def _run(self, document: Document, request: Request, deadline: float | None) -> Failures:
        request.context.writes = request.kind is OperationType.MUTATION
        plan = self._plan(document, request.operation, request.variables)
        if isinstance(plan, Unplannable):
            self.counters.generic[str(plan)] += 1
            return await self._by_core(request, Clock(deadline))
        self.counters.planned += 1
        run = Run(request, plan, Clock(deadline), self.counters, self._most_errors)
        return await run.run()

    async def _by_core(self, request: Request, clock: Clock) -> Failures:
        """Runs an operation field by field."""
        found = request.core(clock).execute_operation()
        if inspect.isawaitable(found):
            found = await _while_wanted(found, clock)
        clock.check()
        assert isinstance(found, ExecutionResult)
        return Failures.of_core(found.data, found.errors, self._most_errors)

    async def _chosen(
        self, text: str, name: str | None, allowed: Collection[OperationType]
    ) -> tuple[Document, Operation]:
        """The document and its operation of that name.

        Raises:
            _Refused: it is not valid, or there is no such operation.
            InvalidOperationTypeError: it is of a kind that may not run.
        """
        document = await self.documents.find(text)
        if not document.operations:
            raise _Refused(document.errors)
        try:
            operation = document.operation(name)
        except GraphQLError as error:
            raise _Refused([error]) from error
        if operation.node.operation not in allowed:
            raise InvalidOperationTypeError(RefusedType(operation.node.operation.value))
        if document.errors:
            raise _Refused(document.errors)
        return document, operation

    async def _values(
        self, operation: Operation, variables: Mapping[str, Any] | None
    ) -> VariableValues:
        """The variables' values, which do not make the operation too expensive.

        Raises:
            _Refused: some are wrong, or it costs too much.
        """
        found = NO_VARIABLES
        definitions = operation.node.variable_definitions
        if definitions:
            given = dict(variables or {})
            read: VariableValues | list[GraphQLError] | None = None
            if operation.plain is not None:
                read = plain.values(operation.plain, given)
            if read is None:
                asked = (self._schema, definitions, given, MAX_VARIABLE_ERRORS)
                if many(given, MANY_VALUES):
                    read = await aside(get_variable_values, *asked)
                else:
                    read = get_variable_values(*asked)
            if isinstance(read, list):
                raise _Refused(read)
            found = read
        assert operation.cost is not None  # the document is valid
        try:
            operation.cost.check(found, self._max_cost)
        except TooExpensive as error:
            told = GraphQLError(str(error), nodes=operation.node, original_error=error)
            raise _Refused([told]) from error
        return found

    def _plan(
        self, document: Document, operation: Operation, values: VariableValues
    ) -> Plan | Unplannable:
        if self._mode is Mode.CORE:
            return Unplannable("as set")
        switches: Switches = tuple(values.coerced.get(name) for name in operation.switches)
        known = operation.plans.get(switches)
        if known is None:
            known = self._new_plan(operation, values)
            plans, grown = operation.plans, _memory(switches, known)
            while plans and (
                len(plans) >= MAX_PLANS or document.bytes + grown > self.documents.largest
            ):
                oldest = next(iter(plans))
                grown -= _memory(oldest, plans.pop(oldest))
            plans[switches] = known
            self.documents.charge(document, grown)
        return known

    def _new_plan(self, operation: Operation, values: VariableValues) -> Plan | Unplannable:
        try:
            return make_plan(self._schema, operation, values)
        except Unplannable as verdict:
            return verdict.with_traceback(None)
        except GraphQLError as error:  # of the field below which it stands, if that has a value
            wrong = Unplannable("null for @skip or @include")
            wrong.wrong = error.with_traceback(None)
            return wrong


def _memory(switches: Switches, plan: Plan | Unplannable) -> int:
    """Bytes that a kept plan takes, roughly, with the functions that will be made for it."""
    size = plan.size if isinstance(plan, Plan) else 1
    return getsizeof(switches) + BYTES_OF_FIELD * size


def _told(found: Failures) -> ExecutionResult:
    """The answer with the errors as a client may see them."""
    return ExecutionResult(found.data, found.told() or None)


async def _while_wanted(work: Awaitable[T], clock: Clock) -> T:
    """What it gives; where it is given up, the calls that it has begun go no further."""
    try:
        return await work
    except BaseException:
        clock.stop()
        raise
