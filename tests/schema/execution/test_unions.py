"""Unions and interfaces of types that are no records: planned, and answered as graphql-core does.

The schema of renmai itself has no union; this one has what a union may hold: types of their own,
records, generic types, types that know themselves, unions in unions.
"""

from __future__ import annotations

from typing import Annotated, Any, Generic, TypeVar

import pytest
import strawberry
from graphql import GraphQLSchema

from schema.context import Context
from schema.declare import definition, object_type
from schema.execution import Executor, Mode
from schema.relation import Call, relation_field
from schema.root import root_field

T = TypeVar("T")


@strawberry.type
class Number:
    """Has relations, which strawberry gets below."""

    x: int


@strawberry.type
class Word:
    """May hold what it must not."""

    y: str


@strawberry.type
class Box(Generic[T]):
    """Several types of one class."""

    value: T


@strawberry.type
class Known:
    """Knows itself by more than its class."""

    name: str

    @classmethod
    def is_type_of(cls, value: Any, _info: object) -> bool:
        """Whether a value is one."""
        return getattr(value, "known", False)


class Stranger:
    """Of no class that a schema knows."""

    known = True
    name = "stranger"


@strawberry.interface
class Named:
    """What has a name."""

    name: str


@strawberry.type
class Cat(Named):
    """One kind of it."""

    lives: int


@strawberry.type
class Dog(Named):
    """Another one."""

    tricks: list[str]


Inner = Annotated[Number | Word, strawberry.union("Inner")]


@strawberry.type
class Pair:
    """Unions in a union."""

    left: Inner
    right: Inner | None
    all: list[Inner | None]


Outer = Annotated[
    Number | Word | Pair | Box[int] | Box[str] | Known | Cat | Dog, strawberry.union("Outer")
]
One = Annotated[Word, strawberry.union("One")]

BAD: Any = None
VALUES = [
    Number(x=1),
    Word(y="b"),
    Word(y=BAD),
    Pair(left=Number(x=2), right=None, all=[Word(y="c"), None, Number(x=3)]),
    Pair(left=Word(y="d"), right=Number(x=BAD), all=[Word(y=BAD), Number(x=4)]),
    Pair(left=BAD, right=Word(y="e"), all=[]),
    Box(value=5),
    Box(value="six"),
    Stranger(),
    Cat(name="Tom", lives=9),
    Dog(name="Rex", tricks=["sit"]),
    Dog(name="Bad", tricks=BAD),
    RuntimeError("lost"),
    object(),
    None,
]


async def outer(call: Call) -> Any:
    """Values of every kind, wrong ones among them."""
    return VALUES


async def fine(call: Call) -> Any:
    """Good values of types with a class of their own."""
    return [v for v in VALUES[:4] if v is not VALUES[2]] * 4


async def one(call: Call) -> Any:
    """The union of one type."""
    return [Word(y="w"), Number(x=1)]


async def named(call: Call) -> Any:
    """What has a name, and what has none."""
    return [*VALUES[9:12], Number(x=1)]


async def cats(call: Call) -> Any:
    """Values of a type with an interface, asked for itself."""
    return [Cat(name="Tom", lives=9), Dog(name="Rex", tricks=[])]


async def following(parents: list[Any], call: Call) -> list[Any]:
    """What follows each number."""
    return [None if p.x == 4 else Number(x=p.x + 1) for p in parents]


FRAGMENT = """fragment F on Outer { __typename ... on Number { x next { x next { x } } }
  ... on Word { y } ... on Pair { left { ...I } right { ...I } all { ...I } }
  ... on IntBox { n: value } ... on StrBox { s: value } ... on Known { name }
  ... on Named { __typename called: name } ... on Cat { lives } ... on Dog { tricks } }
  fragment I on Inner { __typename ... on Number { x next { x } } ... on Word { y } }"""
QUERIES = [
    f"{{ outer {{ ...F }} }} {FRAGMENT}",
    f"{{ fine {{ ...F }} }} {FRAGMENT}",
    "{ one { __typename ... on Word { y } } }",
    "{ named { __typename name ... on Dog { tricks } } }",
    "{ cats { name lives __typename } }",
    "{ outer { ... on Named { name } } fine { ... on Pair { all { __typename } } } }",
]


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    number: Any = Number
    definition(number).fields.append(
        relation_field("next", following, Number | None, permission="t", description="Next.")
    )
    fields = [
        root_field("outer", outer, list[Outer | None], permission="t", description="All."),
        root_field("fine", fine, list[Outer], permission="t", description="Good ones."),
        root_field("one", one, list[One | None], permission="t", description="One type."),
        root_field("named", named, list[Named | None], permission="t", description="Named."),
        root_field("cats", cats, list[Cat | None], permission="t", description="Cats."),
    ]
    return strawberry.Schema(object_type("Query", "The root.", fields))._schema


async def answers(schema: GraphQLSchema, mode: Mode, query: str) -> tuple[Any, Executor]:
    """Three answers, the last two by the generated functions."""
    runner = Executor(schema, mode)
    nothing: Any = None
    found = [await runner.run(query, None, Context(nothing)) for _ in range(3)]
    shown = [
        (repr(f.data), sorted((str(e.path), e.message, str(e.locations)) for e in f.errors))
        for f in found
    ]
    return shown, runner


@pytest.mark.parametrize("query", QUERIES)
async def test_a_union_is_answered_as_graphql_core_does(schema: GraphQLSchema, query: str) -> None:
    plan, planned = await answers(schema, Mode.PLAN, query)
    core, _ = await answers(schema, Mode.CORE, query)

    assert plan == core
    assert (planned.counters.planned, dict(planned.counters.generic)) == (3, {})


async def test_good_values_of_a_union_surprise_no_function(schema: GraphQLSchema) -> None:
    (*_, (data, errors)), runner = await answers(schema, Mode.PLAN, QUERIES[1])

    assert errors == []
    assert data.count("'left': {'__typename': 'Number', 'x': 2, 'next': {'x': 3}}") == 4
    assert dict(runner.counters.slow) == {}
    assert runner.counters.generated > 0
