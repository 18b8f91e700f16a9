"""Relay connections: a page of records, with the properties of the edges that lead to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import strawberry
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from graph.errors import BadInput
from graph.model import Record
from graph.query import Hit, Page, Window
from schema.declare import argument, attribute, list_of, object_type

DEFAULT_PAGE = 20
MAX_PAGE = 100


class RelayEdge:
    """One member of a connection: its cursor, the edge record if there is one, and the node."""

    __slots__ = ("_at", "_page", "edge", "node")

    def __init__(self, page: Page[Any], at: int, edge: Record | None, node: Record) -> None:
        self._page = page
        self._at = at
        self.edge = edge
        self.node = node

    @property
    def cursor(self) -> str:
        """The member's place in the order."""
        return self._page.cursors[self._at]


@strawberry.type(description="Where a page lies in the whole.")
class PageInfo:
    """Where a page lies in the whole."""

    has_next_page: bool = strawberry.field(description="Whether more members follow.")
    has_previous_page: bool = strawberry.field(description="Whether members stand before.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first member here.")
    end_cursor: str | None = strawberry.field(description="Cursor of the last member here.")


class Connection:
    """The value behind every connection type; builds only what is asked of it.

    Args:
        page: the page; it and `cursors` say all that is shown.
        cursors: whether its edges are asked for their cursors; hits serve as they are if not.
    """

    __slots__ = ("_cursors", "page")

    def __init__(self, page: Page[Any], *, cursors: bool = True) -> None:
        self.page = page
        self._cursors = cursors

    @property
    def total_count(self) -> int | None:
        """Number of members on all pages."""
        return self.page.total

    @property
    def edges(self) -> Sequence[RelayEdge | Hit]:
        """The page's members."""
        page = self.page
        items = page.items
        if items and items[0].__class__ is not Hit:
            items = tuple([Hit(None, item) for item in items])
        if not self._cursors:
            return items
        return [RelayEdge(page, at, edge, node) for at, (edge, node) in enumerate(items)]

    @property
    def page_info(self) -> PageInfo:
        """Where the page lies in the whole."""
        page = self.page
        return PageInfo(
            has_next_page=page.has_next,
            has_previous_page=page.has_previous,
            start_cursor=page.cursors[0] if page.items else None,
            end_cursor=page.cursors[-1] if page.items else None,
        )


NO_PAGE: Page[Any] = Page((), ())


def connection_type(
    prefix: str, what: str, node: Any, edge_fields: Iterable[StrawberryField] = ()
) -> type:
    """The GraphQL types `<prefix>Connection` and `<prefix>Edge`.

    Args:
        prefix: what their names begin with.
        what: its members in words.
        node: annotation of a member.
        edge_fields: the properties of the edge between.
    """
    cursor = attribute("cursor", str, "Its place in this order, for `after` and `before`.")
    end = attribute("node", node, "The record.")
    edge: Any = object_type(f"{prefix}Edge", f"One of {what}.", [cursor, *edge_fields, end])
    return object_type(
        f"{prefix}Connection",
        f"A page of {what}.",
        [
            attribute("edges", list_of(edge), "The members on this page."),
            attribute("page_info", PageInfo, "Where this page lies in the whole."),
            attribute("total_count", int, "Number of members on all pages."),
        ],
    )


def page_arguments(filter_type: Any, order_type: Any) -> list[StrawberryArgument]:
    """The arguments that every connection takes."""
    return [
        argument("first", int, f"At most that many from the start; {DEFAULT_PAGE} if not given."),
        argument("after", str, "Only what follows this cursor."),
        argument("last", int, "At most that many from the end; not together with `first`."),
        argument("before", str, "Only what stands before this cursor."),
        argument("filter", filter_type, "Only what fulfils this."),
        argument("order_by", list_of(order_type), "Sorted by these keys, then by key."),
    ]


def window(
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> Window:
    """The part of a set that paging arguments ask for.

    Raises:
        BadInput: a page of fewer than 0 or more than 100, or `first` and `last` at once.
    """
    if first is not None and last is not None:
        raise BadInput("give either `first` or `last`, not both")
    if last is None:
        size = page_size("first", first, "ask for the next page with `after`")
        return Window(size, None, after, before)
    size = page_size("last", last, "ask for the page before with `before`")
    return Window(None, size, after, before)


def page_size(name: str, size: int | None, remedy: str) -> int:
    """The number of records asked for, the default where none is.

    Raises:
        BadInput: fewer than 0 or more than 100; says the remedy.
    """
    if size is not None and not 0 <= size <= MAX_PAGE:
        raise BadInput(f"{name} is {size:,}; it may be from 0 to {MAX_PAGE}; {remedy}")
    return DEFAULT_PAGE if size is None else size
