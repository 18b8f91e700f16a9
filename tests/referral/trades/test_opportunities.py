from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import BadInput
from referral.trades import opportunities as module
from referral.trades.opportunities import Opportunity, Sieve, opportunities
from referral.trades.want_graph import WantGraph, want_graph
from tests.referral.trades import brute


def simple(seed: int) -> WantGraph:
    chance = np.random.default_rng(seed)
    size = int(chance.integers(2, 9))
    giver, receiver = chance.integers(0, size, (2, int(chance.integers(0, 30))))
    keep = giver != receiver
    count = int(keep.sum())
    return want_graph(
        size,
        giver[keep],
        receiver[keep],
        good=chance.integers(0, 3, count),
        value=chance.integers(-1, 5, count),
        trust=chance.integers(0, 3, count) / 2,
        freshness=chance.integers(0, 3, count) / 2,
    )


def score(graph: WantGraph, item: Opportunity) -> float:
    """The score as documented."""
    worth = [max(0, int(graph.value[arc])) for arc in item.arcs]
    top_up = max(a - b for a, b in pairwise([worth[-1], *worth]))
    balance = 1 - top_up / max(worth) if max(worth) else 1.0
    trust = float(graph.trust[list(item.arcs)].mean())
    fresh = float(graph.freshness[list(item.arcs)].mean())
    return (sum(worth) + 1) * (1 + balance) / 2 * (3 + trust) / 4 * (1 + fresh) / 2


def circles(graph: WantGraph, longest: int) -> set[tuple[int, ...]]:
    return {tuple(graph.giver[list(c)].tolist()) for c in brute.cycles(graph, longest)}


@settings(deadline=None, derandomize=True, database=None, max_examples=300)
@given(seed=st.integers(0, 2**32), longest=st.integers(2, 5))
def test_every_cycle_is_counted_once_and_ranked_as_documented(seed: int, longest: int) -> None:
    graph = simple(seed)

    found = opportunities(graph, longest, first=10_000)

    every = circles(graph, longest)
    assert {item.parties for item in found.items} == every
    assert found.total == len(found.items) == len(every)
    assert Counter(map(len, every)) == {k: n for k, n in enumerate(found.by_parties) if n}
    for item in found.items:
        assert item.score == pytest.approx(score(graph, item))
        assert item.value == int(graph.worth(np.array(item.arcs)).sum())
    ranks = [(-item.score, len(item.parties), item.parties) for item in found.items]
    assert ranks == sorted(ranks)
    assert opportunities(graph, longest, first=3).items == found.items[:3]


@settings(deadline=None, derandomize=True, database=None, max_examples=150)
@given(seed=st.integers(0, 2**32), longest=st.integers(2, 5), party=st.integers(0, 1))
def test_a_sieve_counts_what_passes(seed: int, longest: int, party: int) -> None:
    graph = simple(seed)

    with_party = opportunities(graph, longest, sieve=Sieve(party=party), first=0).total
    rich = opportunities(graph, longest, sieve=Sieve(min_value=4), first=9_999)
    trusted = opportunities(graph, longest, sieve=Sieve(min_trust=0.5), first=9_999)
    moving = opportunities(graph, longest, sieve=Sieve(good=1), first=9_999)

    every = opportunities(graph, longest, first=9_999).items
    assert with_party == sum(party in item.parties for item in every)
    assert set(rich.items) == {item for item in every if item.value >= 4}
    # the shares are kept in thousandths
    means = {item: graph.trust[list(item.arcs)].mean() for item in every}
    assert {i.parties for i in trusted.items} == {i.parties for i in every if means[i] >= 0.4999}
    ends = [(int(g), int(r)) for g, r in zip(graph.giver, graph.receiver, strict=True)]
    carries = {end for end, good in zip(ends, graph.good.tolist(), strict=True) if good == 1}
    assert {i.parties for i in moving.items} == {
        i.parties for i in every if carries & set(pairwise([*i.parties, i.parties[0]]))
    }


def test_time_that_runs_out_leaves_what_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_STEPS", 10)
    size = 30
    giver, receiver = np.divmod(np.arange(size * size), size)
    keep = giver != receiver
    graph = want_graph(size, giver[keep], receiver[keep])
    ticks = iter(range(100))

    part = opportunities(graph, 3, budget_s=3, clock=lambda: float(next(ticks)))
    whole = opportunities(graph, 3, budget_s=3, clock=lambda: 0.0)

    assert not part.exact
    assert 0 < part.total < whole.total == 435 + 2 * 4060
    assert whole.exact


@pytest.mark.parametrize(
    ("longest", "first", "sieve", "message"),
    [
        (0, 1, None, "max_parties 0: give 2 to 5"),
        (99, 1, None, "max_parties 99: give 2 to 5"),
        (3, -1, None, "first -1: give 0 or more"),
        (3, 1, Sieve(party=7), "party 7: the parties are 0 to 1"),
    ],
)
def test_arguments_out_of_bounds_are_refused(
    longest: int, first: int, sieve: Sieve | None, message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        opportunities(want_graph(2, [0], [1]), longest, first=first, sieve=sieve)


def test_dummies_are_refused() -> None:
    with pytest.raises(BadInput, match="expand them first"):
        opportunities(want_graph(2, [0], [1], dummy=[True, False]))
