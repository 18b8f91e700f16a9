"""Runs a plan: one call a level, levels side by side, fields of mutations one after another."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, cast

from graphql import GraphQLError, GraphQLSchema, OperationType
from graphql.execution.executor import Executor, default_field_resolver, default_type_resolver
from graphql.execution.values import VariableValues
from graphql.pyutils import Path as CorePath
from strawberry.execution import optimized_is_awaitable

from graph.errors import DomainError
from graph.store import TenantGraph
from graph.walking import Ahead
from schema.context import Context
from schema.execution.ahead import Foresight
from schema.execution.arguments import arguments
from schema.execution.clock import Clock, Overdue
from schema.execution.complete import Completion, Part
from schema.execution.core import Whole
from schema.execution.counters import Counters
from schema.execution.documents import Operation
from schema.execution.failures import Failures
from schema.execution.generate import generate
from schema.execution.plain import taken
from schema.execution.plan import TYPENAME, Field, Introspection, Level, Plan
from schema.execution.ready import keep, show
from schema.execution.streaming import InParts
from schema.relation import Call

LARGE = 8
"""From how many results a level is worth a function on its first use; making one takes as long as
completing some hundred values step by step."""

PIECE = 100
"""How many results of a level are completed before others have their turn, where it has come:
with pages of 100 some 10 ms of work."""

Waiting = tuple[Level, list[Any], list[dict[str, Any]]]
"""A level, its parents, and for each of them the dict that its result goes into."""


@dataclass(slots=True)
class Request:
    """One operation to run.

    Attributes:
        schema: the whole schema.
        operation: what to run.
        variables: their values.
        context: what the request brings along.
        event: of a subscription, the value of its one field.
    """

    schema: GraphQLSchema
    operation: Operation
    variables: VariableValues
    context: Context
    event: Any = None

    @property
    def kind(self) -> OperationType:
        """Query, mutation or subscription."""
        return self.operation.node.operation

    def call(self, level: Level) -> tuple[Call, dict[str, Any]]:
        """What a level's function is called with, and its arguments.

        Raises:
            GraphQLError: a value is none of its type.
        """
        given, kept = level.constant, None
        if given is not None:
            kept = level.kept
        elif level.named is not None:
            given = taken(level.named, self.variables.coerced)
        if given is None:
            given = arguments(self.schema, level.definition, level.nodes[0], self.variables)
        return Call(self.context, level.selected, level.reads, kept), given

    def core(self, clock: Clock, *, in_parts: bool = False) -> Executor[Any]:
        """graphql-core's executor of it; `in_parts` heeds @defer and @stream."""
        kind = InParts if in_parts else Whole
        made = kind(
            self.schema,
            self.operation.definitions,
            self.operation.fragments,
            self.event,
            self.context,
            self.operation.node,
            self.variables,
            default_field_resolver,
            default_type_resolver,
            default_field_resolver,
            is_awaitable=optimized_is_awaitable,
        )
        made.clock = clock
        self.context.turn = clock.turn
        return made


