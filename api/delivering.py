"""Answers in parts, for clients that take them: what @defer asks for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from graphql import ExecutionResult

from api.http import GraphQLRequest
from api.service import EVERYTHING, QUERIES, Service, document
from api.timing import TimeLimit, too_long
from graph.errors import TimedOut

Part = dict[str, Any]


async def deliver(
    service: Service, asked: GraphQLRequest, actor: str
) -> dict[str, Any] | AsyncGenerator[Part]:
    """The answer to one operation, in parts where it asks for them.

    Raises:
        InvalidOperationTypeError: a mutation where only queries may run.
        TimedOut: the whole answer, or its first part, took longer than the settings allow.
    """
    limit = service.settings.request_timeout_s
    end = asyncio.get_running_loop().time() + limit
    deadline = time.perf_counter() + limit
    context = service.context(actor, deadline, asked.at_least)
    with TimeLimit(limit, context):
        found = await service.schema.executor.deliver(
            service.text(asked.query, asked.sha256),
            asked.variables,
            context,
            operation_name=asked.operation,
            allowed=QUERIES if asked.read_only else EVERYTHING,
            deadline=deadline,
        )
    if isinstance(found, ExecutionResult):
        return document(found.data, found.errors)
    # the first part has come, and no mutation is deferred: what was written is known by now
    return _until(end, found, too_long(limit, context))


async def _until(end: float, parts: AsyncGenerator[Part], too_long: str) -> AsyncGenerator[Part]:
    """The parts that come in time; what is still waited for then has the error."""
    waiting: set[str] = set()
    try:
        async with aclosing(parts):
            while True:
                async with asyncio.timeout_at(end):
                    part = await anext(parts, None)
                if part is None:
                    return
                waiting.update(pending["id"] for pending in part.get("pending", ()))
                waiting.difference_update(ended["id"] for ended in part.get("completed", ()))
                yield part
    except TimeoutError:
        errors = [{"message": too_long, "extensions": {"code": TimedOut.code}}]
        ended = [{"id": name, "errors": errors} for name in sorted(waiting)]
        yield {"hasNext": False, "completed": ended}
