from __future__ import annotations

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.model import Money
from graph.model.words import ReferralStatus
from graph.network import network_from_arrays
from graph.network.assemble import PurchaseArrays
from referral.parties import PartyKind
from referral.referral_reach import ReachLevel, referral_reach
from tests.referral.networks import Pair, digraphs, edges, network, statuses

PENDING, CONVERTED = ReferralStatus.PENDING, ReferralStatus.CONVERTED

CHAIN = network_from_arrays(
    {"Customer": ["a", "b", "c", "d", "e"]},
    {
        "Referral": edges(
            [(0, 1), (0, 2), (1, 3), (2, 3), (3, 0), (4, 2)],
            status=statuses(CONVERTED, PENDING, PENDING, CONVERTED, CONVERTED, CONVERTED),
        )
    },
    purchases=PurchaseArrays([0, 1, 3, 3, 4], [1, 10, 100, 200, 4_000]),
)


def test_by_hand_a_chain_that_comes_back() -> None:
    answer = referral_reach(CHAIN, kind=PartyKind.CUSTOMER, key="a")

    assert answer is not None
    assert answer.by_depth == (
        ReachLevel(depth=1, count=2, converted=1, value_minor=Money(10)),
        ReachLevel(depth=2, count=1, converted=1, value_minor=Money(300)),
    )
    assert (answer.count, answer.converted, answer.value_minor) == (3, 2, 310)
    assert (answer.referrals, answer.depth) == (5, 2)


def test_max_depth_stops_the_chain_and_its_referrals() -> None:
    answer = referral_reach(CHAIN, kind=PartyKind.CUSTOMER, key="a", max_depth=1)

    assert answer is not None
    assert (answer.count, answer.referrals, answer.depth, answer.value_minor) == (2, 2, 1, 10)


def test_a_party_without_referrals_reaches_nobody() -> None:
    answer = referral_reach(network(1), kind=PartyKind.CONTACT, key="c00000")

    assert answer is not None
    assert (answer.count, answer.depth, answer.by_depth) == (0, 0, ())


def test_an_absent_party_is_none() -> None:
    assert referral_reach(CHAIN, kind=PartyKind.CONTACT, key="a") is None
    assert referral_reach(CHAIN, kind=PartyKind.CUSTOMER, key="z") is None


@settings(deadline=None)
@given(digraphs(), st.integers(1, 4))
def test_levels_are_those_of_breadth_first_search(
    drawn: tuple[int, list[Pair]], max_depth: int
) -> None:
    size, pairs = drawn
    graph = nx.DiGraph([*pairs, (0, 0)])
    far = nx.single_source_shortest_path_length(graph, 0, cutoff=max_depth)

    answer = referral_reach(
        network(size, Referral=pairs), kind=PartyKind.CONTACT, key="c00000", max_depth=max_depth
    )

    assert answer is not None
    counted = [sum(1 for d in far.values() if d == depth) for depth in range(1, max_depth + 1)]
    assert [level.count for level in answer.by_depth] == [c for c in counted if c]
    assert answer.referrals == sum(a != b and far.get(a, max_depth) < max_depth for a, b in pairs)
