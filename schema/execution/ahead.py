"""Levels read together: where one database call for several of them costs less than one for each.

What a relation will ask the store follows from the plan and its arguments, so whoever knows a
level's parents can ask for the levels below as well. The levels themselves run as ever, and find
their pages in memory; what was not foreseen they ask the store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from graphql import GraphQLError

from graph.errors import BadInput
from graph.model import NodeRef
from graph.query import Tree, Walk
from graph.walking import Ahead
from schema.execution.plan import Attribute, Field, Level
from schema.relation import Call

MOST_ROWS = 2_000
"""Most rows that levels foreseen may bring together. A record that stands on many pages is sought
anew for each, which level by level it is not."""


MOST_LEVELS = 8
"""Most levels of one call: a database plans a statement in a time that grows faster than it."""


class Foresight:
    """What one request reads ahead.

    Args:
        ahead: the graph of the request's context.
        call: what a level's function is called with, and its arguments.
    """

    def __init__(self, ahead: Ahead, call: Callable[[Level], tuple[Call, dict[str, Any]]]) -> None:
        self._ahead = ahead
        self._call = call
        self._foreseen: set[Level] = set()
        self._room = 0

    async def from_root(self, level: Level) -> None:
        """Reads the record that a root field opens, with what the levels below ask of it."""
        opens = getattr(level.call, "opens", None)
        if opens is None:
            return
        self._room = MOST_LEVELS
        try:
            call, given = self._call(level)
            ref = opens(**given)
            trees = self._trees(level.kids, "", level, [ref.kind], MOST_ROWS)
        except (GraphQLError, BadInput):
            return  # the level itself will say so
        if trees:
            await self._ahead.read(Walk(trees, records=True, fields=call.reads("")), [ref])

    async def below(self, waiting: Sequence[tuple[Level, list[Any], Any]]) -> None:
        """Reads what several levels ask, or one and those below it, of parents just found."""
        groups: dict[tuple[NodeRef, ...], list[Tree]] = {}
        for level, parents, _ in waiting:
            if level in self._foreseen or not hasattr(level.call, "query"):
                continue
            try:
                refs = tuple(dict.fromkeys(parent.ref for parent in parents))
            except (AttributeError, TypeError):
                continue  # no records, whatever the schema says: the level will say so
            self._room = MOST_LEVELS - sum(map(_size, groups.get(refs, ())))
            if tree := self._tree(level, MOST_ROWS // len(refs)):
                groups.setdefault(refs, []).append(tree)
        for refs, trees in groups.items():
            if len(trees) > 1 or trees[0].below:
                await self._ahead.read(Walk(tuple(trees)), refs)

    def _tree(self, level: Level, room: int) -> Tree | None:
        """What a level and those below it will ask; None where that cannot be told."""
        try:
            call, given = self._call(level)
            query = level.call.query(call, **given)  # type: ignore[attr-defined]
        except (GraphQLError, BadInput):
            return None  # the level itself will say so
        rows = query.window.size if query else 0
        if query is None or rows > room or not self._room:
            return None
        self._room -= 1
        self._foreseen.add(level)
        way, kinds = level.call.way, query.relation.targets  # type: ignore[attr-defined]
        return Tree(query, self._trees(level.kids, way, level, kinds, room // max(rows, 1)))

    def _trees(
        self, kids: Iterable[Level], way: str, level: Level, kinds: Sequence[str], room: int
    ) -> tuple[Tree, ...]:
        """The trees of those levels below one that all records found by it are asked."""
        found = []
        for kid in kids:
            asks_all = hasattr(kid.call, "query") and kid.parents.keys() >= set(kinds)
            if asks_all and _way(kid, level) == way and (tree := self._tree(kid, room)):
                found.append(tree)
        return tuple(found)


def _size(tree: Tree) -> int:
    return 1 + sum(map(_size, tree.below))


def _way(level: Level, above: Level) -> str:
    """The attributes that lead from a result of the level above to this level's parents."""
    names: list[str] = []
    up: Field | None = level.up
    while up is not None and up is not above:
        assert isinstance(up, Attribute)
        names.append(up.attribute)
        up = up.up
    return ".".join(reversed(names))
