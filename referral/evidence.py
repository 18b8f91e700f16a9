"""Why a party stands where it does in a ranking: its place in the graph that was asked about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from graph.network.csr import Ids
from referral.answers import PartyRef, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyRow(Row):
    """A party in a ranking, with its place in the graph."""

    party: Annotated[PartyRef, Field(description="The party.")]
    in_degree: Annotated[
        int, Field(description="Distinct parties that lead to it: that referred or know it.")
    ]
    out_degree: Annotated[
        int, Field(description="Distinct parties it leads to: that it referred or knows.")
    ]
    percentile: Annotated[
        float, Field(description="Percent of the parties in the graph with a lower score.")
    ]
    community: Annotated[
        int | None,
        Field(description="Rank of its community among all, as `communities` gives; if asked for."),
    ] = None


class Place(NamedTuple):
    """One party's place in the graph, as `PartyRow` says."""

    in_degree: int
    out_degree: int
    percentile: float
    community: int | None


def places(
    source: Ids,
    target: Ids,
    levels: NDArray[Any],
    ids: NDArray[np.integer],
    communities: NDArray[np.integer] | None = None,
) -> list[Place]:
    """The places of some nodes, in their order.

    Args:
        source, target: (m,) edges without loops; parallel ones count once.
        levels: (n,) scores, equal where they count as equal; those of nodes without an edge are
            not looked at.
        ids: distinct nodes.
        communities: (n,) the number of each node's community, if that is asked for.

    Time O(m + n log n), memory 16 bytes an edge at one of the nodes.
    """
    size = len(levels)
    there = np.zeros(size, np.bool_)
    there[source] = there[target] = True
    lower = np.searchsorted(np.sort(levels[there]), levels[ids])
    percentiles = lower * 100 / max(1, int(there.sum()))
    groups = [None] * len(ids) if communities is None else communities[ids].tolist()
    columns = (_distinct(target, source, ids, size), _distinct(source, target, ids, size))
    return [
        Place(*row)
        for row in zip(
            columns[0].tolist(), columns[1].tolist(), percentiles.tolist(), groups, strict=True
        )
    ]


def _distinct(near: Ids, far: Ids, ids: NDArray[np.integer], size: int) -> NDArray[np.int64]:
    """How many different nodes stand in `far` beside each of the nodes in `near`."""
    place = np.full(size, -1, np.int64)
    place[ids] = np.arange(len(ids))
    row = place[near]
    kept = row >= 0
    pairs = np.unique(row[kept] << 32 | far[kept])
    return np.bincount(pairs >> 32, minlength=len(ids))
