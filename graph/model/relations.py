"""The relations a record has: along its edges, and along fields that name other records."""

from __future__ import annotations

import dataclasses
from enum import StrEnum
from functools import cache

from graph.model.record import RECORDS, Ends, RecordInfo, edge_records


class Direction(StrEnum):
    """How a relation is followed from its owner."""

    OUT = "OUT"  # along edges, from source to target
    IN = "IN"  # along edges, from target to source
    BOTH = "BOTH"  # along undirected edges
    REF = "REF"  # from the record that holds the key to the record it names
    REF_BY = "REF_BY"  # from the record named to those that hold its key


@dataclasses.dataclass(frozen=True, slots=True)
class Relation:
    """A named way from records of one kind to others.

    Attributes:
        owner: name of the record it starts from.
        name: its name, snake case.
        direction: how it is followed.
        via: the edge record it runs along; for REF and REF_BY the record that holds the key.
        field: the field that holds the key (REF and REF_BY).
        targets: names of the records it can lead to.
        one: whether it leads to at most one.
    """

    owner: str
    name: str
    direction: Direction
    via: RecordInfo = dataclasses.field(hash=False)  # holds dicts; the owner and the name say it
    field: str | None
    targets: tuple[str, ...]
    one: bool

    @property
    def has_edge(self) -> bool:
        """Whether an edge record with properties of its own lies between."""
        return self.field is None


@cache
def relations(kind: str) -> dict[str, Relation]:
    """The relations of the record of that name, by relation name."""
    found: list[Relation] = []
    for info in edge_records():
        assert info.ends is not None
        found += _along(info, info.ends, kind)
    for info in RECORDS.values():
        for f in info.fields.values():
            if f.ref is None:
                continue
            if info.name == kind:
                found.append(
                    Relation(
                        kind, f.ref.relation, Direction.REF, info, f.name, (f.ref.kind,), one=True
                    )
                )
            if f.ref.kind == kind:
                found.append(
                    Relation(
                        kind, f.ref.inverse, Direction.REF_BY, info, f.name, (info.name,), one=False
                    )
                )
    return {r.name: r for r in found}


def _along(info: RecordInfo, ends: Ends, kind: str) -> list[Relation]:
    if not ends.directed:
        both = Relation(kind, ends.forward, Direction.BOTH, info, None, ends.targets, one=False)
        return [both] if kind in ends.sources else []
    found = []
    if kind in ends.sources:
        found.append(
            Relation(
                kind, ends.forward, Direction.OUT, info, None, ends.targets, one=ends.forward_one
            )
        )
    if kind in ends.targets:
        found.append(
            Relation(
                kind, ends.backward, Direction.IN, info, None, ends.sources, one=ends.backward_one
            )
        )
    return found
