"""A schema whose relations and root fields go wrong here and there, the same way each time.

What goes wrong follows from the field, the parent and the seed in the request's actor, so that
two executors meet the same faults.
"""

from __future__ import annotations

import asyncio
import dataclasses
import zlib
from collections.abc import Callable, Mapping, Sequence
from random import Random
from types import MappingProxyType
from typing import Any

from graphql import GraphQLInterfaceType, GraphQLObjectType
from strawberry.types.field import StrawberryField

from graph.errors import BadInput
from graph.model import Money, NodeRef, Record, edge_records, node_records
from graph.query import FindQuery, Hit, Page, RelatedQuery, Walk, Walked, Window
from graph.store import Action, Outcome, SearchHit, TenantGraph
from graph.walking import by_levels
from schema.build import Schema, build_schema
from schema.connection import Connection
from schema.context import Context
from schema.mutations.payloads import Payload
from schema.relation import Call, RelationField

JUNK: tuple[Any, ...] = (None, "junk", 2**40, float("nan"), -1, (None,), [1, "x"], ValueError("v"))
"""What an attribute may turn out to be."""

LARGEST_PAGE = 3
"""Pages are cut to that, so that deep queries stay small."""


class SmallGraph:
    """Reads of a real graph, in small pages; with `whole`, records have all their attributes."""

    def __init__(self, graph: TenantGraph, *, whole: bool = False) -> None:
        self._graph = graph
        self._whole = whole
        self.tenant = graph.tenant

    async def nodes(
        self, kind: str, keys: Sequence[str], fields: frozenset[str] | None = None
    ) -> Mapping[str, Record]:
        return await self._graph.nodes(kind, keys, None if self._whole else fields)

    async def records(
        self, refs: Sequence[NodeRef], fields: frozenset[str] | None = None
    ) -> Mapping[NodeRef, Record]:
        return await self._graph.records(refs, None if self._whole else fields)

    def faulty(self) -> SmallGraph:
        """The same with whole records: where a fault falls depends on all attributes."""
        return SmallGraph(self._graph, whole=True)

    async def walk(self, walk: Walk, anchors: Sequence[NodeRef]) -> Walked:
        graph: Any = self
        return await by_levels(graph, walk, anchors)

    async def find(self, query: FindQuery) -> Page[Record]:
        if self._whole:
            query = dataclasses.replace(query, fields=None)
        return await self._graph.find(dataclasses.replace(query, window=_small(query.window)))

    async def related(
        self, query: RelatedQuery, anchors: Sequence[NodeRef]
    ) -> Mapping[NodeRef, Page[Hit]]:
        if self._whole:
            query = dataclasses.replace(query, fields=None, edge_fields=None)
        small = dataclasses.replace(query, window=_small(query.window))
        return await self._graph.related(small, anchors)

    async def counts(
        self, query: RelatedQuery, anchors: Sequence[NodeRef]
    ) -> Mapping[NodeRef, int]:
        return await self._graph.counts(query, anchors)

    async def search(self, text: str, kinds: Sequence[str], first: int) -> list[SearchHit]:
        return await self._graph.search(text, kinds, min(first, LARGEST_PAGE))


def _small(window: Window) -> Window:
    return dataclasses.replace(
        window,
        first=None if window.first is None else min(window.first, LARGEST_PAGE),
        last=None if window.last is None else min(window.last, LARGEST_PAGE),
    )


class FaultySchema:
    """The real schema with faults in it; call `mend` at the end, types are shared.

    Args:
        samples: some records of each kind, which mutations answer with.

    Attributes:
        schema: the schema; its fields go wrong as the request's actor says: `<seed>/<per mille>`.
        log: what mutations did, in order.
    """

    def __init__(self, samples: Mapping[str, Sequence[Record]]) -> None:
        self.schema: Schema = build_schema()
        self.log: list[str] = []
        self._samples = samples
        self._whole: list[tuple[StrawberryField, Any]] = []
        self._batches: dict[int, Any] = {}
        for kind in self.schema._schema.type_map.values():
            if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
                for name, field in kind.fields.items():
                    self._spoil(kind, name, field.extensions.get("strawberry-definition"))

    def mend(self) -> None:
        """Takes the faults out again."""
        for declared, metadata in self._whole:
            declared.metadata = metadata

    def _spoil(self, kind: Any, name: str, declared: Any) -> None:
        core = self.schema._schema
        if isinstance(declared, RelationField):
            self._put(declared, "batch", self._batch(name, declared.metadata["batch"]))
        elif kind is core.mutation_type:
            self._put(declared, "resolve", _mutation(name, self._samples, self.log))
        elif kind is core.query_type:
            self._put(declared, "resolve", _faulty_root(name, declared.metadata["resolve"]))

    def _put(self, declared: StrawberryField, key: str, call: Any) -> None:
        if all(declared is not known for known, _ in self._whole):
            self._whole.append((declared, declared.metadata))
            declared.metadata = MappingProxyType({**declared.metadata, key: call})

    def _batch(self, name: str, batch: Any) -> Any:
        """The batch with faults; what fields share stays shared."""
        found = self._batches.get(id(batch))
        if found is None:
            found = self._batches[id(batch)] = _faulty_batch(name, batch)
            self._batches[id(found)] = found
        return found


class _Dice:
    """Decides what goes wrong, the same way each time."""

    def __init__(self, call: Call, *what: object) -> None:
        seed, _, rate = call.context.actor.partition("/")
        text = repr((seed, what)).encode("utf-8", "surrogatepass")
        self.random = Random(zlib.crc32(text))
        self._rate = int(rate) / 1_000

    def falls(self, times: float = 1) -> bool:
        return self.random.random() < self._rate * times


