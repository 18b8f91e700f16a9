from __future__ import annotations

from datetime import date
from importlib import import_module

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import BadInput
from graph.model import NodeRef
from graph.network import EdgeArrays, Network, csr, days, gather, network_from_arrays
from graph.network.assemble import NODE_KINDS, PurchaseArrays
from graph.network.texts import texts
from graph.network.values import NO_DAY

PEOPLE = {"Contact": ["bob", "ann", "cat"], "Customer": ["acme"]}


def refs(network: Network, ids: np.ndarray[tuple[int], np.dtype[np.int32]]) -> list[str]:
    return [ref.key for ref in network.nodes.refs(ids)]


def test_ids_are_places_in_the_order_of_kind_and_key() -> None:
    nodes = network_from_arrays(PEOPLE).nodes

    assert nodes.refs(range(4)) == [
        NodeRef("Customer", "acme"),
        NodeRef("Contact", "ann"),
        NodeRef("Contact", "bob"),
        NodeRef("Contact", "cat"),
    ]
    assert NODE_KINDS == ("Customer", "Contact", "Organization", "Staff", "Good")


def test_nodes_are_found_by_kind_and_key() -> None:
    nodes = network_from_arrays(PEOPLE).nodes

    wanted = [
        NodeRef("Contact", "cat"),
        NodeRef("Customer", "cat"),
        NodeRef("Contact", "bo"),
        NodeRef("Contact", "zoe"),
        NodeRef("Good", "ann"),
        NodeRef("Purchase", "ann"),
        NodeRef("Customer", "acme"),
    ]
    assert nodes.ids_of(wanted).tolist() == [3, -1, -1, -1, -1, -1, 0]
    assert nodes.span("Contact") == (1, 4)
    assert nodes.are(["Contact", "Good"]).tolist() == [False, True, True, True]


def test_keys_are_ordered_by_code_point_in_any_script() -> None:
    keys = ["z", "é", "王小明", "\U0001f600", "\uffee", "a"]
    nodes = network_from_arrays({"Contact": keys}).nodes

    assert nodes.keys.take(range(6)) == sorted(keys)
    for key in keys:
        assert nodes.refs([nodes.id_of(NodeRef("Contact", key))]) == [NodeRef("Contact", key)]


def test_edges_are_sorted_by_source_target_and_key() -> None:
    arrays = EdgeArrays([0, 1, 0, 3, 0], [1, 2, 1, 0, 1], keys=["k", "j", "a", "z", "c"])
    ties = network_from_arrays(PEOPLE, {"Referral": arrays}).edges["Referral"]

    assert ties.source.tolist() == [0, 1, 2, 2, 2]
    assert ties.target.tolist() == [2, 3, 1, 1, 1]
    assert ties.keys.take(range(5)) == ["z", "j", "a", "c", "k"]


def test_rows_lead_both_ways_and_back_to_the_edge() -> None:
    arrays = EdgeArrays([0, 1, 2, 3], [2, 2, 0, 2])
    table = network_from_arrays(PEOPLE, {"Referral": arrays}).edges["Referral"]

    assert table.forward.row(3).tolist() == [2]
    assert table.backward.row(3).tolist() == [0, 1, 2]
    entries = table.backward_edges[table.backward.starts[3] : table.backward.starts[4]]
    assert table.source[entries].tolist() == [0, 1, 2]
    assert table.target[entries].tolist() == [3, 3, 3]


def test_an_edge_to_a_missing_end_is_left_out() -> None:
    network = network_from_arrays(
        PEOPLE,
        {"Referral": EdgeArrays([0, -1, 1], [-1, 0, 2])},
        purchases=PurchaseArrays([3, 3, -1], [5, 6, 7], referral=[2, 0, 2]),
    )

    assert len(network.edges["Referral"]) == 1
    assert network.purchases.amount_minor.tolist() == [5, 6]
    assert network.purchases.referral.tolist() == [0, -1]


def test_absent_columns_hold_the_default_of_the_field() -> None:
    columns = (
        network_from_arrays(PEOPLE, {"Offer": EdgeArrays([0], [1], columns={"quantity": [7]})})
        .edges["Offer"]
        .columns
    )

    assert {name: column.tolist() for name, column in columns.items()} == {
        "value_minor": [-1],
        "quantity": [7],
        "reserved": [0],
        "priority": [0],
        "until": [NO_DAY],
    }


def test_every_array_is_read_only() -> None:
    network = network_from_arrays(PEOPLE, {"Tie": EdgeArrays([0], [1])})
    tie = network.edges["Tie"]

    for array in (
        network.nodes.kind,
        network.nodes.columns["region"],
        tie.source,
        tie.target,
        tie.columns["strength"],
        tie.forward.starts,
        tie.backward.ids,
        tie.backward_edges,
        network.purchases.at,
    ):
        with pytest.raises(ValueError, match="read-only"):
            array[:] = 0


