from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import BadInput, NotFound, TooExpensive
from graph.model.codec import micros
from graph.model.words import Stage
from graph.network import days, network_from_arrays
from graph.network.values import NO_DAY
from referral import centrality as module
from referral.answers import Ranking
from referral.centrality import InfluenceMeasure
from referral.communities import communities
from referral.influencers import Influencer, influencers
from referral.parties import PartyKind
from referral.party_graph import InfluenceGraph
from tests.referral.networks import Pair, contacts, digraphs, edges, network, numbers

M = InfluenceMeasure
PAGERANK, BETWEENNESS, HARMONIC, K_CORE = M.PAGERANK, M.BETWEENNESS, M.HARMONIC, M.K_CORE
REFERRALS, TIES, BOTH = InfluenceGraph

REFERENCES: dict[InfluenceMeasure, Callable[[Any], Any]] = {
    PAGERANK: lambda g: nx.pagerank(g.reverse() if g.is_directed() else g, tol=1e-12, max_iter=999),
    BETWEENNESS: nx.betweenness_centrality,
    HARMONIC: lambda g: nx.harmonic_centrality(g.reverse() if g.is_directed() else g),
    K_CORE: lambda g: nx.core_number(g.to_undirected()),
    M.BROKERAGE: lambda g: {n: 1 / c for n, c in nx.constraint(g).items()},
    M.EFFECTIVE_SIZE: lambda g: effective_size(g),
}


def effective_size(graph: Any) -> Any:
    """networkx's, of the sum of both directions: it finds none without an edge that leads out."""
    both: nx.Graph[int] = nx.Graph()
    for a, b in graph.to_directed().edges:
        both.add_edge(a, b, weight=1 + graph.has_edge(b, a))
    return nx.effective_size(both, nodes=list(both), weight="weight")


def near(measure: InfluenceMeasure, *numbers: int) -> tuple[str, ...]:
    """The parties that a measure needs to look from."""
    return tuple(f"c{n:05}" for n in numbers or (1,)) if measure is M.PERSONALIZED else ()


def scores(answer: Ranking[Influencer]) -> dict[int, float]:
    return {numbers([row.party])[0]: row.score for row in answer.items}


@pytest.mark.parametrize("over", list(InfluenceGraph))
@pytest.mark.parametrize("measure", list(REFERENCES))
@settings(deadline=None)
@given(digraphs())
def test_scores_are_those_of_networkx(
    measure: InfluenceMeasure, over: InfluenceGraph, drawn: tuple[int, list[Pair]]
) -> None:
    size, pairs = drawn
    half = len(pairs) // 2 if over is BOTH else 0 if over is TIES else len(pairs)
    ties = [pair for a, b in pairs[half:] for pair in ((a, b), (b, a))]
    graph: nx.Graph[int] = nx.Graph() if over is TIES else nx.DiGraph()
    graph.add_edges_from((a, b) for a, b in [*pairs[:half], *ties] if a != b)
    asked = network(size, Referral=pairs[:half], Tie=pairs[half:])

    answer = influencers(asked, measure=measure, over=over, first=1000)

    expected = REFERENCES[measure](graph) if len(graph) else {}
    assert scores(answer) == pytest.approx(expected, rel=1e-7, abs=1e-9)
    assert answer.exact


def test_by_hand_pagerank_of_one_referral() -> None:
    answer = influencers(network(3, Referral=[(0, 1)]))

    # x = referrer, y = referred, who passes all on: y = .075 + .425 x, x + y = 1
    high, low = answer.items
    assert (high.score, low.score) == pytest.approx((0.925 / 1.425, 0.5 / 1.425))
    assert (high.in_degree, high.out_degree, high.percentile) == (0, 1, 50.0)
    assert (low.in_degree, low.out_degree, low.percentile) == (1, 0, 0.0)
    assert answer.total == 2


