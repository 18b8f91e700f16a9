"""The composition root: store, snapshots and schema, opened and closed together."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any, Self

from graphql import OperationType

from api.caches import keep_kernels, snapshot_cache
from api.settings import MEBIBYTE, Settings
from api.stores import serving_store
from api.timing import TimeLimit
from graph.at_least import AtLeast
from graph.errors import BadInput
from graph.feed import Feeds
from graph.snapshots import Snapshots
from graph.store import TenantGraph
from graph.versions import PATIENCE_S, Versions
from schema.build import build_schema
from schema.computing import Analytics
from schema.context import Context
from schema.execution import Mode, documents

QUERIES = frozenset({OperationType.QUERY})
EVERYTHING = frozenset({OperationType.QUERY, OperationType.MUTATION})
"""What has one answer; subscriptions are run by `api.subscribing`."""


class Service:
    """What answers GraphQL; use it as an async context manager.

    Args:
        settings: what is served, and how.
        create: whether a store that is not there is made.
    """

    def __init__(self, settings: Settings, *, create: bool = True) -> None:
        self.settings = settings
        keep_kernels(settings)
        self.store = serving_store(settings, create=create)
        # at most half of a request's time, so that it is told what it waited for
        patience_s = min(PATIENCE_S, settings.request_timeout_s / 2)
        self.snapshots = Snapshots(
            self.store,
            cache=snapshot_cache(settings),
            memory_bytes=settings.snapshot_memory_mb * MEBIBYTE,
            patience_s=patience_s,
        )
        self.feeds = Feeds(self.store, settings.subscription_poll_ms / 1_000)
        self.analytics = Analytics(
            self.snapshots, memory_bytes=settings.answer_memory_mb * MEBIBYTE
        )
        self.versions = Versions(patience_s)
        self.schema = build_schema(Mode(settings.executor.value), max_cost=settings.max_cost)

    async def __aenter__(self) -> Self:
        await self.store.ready()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.feeds.close()
        await self.snapshots.close()
        await self.store.close()

    def context(self, actor: str, deadline: float | None = None, at_least: int = 0) -> Context:
        """What one request brings along.

        Args:
            actor: who asks.
            deadline: when to give up, in seconds of `time.perf_counter`.
            at_least: a version that the answer must take into account; 0 = any.
        """
        graph: TenantGraph = self.store.tenant(self.settings.tenant)
        if at_least:
            graph = AtLeast(graph, at_least, self.versions)
        return Context(
            graph=graph,
            walks=graph.walks,
            actor=actor,
            region=self.settings.phone_region,
            deadline=deadline,
            at_least=at_least,
            analytics=self.analytics,
            feed=self.feeds.of(self.settings.tenant),
        )

    def text(self, query: str, sha256: str | None) -> str:
        """The text of a document that a request names by its text, its hash, or both.

        Raises:
            BadInput: the hash is not the text's.
            PersistedQueryNotFound: only the hash is given, and no text that is kept has it.
        """
        if sha256 is None:
            return query
        if not query:
            return self.schema.executor.documents.text(sha256)
        if documents.sha256(query) != sha256:
            raise BadInput(
                "sha256Hash is not the hash of `query`; send the SHA-256 of its UTF-8 text, "
                "or no persistedQuery"
            )
        return query

    async def execute(
        self,
        query: str,
        variables: dict[str, Any] | None = None,
        operation: str | None = None,
        *,
        actor: str,
        read_only: bool = False,
        at_least: int = 0,
        fragments: bool = False,
    ) -> dict[str, Any]:
        """The answer to one operation, as the document that is sent to the client.

        Args:
            query: the document's text.
            variables: values of its variables.
            operation: the operation to run where the document has several.
            actor: who asks.
            read_only: whether only queries may run.
            at_least: a version that the answer must take into account.
            fragments: whether orjson alone reads the answer: see `Context.fragments`.

        Raises:
            InvalidOperationTypeError: a mutation where only queries may run.
            TimedOut: it took longer than the settings allow.
        """
        limit = self.settings.request_timeout_s
        deadline = time.perf_counter() + limit
        context = self.context(actor, deadline, at_least)
        context.fragments = fragments
        with TimeLimit(limit, context):
            result = await self.schema.execute(
                query,
                variables,
                context,
                operation_name=operation,
                allowed_operation_types=QUERIES if read_only else EVERYTHING,
                deadline=deadline,
            )
        return document(result.data, result.errors)


def document(data: dict[str, Any] | None, errors: list[Any] | None) -> dict[str, Any]:
    """An execution's result as the GraphQL specification writes it: errors first."""
    found: dict[str, Any] = {}
    if errors:
        found["errors"] = [error.formatted for error in errors]
    if data is not None or not errors or any(error.path for error in errors):
        found["data"] = data
    return found