def _faulty_batch(name: str, batch: Callable[..., Any]) -> Callable[..., Any]:
    async def faulty(parents: Sequence[Any], call: Call, **given: Any) -> list[Any]:
        if (dice := _Dice(call, name, given)).falls(0.5):
            raise dice.random.choice([RuntimeError(f"no {name}"), BadInput(f"bad {name}")])
        if dice.random.random() < 0.3:
            await asyncio.sleep(0)
        found = await batch(parents, call, **given)
        return [
            _spoilt(_Dice(call, name, given, _identity(p)), value)
            for p, value in zip(parents, found, strict=True)
        ]

    return _as_foreseen(faulty, batch)


def _as_foreseen(faulty: Callable[..., Any], call: Any) -> Callable[..., Any]:
    """The same call with faults tells as much ahead."""
    for name in ("query", "way", "opens"):
        if hasattr(call, name):
            setattr(faulty, name, getattr(call, name))
    return faulty


def _faulty_root(name: str, resolve: Callable[..., Any]) -> Callable[..., Any]:
    async def faulty(call: Call, **given: Any) -> Any:
        if (dice := _Dice(call, name, given)).falls(0.3):
            raise RuntimeError(f"no {name}")
        return _spoilt(dice, await resolve(call, **given))

    return _as_foreseen(faulty, resolve)


def _mutation(
    name: str, samples: Mapping[str, Sequence[Record]], log: list[str]
) -> Callable[..., Any]:
    plurals = {info.plural.replace("_", ""): info for info in (*node_records(), *edge_records())}
    lowered = name.lower()
    kind = next(
        (i.name for plural, i in plurals.items() if lowered.endswith((plural, i.name.lower()))),
        "Customer",
    )

    async def mutate(call: Call, **given: Any) -> Any:
        log.append(f"begin {name} {given!r}")
        await asyncio.sleep(0)
        log.append(f"end {name}")
        dice = _Dice(call, name, given)
        outcomes = [Outcome(r.ref, Action.CREATED, r.revision) for r in samples[kind]]
        return _spoilt(dice, Payload(list(samples[kind]), outcomes, 2**40))

    return mutate


def spoilt_event(context: Context, event: Any) -> Any:
    """An event of a subscription as the request's actor says: whole or with a fault in it."""
    return _spoilt(_Dice(Call(context, frozenset()), "event"), event)


def _identity(parent: Any) -> object:
    for one in (parent, getattr(parent, "edge", None)):  # a member of a connection: its edge
        if (ref := getattr(one, "ref", None)) is not None:
            return ref
    return repr(parent)


def _spoilt(dice: _Dice, value: Any) -> Any:
    """The value; sometimes an error, null, another class, or itself with a fault inside."""
    if not dice.falls(3):
        return value
    return dice.random.choice([_fault, _inside, _inside, _inside])(dice, value)


def _fault(dice: _Dice, _value: Any) -> Any:
    return dice.random.choice(
        [RuntimeError("fault"), BadInput("bad"), None, "junk", 7, (), Money(3), ["x", None]]
    )


def _inside(dice: _Dice, value: Any) -> Any:
    if isinstance(value, Connection):
        return Connection(_page(dice, value.page))
    if isinstance(value, list | tuple):
        return type(value)(_one_of(dice, list(value)))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _record(dice, value)
    return value


def _one_of(dice: _Dice, items: list[Any]) -> list[Any]:
    if items:
        at = dice.random.randrange(len(items))
        items[at] = dice.random.choice([_fault, _inside])(dice, items[at])
    return items


def _page(dice: _Dice, page: Page[Any]) -> Page[Any]:
    items = list(page.items)
    if not items or dice.random.random() < 0.1:
        return dataclasses.replace(page, total=None, has_next=None)  # type: ignore[arg-type]
    at = dice.random.randrange(len(items))
    item = items[at]
    if isinstance(item, Hit):
        edge = item.edge
        if edge is not None and dice.random.random() < 0.5:
            items[at] = Hit(_record(dice, edge), item.node)
        else:
            items[at] = Hit(edge, _node(dice, item.node))
    else:
        items[at] = _node(dice, item)
    return dataclasses.replace(page, items=tuple(items))


def _node(dice: _Dice, node: Any) -> Any:
    return _record(dice, node) if dice.random.random() < 0.7 else _fault(dice, node)


def _record(dice: _Dice, record: Any) -> Any:
    """The record with other values in some of its fields.

    Mostly in one alone: a second fault would hide that generated code let the first one through.
    """
    names = [f.name for f in dataclasses.fields(record) if f.init]
    names = [n for n in names if n not in ("key", "ref", "source", "target")] or names
    if dice.random.random() < 0.5:  # texts are the most, and the least to check
        names = [n for n in names if not isinstance(getattr(record, n), str | None)] or names
    some = dice.random.sample(names, min(len(names), dice.random.choice([1, 1, 1, 2, 6])))
    bad = {name: _bad(dice, getattr(record, name)) for name in some}
    return dataclasses.replace(record, **bad)


def _bad(dice: _Dice, old: Any) -> Any:
    if isinstance(old, tuple | list) and old and dice.random.random() < 0.6:
        return type(old)(_one_of(dice, list(old)))
    if dice.random.random() < 0.5:
        if isinstance(old, tuple | list):
            return "text"
        if isinstance(old, float):
            return dice.random.choice([float("nan"), float("inf")])
        if isinstance(old, int):
            return 2**40
        if isinstance(old, Mapping):
            return ValueError("no JSON")
    return dice.random.choice(JUNK)
