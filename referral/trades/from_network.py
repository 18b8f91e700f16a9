"""The graph of wants of a company's parties, from a snapshot of its network."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple, cast, overload

import numpy as np
from numpy.typing import NDArray

from graph.errors import NotFound, shown
from graph.network import EdgeTable, Network, days, gather
from graph.network.values import NO_DAY
from referral.matching import matches
from referral.trades.addable import addable, bearable, first_of, free_units, values
from referral.trades.missing import Wishes
from referral.trades.want_graph import Floats, Ids, Longs, WantGraph, want_graph

FRESH_DAYS = 30
"""An offer or need that holds at least as many days is wholly fresh."""

KEPT_MARKETS = 4
"""Markets kept for one network: those last asked for; one of 100,000 arcs takes some 10 MB."""

DECLARED = 0.5
"""Strength of a tie for which none was declared."""


class Market(NamedTuple):
    """The wants of a network.

    Attributes:
        graph: its parties are numbered by falling place in the network.
        party: (n,) node of each party.
        good: (g,) node of each good.
        wishes: every offer and need that holds, matched or not.
        offers, needs: the edges that the graph's offers and needs are, by their number.
        vetoed: parties that a veto keeps from giving, and from receiving, something.
        warnings: which offers and needs were passed over, being too large to be added.
    """

    graph: WantGraph
    party: Ids
    good: Ids
    wishes: Wishes
    offers: Longs
    needs: Longs
    vetoed: tuple[Ids, Ids]
    warnings: tuple[str, ...]


def market(
    network: Network,
    *,
    on: date | None = None,
    region: str | None = None,
    givers: Sequence[int] = (),
) -> Market:
    """The offers and needs that hold, and the arcs between them.

    An offer or need holds through its last day, with at least one unit that no agreed trade has
    reserved. No party trades with itself, nor with one that either has vetoed. The value of a unit
    is the offer's, else the need's, else unknown. Trust of an arc is the strongest tie between the
    people of its two sides: the contact itself, the contacts of a customer and of whom it is the
    account, the members of an organization; somebody on both sides counts 1, a tie without
    declared strength 0.5. Freshness is the share of 30 days that offer and need both still hold.
    Legs that move more than 2**50 minor units, and the largest of those that move 2**53 or more
    together, are passed over with a warning.

    Args:
        network: the snapshot.
        on: the day; default the snapshot's.
        region: only parties there.
        givers: nodes that give first and ask nothing back.

    Raises:
        NotFound: nobody is recorded in that region.
        TooExpensive: more than 20 million pairs of an offer and a need.
    """
    day = days(on or network.computed_at.date())
    kept = cast("_Kept", network.derived.setdefault("markets", OrderedDict()))
    key = (day, region, tuple(givers))
    found = kept.pop(key, None) or _market(network, day, region, givers)
    kept[key] = found  # the last asked for stands last
    if len(kept) > KEPT_MARKETS:
        kept.pop(next(iter(kept)), None)
    return found


_Kept = OrderedDict[tuple[int, str | None, tuple[int, ...]], Market]


class Names(Sequence[str]):
    """Kind and key of nodes, made when they are asked for: an answer shows few of them."""

    def __init__(self, network: Network, nodes: Ids) -> None:
        self._network, self._nodes = network, nodes

    def __len__(self) -> int:
        return len(self._nodes)

    @overload
    def __getitem__(self, place: int) -> str: ...

    @overload
    def __getitem__(self, place: slice) -> list[str]: ...

    def __getitem__(self, place: int | slice) -> str | list[str]:
        if isinstance(place, slice):
            return self._made(self._nodes[place])
        return self._made(self._nodes[[place]])[0]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made(self._nodes))

    def _made(self, nodes: Ids) -> list[str]:
        return [f"{ref.kind} {ref.key}" for ref in self._network.nodes.refs(nodes)]


def _market(network: Network, day: int, region: str | None, givers: Sequence[int]) -> Market:
    offers, needs = network.edges["Offer"], network.edges["Need"]
    there = np.ones(len(network), np.bool_)
    if region is not None:
        there = network.nodes.having("region", region)
        if not there.any():
            raise NotFound(
                f"nobody is recorded in region {shown(region)}; write it as it stands with the "
                "parties, or leave it out"
            )
    offering, large_offers = bearable("Offer", offers, _holding(offers, day, there))
    needing, large_needs = bearable("Need", needs, _holding(needs, day, there))
    offer, need = matches(offers, needs, offering, needing)
    keep = _allowed(network, offer, need, day)
    kept_apart = offers.source[offer[~keep]], needs.source[need[~keep]]
    offer, need = offer[keep], need[keep]
    light, large_legs = addable(network, offer, need)
    offer, need = offer[light], need[light]
    gifts = np.array(givers, np.int32)
    nodes = np.concatenate((offers.source[offering], needs.source[needing], gifts))
    party = np.unique(nodes).astype(np.int32)
    good = np.unique(np.concatenate((offers.target[offering], needs.target[needing])))
    giver = np.searchsorted(party, offers.source[offer])
    receiver = np.searchsorted(party, needs.source[need])
    vetoed = _places(party, kept_apart[0]), _places(party, kept_apart[1])
    value, units = values(network, offer, need)
    graph = want_graph(
        Names(network, party),
        giver,
        receiver,
        goods=Names(network, good.astype(np.int32)),
        good=np.searchsorted(good, offers.target[offer]),
        value=value,
        units=units,
        cost=needs.columns["priority"][need],
        trust=trust(network, party, giver, receiver),
        freshness=np.minimum(_left(offers, offer, day), _left(needs, need, day)),
        offer=np.searchsorted(offering, offer),
        need=np.searchsorted(needing, need),
        offer_units=free_units(offers, offering),
        need_units=free_units(needs, needing),
        gift=np.isin(party, gifts),
    )
    return Market(graph, party, good.astype(np.int32), Wishes(
        np.searchsorted(party, offers.source[offering]).astype(np.int32),
        np.searchsorted(good, offers.target[offering]).astype(np.int32),
        np.searchsorted(party, needs.source[needing]).astype(np.int32),
        np.searchsorted(good, needs.target[needing]).astype(np.int32),
    ), offering, needing, vetoed, first_of((*large_offers, *large_needs, *large_legs)))  # fmt: skip


def _places(party: Ids, nodes: Ids) -> Ids:
    """Where these nodes stand among the parties, each once."""
    return np.searchsorted(party, np.unique(nodes)).astype(np.int32)


def _holding(table: EdgeTable, day: int, there: NDArray[np.bool_]) -> Longs:
    """Numbers of the offers or needs that hold on that day."""
    until = table.columns["until"]
    free = table.columns["quantity"] > table.columns["reserved"]
    holds = ((until == NO_DAY) | (until >= day)) & free
    return np.flatnonzero(holds & there[table.source])


def _allowed(network: Network, offer: Longs, need: Longs, day: int) -> NDArray[np.bool_]:
    """Mask of the pairs of offers and needs that no veto of either party stands against."""
    vetoes, size = network.edges["Veto"], len(network)
    until = vetoes.columns["until"]
    holds = (until == NO_DAY) | (until >= day)
    if not holds.any():
        return np.ones(len(offer), np.bool_)
    one, other = vetoes.source[holds].astype(np.int64), vetoes.target[holds].astype(np.int64)
    refused = np.concatenate((one * size + other, other * size + one))
    giver, receiver = network.edges["Offer"].source[offer], network.edges["Need"].source[need]
    keys = giver.astype(np.int64) * size + receiver
    return ~np.isin(keys, refused)


def _left(table: EdgeTable, rows: Longs, day: int) -> Floats:
    """Share of the days that count which offers or needs still hold; 1 without a last day."""
    until = table.columns["until"][rows].astype(np.int64)
    return np.where(until == NO_DAY, 1.0, np.clip((until - day) / FRESH_DAYS, 0.0, 1.0))


def trust(network: Network, party: Ids, giver: Longs, receiver: Longs) -> Floats:
    """(m,) strongest tie between the people of giver and receiver; 0 where there is none."""
    person, of = _people(network, party)
    ties = network.edges["Tie"]
    strength = np.nan_to_num(ties.columns["strength"].astype(np.float64), nan=DECLARED)
    own = np.unique(person)
    first: Longs = np.concatenate((ties.source, ties.target, own)).astype(np.int64)
    second: Longs = np.concatenate((ties.target, ties.source, own)).astype(np.int64)
    weight = np.concatenate((strength, strength, np.ones(len(own))))
    starts = np.searchsorted(person, np.arange(len(network) + 1))
    left = gather(starts, first)
    counts = (starts[1:] - starts[:-1])[first]
    second, weight = np.repeat(second, counts), np.repeat(weight, counts)
    right = gather(starts, second)
    again = (starts[1:] - starts[:-1])[second]
    pairs = np.repeat(of[left], again) * len(party) + of[right]
    weight = np.repeat(weight, again)
    order = np.lexsort((-weight, pairs))
    pairs, at = np.unique(pairs[order], return_index=True)
    found = np.zeros(len(giver))
    if len(pairs):
        keys = giver * len(party) + receiver
        place = np.minimum(np.searchsorted(pairs, keys), len(pairs) - 1)
        found = np.where(pairs[place] == keys, weight[order][at][place], 0.0)
    return np.asarray(found, np.float64)


def _people(network: Network, party: Ids) -> tuple[Longs, Longs]:
    """Contacts and the party each speaks for, as its place in `party`; sorted by contact."""
    account = network.edges["Account"]
    roles, members = network.edges["DealRole"], network.edges["Affiliation"]
    begin, end = network.nodes.span("Contact")
    itself = party[(party >= begin) & (party < end)]
    # a customer that is the account of a contact or an organization speaks through its people
    direct = (account.target >= begin) & (account.target < end)
    joined = gather(members.backward.starts, account.target)
    lengths = np.diff(members.backward.starts)[account.target]
    contact = np.concatenate((
        itself, roles.source, members.source, account.target[direct], members.backward.ids[joined],
    ))  # fmt: skip
    speaks = np.concatenate((
        itself, roles.target, members.target, account.source[direct],
        np.repeat(account.source, lengths),
    ))  # fmt: skip
    place = np.minimum(np.searchsorted(party, speaks), max(0, len(party) - 1))
    known = (party[place] == speaks) if len(party) else np.zeros(len(speaks), np.bool_)
    contact, place = contact[known].astype(np.int64), place[known].astype(np.int64)
    order = np.argsort(contact, kind="stable")
    return contact[order], place[order]