@pytest.mark.parametrize(
    ("measure", "middle"), [(BETWEENNESS, 2 / 3), (HARMONIC, 2.5), (K_CORE, 1.0)]
)
def test_by_hand_the_middle_of_a_path_of_ties(measure: InfluenceMeasure, middle: float) -> None:
    answer = influencers(network(4, Tie=[(0, 1), (2, 1), (2, 3)]), measure=measure, over=TIES)

    assert scores(answer)[1] == pytest.approx(middle)
    assert scores(answer)[2] == pytest.approx(middle)


def test_parallel_edges_count_once() -> None:
    one = network(3, Referral=[(0, 1), (1, 2)])
    two = network(3, Referral=[(0, 1), (0, 1), (1, 2), (2, 2)])

    for measure in InfluenceMeasure:
        answers = [influencers(n, measure=measure, near=near(measure)) for n in (one, two)]
        assert answers[0] == answers[1]


def test_parallel_referrals_and_strengths_count_when_weighted() -> None:
    asked = network_from_arrays(
        {"Contact": contacts(4)},
        {
            "Referral": edges([(0, 1), (0, 1), (2, 1)]),
            "Tie": edges([(1, 3), (1, 2)], strength=[1.0, np.nan]),
        },
    )

    heavy = scores(influencers(asked, weighted=True))
    ties = scores(influencers(asked, weighted=True, over=TIES))

    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_weighted_edges_from([(1, 0, 2), (1, 2, 1)])
    assert heavy == pytest.approx(nx.pagerank(graph, tol=1e-12))
    known: nx.Graph[int] = nx.Graph()
    known.add_weighted_edges_from([(1, 3, 1.0), (1, 2, 0.5)])
    assert ties == pytest.approx(nx.pagerank(known, tol=1e-12, max_iter=999))


def test_a_window_chooses_referrals() -> None:
    at = [micros(datetime(2026, 1, day, tzinfo=UTC)) for day in (1, 2)]
    asked = network_from_arrays(
        {"Contact": contacts(3)}, {"Referral": edges([(0, 1), (1, 2)], at=at)}
    )

    answer = influencers(asked, since=datetime(2026, 1, 2, tzinfo=UTC))

    assert sorted(scores(answer)) == [1, 2]


def test_personalized_looks_from_chosen_parties() -> None:
    asked = network(5, Referral=[(0, 1), (1, 2), (3, 4)])

    answer = influencers(asked, measure=M.PERSONALIZED, near=("c00002",))

    jump = {2: 1.0}
    graph: nx.DiGraph[int] = nx.DiGraph([(1, 0), (2, 1), (4, 3)])
    expected = nx.pagerank(graph, personalization=jump, dangling=jump, tol=1e-13, max_iter=999)
    assert scores(answer) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("over", list(InfluenceGraph))
@pytest.mark.parametrize("measure", list(InfluenceMeasure))
@pytest.mark.parametrize("size", [8, 97, 300])
def test_all_parties_of_a_ring_are_equal(
    measure: InfluenceMeasure, over: InfluenceGraph, size: int
) -> None:
    order = np.random.default_rng(size).permutation(size).tolist()
    ring = list(zip(order, order[1:] + order[:1], strict=True))
    asked = network(size, **{"Tie" if over is TIES else "Referral": ring})

    answer = influencers(asked, measure=measure, over=over, near=near(measure, *range(size)))

    assert {row.percentile for row in answer.items} == {0.0}
    assert numbers(row.party for row in answer.items) == list(range(min(20, size)))


