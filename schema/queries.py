"""The root fields that read records: by id, by key, page by page, and by search.

All are nullable, so that a failure costs its own field and not the whole answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import strawberry
from strawberry.types.field import StrawberryField

from graph.errors import BadInput
from graph.ids import from_global_id
from graph.inputs import validate_key
from graph.model import NodeRef, RecordInfo, node_records, record_info
from graph.query import FindQuery, check_cursors
from schema.comparisons import checked_text
from schema.connection import (
    MAX_PAGE,
    NO_PAGE,
    Connection,
    connection_type,
    page_arguments,
    page_size,
    window,
)
from schema.declare import argument, list_of
from schema.filters import convert, record_filter
from schema.names import NodeKind, permission_to_read, snake, words
from schema.ordering import convert_order, record_order
from schema.records import Node
from schema.relation import Call
from schema.root import root_field
from schema.scalars import graphql_enum
from schema.view import VIEWS

LISTED: tuple[RecordInfo, ...] = (*node_records(), record_info("Referral"))
"""The records that can be read by key and page by page."""

ONE_OF_MANY = {"staff": "staff_member"}
"""What one is called where the plural is the same word."""


@strawberry.type(description="A record found by its words.")
class SearchHit:
    """A record found by its words."""

    score: float = strawberry.field(
        description="1 for the whole text, less for its beginning or a part of it."
    )
    node: Node = strawberry.field(description="The record.")


def fields() -> list[StrawberryField]:
    """The root fields."""
    made: list[StrawberryField] = [_node(), _nodes(), _search()]
    for info in LISTED:
        made += [_by_key(info), _listing(info)]
    return made


class ByKey:
    """The root field that opens one record by its key.

    Attributes:
        kind: name of the record.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def opens(self, *, key: str) -> NodeRef:
        """The record that it will open.

        Raises:
            BadInput: no key.
        """
        return NodeRef(self.kind, validate_key(key))

    async def __call__(self, call: Call, *, key: str) -> Any:
        """The record; None if it is not there."""
        checked = validate_key(key)
        found = await call.context.graph.nodes(self.kind, [checked], call.reads(""))
        return found.get(checked)


class ById:
    """The root field that opens one record of any kind."""

    def opens(self, *, id: str) -> NodeRef:
        """The record that it will open.

        Raises:
            BadInput: no id.
        """
        return from_global_id(id)

    async def __call__(self, call: Call, *, id: str) -> Any:
        """The record; None if it is not there."""
        ref = from_global_id(id)
        return (await call.context.graph.records([ref], call.reads(""))).get(ref)


def _by_key(info: RecordInfo) -> StrawberryField:
    one = snake(info.name)
    return root_field(
        ONE_OF_MANY.get(one, one),
        ByKey(info.name),
        VIEWS[info.name] | None,
        permission=permission_to_read(info.name),
        description=f"The {info.name} of that key; null if there is none.",
        arguments=[argument("key", str, "The caller's own identifier.", required=True)],
    )


def _listing(info: RecordInfo) -> StrawberryField:
    filters, orders = record_filter(info.name), record_order(info.name)

    async def listing(
        call: Call,
        *,
        filter: Mapping[str, Any] | None = None,
        order_by: Sequence[Mapping[str, Any]] | None = None,
        **paging: Any,
    ) -> Connection:
        query = FindQuery(
            info.name,
            convert(filters, filter),
            convert_order(orders, order_by),
            window(**paging),
            count=call.selects("totalCount"),
            fields=call.reads("edges.node"),
        )
        check_cursors(query.window, query.order)
        if not call.selects("edges", "pageInfo", "totalCount"):
            return Connection(NO_PAGE)
        page = await call.context.graph.find(query)
        return Connection(page, cursors=call.selects("edges.cursor"))

    return root_field(
        info.plural,
        listing,
        connection_type(info.name, info.plural, VIEWS[info.name]) | None,
        permission=permission_to_read(info.name),
        description=f"All {words(info.plural)}, page by page.",
        arguments=page_arguments(filters.input, orders.input),
    )


def _node() -> StrawberryField:
    return root_field(
        "node",
        ById(),
        Node | None,
        permission="read:nodes",
        description="The record of that id; null if there is none.",
        arguments=[argument("id", strawberry.ID, "An `id` from an answer.", required=True)],
    )


def _nodes() -> StrawberryField:
    async def nodes(call: Call, *, ids: Sequence[str]) -> list[Any]:
        if len(ids) > MAX_PAGE:
            raise BadInput(f"{len(ids):,} ids; ask for at most {MAX_PAGE} at once")
        refs = [from_global_id(id) for id in ids]
        found = await call.context.graph.records(refs, call.reads(""))
        return [found.get(ref) for ref in refs]

    return root_field(
        "nodes",
        nodes,
        list[Node | None] | None,
        permission="read:nodes",
        description="The records of those ids, in that order; null for each that is not there.",
        arguments=[argument("ids", list[strawberry.ID], "At most 100 ids.", required=True)],
    )


def _search() -> StrawberryField:
    async def search(
        call: Call, *, text: str, kinds: Sequence[Any] | None = None, first: int | None = None
    ) -> list[Any]:
        size = page_size("first", first, "ask for fewer")
        wanted = [kind.value for kind in (NodeKind if kinds is None else kinds)]
        return await call.context.graph.search(checked_text(text, "text"), wanted, size)

    return root_field(
        "search",
        search,
        list[SearchHit] | None,
        permission="read:nodes",
        description="Records by their words: names (Chinese also by pinyin and initials), phones, "
        "e-mail addresses; best first.",
        arguments=[
            argument(
                "text", str, "What to look for; one Chinese character is enough.", required=True
            ),
            argument(
                "kinds",
                list_of(graphql_enum(NodeKind)),
                "Only records of these kinds; all if not given.",
            ),
            argument("first", int, "At most that many; 20 if not given, at most 100."),
        ],
    )
