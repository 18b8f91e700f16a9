"""The fields of Subscription: what changes, as it changes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from operator import attrgetter
from typing import Any

import strawberry
from strawberry.types.field import StrawberryField

from graph.errors import BadInput
from graph.feed import Feed
from graph.model import NodeRef, edge_records, node_records
from graph.store import Action, LogEntry, LoggedChange
from schema.declare import argument, attribute, list_of, object_type
from schema.names import kinds_enum
from schema.reading import opened
from schema.records import Node
from schema.relation import Call, relation_field
from schema.root import event_field
from schema.scalars import Long, graphql_enum

MOST_CHANGES = 100
"""Most changes of one event; a commit may have 10,000, which come in several."""

RecordKind = kinds_enum(
    "RecordKind",
    "The kinds of record, edges included.",
    (info.name for info in (*node_records(), *edge_records())),
)


class ChangeAction(StrEnum):
    """What happened to a record."""

    CREATED = Action.CREATED.value
    UPDATED = Action.UPDATED.value
    DELETED = Action.DELETED.value


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one record.

    Attributes:
        ref: the record.
        kind: its kind.
        action: what happened.
        source_id, target_id: ids of an edge's ends.
    """

    ref: NodeRef
    kind: Any
    action: ChangeAction
    source_id: str | None = None
    target_id: str | None = None


@dataclass(frozen=True, slots=True)
class Commit:
    """One event: what a commit changed, or a part of it.

    Attributes:
        version: the commit's.
        at: when it was made.
        actor: who made it.
        changes: what it changed.
        more: whether further changes of the same commit follow.
    """

    version: int
    at: datetime | None = None
    actor: str | None = None
    changes: Sequence[Change] = ()
    more: bool = False


_Change: Any = object_type(
    "Change",
    "What happened to one record.",
    [
        attribute("id", strawberry.ID, "The record's global id.", path="ref.global_id"),
        attribute("kind", graphql_enum(RecordKind), "The record's kind."),
        attribute("key", str, "The record's key.", path="ref.key"),
        attribute("action", graphql_enum(ChangeAction), "What happened to it."),
        attribute("source_id", strawberry.ID | None, "Where an edge begins; null for others."),
        attribute("target_id", strawberry.ID | None, "Where an edge ends; null for others."),
        relation_field(
            "node",
            opened(attrgetter("ref")),
            Node | None,
            permission="read:nodes",
            description="The record as it is now; null once it is deleted.",
            needs=("ref",),
        ),
    ],
)

_Commit: Any = object_type(
    "Commit",
    "What one commit changed; of more than 100 changes, a part.",
    [
        attribute(
            "version",
            Long,
            "The graph's version after it. To go on after an interruption, subscribe `after` the "
            "last version whose `more` was false.",
        ),
        attribute("at", datetime | None, "When; null in the first event, which has no changes."),
        attribute("actor", str | None, "By whom; null in the first event."),
        attribute(
            "changes", list_of(_Change), "The changes to records of the kinds asked for, in order."
        ),
        attribute("more", bool, "Whether the next event has further changes of the same commit."),
    ],
)


def fields() -> list[StrawberryField]:
    """The subscriptions."""
    return [
        event_field(
            "changes",
            _changes,
            _Commit | None,
            permission="read:changes",
            description="What is written, commit by commit, in order and without gaps.",
            arguments=[
                argument(
                    "kinds",
                    list_of(graphql_enum(RecordKind)),
                    "Only changes to records of these kinds, at least one; all if not given.",
                ),
                argument(
                    "after",
                    Long,
                    "Begins with the commit after that version. If not given, begins now, and "
                    "the first event says with which version, without changes.",
                ),
            ],
        )
    ]


async def _changes(
    call: Call, *, kinds: Sequence[Any] | None = None, after: int | None = None
) -> AsyncIterator[Commit]:
    feed = call.context.feed
    assert feed is not None, "whoever runs subscriptions gives the context a feed"
    if kinds is not None and not kinds:
        raise BadInput("kinds: an empty list asks for no change at all; name some, or leave it out")
    start = await feed.start(after)
    wanted = frozenset(kind.value for kind in (RecordKind if kinds is None else kinds))
    return _events(feed, start, wanted, tell_start=after is None)


async def _events(
    feed: Feed, start: int, kinds: Collection[str], *, tell_start: bool
) -> AsyncGenerator[Commit]:
    if tell_start:
        yield Commit(start)
    async with aclosing(feed.follow(start)) as entries:
        async for entry in entries:
            for commit in events_of(entry, kinds):
                yield commit


def events_of(entry: LogEntry, kinds: Collection[str]) -> Iterator[Commit]:
    """The events of a commit: none where it changed nothing of those kinds."""
    changes = [_change(change) for change in entry.changes if change.ref.kind in kinds]
    for at in range(0, len(changes), MOST_CHANGES):
        part = changes[at : at + MOST_CHANGES]
        more = at + MOST_CHANGES < len(changes)
        yield Commit(entry.version, entry.at, entry.actor, part, more)


def _change(logged: LoggedChange) -> Change:
    source, target = (end.global_id for end in logged.ends) if logged.ends else (None, None)
    kind, action = RecordKind(logged.ref.kind), ChangeAction(logged.action)
    return Change(logged.ref, kind, action, source, target)
