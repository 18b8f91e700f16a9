from __future__ import annotations

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.model import NodeRef
from graph.network import EdgeArrays, network_from_arrays
from referral.contact_network import Link, LinkKind, Neighbour, contact_network
from tests.referral.networks import Pair, contact, digraphs, network, numbers

PEOPLE = network_from_arrays(
    {"Contact": ["ann", "bob", "cat", "dan"], "Organization": ["school"]},
    {
        "Tie": EdgeArrays([1, 2], [0, 3], keys=["t1", "t2"]),
        "Affiliation": EdgeArrays([0, 2], [4, 4], keys=["f1", "f2"]),
        "Referral": EdgeArrays([1], [2], keys=["r1"]),
    },
)
ANN, BOB, CAT, DAN = (NodeRef("Contact", key) for key in ("ann", "bob", "cat", "dan"))
SCHOOL = NodeRef("Organization", "school")


def test_by_hand_two_hops_over_every_kind() -> None:
    (answer,) = contact_network(PEOPLE, [ANN])

    assert answer is not None
    assert answer.nodes == (
        Neighbour(distance=1, party=BOB),
        Neighbour(distance=1, party=SCHOOL),
        Neighbour(distance=2, party=CAT),
    )
    assert answer.edges == (
        Link(kind=LinkKind.TIE, key="t1", source=BOB, target=ANN),
        Link(kind=LinkKind.REFERRAL, key="r1", source=BOB, target=CAT),
        Link(kind=LinkKind.AFFILIATION, key="f1", source=ANN, target=SCHOOL),
        Link(kind=LinkKind.AFFILIATION, key="f2", source=CAT, target=SCHOOL),
    )
    assert (answer.contact, answer.total) == (ANN, 3)


def test_only_the_kinds_asked_for_are_followed_and_shown() -> None:
    (answer,) = contact_network(PEOPLE, [ANN], kinds=(LinkKind.TIE, LinkKind.TIE))

    assert answer is not None
    assert [n.party for n in answer.nodes] == [BOB]
    assert [e.key for e in answer.edges] == ["t1"]


def test_first_keeps_the_nearest_and_total_counts_all() -> None:
    (answer,) = contact_network(PEOPLE, [ANN], hops=3, first=1)

    assert answer is not None
    assert [n.party for n in answer.nodes] == [BOB]
    assert [e.key for e in answer.edges] == ["t1"]
    assert answer.total == 4


def test_many_contacts_are_answered_in_order_and_an_absent_one_is_none() -> None:
    answers = contact_network(PEOPLE, [DAN, NodeRef("Contact", "eve"), ANN, DAN], hops=1)

    assert [a and [n.party for n in a.nodes] for a in answers] == [
        [CAT],
        None,
        [BOB, SCHOOL],
        [CAT],
    ]


@settings(deadline=None)
@given(digraphs(), st.integers(1, 4))
def test_distances_are_those_of_breadth_first_search(
    drawn: tuple[int, list[Pair]], hops: int
) -> None:
    size, pairs = drawn
    graph = nx.Graph([*pairs, (0, 0)])
    far = nx.single_source_shortest_path_length(graph, 0, cutoff=hops)

    (answer,) = contact_network(network(size, Tie=pairs), [contact(0)], hops=hops)

    assert answer is not None
    found = [(n.distance, *numbers([n.party])) for n in answer.nodes]
    assert found == sorted((d, n) for n, d in far.items() if n)
    assert len(answer.edges) == sum(a in far and b in far for a, b in pairs)
