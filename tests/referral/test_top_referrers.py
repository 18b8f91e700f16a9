from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings

from graph.errors import BadInput
from graph.model import NodeRef
from graph.model.codec import micros
from graph.model.words import ReferralStatus
from graph.network import NO_MOMENT, EdgeArrays, Network, network_from_arrays
from graph.network.assemble import PurchaseArrays
from referral.influencers import influencers
from referral.referrals import value_of_referrals
from referral.top_referrers import ReferrerMeasure, TopReferrer, top_referrers
from tests.referral.networks import (
    Pair,
    bitcoin_otc,
    contact,
    digraphs,
    edges,
    network,
    numbers,
    statuses,
)

PENDING, CONTACTED, CONVERTED, LOST, EXPIRED = ReferralStatus
M = ReferrerMeasure


def day(number: int) -> int:
    return micros(datetime(2026, 1, number, tzinfo=UTC))


def shop() -> Network:
    """Customers a, b, c, d: a refers b (converted) and c (lost), b refers c, c refers d."""
    return network_from_arrays(
        {"Customer": ["a", "b", "c", "d"]},
        {
            "Referral": edges(
                [(0, 1), (0, 2), (1, 2), (2, 3)],
                status=statuses(CONVERTED, LOST, CONTACTED, PENDING),
                at=[day(1), day(2), day(3), NO_MOMENT],
            )
        },
        purchases=PurchaseArrays(
            customer=[1, 2, 2, 3, 3, 0],
            amount_minor=[100, 1_000, 10_000, 7, 50, 9],
            at=[day(5), day(2), day(4), day(1), day(9), day(1)],
            referral=[-1, -1, -1, -1, 1, -1],
        ),
    )


def test_by_hand_all_four_measures() -> None:
    answer = top_referrers(shop(), measure=ReferrerMeasure.REACH)

    # d bought for 50 through the lost referral of c, whom a had referred: it is named, so it counts
    assert answer.items == (
        TopReferrer(
            rank=1,
            score=3.0,
            party=NodeRef("Customer", "a"),
            in_degree=0,
            out_degree=2,
            percentile=75.0,
            referrals_made=2,
            converted=1,
            value_minor=150,  # type: ignore[arg-type]
            reach=3,
        ),
        TopReferrer(
            rank=2,
            score=2.0,
            party=NodeRef("Customer", "b"),
            in_degree=1,
            out_degree=1,
            percentile=50.0,
            referrals_made=1,
            converted=0,
            value_minor=10_000,  # type: ignore[arg-type]
            reach=2,
        ),
        TopReferrer(
            rank=3,
            score=1.0,
            party=NodeRef("Customer", "c"),
            in_degree=2,
            out_degree=1,
            percentile=25.0,
            referrals_made=1,
            converted=0,
            value_minor=7,  # type: ignore[arg-type]
            reach=1,
        ),
    )
    assert answer.total == 3
    assert answer.exact


def test_rows_say_their_place_among_the_referrals_of_the_window() -> None:
    begin = datetime(2026, 1, 2, tzinfo=UTC)

    answer = top_referrers(shop(), measure=M.COUNT, since=begin)

    # a refers c and b refers c; d has no referral with a day
    found = [(r.party.key, r.in_degree, r.out_degree, round(r.percentile)) for r in answer.items]
    assert found == [("a", 0, 1, 33), ("b", 0, 1, 33)]


def test_parallel_referrals_are_one_party_that_is_led_to() -> None:
    asked = network(3, Referral=[(0, 1), (0, 1), (0, 2), (0, 0), (2, 0)])

    first = top_referrers(asked, measure=M.COUNT).items[0]

    assert (first.referrals_made, first.in_degree, first.out_degree) == (3, 1, 2)


