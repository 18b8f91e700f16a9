from __future__ import annotations

import networkx as nx
import pytest
from hypothesis import given, settings

from graph.model import NodeRef
from graph.network import network_from_arrays
from referral.communities import communities
from referral.party_graph import InfluenceGraph
from tests.referral.networks import Pair, contacts, digraphs, edges, network, numbers

REFERRALS, TIES, BOTH = InfluenceGraph

CLIQUES = [(a + k, b + k) for k in (0, 4) for a in range(4) for b in range(a)]


def test_by_hand_two_groups_and_what_joins_them() -> None:
    answer = communities(network(9, Tie=[*CLIQUES, (3, 4)], Referral=[(4, 8)]), members=2)

    first, second = answer.items
    assert (first.size, second.size, answer.total) == (5, 4, 2)
    assert first.density == pytest.approx(7 / 10)
    assert second.density == 1.0
    assert [(numbers([m.party])[0], m.inside, m.outside) for m in first.members] == [
        (4, 4, 1),
        (5, 3, 0),
    ]
    assert [(numbers([m.party])[0], m.inside, m.outside) for m in second.bridges] == [(3, 3, 1)]
    # 13 of 14 links inside; ends 15 and 13 of 28
    assert answer.modularity == pytest.approx(13 / 14 - (15 / 28) ** 2 - (13 / 28) ** 2)


def test_a_community_is_named_by_what_half_of_it_has() -> None:
    asked = network_from_arrays(
        {"Customer": contacts(6)},
        {"Referral": edges([(0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 3)])},
        columns={
            "region": ["Wuhan", "Wuhan", None, "Xi'an", None, None],
            "industry": ["cars", None, "cars", "cars", "toys", "food"],
        },
    )

    answer = communities(asked)

    assert [row.name for row in answer.items] == ["Wuhan, cars", None]
    assert answer.items[0].members[0].party == NodeRef("Customer", "c00000")


def test_first_and_members_cut_and_total_counts_all() -> None:
    answer = communities(network(6, Tie=[(0, 1), (2, 3), (4, 5)]), first=1, members=0)

    assert answer.total == 3
    assert [(row.rank, row.members, row.bridges) for row in answer.items] == [(1, (), ())]


def test_a_resolution_changes_their_number() -> None:
    asked = network(8, Tie=[*CLIQUES, (3, 4)])

    assert communities(asked, resolution=0.01).total == 1
    assert communities(asked, resolution=1.0).total == 2


@settings(deadline=None, max_examples=40)
@given(digraphs())
def test_every_party_with_an_edge_is_in_one_connected_community(
    drawn: tuple[int, list[Pair]],
) -> None:
    size, pairs = drawn
    graph: nx.Graph[int] = nx.Graph([(a, b) for a, b in pairs if a != b])

    answer = communities(network(size, Referral=pairs), over=REFERRALS, first=1000, members=1000)

    parts = [set(numbers(m.party for m in row.members)) for row in answer.items]
    assert sorted(n for part in parts for n in part) == sorted(graph)
    assert all(nx.is_connected(graph.subgraph(part)) for part in parts)
    if parts:
        assert answer.modularity == pytest.approx(nx.community.modularity(graph, parts))
