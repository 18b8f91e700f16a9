from __future__ import annotations

from collections.abc import Callable
from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import TooExpensive
from graph.model.words import Stage
from graph.network import network_from_arrays
from referral import influencers as module
from referral.answers import Ranking
from referral.influencers import InfluenceGraph, InfluenceMeasure, Influencer, influencers
from tests.referral.networks import Pair, contacts, digraphs, edges, network, numbers

PAGERANK, BETWEENNESS, HARMONIC, K_CORE = InfluenceMeasure
REFERRALS, TIES = InfluenceGraph

REFERENCES: dict[InfluenceMeasure, Callable[[Any], Any]] = {
    PAGERANK: lambda g: nx.pagerank(g.reverse() if g.is_directed() else g, tol=1e-12, max_iter=999),
    BETWEENNESS: nx.betweenness_centrality,
    HARMONIC: lambda g: nx.harmonic_centrality(g.reverse() if g.is_directed() else g),
    K_CORE: lambda g: nx.core_number(g.to_undirected()),
}


def scores(answer: Ranking[Influencer]) -> dict[int, float]:
    return {numbers([row.party])[0]: row.score for row in answer.items}


@pytest.mark.parametrize("over", list(InfluenceGraph))
@pytest.mark.parametrize("measure", list(InfluenceMeasure))
@settings(deadline=None)
@given(digraphs())
def test_scores_are_those_of_networkx(
    measure: InfluenceMeasure, over: InfluenceGraph, drawn: tuple[int, list[Pair]]
) -> None:
    size, pairs = drawn
    graph: nx.Graph[int] = nx.DiGraph() if over is REFERRALS else nx.Graph()
    graph.add_edges_from((a, b) for a, b in pairs if a != b)
    asked = network(size, **{"Referral" if over is REFERRALS else "Tie": pairs})

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
        assert influencers(one, measure=measure) == influencers(two, measure=measure)


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
@given(drawn=digraphs(), over=st.sampled_from(InfluenceGraph))
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

    assert guess.error_bound == pytest.approx(0.01 * 300 / 298)
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
