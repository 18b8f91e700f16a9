"""How far one party's chain of referrals goes, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from graph.model import Money, NodeRef
from graph.model.fields import Key
from graph.network import Network, gather
from graph.network.csr import Ids
from referral.allowance import budget
from referral.answers import Answer, Long, PartyRef
from referral.kernels.hops import rings
from referral.parties import PartyKind
from referral.referrals import CONVERTED, spent
from referral.registry import analytic


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachLevel:
    """The parties that many referrals away."""

    depth: Annotated[int, Field(description="Referrals between, from 1, on the shortest way.")]
    count: Annotated[int, Field(description="Number of parties.")]
    converted: Annotated[
        int, Field(description="Those of them that a converted referral of the chain reached.")
    ]
    value_minor: Annotated[Money, Field(description="Money of all their purchases.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralReach(Answer):
    """How far a party's chain of referrals goes."""

    party: Annotated[PartyRef, Field(description="Where the chain starts.")]
    count: Annotated[int, Field(description="Distinct parties downstream, itself not counted.")]
    converted: Annotated[
        int, Field(description="Those of them that a converted referral of the chain reached.")
    ]
    value_minor: Annotated[Money, Field(description="Money of all their purchases.")]
    referrals: Annotated[Long, Field(description="Referrals made in the chain.")]
    depth: Annotated[int, Field(description="Referrals to the farthest party; 0 = none.")]
    by_depth: Annotated[tuple[ReachLevel, ...], Field(description="The parties by distance.")]


@analytic()
def referral_reach(
    network: Network,
    *,
    kind: Annotated[PartyKind, Field(description="Kind of the party.")],
    key: Annotated[Key, Field(description="Key of the party.")],
    max_depth: Annotated[
        int | None,
        Field(ge=1, le=1000, description="Follow at most that many steps; null = to the end."),
    ] = None,
) -> ReferralReach | None:
    """How far a party's chain of referrals goes: how many parties, converted, worth how much.

    The counts are whole numbers from 0. Direction: from referrer to referred, downstream. Each
    party counts once, at its shortest distance; the party itself never, also where its chain
    comes back to it. Value is the money of all purchases of the customers downstream, whatever
    brought them. Self-referrals do not count. Ties: none, a level has no order within. Answers
    None for a party that is not there.

    Time and memory O(parties + referrals of the chain) beside O(n) bytes and O(p) for purchases.

    References: breadth-first search, Moore 1959.
    """
    ref = NodeRef(kind.record, key)
    start = network.nodes.id_of(ref)
    if start < 0:
        return None
    table = network.edges["Referral"]
    found = rings(
        [table.forward], start, max_depth, np.zeros(len(network), np.bool_), budget=budget()
    )
    within = [np.array([start], np.int32), *found]
    # a ring's parties make referrals that still count only if one more step is allowed
    inner = within if max_depth is None else within[:max_depth]
    edges = gather(table.forward.starts, np.concatenate(inner))
    edges = edges[table.source[edges] != table.target[edges]]
    reached = table.target[edges[table.columns["status"][edges] == CONVERTED]]
    levels = _levels(network, found, reached)
    return ReferralReach(
        version=Long(network.version),
        computed_at=network.computed_at,
        method="breadth-first search",
        party=ref,
        count=sum(level.count for level in levels),
        converted=sum(level.converted for level in levels),
        value_minor=Money(sum(level.value_minor for level in levels)),
        referrals=Long(len(edges)),
        depth=len(levels),
        by_depth=levels,
    )


def _levels(network: Network, found: Sequence[Ids], converted: Ids) -> tuple[ReachLevel, ...]:
    won = np.zeros(len(network), np.bool_)
    won[converted] = True
    money = spent(network)
    return tuple(
        ReachLevel(
            depth=depth,
            count=len(ring),
            converted=int(won[ring].sum()),
            value_minor=Money(int(money[ring].sum())),
        )
        for depth, ring in enumerate(found, 1)
    )
