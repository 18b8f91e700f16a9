"""Relations: fields that take all parents of a level at once and answer each of them."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol, get_args, get_type_hints

from strawberry import Info
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from graph.query import RelatedQuery
from schema.context import Context
from schema.loading import load

Batch = Callable[..., Awaitable[Sequence[Any]]]
"""`batch(parents, call, **arguments)`: one result for each parent, in order; an Exception among
the results is that parent's error."""


class Foreseen(Protocol):
    """A batch that can tell what it will ask the store before its parents are known.

    Attributes:
        way: from one of its results to the records of its pages: `edges.node`; empty where the
            result is the record.
    """

    way: str

    def query(self, call: Call, **arguments: Any) -> RelatedQuery | None:
        """The pages it will ask for, of the records that are its parents; None if it will not."""
        ...


Reads = Mapping[str, frozenset[str] | None]
"""Attributes that are read, by the path to what they are read from; None = all."""

NOTHING: frozenset[str] = frozenset()


class Call:
    """What a relation knows of the place it is called from.

    Attributes:
        context: the request's context.
        kept: what relations keep at this place of the query for its next run, where its arguments
            are always the same; None where they are not.
    """

    __slots__ = ("_reads", "_selected", "context", "kept")

    def __init__(
        self,
        context: Context,
        selected: frozenset[str],
        reads: Reads | None = None,
        kept: dict[object, Any] | None = None,
    ) -> None:
        self.context = context
        self.kept = kept
        self._selected = selected
        self._reads = reads

    def selects(self, *paths: str) -> bool:
        """Whether the query asks for one of these: `totalCount`, `edges.node`."""
        return not self._selected.isdisjoint(paths)

    def reads(self, path: str) -> frozenset[str] | None:
        """The attributes that the answer takes from the values at a path: `edges.node`.

        Args:
            path: attributes from the result down to the values; empty = the result itself.

        Returns:
            names of attributes; None = whoever knows, so all.
        """
        return None if self._reads is None else self._reads.get(path, NOTHING)

    def selects_below(self, path: str, *, beside: Collection[str]) -> bool:
        """Whether the query asks for something directly below `path` beside these names."""
        known = {f"{path}.{name}" for name in beside}
        return any(p.startswith(f"{path}.") and p not in known for p in self._selected)


class RelationField(StrawberryField):
    """A batched field; `metadata` holds its `batch` function, its `permission`, and its `needs`."""

    @property
    def is_basic_field(self) -> bool:
        """Never: the field takes its value from a batch."""
        return False

    def get_result(
        self, source: Any, info: Info | None, args: list[Any], kwargs: dict[str, Any]
    ) -> Awaitable[Any]:
        """The parent's result, out of the one call for its whole level."""
        assert info is not None
        return load(self.metadata["batch"], Call, source, info, kwargs)


def relation_field(
    name: str,
    batch: Batch,
    returns: Any,
    *,
    permission: str,
    description: str,
    arguments: Iterable[StrawberryArgument] = (),
    needs: tuple[str, ...] | None = None,
) -> RelationField:
    """A batched field.

    Args:
        name: its name, snake case.
        batch: the function that answers it.
        returns: annotation of one parent's result.
        permission: what a caller must be allowed, for example `read:customers`.
        description: for people.
        arguments: what it takes beside parents and call.
        needs: the attributes of its parents that the batch reads, dotted where they lead on;
            None = any, so that the parents are read whole.
    """
    made = RelationField(
        python_name=name,
        graphql_name=to_camel_case(name),
        type_annotation=StrawberryAnnotation(returns),
        description=description,
        metadata={"batch": batch, "permission": permission, "needs": needs},
    )
    made.arguments = list(arguments)
    return made


def relation(permission: str, *, needs: tuple[str, ...] | None = None) -> Callable[[Batch], Any]:
    """Declares a method of a view a relation that callers with `permission` may follow.

    It `needs` these attributes of its parents; any of them if that is not said.

    The method is static: `async def name(parents: list[Record], call: Call, *, first: int = 20)
    -> list[Result]`. Its arguments become the field's, its docstring's first line the description;
    records in the result are shown by their views.
    """

    def declare(method: Batch) -> RelationField:
        batch: Batch = getattr(method, "__func__", method)  # what @staticmethod wraps
        (result,) = get_args(get_type_hints(batch, include_extras=True)["return"])
        return relation_field(
            batch.__name__,
            batch,
            result,
            permission=permission,
            description=(inspect.getdoc(batch) or "").split("\n")[0],
            arguments=_arguments(batch),
            needs=needs,
        )

    return declare


def _arguments(batch: Batch) -> list[StrawberryArgument]:
    given = list(inspect.signature(batch).parameters.values())[2:]
    space = batch.__globals__
    return [
        StrawberryArgument(
            python_name=p.name,
            graphql_name=None,
            type_annotation=StrawberryAnnotation(p.annotation, namespace=space),
            default=p.default,
        )
        for p in given
    ]
