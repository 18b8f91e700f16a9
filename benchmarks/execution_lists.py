"""A schema of plain lists, as most servers have: no connections, cursors or counts.

People know people and work somewhere; all answers stand ready, so that execution alone is left.
Run by `benchmarks.execution`, both ways from this one schema.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import strawberry

from schema.context import Context
from schema.declare import attribute, definition, list_of, object_type
from schema.execution import Executor
from schema.relation import Call, relation_field
from schema.root import root_field

LEAVES = "key name region age"
LISTS = f"{{ people {{ {LEAVES} friends {{ {LEAVES} }} }} }}"
"""100 people with 10 friends each, 4 leaves of each of them."""

NETWORK = f"""{{ person {{ {LEAVES} circle {{ {LEAVES} circle {{ {LEAVES}
  employer {{ name }} }} }} }} }}"""
"""One person, 20 friends, 20 friends of each of them and where they work."""


@dataclass(frozen=True, slots=True)
class Employer:
    """Where a person works."""

    name: str


@dataclass(slots=True)
class Person:
    """Someone who knows others."""

    key: str
    name: str
    region: str | None
    age: int
    employer: Employer
    friends: list[Person] = field(default_factory=list)
    circle: list[Person] = field(default_factory=list)


def people(number: int = 2_000) -> list[Person]:
    """So many people; each has 10 friends and a circle of 20."""
    employers = [Employer(f"组织 {i}") for i in range(40)]
    regions = ("北京", "上海", None)
    made = [
        Person(f"p{i}", f"王小{i:04}", regions[i % 3], 20 + i % 50, employers[i % 40])
        for i in range(number)
    ]
    for i, person in enumerate(made):
        person.circle = [made[(i * 7 + step * 37) % number] for step in range(1, 21)]
        person.friends = person.circle[:10]
    return made


async def _friends(parents: Sequence[Person], _call: Call) -> list[list[Person]]:
    return [person.friends for person in parents]


async def _circle(parents: Sequence[Person], _call: Call) -> list[list[Person]]:
    return [person.circle for person in parents]


async def _employer(parents: Sequence[Person], _call: Call) -> list[Employer]:
    return [person.employer for person in parents]


def lists_schema() -> strawberry.Schema:
    """The schema, over people of its own."""
    known = people()
    said: dict[str, Any] = {"permission": "read:people", "description": "People."}
    employer: Any = object_type("Employer", "A place.", [attribute("name", str, "Its name.")])
    person: Any = object_type("Person", "Someone.", [])
    definition(person).fields += [
        attribute("key", str, "The key."),
        attribute("name", str, "The name."),
        attribute("region", str | None, "Where from."),
        attribute("age", int, "In years."),
        relation_field("friends", _friends, list_of(person), **said),
        relation_field("circle", _circle, list_of(person), **said),
        relation_field("employer", _employer, employer, **said),
    ]

    async def hundred(_call: Call) -> list[Person]:
        return known[:100]

    async def one(_call: Call) -> Person:
        return known[0]

    fields = [
        root_field("people", hundred, list_of(person), **said),
        root_field("person", one, person, **said),
    ]
    return strawberry.Schema(object_type("Query", "What can be asked.", fields))


class Lists:
    """Runs queries both ways on the schema of lists."""

    def __init__(self, extensions: Sequence[Any]) -> None:
        self._schema = lists_schema()
        self._schema.extensions = extensions
        self._executor = Executor(self._schema._schema)

    async def plan(self, query: str) -> Any:
        """By a plan, kept with its document."""
        nothing: Any = None
        return await self._executor.execute(query, None, Context(nothing))

    async def strawberry(self, query: str) -> Any:
        """By strawberry with a DataLoader for each relation."""
        nothing: Any = None
        return await self._schema.execute(query, context_value=Context(nothing))
