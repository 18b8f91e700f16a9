"""Orders: by fields, by numbers of members, by the edge and by the node."""

from __future__ import annotations

from typing import Any

import pytest

from tests.schema.conftest import Client

SMALL = {"key": {"lt": "c007"}}


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ([], "0123456"),
        ([{"key": "DESC"}], "6543210"),
        ([{"headcount": "ASC"}], "1235604"),
        ([{"headcount": "DESC"}], "6532104"),
        ([{"region": "ASC"}, {"key": "DESC"}], "6304152"),
        ([{"referralsMadeCount": "DESC"}, {"key": "DESC"}], "6543210"),
        ([{"purchasesCount": "ASC"}, {"foundedOn": "DESC"}], "6543210"),
    ],
)
async def test_records_come_in_the_order_asked_for(
    client: Client, order: list[dict[str, Any]], expected: str
) -> None:
    keys = await client.keys("customers", filter=SMALL, orderBy=order)

    assert "".join(key[-1] for key in keys) == expected


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("[{at: DESC}, {node: {key: ASC}}]", ["c001", "c004", "c007"]),
        ("[{node: {name: DESC}}]", ["p119", "p116", "p113"]),
        ("[{purchasesCount: DESC}, {node: {key: DESC}}]", ["c001", "p119", "p116"]),
        ("[{node: {needsCount: ASC}}, {node: {key: ASC}}]", ["c001", "c001", "c004"]),
    ],
)
async def test_members_are_sorted_by_edge_and_by_node(
    client: Client, order: str, expected: list[str]
) -> None:
    data = await client.ask(
        f"""{{ contact(key: "p000") {{ referralsMade(orderBy: {order}, first: 3)
            {{ edges {{ node {{ key }} }} }} }} }}"""
    )

    assert [e["node"]["key"] for e in data["contact"]["referralsMade"]["edges"]] == expected


async def test_members_without_an_edge_are_sorted_by_their_own_fields(client: Client) -> None:
    data = await client.ask(
        """{ customer(key: "c001") { purchases(orderBy: [{amount: DESC}]) {
             edges { node { amount } } } } }"""
    )

    assert data["customer"]["purchases"]["edges"] == [
        {"node": {"amount": "100.15"}},
        {"node": {"amount": "100.10"}},
    ]


@pytest.mark.parametrize("item", [{}, {"name": "ASC", "key": "ASC"}])
async def test_each_key_of_an_order_has_exactly_one_field(
    client: Client, item: dict[str, str]
) -> None:
    query = "query ($order: [CustomerOrder!]) { customers(orderBy: $order) { totalCount } }"
    error = await client.refused(query, order=[item])

    assert "CustomerOrder' must specify exactly one key." in error["message"]
    assert error["extensions"]["code"] == "BAD_INPUT"


async def test_an_order_has_at_most_eight_keys(client: Client) -> None:
    query = "query ($order: [CustomerOrder!]) { customers(orderBy: $order) { totalCount } }"
    error = await client.refused(query, order=9 * [{"name": "ASC"}])

    assert error["message"] == "orderBy: 9 keys; give at most 8"


async def test_an_order_of_members_has_at_most_eight_keys(client: Client) -> None:
    error = await client.refused(
        """query ($order: [PartyReferralsMadeOrder!]) {
             contact(key: "p000") { referralsMade(orderBy: $order) { totalCount } } }""",
        order=9 * [{"at": "ASC"}],
    )

    assert error["message"] == "orderBy: 9 keys; give at most 8"
