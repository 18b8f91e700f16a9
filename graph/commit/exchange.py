"""What a planned commit asks of a store, is told by it, and has it write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from graph.model import NodeRef, Record
from graph.store import LoggedChange, Outcome

Claim = tuple[str, str]
"""A record's name and the text it claims."""

Between = tuple[str, NodeRef, NodeRef]
"""An edge's name, and the source and target of those meant."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a plan asks of the store, as it is under the write lock.

    Attributes:
        records: whole records wanted.
        exist: records of which only the existence is wanted.
        attached: records of which all that hangs on them is wanted: edges with such an end,
            and records with a reference field that names them.
        claims: claims of which the holder's key is wanted.
        between: edges wanted by what they join.
    """

    records: frozenset[NodeRef] = frozenset()
    exist: frozenset[NodeRef] = frozenset()
    attached: frozenset[NodeRef] = frozenset()
    claims: frozenset[Claim] = frozenset()
    between: frozenset[Between] = frozenset()


@dataclass(frozen=True, slots=True)
class Found:
    """The store's answer to a `Need`; what is not there is left out."""

    records: Mapping[NodeRef, Record] = field(default_factory=dict)
    exist: frozenset[NodeRef] = frozenset()
    attached: Sequence[Record] = ()
    holders: Mapping[Claim, str] = field(default_factory=dict)
    between: Sequence[Record] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What to write.

    Attributes:
        created, updated, deleted: whole records; an updated one is given as it will be.
        outcomes: one for each change, in order.
        logged: the entry's changes; empty when nothing changed, and then no version is used up.
    """

    created: tuple[Record, ...]
    updated: tuple[Record, ...]
    deleted: tuple[Record, ...]
    outcomes: tuple[Outcome, ...]
    logged: tuple[LoggedChange, ...]
