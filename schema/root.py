"""Root fields: what a query, a mutation or a subscription starts from."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any

from strawberry import Info
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from schema.loading import selected_by
from schema.relation import Call


class RootField(StrawberryField):
    """A field of Query; `metadata` holds its `resolve` function and its `permission`."""

    @property
    def is_basic_field(self) -> bool:
        """Never: it has no parent to read from."""
        return False

    def get_result(
        self, source: Any, info: Info | None, args: list[Any], kwargs: dict[str, Any]
    ) -> Awaitable[Any]:
        """The field's value."""
        assert info is not None
        call = Call(info.context, selected_by(info))
        found: Awaitable[Any] = self.metadata["resolve"](call, **kwargs)
        return found


def root_field(
    name: str,
    resolve: Callable[..., Awaitable[Any]],
    returns: Any,
    *,
    permission: str,
    description: str,
    arguments: Iterable[StrawberryArgument] = (),
) -> RootField:
    """A field of Query.

    Args:
        name: its name, snake case.
        resolve: `async def resolve(call, **arguments)`.
        returns: annotation of its value.
        permission: what a caller must be allowed.
        description: for people.
        arguments: what it takes.
    """
    made = RootField(
        python_name=name,
        graphql_name=to_camel_case(name),
        type_annotation=StrawberryAnnotation(returns),
        description=description,
        metadata={"resolve": resolve, "permission": permission},
    )
    made.arguments = list(arguments)
    return made


def event_field(
    name: str,
    subscribe: Callable[..., Awaitable[AsyncIterator[Any]]],
    returns: Any,
    *,
    permission: str,
    description: str,
    arguments: Iterable[StrawberryArgument] = (),
) -> RootField:
    """A field of Subscription; as `root_field`, but it gives events, each a value of the field.

    Args:
        subscribe: `async def subscribe(call, **arguments)`, which gives the events.
        name, returns, permission, description, arguments: as there.
    """
    made = root_field(
        name,
        subscribe,
        returns,
        permission=permission,
        description=description,
        arguments=arguments,
    )
    made.is_subscription = True
    return made
