"""Completes a level step by step, as graphql-core does, with the path of every value.

This is for what the generated function does not handle: errors, values of the wrong class, null
where none may be; and for small levels seen once, which are not worth a generated function. What
it says of a value is what graphql-core's `Executor.complete_value` says of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any, NamedTuple

from graphql import (
    GraphQLAbstractType,
    GraphQLError,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    Undefined,
    is_abstract_type,
    is_leaf_type,
)
from graphql.execution.executor import Executor, invalid_return_type_error
from graphql.pyutils import Path as CorePath
from graphql.pyutils import is_iterable

from schema.execution.clock import Clock, Overdue
from schema.execution.failures import Failures, Path
from schema.execution.plan import Attribute, Field, Level


class Part(NamedTuple):
    """Some or all of a level.

    Attributes:
        parents: whose field the level is.
        results: what its call gave for each.
        slots: the dicts that the completed results go into.
    """

    parents: list[Any]
    results: list[Any]
    slots: list[dict[str, Any]]

    def at(self, places: Sequence[int]) -> Part:
        """The part at these places."""
        parents, results, slots = self
        return Part(
            [parents[i] for i in places], [results[i] for i in places], [slots[i] for i in places]
        )


class Completion:
    """Completes one level.

    Args:
        core: graphql-core's executor of the same operation, for what it says of types.
        failures: the answer and its errors.
        level: the level.
        lists: where parents and dicts of the levels below are kept, two lists for each.
        clock: gives others their turn.
    """

    def __init__(
        self,
        core: Executor[Any],
        failures: Failures,
        level: Level,
        lists: list[list[Any]],
        clock: Clock,
    ) -> None:
        self._core = core
        self._failures = failures
        self._level = level
        self._lists = lists
        self._clock = clock
        self._paths: list[list[Path]] = [[] for _ in level.kids]
        self._lengths = [len(part) for part in lists]

    async def run(self, part: Part) -> None:
        """Puts each result, completed, into its slot.

        Raises:
            Overdue: the deadline passed.
        """
        level, failures = self._level, self._failures
        places = failures.places(level)
        for parent, result, slot in zip(*part, strict=True):
            await self._clock.turn()
            path = places.get(id(slot))
            if path is None or not failures.holds(path, slot):
                continue  # an error elsewhere has cost this place
            slot[level.key] = None
            here = [*path, level.key]
            try:
                owner = self._owner(parent)
                slot[level.key] = self._value(level.definition.type, result, level, here, owner)
            except Overdue:
                raise
            except Exception as error:
                failures.of_field(level, level, error, here)
        self._drop_lost()

    def _drop_lost(self) -> None:
        """Levels below are not asked for what an error has cost."""
        for i, paths in enumerate(self._paths):
            parents, slots = self._lists[2 * i], self._lists[2 * i + 1]
            start = self._lengths[2 * i]
            kept = [
                (parent, slot)
                for parent, slot, path in zip(parents[start:], slots[start:], paths, strict=True)
                if self._failures.holds(path, slot)
            ]
            parents[start:] = [parent for parent, _ in kept]
            slots[start:] = [slot for _, slot in kept]

    def _owner(self, parent: Any) -> GraphQLObjectType:
        """The object type whose field this is, of several that share the level."""
        owners = self._level.parents
        return owners.get(type(parent).__name__) or next(iter(owners.values()))

    def _value(
        self, kind: Any, value: Any, field: Field, path: Path, owner: GraphQLObjectType
    ) -> Any:
        if isinstance(value, Exception):
            raise value
        if isinstance(kind, GraphQLNonNull):
            shown = self._value(kind.of_type, value, field, path, owner)
            if shown is None:
                raise TypeError(f"Cannot return null for non-nullable field {owner}.{field.name}.")
            return shown
        if value is None or value is Undefined:
            return None
        if isinstance(kind, GraphQLList):
            return self._list(kind, value, field, path, owner)
        if is_leaf_type(kind):
            return self._core.complete_leaf_value(kind, value)
        if is_abstract_type(kind):
            kind = self._runtime_type(kind, value, field, path, owner)
        return self._object(kind, value, field, path)

    def _list(
        self,
        kind: GraphQLList[Any],
        value: Any,
        field: Field,
        path: Path,
        owner: GraphQLObjectType,
    ) -> list[Any]:
        if not is_iterable(value):
            raise GraphQLError(
                f"Expected Iterable, but did not find one for field '{owner}.{field.name}'."
            )
        return [
            self._guarded(kind.of_type, item, field, [*path, at], owner)
            for at, item in enumerate(self._clock.watch(value))
        ]

    def _runtime_type(
        self,
        kind: GraphQLAbstractType,
        value: Any,
        field: Field,
        path: Path,
        owner: GraphQLObjectType,
    ) -> GraphQLObjectType:
        where = CorePath(None, path[-1], None)
        info = self._core.build_resolve_info(field.definition, field.nodes, owner, where)
        resolve = kind.resolve_type or self._core.type_resolver
        return self._core.ensure_valid_runtime_type(
            resolve(value, info, kind), kind, field.details, info, value
        )

    def _object(
        self, kind: GraphQLObjectType, value: Any, field: Field, path: Path
    ) -> dict[str, Any]:
        info: Any = None  # our types look at the value alone
        if kind.is_type_of is not None and not kind.is_type_of(value, info):
            raise invalid_return_type_error(kind, value, field.details)
        shown: dict[str, Any] = {}
        waiting: list[Level] = []
        for sub in field.subs[kind.name]:
            if isinstance(sub, Attribute):
                raw = _read(sub, value)
                shown[sub.key] = self._guarded(
                    sub.definition.type, raw, sub, [*path, sub.key], kind
                )
            elif isinstance(sub, Level):
                shown[sub.key] = None
                waiting.append(sub)
            else:
                shown[sub.key] = kind.name
        for sub in waiting:
            i = self._level.kids.index(sub)
            self._lists[2 * i].append(value)
            self._lists[2 * i + 1].append(shown)
            self._paths[i].append(path)
        return shown

    def _guarded(
        self, kind: Any, value: Any, field: Field, path: Path, owner: GraphQLObjectType
    ) -> Any:
        """The output of a value below the level's own; an error costs what may be null."""
        try:
            return self._value(kind, value, field, path, owner)
        except Overdue:
            raise
        except Exception as error:
            if isinstance(kind, GraphQLNonNull):
                raise self._failures.located(field, error, path) from None
            self._failures.of_value(self._level, field, error, path)
            return None


def _read(field: Attribute, value: Any) -> Any:
    """The attribute's value, or the error that reading it gives."""
    try:
        return attrgetter(field.attribute)(value)
    except Exception as error:
        return error