def test_nodes_are_filtered_by_a_column() -> None:
    nodes = network_from_arrays(PEOPLE, columns={"region": ["Wuhan", None, "Wuhan", "Xi'an"]}).nodes

    # by id: acme, ann, bob, cat
    assert nodes.having("region", "Wuhan").tolist() == [False, False, True, True]
    assert nodes.having("region", "Xi'an").tolist() == [True, False, False, False]
    assert not nodes.having("region", "elsewhere").any()
    assert not nodes.having("stage", "NEW").any()


def test_an_empty_network_has_every_table() -> None:
    network = network_from_arrays({})

    assert len(network) == 0
    assert [len(table) for table in network.edges.values()] == [0] * 9
    assert len(network.purchases) == 0
    assert repr(network) == "<Network version 0: 0 nodes, 0 edges>"


def test_a_key_that_stands_twice_is_refused() -> None:
    with pytest.raises(BadInput, match="Contact 'ann' stands twice"):
        network_from_arrays({"Contact": ["ann", "bob", "ann"]})


def test_an_unknown_kind_is_refused_with_those_there_are() -> None:
    with pytest.raises(BadInput, match="'Purchase' has no place in a network; use Customer, "):
        network_from_arrays({"Purchase": []})
    with pytest.raises(BadInput, match="'Friend' has no place in a network; use Referral, "):
        network_from_arrays({}, {"Friend": EdgeArrays([], [])})


def test_days_are_counted_from_1970() -> None:
    assert (days(date(1970, 1, 2)), days(date(1969, 12, 31))) == (1, -1)


pairs = st.integers(1, 9).flatmap(
    lambda n: st.tuples(
        st.just(n), st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)))
    )
)


@given(pairs)
def test_rows_hold_each_nodes_targets_sorted(drawn: tuple[int, list[tuple[int, int]]]) -> None:
    size, edges = drawn
    source = np.array([a for a, _ in edges], np.int32)
    target = np.array([b for _, b in edges], np.int32)

    rows, unique = csr(source, target, size), csr(source, target, size, unique=True)

    for node in range(size):
        expected = sorted(b for a, b in edges if a == node)
        assert rows.row(node).tolist() == expected
        assert unique.row(node).tolist() == sorted(set(expected))
    everything = np.arange(size)
    assert gather(rows.starts, everything).tolist() == list(range(len(edges)))
    assert gather(rows.starts, everything[:0]).tolist() == []


@given(st.lists(st.text(max_size=5), unique=True), st.text(max_size=5))
def test_texts_are_taken_and_found(words: list[str], other: str) -> None:
    words = sorted(w for w in words if w.isprintable())
    table = texts(words)

    assert len(table) == len(words)
    assert [table[i] for i in range(len(words))] == words
    for place, word in enumerate(words):
        assert table.find(word, 0, len(words)) == place
    if other.isprintable() and other not in words:
        assert table.find(other, 0, len(words)) == -1


@pytest.mark.parametrize("nodes_per_edge", [0.2, 0.77, 1.01])
def test_both_directions_take_at_most_30_bytes_an_edge(nodes_per_edge: float) -> None:
    """Beside keys and columns; a graph of referrals has 0.77 nodes an edge, a forest 1.01."""
    count = 20_000
    size = int(count * nodes_per_edge)
    dice = np.random.default_rng(1)
    ends = dice.integers(0, size, (2, count))
    people = {"Contact": [str(i) for i in range(size)]}
    network = network_from_arrays(people, {"Referral": EdgeArrays(*ends)})

    rows: dict[int, int] = {}  # memory of every array, each counted once
    for table in network.edges.values():
        parts = (table.source, table.target, *table.forward, *table.backward, table.backward_edges)
        rows |= {id(part): part.nbytes for part in parts}

    empty = network.edges["Tie"].forward.starts.nbytes  # one for all kinds without edges
    assert (sum(rows.values()) - empty) / count <= 30


def test_rows_begin_in_32_bits_as_long_as_that_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = np.array([0, 0, 2, 2], np.int32), np.array([1, 2, 1, 0], np.int32)

    few = csr(source[:3], target[:3], 3)
    monkeypatch.setattr(import_module("graph.network.csr"), "MOST_IN_32_BITS", 3)
    many = csr(source, target, 3)

    assert few.starts.dtype == np.int32
    assert many.starts.dtype == np.int64
    assert many.starts.tolist() == [0, 2, 2, 4]
    assert few.degrees().dtype == np.int64
