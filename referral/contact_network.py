"""The parties within some hops of a contact, and what joins them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from graph.model import NodeRef
from graph.network import EdgeTable, Network, gather
from graph.network.csr import Ids, Positions
from referral.allowance import budget
from referral.answers import Answer, Long, PartyRef
from referral.kernels.hops import rings
from referral.registry import analytic


class LinkKind(StrEnum):
    """What can join two parties."""

    TIE = "TIE"
    REFERRAL = "REFERRAL"
    AFFILIATION = "AFFILIATION"
    DEAL_ROLE = "DEAL_ROLE"
    ACCOUNT = "ACCOUNT"

    @property
    def record(self) -> str:
        """Name of the edge record: "DealRole"."""
        return self.value.title().replace("_", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A party near a contact."""

    distance: Annotated[int, Field(description="Hops between, from 1, on the shortest way.")]
    party: Annotated[PartyRef, Field(description="The party.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What joins two parties of a network; which is source matters only if it has a direction."""

    kind: Annotated[LinkKind, Field(description="What joins them.")]
    key: Annotated[str, Field(description="Key of the tie, referral, affiliation ...")]
    source: Annotated[PartyRef, Field(description="One party.")]
    target: Annotated[PartyRef, Field(description="The other party.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactNetwork(Answer):
    """The parties within some hops of a contact."""

    contact: Annotated[PartyRef, Field(description="The contact in the middle.")]
    total: Annotated[Long, Field(description="Number of parties within the hops.")]
    nodes: Annotated[
        tuple[Neighbour, ...], Field(description="The nearest of them, by distance, kind and key.")
    ]
    edges: Annotated[
        tuple[Link, ...], Field(description="What joins those parties and the contact.")
    ]


@analytic(of="Contact", field="network")
def contact_network(
    network: Network,
    contacts: Sequence[NodeRef],
    *,
    hops: Annotated[int, Field(ge=1, le=6, description="Greatest distance, 1 to 6.")] = 2,
    kinds: Annotated[
        tuple[LinkKind, ...], Field(min_length=1, description="Follow only these kinds.")
    ] = tuple(LinkKind),
    first: Annotated[int, Field(ge=1, le=1000, description="Number of parties, 1 to 1,000.")] = 100,
) -> list[ContactNetwork | None]:
    """The parties within some hops of a contact, nearest first, and what joins them.

    Every kind is followed in both directions, those that have ended too: a former classmate is
    still one. A party stands once, at its shortest distance; the contact itself in none of its
    rings. Ties: lower kind, then key. Edges are all of these kinds between two of the parties
    given (and the contact), parallel ones each, in the order of `kinds`. Answers None for a contact
    that is not there.

    Time and memory O(edges of all parties within the hops), beside one byte a node of scratch
    for all contacts together.

    References: breadth-first search, Moore 1959.
    """
    seen = np.zeros(len(network), np.bool_)
    tables = {kind: network.edges[kind.record] for kind in dict.fromkeys(kinds)}
    starts = network.nodes.ids_of(contacts).tolist()
    return [
        None if start < 0 else _around(network, ref, start, hops, tables, first, seen)
        for ref, start in zip(contacts, starts, strict=True)
    ]


def _around(
    network: Network,
    ref: NodeRef,
    start: int,
    hops: int,
    tables: dict[LinkKind, EdgeTable],
    first: int,
    seen: NDArray[np.bool_],
) -> ContactNetwork:
    graphs = [rows for table in tables.values() for rows in (table.forward, table.backward)]
    found = rings(graphs, start, hops, seen, budget=budget())
    distances = np.repeat(np.arange(1, len(found) + 1), [len(ring) for ring in found])
    ids = np.concatenate([np.empty(0, np.int32), *found])
    parties = network.nodes.refs(ids[:first])
    names = dict(zip([start, *ids[:first].tolist()], [ref, *parties], strict=True))
    return ContactNetwork(
        version=Long(network.version),
        computed_at=network.computed_at,
        method="breadth-first search",
        contact=ref,
        total=Long(len(ids)),
        nodes=tuple(
            Neighbour(distance=distance, party=party)
            for distance, party in zip(distances[:first].tolist(), parties, strict=True)
        ),
        edges=tuple(
            link for kind, table in tables.items() for link in _links(kind, table, names, seen)
        ),
    )


def _links(
    kind: LinkKind, table: EdgeTable, names: dict[int, NodeRef], seen: NDArray[np.bool_]
) -> list[Link]:
    edges = _among(table, np.array(sorted(names), np.int32), seen)
    keys = table.keys.take(edges)
    ends = zip(table.source[edges].tolist(), table.target[edges].tolist(), strict=True)
    return [
        Link(kind=kind, key=key, source=names[source], target=names[target])
        for key, (source, target) in zip(keys, ends, strict=True)
    ]


def _among(table: EdgeTable, ids: Ids, seen: NDArray[np.bool_]) -> Positions:
    """Numbers of the edges with both ends among these nodes."""
    seen[ids] = True
    edges = gather(table.forward.starts, ids)
    edges = edges[seen[table.target[edges]]]
    seen[ids] = False
    return edges
