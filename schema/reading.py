"""What relations take from the store's answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from graph.model import NodeRef, Record
from graph.query import Page
from schema.relation import Batch, Call


def first_node(page: Page[Any]) -> Any:
    """The record on a page of at most one."""
    return page.items[0].node if page.items else None


def first_edge(page: Page[Any]) -> Any:
    """The edge record on a page of at most one."""
    return page.items[0].edge if page.items else None


def opened(ref_of: Callable[[Any], NodeRef]) -> Batch:
    """The batch that opens the record each parent names; None where it is not there."""

    async def open_all(parents: Sequence[Any], call: Call) -> list[Record | None]:
        refs = [ref_of(parent) for parent in parents]
        found = await call.context.graph.records(refs, call.reads(""))
        return [found.get(ref) for ref in refs]

    return open_all
