"""Triangular trades: circles of parties in which each offers what the next needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from graph.model import Money
from graph.model.fields import Day
from graph.network import Csr, EdgeTable, Network, csr, days
from graph.network.csr import Ids, Positions
from graph.network.values import NO_DAY
from referral.answers import GoodRef, PartyRef, Ranking, Row, ranking
from referral.matching import matches
from referral.registry import analytic

_LARGEST_LEG = 2**60
"""Value of a leg is cut off here, so that the sum of a cycle's legs stays within 64 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeLeg:
    """What one party of a trade gives to the next."""

    giver: Annotated[PartyRef, Field(description="Who offers it.")]
    receiver: Annotated[PartyRef, Field(description="Who needs it.")]
    good: Annotated[GoodRef, Field(description="The good; of several, the one of most value.")]
    value_minor: Annotated[
        Money | None, Field(description="Value of the units that move; null when not known.")
    ]
    alternatives: Annotated[
        int, Field(description="Number of other goods the giver offers and the receiver needs.")
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeOpportunity(Row):
    """A circle of parties in which each offers what the next needs."""

    value_minor: Annotated[Money, Field(description="Sum of the known values of its legs.")]
    legs: Annotated[
        tuple[TradeLeg, ...], Field(description="From the party of lowest kind and key around.")
    ]


class _Wants(NamedTuple):
    """Arcs from a party to one that needs what it offers, sorted by both.

    Attributes:
        rows, back: the arcs in both directions.
        good: (m,) the good of most value on each arc.
        value: (m,) its value in minor units; -1 = not known.
        goods: (m,) number of goods on the arc.
    """

    rows: Csr
    back: Csr
    good: Ids
    value: Positions
    goods: Positions


@analytic()
def trade_opportunities(
    network: Network,
    *,
    max_parties: Annotated[
        int, Field(ge=2, le=3, description="Most parties of a trade, 2 or 3.")
    ] = 3,
    on: Annotated[
        Day | None,
        Field(description="Only offers and needs that hold on that day; null = the graph's day."),
    ] = None,
    first: Annotated[int, Field(ge=1, le=1000, description="Number of rows, 1 to 1,000.")] = 20,
) -> Ranking[TradeOpportunity]:
    """Triangular trades: circles of parties in which each offers what the next needs.

    Each circle stands once, whichever party it is read from; the opposite way round is another.
    Score: the value that moves, in minor units, 0 or more: the sum over the legs of units times
    unit value, where the units are the smaller of what is offered and needed, and the unit value
    is the offer's, else the need's, else unknown and counted as 0. Of several goods on a leg the
    one of most value is taken. An offer or need holds through its last day; without one, always;
    of 0 units, never. No party trades with itself. Ties: fewer parties, then lower kind and key.
    `total` counts every circle, exactly.

    Time O(w + m^1.5) for w pairs of an offer and a need of one good and m arcs between parties,
    memory O(w): all circles are seen, but only the best are kept.

    Raises:
        TooExpensive: more than 20 million pairs of an offer and a need.

    References: Chiba & Nishizeki 1985, doi:10.1137/0214017 (listing by degree).
    """
    wants = _wants(network, days(on or network.computed_at.date()))
    total = 0
    kept = _Best.empty()
    for cycles in _circles(wants, max_parties):
        total += len(cycles)
        kept = kept.merge(_scored(wants, cycles), first)
    rows = [
        _row(network, wants, rank, cycle[cycle >= 0]) for rank, cycle in enumerate(kept.cycles, 1)
    ]
    return ranking(network, rows, total=total, method="all circles listed, the best kept")


def _wants(network: Network, day: int) -> _Wants:
    offers, needs = network.edges["Offer"], network.edges["Need"]
    offer, need = matches(offers, needs, _holding(offers, day), _holding(needs, day))
    value = _values(offers, needs, offer, need)
    # each arc's goods together, the one of most value first, then the lower id
    giver, receiver, good = offers.source[offer], needs.source[need], offers.target[offer]
    order = np.lexsort((good, -value, receiver, giver))
    giver, receiver, good, value = giver[order], receiver[order], good[order], value[order]
    new = np.ones(len(giver), np.bool_)
    new[1:] = (giver[1:] != giver[:-1]) | (receiver[1:] != receiver[:-1])
    arc = np.cumsum(new) - 1
    pairs = np.unique(arc << 32 | good) >> 32  # a party may offer one good twice
    size = len(network)
    giver, receiver = giver[new], receiver[new]
    return _Wants(
        rows=csr(giver, receiver, size),
        back=csr(receiver, giver, size),
        good=good[new],
        value=value[new],
        goods=np.bincount(pairs, minlength=len(giver)),
    )


def _holding(table: EdgeTable, day: int) -> Positions:
    """Numbers of the offers or needs that hold on that day."""
    until = table.columns["until"]
    return np.flatnonzero(((until == NO_DAY) | (until >= day)) & (table.columns["quantity"] > 0))


def _values(offers: EdgeTable, needs: EdgeTable, offer: Positions, need: Positions) -> Positions:
    """Value of the units that move in each pair; -1 where it is not known."""
    offered, needed = offers.columns["value_minor"][offer], needs.columns["value_minor"][need]
    unit = np.where(offered >= 0, offered, needed)
    units = np.minimum(offers.columns["quantity"][offer], needs.columns["quantity"][need])
    fits = unit <= _LARGEST_LEG // units
    value = np.where(fits, np.where(fits, unit, 0) * units, _LARGEST_LEG)
    return np.where(unit < 0, np.int64(-1), value)


def _circles(wants: _Wants, max_parties: int) -> Iterator[NDArray[np.int32]]:
    """Batches of rows of three parties; the third is -1 in a circle of two."""
    from referral.kernels.cycles import three_cycles, two_cycles

    source = np.repeat(np.arange(len(wants.rows.starts) - 1, dtype=np.int32), wants.rows.degrees())
    pairs = two_cycles(source, wants.rows.ids)
    yield np.column_stack((pairs, np.full(len(pairs), -1, np.int32)))
    if max_parties >= 3:
        yield from three_cycles(wants.rows, wants.back)


def _arcs(wants: _Wants, cycles: NDArray[np.int32]) -> NDArray[np.int64]:
    """Numbers of the arcs of each circle, as many columns as it has parties."""
    size = len(wants.rows.starts) - 1
    keys = np.repeat(np.arange(size), wants.rows.degrees()) * size + wants.rows.ids
    wanted = cycles.astype(np.int64) * size + np.roll(cycles, -1, axis=1)
    return np.searchsorted(keys, wanted)


def _scored(wants: _Wants, cycles: NDArray[np.int32]) -> _Best:
    if not len(cycles):
        return _Best.empty()
    width = 2 if cycles[0, 2] < 0 else 3
    value = np.maximum(wants.value[_arcs(wants, cycles[:, :width])], 0).sum(axis=1)
    return _Best(value, cycles)


class _Best(NamedTuple):
    """The best circles so far, best first.

    Attributes:
        value: (k,) the value that moves.
        cycles: (k, 3) the parties.
    """

    value: Positions
    cycles: NDArray[np.int32]

    @classmethod
    def empty(cls) -> _Best:
        return cls(np.empty(0, np.int64), np.empty((0, 3), np.int32))

    def merge(self, more: _Best, first: int) -> _Best:
        """The `first` best of both."""
        value = np.concatenate((self.value, more.value))
        cycles = np.concatenate((self.cycles, more.cycles))
        if first < len(value):
            enough = value >= np.partition(value, len(value) - first)[len(value) - first]
            value, cycles = value[enough], cycles[enough]
        three = cycles[:, 2] >= 0
        order = np.lexsort((cycles[:, 2], cycles[:, 1], cycles[:, 0], three, -value))[:first]
        return _Best(value[order], cycles[order])


def _row(network: Network, wants: _Wants, rank: int, cycle: Ids) -> TradeOpportunity:
    arcs = _arcs(wants, cycle[None, :])[0]
    parties = network.nodes.refs(cycle)
    goods = network.nodes.refs(wants.good[arcs])
    values = wants.value[arcs].tolist()
    others = (wants.goods[arcs] - 1).tolist()
    legs = tuple(
        TradeLeg(
            giver=party,
            receiver=parties[(place + 1) % len(parties)],
            good=good,
            value_minor=None if value < 0 else Money(value),
            alternatives=more,
        )
        for place, (party, good, value, more) in enumerate(
            zip(parties, goods, values, others, strict=True)
        )
    )
    moved = sum(leg.value_minor or 0 for leg in legs)
    return TradeOpportunity(rank=rank, score=float(moved), value_minor=Money(moved), legs=legs)