@pytest.mark.parametrize("measure", list(InfluenceMeasure))
def test_equal_parties_tie_however_the_parties_are_numbered(measure: InfluenceMeasure) -> None:
    """Two trees of three levels hang from one root: there are four places, whatever the keys."""
    tree = [(0, 1), (0, 2), *((1 + k % 2, 3 + k) for k in range(10))]
    tree += [(3 + k % 10, 13 + k) for k in range(60)]
    expected = None
    for seed in range(5):
        new = np.random.default_rng(seed).permutation(73).tolist()
        draw = np.random.default_rng(seed).permutation(len(tree)).tolist()
        asked = network(73, Referral=[(new[tree[i][0]], new[tree[i][1]]) for i in draw])

        answer = influencers(asked, measure=measure, near=near(measure, new[0]), first=1000)

        of = {numbers([row.party])[0]: row.percentile for row in answer.items}
        places = [{of[new[k]] for k in part} for part in ([0], [1, 2], range(3, 13), range(13, 73))]
        assert [len(place) for place in places] == [1, 1, 1, 1]
        expected = expected or places
        assert places == expected


def test_parties_to_look_from_are_refused_where_they_would_be_ignored() -> None:
    asked = network(3, Referral=[(0, 1)])

    with pytest.raises(BadInput, match="near: PAGERANK looks at the whole graph; ask for PERSONAL"):
        influencers(asked, near=("c00000",))


def test_personalized_needs_parties_that_are_there_and_have_edges() -> None:
    asked = network(3, Referral=[(0, 1)])

    with pytest.raises(BadInput, match="near names no party; PERSONALIZED needs the key"):
        influencers(asked, measure=M.PERSONALIZED)
    with pytest.raises(BadInput, match="near: 1 party given, none with an edge"):
        influencers(asked, measure=M.PERSONALIZED, near=("c00002",))
    with pytest.raises(NotFound, match="there is no Customer 'c00000'; check its kind and key"):
        influencers(asked, measure=M.PERSONALIZED, near=("c00000",), near_kind=PartyKind.CUSTOMER)


@pytest.mark.parametrize(
    ("measure", "over", "expected"),
    [
        # 0 refers to 1, 2 and 3, who know nothing of each other; 4 to 3 alone
        (M.HITS_HUB, REFERRALS, [0, 4]),
        (M.HITS_AUTHORITY, REFERRALS, [3, 1, 2]),
        (M.EIGENVECTOR, TIES, [0, 3, 1, 2, 4]),
        (M.KATZ, REFERRALS, [0, 4]),
        (M.BROKERAGE, TIES, [0, 3, 1, 2, 4]),
        (M.EFFECTIVE_SIZE, TIES, [0, 3, 1, 2, 4]),
    ],
)
def test_by_hand_who_comes_first(
    measure: InfluenceMeasure, over: InfluenceGraph, expected: list[int]
) -> None:
    pairs = [(0, 1), (0, 2), (0, 3), (4, 3)]
    asked = network(5, **{"Referral" if over is REFERRALS else "Tie": pairs})

    answer = influencers(asked, measure=measure, over=over)

    assert numbers(row.party for row in answer.items)[: len(expected)] == expected


def test_rows_say_their_community_when_asked() -> None:
    cliques = [(a + k, b + k) for k in (0, 4) for a in range(4) for b in range(a)]
    asked = network(9, Tie=[*cliques, (3, 4), (4, 8)])

    plain = influencers(asked, over=TIES)
    told = influencers(asked, over=TIES, with_communities=True)

    groups = {numbers([r.party])[0]: r.community for r in told.items}
    assert groups == {0: 2, 1: 2, 2: 2, 3: 2, 4: 1, 5: 1, 6: 1, 7: 1, 8: 1}
    assert {row.community for row in plain.items} == {None}
    largest = communities(asked, over=TIES).items[0]
    assert sorted(numbers(m.party for m in largest.members)) == [4, 5, 6, 7, 8]


