"""graphql-core's executor, for operations without a plan: it too gives turns, and stops in time.

It completes an answer in one go wherever nothing awaits, so it looks at the clock before each
field, and lets others have their turn before it goes on with what a field has awaited.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from graphql import GraphQLOutputType
from graphql.execution.collect_fields import FieldDetailsList
from graphql.execution.executor import Executor
from graphql.pyutils import Path as CorePath
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from schema.execution.clock import Clock
from schema.execution.failures import Places


class Clocked(StrawberryGraphQLCoreExecutionContext):
    """Looks at the clock.

    Attributes:
        clock: of the operation. Once its time has passed all fields that are left fail, which
            takes little time; whoever runs the operation then says so of the whole.
        places: of its fields in the document.
    """

    def __init__(self, *operation: Any, **more: Any) -> None:
        super().__init__(*operation, **more)
        self.clock = Clock(None)
        self.places = Places()

    def execute_field(self, *field: Any) -> Any:
        """A field of one object.

        Raises:
            Overdue: the deadline has passed.
        """
        self.clock.check()
        return super().execute_field(*field)

    def handle_field_error(
        self,
        raw_error: Exception,
        return_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        path: CorePath,
    ) -> None:
        """Keeps an error, located without a look through the document for each."""
        error = self.places.located(raw_error, field_details_list, path.as_list())
        super().handle_field_error(error, return_type, field_details_list, path)

    async def with_abort_signal(self, awaitable: Awaitable[Any]) -> Any:
        """What a field awaited, once it is this one's turn.

        Raises:
            Overdue: the deadline has passed.
        """
        found = await super().with_abort_signal(awaitable)
        await self.clock.turn()
        return found


class Whole(Clocked):
    """Leaves @defer and @stream aside, as a server may.

    The fields of deferred fragments are collected apart; graphql-core's plain executor, which the
    one for parts extends, puts them where they stand.
    """

    def get_stream_usage(self, *_: Any) -> None:
        """No list is streamed."""

    execute_collected_root_fields = Executor.execute_collected_root_fields
    # only the name of its last parameter differs
    execute_collected_subfields = Executor.execute_collected_subfields  # type: ignore[assignment]