def test_rows_say_their_community_when_asked() -> None:
    cliques = [(a + k, b + k) for k in (0, 4) for a in range(4) for b in range(a)]
    asked = network(10, Referral=[*cliques, (3, 4), (8, 4)])

    told = top_referrers(asked, with_communities=True)

    groups = {numbers([row.party])[0]: row.community for row in told.items}
    influence = influencers(asked, with_communities=True)
    expected = {numbers([row.party])[0]: row.community for row in influence.items}
    assert groups == {n: expected[n] for n in groups}
    assert set(groups.values()) == {1, 2}
    assert {row.community for row in top_referrers(asked).items} == {None}


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        (ReferrerMeasure.COUNT, [("a", 2), ("b", 1), ("c", 1)]),
        (ReferrerMeasure.CONVERTED, [("a", 1)]),
        (ReferrerMeasure.VALUE, [("b", 10_000), ("a", 150), ("c", 7)]),
        (ReferrerMeasure.REACH, [("a", 3), ("b", 2), ("c", 1)]),
        (ReferrerMeasure.REACH_DECAYED, [("a", 2.5), ("b", 1.5), ("c", 1)]),
        (ReferrerMeasure.VALUE_CHAIN, [("a", 11_157), ("b", 11_057), ("c", 57)]),
    ],
)
def test_ranks_by_the_measure_and_leaves_out_zero(
    measure: ReferrerMeasure, expected: list[tuple[str, float]]
) -> None:
    answer = top_referrers(shop(), measure=measure)

    assert [(row.party.key, row.score) for row in answer.items] == expected


def test_the_dearer_measures_stand_only_where_they_were_asked_for() -> None:
    plain, decayed, chain = (
        top_referrers(shop(), measure=measure).items[0]
        for measure in (M.REACH, M.REACH_DECAYED, M.VALUE_CHAIN)
    )

    assert (plain.reach_decayed, plain.chain_value_minor) == (None, None)
    assert (decayed.reach_decayed, decayed.chain_value_minor) == (2.5, None)
    assert (chain.reach_decayed, chain.chain_value_minor) == (None, 11_157)


@settings(deadline=None)
@given(digraphs())
def test_decayed_reach_halves_with_every_step(drawn: tuple[int, list[Pair]]) -> None:
    size, pairs = drawn
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(range(size))
    graph.add_edges_from(pairs)

    answer = top_referrers(network(size, Referral=pairs), measure=M.REACH_DECAYED, first=1000)

    lengths = dict(nx.all_pairs_shortest_path_length(graph))
    expected = {n: sum(0.5 ** (d - 1) for d in lengths[n].values() if d) for n in graph}
    found = {n: row.score for row in answer.items for n in numbers([row.party])}
    assert found == pytest.approx({n: score for n, score in expected.items() if score})


def test_a_purchase_goes_to_the_first_converted_referral_before_it() -> None:
    asked = network_from_arrays(
        {"Customer": ["a", "b", "x"]},
        {
            "Referral": edges(
                [(0, 2), (1, 2)], status=statuses(PENDING, CONVERTED), at=[day(1), day(2)]
            )
        },
        purchases=PurchaseArrays([2, 2, 2], [1, 10, 100], [day(1), day(2), day(3)]),
    )

    # edges are sorted by source: a's first; the purchase of the first day precedes b's referral
    assert value_of_referrals(asked).tolist() == [1, 110]


def test_a_window_holds_its_first_moment_and_not_its_last() -> None:
    since, until = datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC)

    def counted(
        since: datetime | None = None, until: datetime | None = None
    ) -> list[tuple[str, int]]:
        answer = top_referrers(shop(), measure=ReferrerMeasure.COUNT, since=since, until=until)
        return [(row.party.key, row.referrals_made) for row in answer.items]

    assert counted(since=since, until=until) == [("a", 1)]
    assert counted(since=since) == [("a", 1), ("b", 1)]
    assert counted(until=until) == [("a", 2)]


def test_a_window_that_ends_before_it_begins_is_refused() -> None:
    moment = datetime(2026, 1, 2, tzinfo=UTC)

    with pytest.raises(BadInput, match=r"until is 2026-01-02.*not after since"):
        top_referrers(shop(), since=moment, until=moment)


def test_a_cycle_counts_each_party_once_and_never_the_referrer() -> None:
    answer = top_referrers(network(4, Referral=[(0, 1), (1, 2), (2, 0), (2, 3), (1, 1)]))

    assert [(row.party, row.reach) for row in answer.items] == [
        (contact(0), 3),
        (contact(1), 3),
        (contact(2), 3),
    ]


