"""The graph of wants: an arc for each good that one party offers and another needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from graph.errors import BadInput, shown
from referral.trades.amounts import LARGEST_TOTAL

Ids = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

UNKNOWN = -1
"""Value of an arc whose value is not known."""

Kind = TypeVar("Kind", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class WantGraph:
    """Parties and what they could give each other, as arrays.

    Arcs stand in order of giver, receiver, falling worth and good; several goods between the same
    two parties are several arcs. In a file of want lists the parties are items, and `owner` tells
    whose they are.

    Attributes:
        labels: (n) name of each party.
        goods: names of the goods.
        giver, receiver: (m,) parties of each arc.
        good: (m,) the good that moves; -1 = not told.
        value: (m,) value of one unit in minor units, or another weight; -1 = not known.
        units: (m,) units that can move at once, 1 or more.
        cost: (m,) how little the receiver wants it: its priority, 0 = not told.
        probability: (m,) chance that the leg holds, above 0 and up to 1.
        trust: (m,) tie strength between the two sides' people, 0 to 1.
        freshness: (m,) how long offer and need still hold, 0 to 1.
        offer, need: (m,) the row of `offer_units` and `need_units` that an arc draws on.
        offer_units, need_units: units offered and needed.
        owner: (n,) position in `owners` of who trades; -1 = not told.
        owners: names of the owners.
        dummy: (n,) a name for "at most one of these", no party.
        gift: (n,) gives first and asks nothing back.
    """

    labels: Sequence[str]
    goods: Sequence[str]
    giver: Ids
    receiver: Ids
    good: Ids
    value: Longs
    units: Longs
    cost: Longs
    probability: Floats
    trust: Floats
    freshness: Floats
    offer: Ids
    need: Ids
    offer_units: Longs
    need_units: Longs
    owner: Ids
    owners: tuple[str, ...]
    dummy: Flags
    gift: Flags

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def arcs(self) -> int:
        """Number of arcs."""
        return len(self.giver)

    def worth(self, arcs: Longs | None = None) -> Longs:
        """Value of the units that can move at once on these arcs; 0 where it is not known.

        Args:
            arcs: their numbers; default all.
        """
        if arcs is None:
            return np.maximum(self.value, 0) * self.units
        return np.maximum(self.value[arcs], 0) * self.units[arcs]


def want_graph(
    labels: Sequence[str] | int,
    giver: ArrayLike,
    receiver: ArrayLike,
    *,
    goods: Sequence[str] = (),
    good: ArrayLike | None = None,
    value: ArrayLike | None = None,
    units: ArrayLike | None = None,
    cost: ArrayLike | None = None,
    probability: ArrayLike | None = None,
    trust: ArrayLike | None = None,
    freshness: ArrayLike | None = None,
    offer: ArrayLike | None = None,
    need: ArrayLike | None = None,
    offer_units: ArrayLike | None = None,
    need_units: ArrayLike | None = None,
    owner: ArrayLike | None = None,
    owners: Sequence[str] = (),
    dummy: ArrayLike | None = None,
    gift: ArrayLike | None = None,
) -> WantGraph:
    """A checked graph of wants from arcs in any order.

    Args:
        labels: names of the parties, or their number.
        giver, receiver: the arcs; the other arguments are as in `WantGraph`, with these defaults:
            values not known, 1 unit, probability 1, trust 0, freshness 1, an offer and a need of
            its own for each arc, neither dummies nor gifts.

    Raises:
        BadInput: an arc leads to its own giver or to no party, or a number is out of its bounds.
    """
    names = tuple(map(str, range(labels))) if isinstance(labels, int) else labels
    size = len(names)
    givers, receivers = _ids(giver), _ids(receiver)
    count = len(givers)
    goods_at = _filled(good, count, UNKNOWN, np.int32)
    values = _filled(value, count, UNKNOWN, np.int64)
    moved = _filled(units, count, 1, np.int64)
    offers = np.arange(count, dtype=np.int32) if offer is None else _ids(offer)
    needs = np.arange(count, dtype=np.int32) if need is None else _ids(need)
    _check_ends(givers, receivers, size)
    _check_values(values, moved)
    chances = _share(probability, count, 1.0, "a probability")
    if (chances == 0).any():
        raise BadInput("a probability of 0 was given; leave out arcs that can't hold")
    # the arc of most worth between two parties comes first
    order = np.lexsort((goods_at, -(np.maximum(values, 0) * moved), receivers, givers))
    return WantGraph(
        labels=names,
        goods=goods,
        giver=givers[order],
        receiver=receivers[order],
        good=goods_at[order],
        value=values[order],
        units=moved[order],
        cost=_natural(cost, count)[order],
        probability=chances[order],
        trust=_share(trust, count, 0.0, "a trust")[order],
        freshness=_share(freshness, count, 1.0, "a freshness")[order],
        offer=offers[order],
        need=needs[order],
        offer_units=_stock(offer_units, offers, moved),
        need_units=_stock(need_units, needs, moved),
        owner=_filled(owner, size, -1, np.int32),
        owners=tuple(owners),
        dummy=_filled(dummy, size, False, np.bool_),
        gift=_filled(gift, size, False, np.bool_),
    )


def _ids(given: ArrayLike) -> Ids:
    return np.asarray(given, np.int64).astype(np.int32)


def _filled(given: ArrayLike | None, count: int, default: int, kind: type[Kind]) -> NDArray[Kind]:
    found: NDArray[Kind] = (
        np.full(count, default, kind) if given is None else np.asarray(given).astype(kind)
    )
    if len(found) != count:
        raise BadInput(f"{len(found):,} values for {count:,} places; give one for each")
    return found


def _check_ends(giver: Ids, receiver: Ids, size: int) -> None:
    if len(giver) != len(receiver):
        raise BadInput(f"{len(giver):,} givers but {len(receiver):,} receivers; give pairs")
    wrong = np.flatnonzero(
        (np.minimum(giver, receiver) < 0) | (np.maximum(giver, receiver) >= size)
    )
    if len(wrong):
        at = int(wrong[0])
        raise BadInput(
            f"arc {at} leads from {giver[at]} to {receiver[at]}; the parties are 0 to {size - 1}"
        )
    own = np.flatnonzero(giver == receiver)
    if len(own):
        raise BadInput(f"arc {int(own[0])} leads from {giver[own[0]]} to itself; leave it out")


def _check_values(value: Longs, units: Longs) -> None:
    if (value < UNKNOWN).any():
        raise BadInput(f"value {int(value.min()):,} is negative; give 0 or more, -1 = not known")
    if (units < 1).any():
        raise BadInput(f"{int(units.min()):,} units of a good; leave out arcs without any")
    total = float((np.maximum(value, 0).astype(np.float64) * units).sum())
    if total >= LARGEST_TOTAL:
        raise BadInput(
            f"all values together are {total:.3g}, at most {LARGEST_TOTAL:.3g} can be added "
            "exactly; give them in a larger unit"
        )


def _share(given: ArrayLike | None, count: int, default: float, what: str) -> Floats:
    found = np.full(count, default) if given is None else np.asarray(given, np.float64)
    if len(found) != count:
        raise BadInput(f"{len(found):,} values for {count:,} places; give one for each")
    wrong = ~((found >= 0) & (found <= 1))
    if wrong.any():
        raise BadInput(f"{shown(float(found[wrong][0]))} is not {what}; give 0 to 1")
    return found


def _natural(given: ArrayLike | None, count: int) -> Longs:
    found = _filled(given, count, 0, np.int64)
    if len(found) and found.min() < 0:
        raise BadInput(f"priority {int(found.min()):,} is negative; give 0 or more")
    return found


def _stock(given: ArrayLike | None, rows: Ids, units: Longs) -> Longs:
    """Units of each row: as given, else as many as any of its arcs moves."""
    size = int(rows.max()) + 1 if len(rows) else 0
    if given is not None:
        stock = np.asarray(given, np.int64)
        if len(stock) < size:
            raise BadInput(f"stock of {len(stock):,} rows, but row {size - 1:,} is drawn on")
        return stock
    stock = np.zeros(size, np.int64)
    np.maximum.at(stock, rows, units)
    return stock


ARC_COLUMNS = (
    "giver", "receiver", "good", "value", "units", "cost", "probability", "trust", "freshness",
    "offer", "need",
)  # fmt: skip
"""What a graph of wants keeps for each arc."""


def with_arcs(graph: WantGraph, kept: Flags) -> WantGraph:
    """The graph with those arcs alone.

    Args:
        graph: any.
        kept: (m,) mask.
    """
    return replace(graph, **{name: getattr(graph, name)[kept] for name in ARC_COLUMNS})
