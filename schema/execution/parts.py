"""Operations with @defer or @stream, whose answers come in parts.

They have no plan: graphql-core runs them field by field, with the same relations, which wait for
each other (`schema.loading`), so that a level stays one call. A page is read by one call; @stream
delivers the beginning first, and asks for what hangs below the rest by one call a level
(`schema.execution.streaming`).
Parts have the form of the
specification's draft (https://github.com/graphql/defer-stream-wg), where a part names what it
belongs to by `id`; `path` and `label` are repeated beside it for clients of the form of 2022.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from graphql import ExperimentalIncrementalExecutionResults

from schema.execution.clock import Clock
from schema.execution.failures import Failures

Part = dict[str, Any]
"""A part of an answer, as it is sent."""

TITLE = "@defer or @stream"
"""Why such an operation has no plan."""


async def parts(
    found: ExperimentalIncrementalExecutionResults, most_errors: int, clock: Clock
) -> AsyncGenerator[Part]:
    """The first part, and those that follow; their errors are what a client may see.

    Args:
        found: what graphql-core gives.
        most_errors: most of one field that a part tells one by one.
        clock: stopped when nobody wants the rest.
    """
    first = found.initial_result
    pending = {waiting.id: waiting for waiting in first.pending}
    following = found.subsequent_results
    try:
        yield _public(first, most_errors).formatted
        async for part in following:
            pending.update({waiting.id: waiting for waiting in part.pending or ()})
            for item in (*(part.incremental or ()), *(part.completed or ())):
                _public(item, most_errors)
            shown: Part = {**part.formatted}
            for item in shown.get("incremental", ()):
                waiting = pending[item["id"]]
                item["path"] = [*waiting.path, *item.get("subPath", ())]
                if waiting.label is not None:
                    item["label"] = waiting.label
            yield shown
    finally:
        clock.stop()
        await following.aclose()  # whoever does not want the rest ends its work


def _public(result: Any, most_errors: int) -> Any:
    if result.errors:
        result.errors = Failures.of_core(None, result.errors, most_errors).told()
    return result
