"""Operations with @defer or @stream, whose answers come in parts.

They have no plan: graphql-core runs them field by field, with the same relations, which wait for
each other (`schema.loading`), so that a level stays one call. A page is read by one call; @stream
delivers the beginning first, and asks for what hangs below the rest by one call a level
(`schema.execution.streaming`). Parts have the form of the specification's draft
(https://github.com/graphql/defer-stream-wg), where a part names what it belongs to by `id`; `path`
and `label` are repeated beside it for clients of the form of 2022.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from graphql import ExperimentalIncrementalExecutionResults

from schema.errors import public_error
from schema.execution.failures import Failures
from schema.execution.streaming import InParts

Part = dict[str, Any]
"""A part of an answer, as it is sent."""

TITLE = "@defer or @stream"
"""Why such an operation has no plan."""


async def parts(
    found: ExperimentalIncrementalExecutionResults, most_errors: int, core: InParts
) -> AsyncGenerator[Part]:
    """The first part, and those that follow; their errors are what a client may see.

    Errors of one field count together over all parts. A deferred part that fails as a whole tells
    an error all the same: a client would take it for delivered.

    Args:
        found: what graphql-core gives.
        most_errors: most of one field that are told one by one.
        core: what runs the operation; stopped when nobody wants the rest.
    """
    first = found.initial_result
    pending = {waiting.id: waiting for waiting in first.pending}
    following = found.subsequent_results
    failures = Failures(None, most=most_errors)
    try:
        first.errors = failures.told_of(first.errors) or None
        yield {**first.formatted}
        async for part in following:
            pending.update({waiting.id: waiting for waiting in part.pending or ()})
            for item in part.incremental or ():
                item.errors = failures.told_of(item.errors) or None
            for failed in part.completed or ():
                if failed.errors:
                    failed.errors = failures.told_of(failed.errors) or [
                        public_error(failed.errors[0])
                    ]
            shown: Part = {**part.formatted}
            for item in shown.get("incremental", ()):
                waiting = pending[item["id"]]
                item["path"] = [*waiting.path, *item.get("subPath", ())]
                if waiting.label is not None:
                    item["label"] = waiting.label
            yield shown
    finally:
        core.clock.stop()
        await following.aclose()  # whoever does not want the rest ends its work
        core.close()
