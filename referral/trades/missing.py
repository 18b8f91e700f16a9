"""The missing links: single offers or needs that would close the most valuable open paths.

On an open path A -> B -> C each offers what the next needs, but nobody goes back from C to A. One
link from C to A closes it: C comes to offer a good that A needs, or A to need one that C offers.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from graph.errors import BadInput, TooExpensive, shown
from referral.trades.want_graph import Ids, Longs, WantGraph

LARGEST = 20_000_000
"""Most open paths that are looked at."""


LARGEST_SUM = 2.0**63 - 2.0**20
"""Sums of values stay below this; floats may be wrong by as much."""


class Kind(StrEnum):
    """What is missing."""

    OFFER = "OFFER"
    NEED = "NEED"


@dataclass(frozen=True, slots=True)
class MissingLink:
    """One offer or need that would close open paths.

    Attributes:
        kind: OFFER = `party` would have to offer the good; NEED = to need it.
        party: whose offer or need is missing.
        good: the good.
        opens: number of circles it would open.
        value: value that moves on the legs that exist already, over all of these circles.
        best: parties of the most valuable circle, the missing leg being from last to first.
        best_value: value on the legs of that circle that exist already.
    """

    kind: Kind
    party: int
    good: int
    opens: int
    value: int
    best: tuple[int, ...]
    best_value: int


@dataclass(frozen=True, slots=True)
class Wishes:
    """What parties offer and need, whether or not anybody matches it.

    Attributes:
        offer_party, offer_good: (o,) each offer.
        need_party, need_good: (d,) each need.
    """

    offer_party: Ids
    offer_good: Ids
    need_party: Ids
    need_good: Ids


def missing_links(
    graph: WantGraph, wishes: Wishes | None = None, *, max_parties: int = 3, first: int = 20
) -> tuple[MissingLink, ...]:
    """The links that would open the most value, most first.

    Rank: value over the circles it would open, then their number, then lower party and good.

    Args:
        graph: without dummies.
        wishes: all offers and needs; default those of the arcs, which match somebody.
        max_parties: 2 (A -> B lacks B -> A) or 3 (also A -> B -> C lacks C -> A).
        first: how many.

    Raises:
        BadInput: an argument is out of its bounds, or values don't add up in 64 bits.
        TooExpensive: more than 20 million open paths.
    """
    return count_and_rank(graph, wishes, max_parties=max_parties, first=first)[1]


def count_and_rank(
    graph: WantGraph, wishes: Wishes | None = None, *, max_parties: int = 3, first: int = 20
) -> tuple[int, tuple[MissingLink, ...]]:
    """The number of all links, and the first of them; see `missing_links`."""
    if max_parties not in (2, 3):
        raise BadInput(f"max_parties {shown(max_parties)}: give 2 or 3")
    wishes = wishes or _matched(graph)
    ends, paths, value = _open_paths(graph, max_parties)
    found = [
        *_ranked(graph, Kind.OFFER, ends, paths, value, wishes.need_party, wishes.need_good),
        *_ranked(graph, Kind.NEED, ends, paths, value, wishes.offer_party, wishes.offer_good),
    ]
    found.sort(key=lambda link: (-link.value, -link.opens, link.party, link.good, link.kind))
    return len(found), tuple(found[:first])


def _matched(graph: WantGraph) -> Wishes:
    told = graph.good >= 0
    offers = np.unique(np.column_stack((graph.giver, graph.good))[told], axis=0)
    needs = np.unique(np.column_stack((graph.receiver, graph.good))[told], axis=0)
    return Wishes(offers[:, 0], offers[:, 1], needs[:, 0], needs[:, 1])


def _open_paths(
    graph: WantGraph, max_parties: int
) -> tuple[NDArray[np.int64], NDArray[np.int32], Longs]:
    """First and last party as one number, the parties (-1 filled), and the value on the way."""
    size = len(graph)
    keys = graph.giver.astype(np.int64) * size + graph.receiver
    new = np.ones(graph.arcs, np.bool_)
    new[1:] = keys[1:] != keys[:-1]
    keys, worth = keys[new], graph.worth(np.flatnonzero(new))
    giver, receiver = keys // size, keys % size
    none = np.full(len(keys), -1)
    paths = [np.column_stack((giver, receiver, none))]
    values = [worth]
    if max_parties == 3:
        first, second = _joined(giver, receiver, size)
        path = np.column_stack((giver[first], receiver[first], receiver[second]))
        proper = path[:, 0] != path[:, 2]
        paths.append(path[proper])
        values.append((worth[first] + worth[second])[proper])
    every, value = np.concatenate(paths), np.concatenate(values)
    last = np.where(every[:, 2] < 0, every[:, 1], every[:, 2])
    back = last * size + every[:, 0]
    open_ = ~np.isin(back, keys)
    return back[open_], every[open_].astype(np.int32), value[open_]


def _joined(giver: Longs, receiver: Longs, size: int) -> tuple[Longs, Longs]:
    """Pairs of arcs of which the second begins where the first ends; givers are sorted."""
    starts = np.searchsorted(giver, np.arange(size + 1))
    lengths = (starts[1:] - starts[:-1])[receiver]
    count = int(lengths.sum())
    if count > LARGEST:
        raise TooExpensive(
            f"{count:,} open paths, at most {LARGEST:,} are looked at; ask for max_parties 2, or "
            "for one region"
        )
    first = np.repeat(np.arange(len(giver)), lengths)
    before = np.cumsum(lengths) - lengths
    second = np.arange(count) - np.repeat(before, lengths) + np.repeat(starts[receiver], lengths)
    return first, second


def _ranked(
    graph: WantGraph,
    kind: Kind,
    ends: Longs,
    paths: NDArray[np.int32],
    value: Longs,
    party: Ids,
    good: Ids,
) -> list[MissingLink]:
    """Links of one kind: what one end of each open path has is what the other end lacks.

    An offer missing at the last party is of a good that the first needs; a need missing at the
    first is of a good that the last offers.
    """
    size, goods = len(graph), int(good.max(initial=0)) + 1
    last, start = ends // size, ends % size
    has, lacks = (start, last) if kind is Kind.OFFER else (last, start)
    order = np.argsort(party, kind="stable")
    party, good = party[order], good[order]
    low = np.searchsorted(party, has)
    lengths = np.searchsorted(party, has, side="right") - low
    if (count := int(lengths.sum())) > LARGEST:
        raise TooExpensive(
            f"{count:,} ways to close open paths, at most {LARGEST:,} are looked at; ask for "
            "max_parties 2, or for one region"
        )
    path = np.repeat(np.arange(len(has)), lengths)
    before = np.cumsum(lengths) - lengths
    of = good[np.arange(count) - np.repeat(before, lengths) + np.repeat(low, lengths)]
    link = lacks[path] * goods + of
    return _summed(kind, link, path, paths, value, goods)


def _summed(
    kind: Kind, link: Longs, path: Longs, paths: NDArray[np.int32], value: Longs, goods: int
) -> list[MissingLink]:
    best_first = np.lexsort((path, -value[path], link))
    link, path = link[best_first], path[best_first]
    names, begin, opens = np.unique(link, return_index=True, return_counts=True)
    if not len(names):
        return []
    total = np.add.reduceat(value[path], begin)
    if float(np.add.reduceat(value[path].astype(np.float64), begin).max()) >= LARGEST_SUM:
        raise BadInput(
            "the value that one link would open has more than 64 bits; correct the values of the "
            "largest offers, or ask for one region"
        )
    return [
        MissingLink(
            kind=kind,
            party=int(name // goods),
            good=int(name % goods),
            opens=int(count),
            value=int(sum_),
            best=tuple(int(p) for p in paths[path[at]] if p >= 0),
            best_value=int(value[path[at]]),
        )
        for name, at, count, sum_ in zip(names, begin, opens, total, strict=True)
    ]
