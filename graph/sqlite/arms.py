"""Where the members of a relation stand: which table, linked how to the owner."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from graph.model import Direction, Relation
from graph.sqlite.tables import quoted


@dataclass(frozen=True, slots=True)
class Owner:
    """The record whose relation is followed.

    Attributes:
        kind: its kind; one of several if `kind_column` is given.
        key: SQL of its key.
        alias: its table's name in the statement, where it stands there.
        kind_column: SQL of its kind, where owners of several kinds are asked at once.
    """

    kind: str
    key: str
    alias: str | None = None
    kind_column: str | None = None

    @property
    def sql_kind(self) -> str:
        """SQL of its kind."""
        return self.kind_column or f"'{self.kind}'"


@dataclass(frozen=True, slots=True)
class Arm:
    """A way in which a relation's members hang on their owner; undirected edges have two.

    Attributes:
        table: the members' table with its alias: of the edges, or of the nodes where a field
            makes the relation.
        alias: that alias.
        link: the condition that a member is the owner's.
        far_kind, far_key: SQL of the kind and key of the record at the other end.
    """

    table: str
    alias: str
    link: str
    far_kind: str
    far_key: str


def arms(relation: Relation, owner: Owner, new_alias: Callable[[], str]) -> list[Arm]:
    """The ways to a relation's members."""
    match relation.direction:
        case Direction.OUT:
            return [_along(relation, owner, new_alias(), "source", "target")]
        case Direction.IN:
            return [_along(relation, owner, new_alias(), "target", "source")]
        case Direction.BOTH:
            forth = _along(relation, owner, new_alias(), "source", "target")
            back = _along(relation, owner, new_alias(), "target", "source")
            return [forth, _without_loops(back)]
        case Direction.REF | Direction.REF_BY:
            return [_by_field(relation, owner, new_alias())]


def either(relation: Relation, owner: Owner, alias: str) -> Arm:
    """All members of a relation at once: where their order does not matter."""
    ways = arms(relation, owner, lambda: alias)
    if len(ways) == 1:
        return ways[0]
    forth, back = ways
    near = forth.link
    return Arm(
        table=forth.table,
        alias=alias,
        link=f"(({near}) OR ({back.link}))",
        far_kind=f"iif({near}, {forth.far_kind}, {back.far_kind})",
        far_key=f"iif({near}, {forth.far_key}, {back.far_key})",
    )


def _along(relation: Relation, owner: Owner, alias: str, near: str, far: str) -> Arm:
    return Arm(
        table=f"{quoted(relation.via.name)} {alias}",
        alias=alias,
        link=f"{alias}.{near}_kind = {owner.sql_kind} AND {alias}.{near}_key = {owner.key}",
        far_kind=f"{alias}.{far}_kind",
        far_key=f"{alias}.{far}_key",
    )


def _without_loops(arm: Arm) -> Arm:
    """The second arm of undirected edges, which would give a loop a second time."""
    a = arm.alias
    loop = f"({a}.source_kind = {a}.target_kind AND {a}.source_key = {a}.target_key)"
    return Arm(arm.table, a, f"{arm.link} AND NOT {loop}", arm.far_kind, arm.far_key)


def _by_field(relation: Relation, owner: Owner, alias: str) -> Arm:
    assert relation.field is not None
    target = relation.targets[0]
    if relation.direction is Direction.REF_BY:
        link = f"{alias}.{quoted(relation.field)} = {owner.key}"
    elif owner.alias is not None:
        link = f"{alias}.key = {owner.alias}.{quoted(relation.field)}"
    else:
        link = (
            f"{alias}.key = (SELECT {quoted(relation.field)} FROM {quoted(owner.kind)} "
            f"WHERE key = {owner.key})"
        )
    return Arm(f"{quoted(target)} {alias}", alias, link, f"'{target}'", f"{alias}.key")