class Run:
    """One run of a plan."""

    def __init__(
        self, request: Request, plan: Plan, clock: Clock, counters: Counters, most_errors: int
    ) -> None:
        self._request, self._foresight = _foreseeing(request, plan)
        self._plan = plan
        self._clock = clock
        self._counters = counters
        self._data: dict[str, Any] = dict.fromkeys(f.key for f in plan.fields)
        self.failures = Failures(self._data, most=most_errors)

    @cached_property
    def _core(self) -> Executor[Any]:
        return self._request.core(self._clock)

    async def run(self) -> Failures:
        """The answer and its errors.

        Raises:
            Overdue: the deadline passed.
        """
        levels: list[Waiting] = []
        for field in self._plan.fields:
            if isinstance(field, Level):
                levels.append((field, [None], [self._data]))
            elif field.name == TYPENAME:
                self._data[field.key] = self._plan.root.name
            else:
                assert isinstance(field, Introspection)
                await self._clock.turn()
                self._introspect(field)
        if self._request.kind is OperationType.MUTATION:
            for level in levels:
                if self.failures.data is not None:
                    await self._level(*level)
        else:
            await self._side_by_side(levels)
        return self.failures

    def _introspect(self, field: Field) -> None:
        core, root = self._core, self._plan.root
        path = CorePath(None, field.key, root.name)
        known = len(core.collected_errors.errors)
        self._data[field.key] = core.execute_field(root, None, field.details, path, None)
        for error in core.collected_errors.errors[known:]:
            self.failures.add(field, error)

    async def _side_by_side(self, levels: Sequence[Waiting]) -> None:
        if len(levels) == 1:
            await self._level(*levels[0])
        elif levels:
            await together([self._level(*level) for level in levels])

    async def _level(self, level: Level, parents: list[Any], slots: list[dict[str, Any]]) -> None:
        """One level, and those below it."""
        await self._clock.turn()
        if self._foresight is not None and not level.batched:
            await self._foresight.from_root(level)
        results = await self._results(level, parents)
        lists: list[list[Any]] = [[] for _ in range(2 * len(level.kids))]
        await self._complete(level, Part(parents, results, slots), lists)
        await self._clock.turn()
        below = [
            (kid, lists[2 * i], lists[2 * i + 1])
            for i, kid in enumerate(level.kids)
            if lists[2 * i]
        ]
        if self._foresight is not None and below:
            await self._foresight.below(below)
        await self._side_by_side(below)

    async def _results(self, level: Level, parents: list[Any]) -> list[Any]:
        """One result for each parent; an Exception is that parent's error."""
        request = self._request
        if level.up is None and request.kind is OperationType.SUBSCRIPTION:
            return [request.event]
        try:
            call, given = request.call(level)
            if not level.batched:
                return [await level.call(call, **given)]
            results = await level.call(parents, call, **given)
            if len(results) != len(parents):
                raise TypeError(
                    f"{level.title} gave {len(results):,} results for {len(parents):,} parents"
                )
        except Exception as error:
            return [error] * len(parents)
        return list(results)

    async def _complete(self, level: Level, part: Part, lists: list[list[Any]]) -> None:
        """Puts each result, completed, into its slot."""
        if level.complete is None and (level.used or _large(part.results)):
            level.complete = generate(self._request.schema, level)
            self._counters.generated += 1
        ready = self._request.context.fragments and level.used and not level.kids
        level.used = True
        if level.complete is None:
            self._counters.interpreted += 1
        else:
            part = show(level, part) if ready else part
            part = await self._generated(level, part, lists, ready=ready)
        if part.results:
            await Completion(self._core, self.failures, level, lists, self._clock).run(part)

    async def _generated(
        self, level: Level, part: Part, lists: list[list[Any]], *, ready: bool
    ) -> Part:
        """Completes by the generated function what does not surprise it; what is left.

        Where it is to be `ready` for the next time, its JSON is kept.
        """
        left: list[int] = []
        surprises: list[str] = []
        size = len(part.results)
        for start in range(0, size, PIECE):
            if start:
                await self._clock.turn()
            piece = range(start, min(start + PIECE, size))
            here = part if size <= PIECE else part.at(piece)
            surprise = self._fast(level, here, lists)
            if surprise is not None:
                left += self._rest(level, part, piece, lists, surprises)
            elif ready:
                keep(level, here)
        if surprises:
            self._counters.slow[f"{level.title}: {surprises[0]}"] += 1
        return part.at(left)

    def _fast(self, level: Level, part: Part, lists: list[list[Any]]) -> str | None:
        """Completes by the generated function; what surprised it, if anything: nothing is done."""
        assert level.complete is not None
        lengths = [len(kept) for kept in lists]
        try:
            level.complete(part.results, part.slots, lists, self._clock.watch)
        except Overdue:
            raise
        except Exception as surprise:
            for kept, length in zip(lists, lengths, strict=True):
                del kept[length:]
            return type(surprise).__name__
        return None

    def _rest(
        self,
        level: Level,
        part: Part,
        piece: range,
        lists: list[list[Any]],
        surprises: list[str],
    ) -> list[int]:
        """Completes one by one what does not surprise; the places of what is left.

        An error that a client is told of as it is, such as that of a wrong argument, is no
        surprise.
        """
        left = []
        for at in piece:
            result = part.results[at]
            if isinstance(result, DomainError | GraphQLError):
                left.append(at)
                continue
            surprise = self._fast(level, part.at([at]), lists)
            if surprise is not None:
                left.append(at)
                surprises.append(surprise)
        return left


def _foreseeing(request: Request, plan: Plan) -> tuple[Request, Foresight | None]:
    """The request with a graph that reads ahead, where that costs less; never while it writes."""
    context = request.context
    if not context.walks or request.kind is not OperationType.QUERY or not _deep(plan):
        return request, None
    ahead = Ahead(context.graph)
    request = replace(request, context=replace(context, graph=cast(TenantGraph, ahead)))
    return request, Foresight(ahead, request.call)


def _deep(plan: Plan) -> bool:
    """Whether there is a level below another one."""
    return any(isinstance(field, Level) and field.kids for field in plan.fields)


def _large(results: list[Any]) -> bool:
    return len(results) > LARGE or (
        isinstance(results[0], list | tuple) and len(results[0]) > LARGE
    )


async def together(work: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Runs them side by side; where one fails or the whole is cancelled, none goes on."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        raise
