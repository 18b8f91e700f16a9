"""Operations whose answers go out as they come: subscriptions, and what runs beside them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any

from graphql import ExecutionResult, GraphQLError, OperationType
from strawberry.schema.exceptions import InvalidOperationTypeError

from api.http import GraphQLRequest
from api.service import Service, document
from api.timing import TimeLimit, too_long
from graph.errors import DomainError, TimedOut, TooExpensive
from schema.errors import public_error

Document = dict[str, Any]


@dataclass(slots=True)
class Streams:
    """What became of subscriptions since the start.

    Attributes:
        open: how many run now.
        begun: how many were begun.
        refused: how many were not, since too many ran.
        events: how many events went out.
        stalled: connections ended since their clients took nothing.
    """

    open: int = 0
    begun: int = 0
    refused: int = 0
    events: int = 0
    stalled: int = 0


class Subscriptions:
    """Runs operations for clients that take their answers one by one.

    Args:
        service: what answers.
        actor: in whose name.

    Attributes:
        streams: what became of them.
    """

    def __init__(self, service: Service, actor: str) -> None:
        self._service = service
        self._actor = actor
        self.streams = Streams()

    @property
    def stall_s(self) -> float:
        """How long a client may take nothing, in seconds."""
        return self._service.settings.subscription_stall_s

    def stalled(self) -> None:
        """A client took nothing for too long, and its connection was ended."""
        self.streams.stalled += 1

    async def asks(self, asked: GraphQLRequest) -> bool:
        """Whether the operation is a subscription."""
        with suppress(DomainError):  # told when it is run
            return await self._kind(asked) is OperationType.SUBSCRIPTION
        return False

    async def stream(self, asked: GraphQLRequest) -> AsyncGenerator[Document]:
        """The answers to an operation: one for each event of a subscription, else one alone.

        What goes wrong is an answer too, the last; without `data` if it is not one field's.
        """
        try:
            if await self._kind(asked) is not OperationType.SUBSCRIPTION:
                yield await self._service.execute(
                    self._text(asked),
                    asked.variables,
                    asked.operation,
                    actor=self._actor,
                    read_only=asked.read_only,
                    at_least=asked.at_least,
                )
                return
            async with aclosing(self._subscribed(asked)) as documents:
                async for found in documents:
                    yield found
        except InvalidOperationTypeError:
            yield refusal(GraphQLError("GET runs queries and subscriptions only; send it by POST"))
        except Exception as error:
            yield refusal(GraphQLError(str(error), original_error=error))

    async def _kind(self, asked: GraphQLRequest) -> OperationType | None:
        return await self._service.schema.executor.kind(self._text(asked), asked.operation)

    def _text(self, asked: GraphQLRequest) -> str:
        return self._service.text(asked.query, asked.sha256)

    async def _subscribed(self, asked: GraphQLRequest) -> AsyncGenerator[Document]:
        streams, most = self.streams, self._service.settings.max_subscriptions
        if streams.open >= most:
            streams.refused += 1
            raise TooExpensive(
                f"{most:,} subscriptions run already; try again later, or raise "
                "RENMAI_MAX_SUBSCRIPTIONS"
            )
        streams.open += 1
        streams.begun += 1
        try:
            async with aclosing(self._events(asked)) as documents:
                async for found in documents:
                    yield found
        finally:
            streams.open -= 1

    async def _events(self, asked: GraphQLRequest) -> AsyncGenerator[Document]:
        service, limit = self._service, self._service.settings.request_timeout_s
        if asked.at_least:
            await self._reached(asked.at_least, limit)
        context = service.context(self._actor)
        with TimeLimit(limit, context):
            found = await service.schema.executor.subscribe(
                self._text(asked), asked.variables, context, operation_name=asked.operation
            )
        if isinstance(found, ExecutionResult):
            yield {"errors": [error.formatted for error in found.errors or ()]}
            return
        async with aclosing(found.source) as events:
            async for event in events:
                context = service.context(self._actor, time.perf_counter() + limit)
                with TimeLimit(limit, context):
                    answer = await found.answer(event, context)
                self.streams.events += 1
                yield document(answer.data, answer.errors)

    async def _reached(self, version: int, limit_s: float) -> None:
        """Returns when the database shows that version: all that is read from then on is as new.

        Raises:
            TimedOut: it does not.
        """
        context = self._service.context(self._actor, at_least=version)
        try:
            async with asyncio.timeout(limit_s):
                await context.graph.version()
        except TimeoutError as error:
            raise TimedOut(too_long(limit_s, context)) from error


def refusal(error: GraphQLError) -> Document:
    """The answer that has nothing but an error, as a client may see it."""
    return {"errors": [public_error(error).formatted]}
