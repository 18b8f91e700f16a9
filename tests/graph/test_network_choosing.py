"""Views of a snapshot: some of a kind's edges."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import networkx as nx
import numpy as np
import pytest
from numpy.typing import NDArray

from graph.errors import BadInput
from graph.model.codec import micros
from graph.model.words import ReferralStatus, TieKind
from graph.network import EdgeArrays, EdgeTable, Network, chosen, days, network_from_arrays
from graph.network.values import NO_DAY, NO_MOMENT, code

PEOPLE = {"Contact": ["a", "b", "c", "d"]}
MAY = datetime(2026, 5, 1, tzinfo=UTC)
JUNE = datetime(2026, 6, 1, tzinfo=UTC)
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def network() -> Network:
    referrals = EdgeArrays(
        [0, 0, 1, 2],
        [0, 1, 2, 3],
        columns={
            "at": [micros(MAY), micros(MAY), micros(JUNE), NO_MOMENT],
            "status": [code(ReferralStatus.CONVERTED)] * 2 + [code(ReferralStatus.LOST)] * 2,
        },
    )
    ties = EdgeArrays(
        [0, 1, 2],
        [1, 2, 3],
        columns={
            "kind": [code(TieKind.FRIEND), code(TieKind.FRIEND), code(TieKind.RELATIVE)],
            "since": [NO_DAY, days(date(2026, 5, 1)), days(date(2026, 6, 1))],
            "until": [days(date(2026, 4, 30)), days(date(2026, 5, 31)), NO_DAY],
        },
    )
    return network_from_arrays(PEOPLE, {"Referral": referrals, "Tie": ties})


@pytest.fixture
def referrals(network: Network) -> EdgeTable:
    return network.edges["Referral"]


@pytest.fixture
def ties(network: Network) -> EdgeTable:
    return network.edges["Tie"]


def test_without_a_wish_all_count(referrals: EdgeTable) -> None:
    assert chosen(referrals).tolist() == [True] * 4


def test_loops_can_be_left_out(referrals: EdgeTable) -> None:
    assert chosen(referrals, loops=False).tolist() == [False, True, True, True]


def test_a_window_takes_what_was_made_in_it(referrals: EdgeTable) -> None:
    assert chosen(referrals, since=MAY, until=JUNE).tolist() == [True, True, False, False]
    assert chosen(referrals, since=JUNE).tolist() == [False, False, True, False]
    assert chosen(referrals, until=JUNE).tolist() == [True, True, False, False]


def test_a_window_takes_what_held_on_some_moment_of_it(ties: EdgeTable) -> None:
    assert chosen(ties, since=MAY, until=JUNE).tolist() == [False, True, False]
    assert chosen(ties, since=JUNE).tolist() == [False, False, True]
    assert chosen(ties, until=MAY).tolist() == [True, False, False]
    assert chosen(ties, until=NOON).tolist() == [True, True, False]


def test_values_of_a_column_are_chosen(referrals: EdgeTable, ties: EdgeTable) -> None:
    assert chosen(referrals, status=[ReferralStatus.LOST]).tolist() == [False, False, True, True]
    assert chosen(ties, kind=[TieKind.RELATIVE, TieKind.FRIEND]).tolist() == [True] * 3
    assert chosen(ties, kind=[]).tolist() == [False] * 3


def test_wishes_are_joined(referrals: EdgeTable) -> None:
    found = chosen(referrals, until=JUNE, loops=False, status=[ReferralStatus.CONVERTED])

    assert found.tolist() == [False, True, False, False]


def test_a_window_that_ends_before_it_begins_is_refused(referrals: EdgeTable) -> None:
    with pytest.raises(BadInput, match="until is 2026-05-01T00:00:00\\+00:00, not after since"):
        chosen(referrals, since=JUNE, until=MAY)


def test_a_column_that_is_not_there_is_refused(ties: EdgeTable) -> None:
    with pytest.raises(BadInput, match="a Tie has no 'status'; its columns are kind, since"):
        chosen(ties, status=[ReferralStatus.LOST])


def test_a_table_of_some_edges_has_their_rows_keys_and_columns(referrals: EdgeTable) -> None:
    some = referrals.where(chosen(referrals, until=JUNE))

    assert (some.source.tolist(), some.target.tolist()) == ([0, 0], [0, 1])
    assert some.forward.row(0).tolist() == [0, 1]
    assert some.backward.row(1).tolist() == [0]
    assert some.keys.take(range(2)) == referrals.keys.take(range(2))
    assert some.columns["status"].tolist() == [code(ReferralStatus.CONVERTED)] * 2


def test_networkx_sees_the_edges_chosen(network: Network) -> None:
    ties: Any = network.graph("Tie", chosen(network.edges["Tie"], kind=[TieKind.FRIEND]))

    assert [node.key for node in ties] == ["a", "b", "c"]
    assert nx.shortest_path_length(ties, *(list(ties)[0::2])) == 2


def test_a_moment_without_a_time_zone_is_told(referrals: EdgeTable) -> None:
    naive = MAY.replace(tzinfo=None)
    with pytest.raises(BadInput, match="since is 2026-05-01T00:00:00, without a time zone"):
        chosen(referrals, since=naive)
    with pytest.raises(BadInput, match="until is 2026-05-01T00:00:00, without a time zone"):
        chosen(referrals, until=naive)
    with pytest.raises(BadInput, match="without a time zone"):
        chosen(referrals, since=MAY, until=JUNE.replace(tzinfo=None))


@pytest.mark.parametrize(
    "mask",
    [np.ones(3, np.bool_), np.ones(5, np.bool_), np.ones(4, np.int64), np.ones((4, 1), np.bool_)],
)
def test_a_mask_of_other_edges_is_told(network: Network, mask: NDArray[np.bool_]) -> None:
    with pytest.raises(BadInput, match=r"a mask of Referral has bool and \(4,\); take one from"):
        network.graph("Referral", mask)


def test_an_unknown_kind_of_edges_is_told_at_once(network: Network) -> None:
    with pytest.raises(BadInput, match=r"no kind of edges 'Referal'; there are .*Referral"):
        network.graph("Referal")
