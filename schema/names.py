"""What derived types are called, and what several kinds of record have in common."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from typing import Any

from graph.model import (
    PARTIES,
    RECORDS,
    Direction,
    FieldInfo,
    Relation,
    Scalar,
    node_records,
    record_info,
    relations,
)

PARTY = "Party"
"""Name of the interface that all kinds of party share."""


def snake(name: str) -> str:
    """A record's name in snake case: `trade_leg`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def kinds_enum(name: str, says: str, kinds: Iterable[str]) -> Any:
    """An enum of kinds of record; a member's value is the name of its record."""
    members = {snake(kind).upper(): kind for kind in kinds}
    made: Any = StrEnum(name, members, module=__name__)  # type: ignore[misc]
    made.__doc__ = says
    return made


NodeKind = kinds_enum(
    "NodeKind", "The kinds of record with a life of their own.", (r.name for r in node_records())
)
PartyKind = kinds_enum("PartyKind", "The kinds of record that can refer, offer or need.", PARTIES)


def target_name(targets: tuple[str, ...]) -> str:
    """Name of the GraphQL type that stands for all these kinds."""
    if len(targets) == 1:
        return targets[0]
    assert set(targets) <= set(PARTIES), targets
    return PARTY


def kinds_of(name: str) -> tuple[str, ...]:
    """The kinds of record that the GraphQL type of that name stands for."""
    return PARTIES if name == PARTY else (name,)


@cache
def shared_fields(name: str) -> tuple[FieldInfo, ...]:
    """The fields that all kinds of a type have, alike in meaning and type."""
    first, *rest = (record_info(kind).fields for kind in kinds_of(name))
    return tuple(
        f
        for f in first.values()
        if all(
            other.name in fields
            and (fields[f.name].python_type, fields[f.name].many) == (f.python_type, f.many)
            for fields in rest
            for other in (f,)
        )
    )


@cache
def shared_relations(name: str) -> tuple[Relation, ...]:
    """The relations that all kinds of a type have, as the first of them has it."""
    first, *rest = (relations(kind) for kind in kinds_of(name))
    return tuple(
        r for r in first.values() if all(r.name in o and _same(r, o[r.name]) for o in rest)
    )


def _same(one: Relation, other: Relation) -> bool:
    return (one.via.name, one.direction, one.targets) == (
        other.via.name,
        other.direction,
        other.targets,
    )


def owner_name(relation: Relation) -> str:
    """Name of the type that has the relation: Party where all parties have it."""
    everywhere = {r.name for r in shared_relations(PARTY)}
    return PARTY if relation.owner in PARTIES and relation.name in everywhere else relation.owner


def words(name: str) -> str:
    """A snake-case name as words."""
    return name.replace("_", " ")


def relation_prefix(relation: Relation) -> str:
    """What the names of a relation's types begin with: `PartyReferralsMade`."""
    return owner_name(relation) + words(relation.name).title().replace(" ", "")


def permission_to_read(name: str) -> str:
    """What a caller must be allowed to see records of that type: `read:customers`."""
    return f"read:{'parties' if name == PARTY else RECORDS[name].plural}"


def comparable(field: FieldInfo) -> bool:
    """Whether filters can compare the field."""
    return field.scalar is not Scalar.JSON


def sortable(field: FieldInfo) -> bool:
    """Whether answers can be sorted by the field."""
    return field.scalar is not Scalar.JSON and not field.many


def leads_to_many(relation: Relation) -> bool:
    """Whether the relation may have several members."""
    return not relation.one and relation.direction is not Direction.REF
