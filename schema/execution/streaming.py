"""Lists with @stream: all that is left of a list is begun at once, so that levels stay one call.

graphql-core would complete a streamed list item by item, and so ask for the relations below each
of them by itself.
"""

from __future__ import annotations

from asyncio import ensure_future
from collections.abc import AsyncIterator, Awaitable, Iterator
from inspect import CORO_CREATED, getcoroutinestate
from types import CoroutineType
from typing import Any, TypeGuard
from weakref import WeakSet

from graphql import GraphQLOutputType, GraphQLResolveInfo
from graphql.execution.collect_fields import FieldDetailsList
from graphql.execution.executor import StreamUsage
from graphql.execution.incremental.stream_item_queue import StreamItemQueue
from graphql.pyutils import Path

from graph.errors import BadInput
from schema.execution.core import Clocked


class InParts(Clocked):
    """graphql-core's executor of operations with @defer and @stream."""

    def __init__(self, *operation: Any, **more: Any) -> None:
        super().__init__(*operation, **more)
        self._waiting: WeakSet[Any] = WeakSet()
        awaitable, waiting = self.is_awaitable, self._waiting

        def noted(value: Any) -> TypeGuard[Awaitable[Any]]:
            found = awaitable(value)
            if found and isinstance(value, CoroutineType):
                waiting.add(value)
            return found

        self.is_awaitable = noted

    def close(self) -> None:
        """Ends what was to be awaited and has not begun; Python warns of what it finds so."""
        for coroutine in list(self._waiting):
            if getcoroutinestate(coroutine) == CORO_CREATED:
                coroutine.close()

    def get_stream_usage(self, details: FieldDetailsList, path: Path) -> StreamUsage | None:
        """How a list is streamed; None if it is not.

        Raises:
            BadInput: `initialCount` is negative.
        """
        try:
            return super().get_stream_usage(details, path)
        except ValueError as error:
            raise BadInput("initialCount is below 0; give the number of items to begin with") from (
                error
            )

    def handle_stream(
        self,
        index: int,
        path: Path,
        iterator: Iterator[Any] | AsyncIterator[Any],
        is_async: bool,
        stream_usage: StreamUsage,
        info: GraphQLResolveInfo[Any],
        item_type: GraphQLOutputType,
    ) -> bool:
        """Streams what is left of a list, if anything is."""
        assert isinstance(iterator, Iterator)  # no list of ours is read piece by piece
        left = list(iterator)
        if not left:
            return False
        return super().handle_stream(
            index, path, iter(left), is_async, stream_usage, info, item_type
        )

    def build_stream_item_queue(
        self,
        initial_index: int,
        stream_path: Path,
        iterator: Iterator[Any] | AsyncIterator[Any],
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        item_type: GraphQLOutputType,
        is_async: bool,
    ) -> StreamItemQueue:
        """The queue of what is left, begun when the first part has been taken."""
        assert isinstance(iterator, Iterator)
        left = list(iterator)

        async def produce(queue: StreamItemQueue) -> None:
            for at, item in enumerate(left, initial_index):
                result = self.create_sub_executor().complete_stream_item(
                    stream_path.add_key(at, None), item, field_details_list, info, item_type
                )
                waits = self.is_awaitable(result)
                await queue.push(ensure_future(result) if waits else result)  # type: ignore[arg-type]

        return StreamItemQueue(produce, capacity=len(left) + 1)
