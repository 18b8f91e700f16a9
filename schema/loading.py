"""Gathers all parents that ask a relation the same thing into one call.

graphql-core resolves field by field; this adapter waits until the parents of a level have all
asked. Parents ask the same when the same field nodes of the query brought them: then arguments
and selection are equal too.
"""

from __future__ import annotations

from asyncio import Future
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from graphql import (
    BooleanValueNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionNode,
    VariableNode,
)
from strawberry import Info
from strawberry.dataloader import DataLoader

SELECTED_DEPTH = 2
"""How deep a relation sees the selection below it: `edges.node`."""


def load(
    batch: Callable[..., Awaitable[Sequence[Any]]],
    call: Callable[[Any, frozenset[str]], Any],
    parent: Any,
    info: Info,
    arguments: dict[str, Any],
) -> Awaitable[Any]:
    """One parent's result of `batch(parents, call, **arguments)`."""
    nodes = info._raw_info.field_nodes
    key = (batch, *map(id, nodes))
    loader = info.context.loaders.get(key)
    if loader is None:
        here = call(info.context, selected_by(info))

        async def answer(parents: list[Any]) -> Sequence[Any]:
            if info.context.turn is not None:
                await info.context.turn()
            return await batch(parents, here, **arguments)

        loader = info.context.loaders[key] = DataLoader(load_fn=answer, cache=False)
    found: Future[Any] = loader.load(parent)
    found.add_done_callback(_seen)
    return found


def _seen(found: Future[Any]) -> None:
    """Whoever asked may be gone by now; asyncio would log an error that nobody has looked at."""
    if not found.cancelled():
        found.exception()


def selected_by(info: Info) -> frozenset[str]:
    """Dotted paths of the fields that the query asks for below the field being resolved."""
    raw = info._raw_info
    return selected(raw.field_nodes, raw.fragments, info.variable_values)


def selected(
    nodes: Iterable[FieldNode],
    fragments: Mapping[str, FragmentDefinitionNode],
    variables: Mapping[str, Any],
) -> frozenset[str]:
    """Dotted paths of the fields that the query asks for below these nodes."""

    def paths(nodes: Iterable[FieldNode], prefix: str, depth: int) -> Iterator[str]:
        for node in nodes:
            for child in fields(node.selection_set.selections if node.selection_set else ()):
                path = prefix + child.name.value
                yield path
                if depth > 1:
                    yield from paths((child,), f"{path}.", depth - 1)

    def fields(selections: Iterable[SelectionNode]) -> Iterator[FieldNode]:
        """Those among selections; fragments opened, what @skip and @include leave out left out."""
        for selection in selections:
            if not _wanted(selection, variables):
                continue
            if isinstance(selection, FieldNode):
                yield selection
            elif isinstance(selection, FragmentSpreadNode):
                yield from fields(fragments[selection.name.value].selection_set.selections)
            elif isinstance(selection, InlineFragmentNode):
                yield from fields(selection.selection_set.selections)

    return frozenset(paths(nodes, "", SELECTED_DEPTH))


def _wanted(selection: SelectionNode, variables: Mapping[str, Any]) -> bool:
    for directive in selection.directives or ():
        if directive.name.value in ("skip", "include") and directive.arguments:
            condition = directive.arguments[0].value
            if isinstance(condition, VariableNode):
                holds = variables.get(condition.name.value)
            else:
                assert isinstance(condition, BooleanValueNode)
                holds = condition.value
            if holds is not (directive.name.value == "include"):
                return False
    return True
