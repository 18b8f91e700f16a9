"""Errors of an answer, and the nulls that they leave in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from typing import Any, Self

from graphql import GraphQLError, GraphQLNonNull, located_error
from graphql.execution.collect_fields import FieldDetailsList

from schema.errors import placed, public_error
from schema.execution.plan import Field

MAX_PER_LEVEL = 20
"""Most errors of one level that are told one by one."""

Path = list[str | int]


class Places:
    """Locates errors; each field's place in the document is looked for once."""

    def __init__(self) -> None:
        self._examples: dict[int, GraphQLError] = {}

    def located(self, error: Exception, details: FieldDetailsList, path: Path) -> GraphQLError:
        """The error, as graphql-core's `located_error` gives it."""
        nodes = [d.node for d in details]
        if isinstance(error, GraphQLError):  # it may know a place of its own
            return located_error(error, nodes, path)
        example = self._examples.get(id(nodes[0]))
        if example is None:
            example = self._examples[id(nodes[0])] = GraphQLError("", nodes)
        return placed(GraphQLError(str(error), path=path, original_error=error), example)


class Failures:
    """The answer and its errors while an operation runs.

    Attributes:
        data: the answer so far; None once an error has cost all of it.
        errors: those told, located.
        more: how many of each level are not, beside the first of them.

    A level is whatever its errors are counted under.
    """

    def __init__(
        self,
        data: dict[str, Any] | None,
        errors: list[GraphQLError] | None = None,
        most: int = MAX_PER_LEVEL,
    ) -> None:
        self.data = data
        self.errors = errors or []
        self.more: dict[Hashable, tuple[GraphQLError, int]] = {}
        self._most = most
        self._found: Counter[Hashable] = Counter()
        self._places = Places()

    @classmethod
    def of_core(
        cls, data: dict[str, Any] | None, errors: Iterable[GraphQLError] | None, most: int
    ) -> Self:
        """What graphql-core answered; the places in lists of one field are a level there."""
        found = cls(data, most=most)
        found.take(errors)
        return found

    def take(self, errors: Iterable[GraphQLError] | None) -> None:
        """Keeps errors of graphql-core."""
        for error in errors or ():
            self.add(tuple(step for step in error.path or () if isinstance(step, str)), error)

    def told_of(self, errors: Iterable[GraphQLError] | None) -> list[GraphQLError]:
        """What a client is told of these more errors, where it has been told the others already.

        The first that is too many says that those that follow are left out: how many there will
        be is not known yet.
        """
        before, known = len(self.errors), set(self.more)
        self.take(errors)
        passed = [_left_out(first) for at, (first, _) in self.more.items() if at not in known]
        return [public_error(error) for error in self.errors[before:]] + passed

    def told(self) -> list[GraphQLError]:
        """The errors as a client may see them."""
        more = [_summary(first, number) for first, number in self.more.values()]
        return [public_error(error) for error in self.errors] + more

    def add(self, level: Hashable, error: GraphQLError) -> None:
        """Keeps a located error; of many at one level, the first and the number of the rest."""
        self._keep(level, lambda: error)

    def of_field(self, level: Hashable, field: Field, error: Exception, path: Path) -> None:
        """Keeps the error of a field at that path, and puts null where its type lets it."""
        self.of_value(level, field, error, path)
        if isinstance(field.definition.type, GraphQLNonNull):
            self._spread(field, path)

    def of_value(self, level: Hashable, field: Field, error: Exception, path: Path) -> None:
        """Keeps the error of a field, or of a value in it, that may be null."""
        self._keep(level, lambda: self.located(field, error, path))

    def _keep(self, level: Hashable, located: Callable[[], GraphQLError]) -> None:
        """Locates only what is told."""
        self._found[level] += 1
        if self._found[level] <= self._most:
            self.errors.append(located())
        elif level in self.more:
            first, number = self.more[level]
            self.more[level] = first, number + 1
        else:
            self.more[level] = located(), 1

    def located(self, field: Field, error: Exception, path: Path) -> GraphQLError:
        """The error with its place."""
        return self._places.located(error, field.details, path)

    def _spread(self, field: Field, path: Path) -> None:
        """Null in the closest place around that may be null."""
        types = _types(field, path)
        end = len(path)
        while end and isinstance(types[end - 1], GraphQLNonNull):
            end -= 1
        if not end:
            self.data = None
            return
        place: Any = self.data
        for step in path[: end - 1]:
            place = place[step]
        place[path[end - 1]] = None

    def holds(self, path: Path, slot: dict[str, Any]) -> bool:
        """Whether that dict is still the answer's at that path, no error has cost it."""
        place: Any = self.data
        for step in path:
            if place is None:
                return False
            place = place[step]
        return place is slot

    def places(self, field: Field) -> dict[int, Path]:
        """The path of each dict of the answer that has this field, by the dict's id."""
        found: dict[int, Path] = {}

        def walk(value: Any, path: Path, keys: list[str]) -> None:
            if isinstance(value, list):
                for at, item in enumerate(value):
                    walk(item, [*path, at], keys)
            elif isinstance(value, dict):
                if not keys:
                    found[id(value)] = path
                elif value.get(keys[0]) is not None:
                    walk(value[keys[0]], [*path, keys[0]], keys[1:])

        walk(self.data, [], [f.key for f in field.trail()[:-1]])
        return found


def _types(field: Field, path: Path) -> list[Any]:
    """The type of each place on the way."""
    trail = iter(field.trail())
    types: list[Any] = []
    for step in path:
        if isinstance(step, str):
            types.append(next(trail).definition.type)
        else:
            around = types[-1]
            bare = around.of_type if isinstance(around, GraphQLNonNull) else around
            types.append(bare.of_type)
    return types


def _summary(first: GraphQLError, number: int) -> GraphQLError:
    """One error for the rest of a level's."""
    return _of_many(f"{number:,} more errors of this kind, the first of them here", first)


def _left_out(first: GraphQLError) -> GraphQLError:
    """One error for the rest of a field's, before they are known."""
    return _of_many("further errors of this kind are left out, the first of them here", first)


def _of_many(words: str, first: GraphQLError) -> GraphQLError:
    known = public_error(first)
    message = f"{words}: {known.message}"
    return placed(GraphQLError(message, path=first.path, extensions=known.extensions), first)
