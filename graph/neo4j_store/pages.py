"""Rows of a page to a Page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from graph.query import FindQuery, Page, RelatedQuery

T = TypeVar("T")


def page(
    rows: Sequence[Sequence[Any]],
    total: int | None,
    query: FindQuery | RelatedQuery,
    item: Callable[[Sequence[Any]], T],
) -> Page[T]:
    """The page that rows make.

    Args:
        rows: in the order they were asked in, one more than the page holds where there is more;
            each begins with its place in the order.
        total: size of the whole set, if it was asked for.
        query: what was asked.
        item: a row's record or hit.
    """
    window = query.window
    more = len(rows) > window.size
    kept = rows[: window.size]
    if window.backward:
        kept = kept[::-1]
    return Page(
        items=tuple(map(item, kept)),
        positions=tuple(tuple(row[0]) for row in kept),
        has_next=window.before is not None or (more and not window.backward),
        has_previous=window.after is not None or (more and window.backward),
        total=total,
        order=query.order,
    )
