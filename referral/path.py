"""How two parties are joined: the shortest ways through referrals, ties and affiliations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Annotated

import numpy as np
from pydantic import Field

from graph.model import NodeRef
from graph.model.fields import Key
from graph.network import EdgeTable, Network
from referral.allowance import budget
from referral.answers import Answer, Long, PartyRef
from referral.contact_network import Link, LinkKind
from referral.kernels.ways import number_of_ways, rings_between, ways
from referral.parties import PartyKind
from referral.registry import analytic


@dataclass(frozen=True, slots=True, kw_only=True)
class PathParty:
    """A party on a way."""

    party: Annotated[PartyRef, Field(description="The party.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One shortest way, from end to end."""

    parties: Annotated[tuple[PathParty, ...], Field(description="The parties, both ends included.")]
    links: Annotated[
        tuple[Link, ...], Field(description="What joins each to the next; of several, the first.")
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths(Answer):
    """The shortest ways between two parties."""

    length: Annotated[
        int | None, Field(description="Links of a shortest way; null when there is none.")
    ]
    total: Annotated[Long, Field(description="Number of shortest ways.")]
    items: Annotated[tuple[Way, ...], Field(description="The first of them, in order of keys.")]


@analytic()
def path(
    network: Network,
    *,
    from_kind: Annotated[PartyKind, Field(description="Kind of the party at one end.")],
    from_key: Annotated[Key, Field(description="Its key.")],
    to_kind: Annotated[PartyKind, Field(description="Kind of the party at the other end.")],
    to_key: Annotated[Key, Field(description="Its key.")],
    kinds: Annotated[
        tuple[LinkKind, ...], Field(min_length=1, description="Follow only these kinds.")
    ] = tuple(LinkKind),
    first: Annotated[int, Field(ge=1, le=100, description="Number of ways, 1 to 100.")] = 5,
) -> Paths | None:
    """How two parties are joined: the shortest ways through referrals, ties and affiliations.

    Every kind is followed in both directions, those that have ended too. Self-referrals never
    lie on a shortest way; of parallel links the first is shown, in the order of `kinds`. Ties:
    ways stand in the order of their parties, by kind, then key; the total counts ways by their
    parties, whatever the number of links between two of them. Answers None where one of the ends
    is not there.

    Time O(links of all parties nearer than half the way to an end), memory 8 bytes a node.

    References: Pohl 1971 (bidirectional search).
    """
    ends = NodeRef(from_kind.record, from_key), NodeRef(to_kind.record, to_key)
    source, target = network.nodes.ids_of(ends).tolist()
    if source < 0 or target < 0:
        return None
    tables = {kind: network.edges[kind.record] for kind in dict.fromkeys(kinds)}
    graphs = [rows for table in tables.values() for rows in (table.forward, table.backward)]
    rings = rings_between(graphs, source, target, budget=budget())
    found = list(islice(ways(graphs, rings), first))
    return Paths(
        version=Long(network.version),
        computed_at=network.computed_at,
        method="breadth-first search from both ends",
        length=len(rings) - 1 if rings else None,
        total=Long(number_of_ways(graphs, rings, budget=budget())),
        items=tuple(_way(network, tables, nodes) for nodes in found),
    )


def _way(network: Network, tables: Mapping[LinkKind, EdgeTable], nodes: Sequence[int]) -> Way:
    refs = network.nodes.refs(nodes)
    names = dict(zip(nodes, refs, strict=True))
    links = tuple(_link(tables, one, other, names) for one, other in pairwise(nodes))
    return Way(parties=tuple(PathParty(party=ref) for ref in refs), links=links)


def _link(
    tables: Mapping[LinkKind, EdgeTable], one: int, other: int, names: Mapping[int, NodeRef]
) -> Link:
    """The first link between two neighbours, in either direction."""
    for kind, table in tables.items():
        for source, target in ((one, other), (other, one)):
            place = int(np.searchsorted(table.forward.row(source), target))
            edge = int(table.forward.starts[source]) + place
            if edge < table.forward.starts[source + 1] and table.target[edge] == target:
                key = table.keys[edge]
                return Link(kind=kind, key=key, source=names[source], target=names[target])
    raise AssertionError("no link between two neighbours of a way")
