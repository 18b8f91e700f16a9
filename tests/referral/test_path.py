from __future__ import annotations

from typing import Any

import networkx as nx
from hypothesis import given, settings

from graph.network import Network, network_from_arrays
from referral.contact_network import LinkKind
from referral.parties import PartyKind
from referral.path import Paths, path
from tests.referral.networks import Pair, contact, contacts, digraphs, edges, network, numbers


def between(asked: Network, one: int, other: int, **given: Any) -> Paths | None:
    return path(
        asked,
        from_kind=PartyKind.CONTACT,
        from_key=contact(one).key,
        to_kind=PartyKind.CONTACT,
        to_key=contact(other).key,
        **given,
    )


def ways(answer: Paths | None) -> list[list[int]]:
    assert answer is not None
    return [numbers(step.party for step in way.parties) for way in answer.items]


def test_by_hand_ways_through_links_of_several_kinds() -> None:
    asked = network(5, Referral=[(1, 0), (1, 0)], Tie=[(1, 2), (0, 3), (3, 2), (4, 4)])

    answer = between(asked, 0, 2)

    assert answer is not None
    assert (answer.length, answer.total) == (2, 2)
    assert ways(answer) == [[0, 1, 2], [0, 3, 2]]
    first = answer.items[0].links
    assert [(link.kind, link.key) for link in first] == [
        (LinkKind.REFERRAL, "0"),
        (LinkKind.TIE, "0"),
    ]
    assert (first[0].source, first[0].target) == (contact(1), contact(0))
    assert ways(between(asked, 0, 2, first=1)) == [[0, 1, 2]]


def test_only_the_kinds_asked_for_are_followed() -> None:
    asked = network(3, Referral=[(0, 1), (1, 2)], Tie=[(0, 2)])

    assert ways(between(asked, 0, 2, kinds=(LinkKind.REFERRAL,))) == [[0, 1, 2]]
    assert ways(between(asked, 0, 2)) == [[0, 2]]


def test_no_way_is_an_answer_and_no_party_is_none() -> None:
    asked = network(3, Tie=[(0, 1)])

    answer = between(asked, 0, 2)

    assert answer is not None
    assert (answer.length, answer.total, answer.items) == (None, 0, ())
    assert between(asked, 0, 7) is None


def test_a_party_is_joined_to_itself_by_nothing() -> None:
    answer = between(network(2, Tie=[(0, 1)]), 0, 0)

    assert answer is not None
    assert (answer.length, answer.total) == (0, 1)
    assert ways(answer) == [[0]]
    assert answer.items[0].links == ()


def test_ways_lead_through_organizations() -> None:
    asked = network_from_arrays(
        {"Contact": contacts(2), "Organization": ["o"]},
        {"Affiliation": edges([(0, 2), (1, 2)])},
    )

    answer = between(asked, 0, 1)

    assert answer is not None
    assert [step.party.key for step in answer.items[0].parties] == ["c00000", "o", "c00001"]


@settings(deadline=None)
@given(digraphs())
def test_ways_are_all_the_shortest_paths(drawn: tuple[int, list[Pair]]) -> None:
    size, pairs = drawn
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(size))
    graph.add_edges_from(pairs)
    asked = network(size, Referral=pairs[::2], Tie=pairs[1::2])

    for other in range(size):
        answer = between(asked, 0, other, first=100)

        if not nx.has_path(graph, 0, other):
            assert ways(answer) == []
            continue
        expected = sorted(nx.all_shortest_paths(graph, 0, other))
        assert answer is not None
        assert ways(answer) == expected[:100]
        assert (answer.length, answer.total) == (len(expected[0]) - 1, len(expected))
