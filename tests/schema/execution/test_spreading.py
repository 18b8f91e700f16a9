"""Nulls spread upwards, across levels and lists of lists, as graphql-core lets them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import strawberry

from schema.context import Context
from schema.declare import attribute, definition, object_type
from schema.execution import Executor, Mode
from schema.execution.failures import Failures
from schema.relation import Call, relation_field
from schema.root import root_field


@dataclass(frozen=True)
class Item:
    """A value; some numbers of it go wrong.

    Attributes:
        number: which one.
    """

    number: int

    @property
    def name(self) -> str | None:
        """Its name; every seventh has none, though it must."""
        return None if self.number % 7 == 6 else f"item {self.number}"

    @property
    def grid(self) -> list[Any]:
        """Numbers in rows; a few are none."""
        return [[self.number], ["x" if self.number % 11 == 5 else 1, None]]

    @property
    def cube(self) -> Any:
        """Items, ten lists deep."""
        value: Any = Item(self.number + 1)
        for _ in range(10):
            value = [value]
        return value


def _after(step: int) -> Any:
    async def after(parents: Sequence[Item], call: Call) -> list[Any]:
        return [
            RuntimeError(f"none after {p.number}") if p.number % 5 == 4 else Item(p.number + step)
            for p in parents
        ]

    return after


async def _children(parents: Sequence[Item], call: Call) -> list[Any]:
    return [None if p.number == 8 else [Item(p.number * 2), Item(p.number + 3)] for p in parents]


async def _items(call: Call, *, start: int = 0) -> list[Item]:
    return [Item(start + i) for i in range(12)]


async def _first(call: Call) -> Item:
    return Item(3)


def _relation(name: str, batch: Any, returns: Any) -> Any:
    return relation_field(name, batch, returns, permission="read:items", description=name)


@pytest.fixture(scope="module")
def nested() -> strawberry.Schema:
    """A schema in which almost nothing may be null."""
    item: Any = object_type("Item", "One.", [])
    cube: Any = item
    for _ in range(10):
        cube = list[cube]
    definition(item).fields += [
        attribute("name", str, "Its name."),
        attribute("grid", list[list[int | None]], "Rows."),
        attribute("cube", cube, "Lists of lists."),
        _relation("next", _after(1), item),
        _relation("maybe", _after(2), item | None),
        _relation("children", _children, list[item]),
    ]
    said: dict[str, Any] = {"permission": "read:items", "description": "Items."}
    query = object_type(
        "Query",
        "What can be asked.",
        [
            root_field("items", _items, list[item | None] | None, **said),
            root_field("first", _first, item, **said),
        ],
    )
    return strawberry.Schema(query)


async def _found(nested: strawberry.Schema, mode: Mode, query: str) -> list[Failures]:
    executor = Executor(nested._schema, mode, most_errors=10**6)
    graph: Any = None
    return [await executor.run(query, None, Context(graph)) for _ in range(2)]


def _told(found: Failures) -> set[tuple[tuple[str | int, ...], str]]:
    return {(tuple(error.path or ()), error.message) for error in found.errors}


@pytest.mark.parametrize(
    "query",
    [
        "{ items { name } }",
        "{ items { grid maybe { grid } } }",
        "{ items { next { number: name } } }",
        "{ items { maybe { next { maybe { name } } } } }",
        "{ items { children { children { name } } } }",
        "{ items { cube { name maybe { name } } } }",
        "{ items { a: next { __typename } b: next { maybe { __typename } } } }",
        "{ first { next { next { __typename } } } items { __typename } }",
        "{ first { name maybe { next { next { next { name } } } } } }",
    ],
)
async def test_answers_are_graphql_core_s(nested: strawberry.Schema, query: str) -> None:
    core, _ = await _found(nested, Mode.CORE, query)

    for plan in await _found(nested, Mode.PLAN, query):
        assert plan.data == core.data
        assert _told(plan) == _told(core)


async def test_an_error_that_nothing_stops_costs_the_whole_answer(
    nested: strawberry.Schema,
) -> None:
    query = "{ first { next { next { name } } } items { name } }"
    for found in await _found(nested, Mode.PLAN, query):
        assert found.data is None
        assert (("first", "next", "next"), "none after 4") in _told(found)


async def test_a_null_spreads_to_the_closest_place_that_may_be_null(
    nested: strawberry.Schema,
) -> None:
    for found in await _found(nested, Mode.PLAN, "{ items { next { name } } }"):
        assert found.data is not None
        assert found.data["items"][3:6] == [
            {"next": {"name": "item 4"}},
            None,
            None,
        ]
        assert _told(found) == {
            (("items", 4, "next"), "none after 4"),
            (("items", 9, "next"), "none after 9"),
            (("items", 5, "next", "name"), "Cannot return null for non-nullable field Item.name."),
        }
