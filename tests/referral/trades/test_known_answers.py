"""Published want lists, with the numbers of trades that are known."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from referral.trades.formats import read_wants
from referral.trades.opportunities import Sieve, opportunities
from referral.trades.plan import plan
from referral.trades.plan_types import Goal, PlanOptions
from referral.trades.want_graph import WantGraph, want_graph


def test_br2024may_has_196_trades_among_78_users(shared_data: Path) -> None:
    wants = read_wants(shared_data / "trades/BR2024May.txt")

    found = plan(wants.graph, PlanOptions(max_parties=None, users_first=wants.users_first))

    assert (found.legs, found.users, found.optimal) == (196, 78, True)
    assert [(x.goal, x.value, x.proven) for x in found.levels[:2]] == [
        (Goal.TRADES, 196, True),
        (Goal.USERS, 78, True),
    ]


@pytest.mark.parametrize(("cap", "trades"), [(None, 197), (3, 76)])
def test_ask_has_197_trades_and_76_in_cycles_of_at_most_3(
    shared_data: Path, cap: int | None, trades: int
) -> None:
    wants = read_wants(shared_data / "trades/ask.txt")

    found = plan(wants.graph, PlanOptions(max_parties=cap))

    assert (found.legs, found.users, found.optimal) == (trades, None, True)


def test_ask_has_80_cycles_of_at_most_3(shared_data: Path) -> None:
    wants = read_wants(shared_data / "trades/ask.txt")

    assert opportunities(wants.graph, 3).by_parties == (0, 0, 16, 64, 0, 0)


def test_onewant_has_336_trades_and_at_most_151_users_have_one(shared_data: Path) -> None:
    """150 users are told of it elsewhere; that more is possible is checked leg by leg."""
    wants = read_wants(shared_data / "trades/onewant.txt")
    graph = wants.graph

    found = plan(graph, PlanOptions(max_parties=None, users_first=wants.users_first))

    assert (found.legs, found.users, found.optimal) == (336, 151, True)
    assert [(x.goal, x.proven) for x in found.levels[:2]] == [
        (Goal.TRADES, True),
        (Goal.USERS, True),
    ]
    traded = [party for trade in found.trades for party in trade.parties]
    assert len(traded) == len(set(traded)) == 336
    assert not graph.dummy[traded].any()
    assert len({graph.owner[party] for party in traded}) == 151
    lists = want_lists(shared_data / "trades/onewant.txt")
    ways: dict[str, list[list[frozenset[str]]]] = {}
    for trade in found.trades:
        ends = zip(trade.parties, (*trade.parties[1:], trade.parties[0]), strict=True)
        for giver, receiver in ((graph.labels[a], graph.labels[b]) for a, b in ends):
            assert lists[giver][0] != lists[receiver][0]
            ways.setdefault(lists[receiver][0], []).append(dummies_between(lists, giver, receiver))
    assert all(disjoint(each, frozenset()) for each in ways.values())


Lists = dict[str, tuple[str, list[str]]]


def want_lists(file: Path) -> Lists:
    """The file read anew: user and wants of each item; a dummy's name has its user's behind it."""
    lists: Lists = {}
    for line in file.read_text("utf-8").upper().splitlines():
        if line.startswith("("):
            user, _, rest = line[1:].partition(")")
            item, _, wanted = rest.partition(":")
            names = [f"{w}{user}" if w[0] == "%" else w for w in wanted.split()]
            item = f"{item.strip()}{user}" if item.strip()[0] == "%" else item.strip()
            lists.setdefault(item, (user, names))
    return lists


def dummies_between(lists: Lists, giver: str, receiver: str) -> list[frozenset[str]]:
    """The sets of dummies by which one item's list leads to another item."""
    ways, waiting = [], [(receiver, frozenset[str]())]
    while waiting:
        item, via = waiting.pop()
        for wanted in lists[item][1]:
            if wanted == giver:
                ways.append(via)
            elif wanted[0] == "%" and wanted in lists and wanted not in via:
                waiting.append((wanted, via | {wanted}))
    return ways


def disjoint(ways: list[list[frozenset[str]]], used: frozenset[str]) -> bool:
    """Whether every leg can have dummies of its own."""
    if not ways:
        return True
    return any(not way & used and disjoint(ways[1:], used | way) for way in ways[0])


@pytest.fixture(scope="module")
def ratings(shared_data: Path) -> WantGraph:
    with (shared_data / "bitcoin-otc/edges.csv").open() as file:
        rows = np.array([row[:2] for row in csv.reader(file) if row[0].isdigit()], np.int64)
    people, ends = np.unique(rows, return_inverse=True)
    source, target = ends.reshape(-1, 2).T
    return want_graph(len(people), source, target)


def test_bitcoin_otc_has_38_581_triangles_and_14_100_swaps(ratings: WantGraph) -> None:
    assert opportunities(ratings, 3, first=0).by_parties == (0, 0, 14_100, 38_581, 0, 0)


def test_circles_of_four_of_the_busiest_rater_are_counted_alone(ratings: WantGraph) -> None:
    busiest = int(np.bincount(ratings.giver).argmax())

    every = opportunities(ratings, 4, first=3, sieve=Sieve(party=busiest))

    assert every.by_parties[2] == 503
    assert all(busiest in item.parties for item in every.items)