def test_filters_choose_rows_but_scores_are_of_the_whole() -> None:
    asked = network_from_arrays(
        {"Customer": contacts(4)},
        {"Referral": edges([(0, 1), (1, 2), (2, 3)])},
        columns={
            "region": ["Wuhan", "Wuhan", "Xi'an", None],
            "industry": ["cars", None, "cars", "cars"],
            "stage": ["NEW", "PREMIUM", "NEW", "NEW"],
        },
    )
    whole = scores(influencers(asked))

    def kept(**filters: Any) -> dict[int, float]:
        return scores(influencers(asked, **filters))

    assert kept(region="Wuhan") == {0: whole[0], 1: whole[1]}
    assert kept(industry="cars", stage=Stage.NEW) == {n: whole[n] for n in (0, 2, 3)}
    assert kept(region="Wuhan", industry="cars") == {0: whole[0]}
    assert kept(region="nowhere") == {}
    assert influencers(asked, region="Wuhan", first=1).total == 2


@settings(deadline=None, max_examples=40)
@given(drawn=digraphs(), over=st.sampled_from([REFERRALS, TIES]))
def test_sampled_betweenness_keeps_its_bound_on_small_graphs(
    drawn: tuple[int, list[Pair]], over: InfluenceGraph
) -> None:
    size, pairs = drawn
    kind = "Referral" if over is REFERRALS else "Tie"
    asked = network(max(size, 3), **{kind: [*pairs, (0, 1), (1, 2)]})
    exact = influencers(asked, measure=BETWEENNESS, over=over, first=1000)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "EXACT_STEPS", 0)
        guess = influencers(asked, measure=BETWEENNESS, over=over, first=1000)

    assert not guess.exact
    assert guess.error_bound is not None
    # the seed is fixed and the bound holds for 9 of 10 seeds: twice of it is never reached here
    assert scores(guess) == pytest.approx(scores(exact), abs=2 * guess.error_bound)


def test_sampled_betweenness_of_a_large_graph_is_within_its_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    graph = nx.gnm_random_graph(300, 900, seed=5, directed=True)
    asked = network(300, Referral=list(graph.edges))
    exact = scores(influencers(asked, measure=BETWEENNESS, first=1000))
    monkeypatch.setattr(module, "EXACT_STEPS", 0)

    guess = influencers(asked, measure=BETWEENNESS, first=1000)

    assert guess.error_bound is not None
    assert 0 < guess.error_bound <= 0.01 * 300 / 298
    assert scores(guess) == pytest.approx(exact, abs=guess.error_bound)


def test_harmonic_over_too_many_is_refused_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "HARMONIC_STEPS", 3)

    with pytest.raises(TooExpensive, match=r"HARMONIC would take 4 steps over 2 parties.*PAGERANK"):
        influencers(network(2, Tie=[(0, 1)]), measure=HARMONIC, over=TIES)


def test_more_nodes_than_one_block_of_searches_are_all_counted() -> None:
    pairs = [(i, i + 1) for i in range(299)]

    answer = influencers(network(300, Referral=pairs), measure=HARMONIC, first=1)

    assert answer.items[0].score == pytest.approx(sum(1 / d for d in range(1, 300)))


def test_a_window_takes_the_ties_that_held_in_it() -> None:
    """Days that are not known set no bound; `until` is not in the window."""
    ties = edges(
        [(0, 1), (1, 2), (2, 3), (3, 4)],
        since=[days(date(2020, 1, 1)), days(date(2024, 6, 1)), NO_DAY, days(date(2025, 1, 1))],
        until=[days(date(2023, 12, 31)), NO_DAY, NO_DAY, NO_DAY],
    )
    asked = network_from_arrays({"Contact": contacts(5)}, {"Tie": ties})
    begin, end = datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)

    answer = influencers(asked, over=TIES, measure=K_CORE, since=begin, until=end)
    whole = influencers(asked, over=TIES, measure=K_CORE)

    assert sorted(numbers(row.party for row in answer.items)) == [1, 2, 3]
    assert sorted(numbers(row.party for row in whole.items)) == [0, 1, 2, 3, 4]
    with pytest.raises(BadInput, match="not after since"):
        influencers(asked, over=TIES, since=end, until=begin)