def test_parallel_referrals_count_each_but_reach_the_same_party() -> None:
    (row,) = top_referrers(network(2, Referral=[(0, 1), (0, 1)])).items

    assert (row.referrals_made, row.reach) == (2, 1)


def test_first_cuts_ties_by_key_and_total_counts_all() -> None:
    answer = top_referrers(network(6, Referral=[(4, 5), (3, 5), (1, 5), (2, 5)]), first=2)

    assert numbers(row.party for row in answer.items) == [1, 2]
    assert answer.total == 4


@settings(deadline=None)
@given(digraphs())
def test_reach_is_the_number_of_descendants(drawn: tuple[int, list[Pair]]) -> None:
    size, pairs = drawn
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(range(size))
    graph.add_edges_from(pairs)

    answer = top_referrers(network(size, Referral=pairs), first=1000)

    found = {n: row.reach for row in answer.items for n in numbers([row.party])}
    expected = {n: len(nx.descendants(graph, n)) for n in graph}
    assert found == {n: count for n, count in expected.items() if count}


def test_reach_over_the_trust_network_is_the_known_sum(shared_data: Path) -> None:
    from referral.kernels.reach import reach

    referrals = bitcoin_otc(shared_data).edges["Referral"]

    counts = reach(referrals.source, referrals.target, 5_881)

    assert int(counts.sum()) == 27_690_498 - 5_881


def test_a_forest_larger_than_one_block_is_counted_exactly() -> None:
    from referral.kernels.reach import reach

    size = 3_000
    source = (np.arange(1, size) // 2).astype(np.int32)
    source[0] = 0
    target = np.arange(1, size, dtype=np.int32)
    graph = nx.DiGraph(list(zip(source.tolist(), target.tolist(), strict=True)))

    expected = [len(nx.descendants(graph, n)) for n in range(size)]
    # one edge more into a node makes it no forest, so both ways are taken
    more = np.append(source, np.int32(0)), np.append(target, np.int32(size - 1))

    assert reach(source, target, size).tolist() == expected
    assert reach(*more, size).tolist() == expected


@pytest.mark.parametrize("measure", [M.REACH, M.VALUE_CHAIN, M.COUNT, M.REACH_DECAYED])
def test_what_is_too_large_to_count_is_estimated_with_its_error(
    measure: ReferrerMeasure, monkeypatch: pytest.MonkeyPatch
) -> None:
    """20 chains apart, of 20 customers each, in which each refers the next two."""
    draw = np.random.default_rng(4)
    number = np.arange(400)
    one, two = number[number % 20 < 19], number[number % 20 < 18]
    source, target = np.append(one, two), np.append(one + 1, two + 2)
    given = network_from_arrays(
        {"Customer": [f"c{i:03}" for i in range(400)]},
        {"Referral": EdgeArrays(source, target)},
        purchases=PurchaseArrays(customer=np.arange(400), amount_minor=draw.integers(1, 900, 400)),
    )
    exact = top_referrers(given, measure=measure, first=1000)

    monkeypatch.setattr("referral.top_referrers.MOST_COUNTED", 500)
    found = top_referrers(given, measure=measure, first=1000)

    assert exact.exact
    assert exact.error_bound is None
    assert not found.exact
    assert found.method.endswith("; reach estimated from the least of random draws")
    true = {row.party: row for row in exact.items}
    assert {row.party for row in found.items} == true.keys()
    assert found.error_bound is not None
    key = "chain_value_minor" if measure is M.VALUE_CHAIN else "reach"
    off = [abs(getattr(row, key) - getattr(true[row.party], key)) for row in found.items]
    assert np.mean(np.array(off) <= found.error_bound) >= 0.9
    assert max(off) > 0
    if measure in (M.COUNT, M.REACH_DECAYED):
        assert [row.score for row in found.items] == [row.score for row in exact.items]


def test_forests_are_counted_whatever_their_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("referral.top_referrers.MOST_COUNTED", 0)

    found = top_referrers(network(4, Referral=[(0, 1), (1, 2), (1, 3)]), measure=M.REACH)

    assert found.exact
    assert [row.reach for row in found.items] == [3, 2]
