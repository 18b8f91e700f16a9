"""Filters: every operator through GraphQL, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.schema.conftest import Client

FIRST = {"key": {"lt": "c012"}}


def _c(*numbers: int) -> list[str]:
    return [f"c{n:03}" for n in numbers]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"key": {"eq": "c003"}}, _c(3)),
        ({"key": {"in": ["c003", "c001", "none"]}}, _c(1, 3)),
        ({"key": {"lte": "c001"}}, _c(0, 1)),
        ({"key": {"gt": "c009"}}, _c(10, 11)),
        ({"key": {"gte": "c010"}}, _c(10, 11)),
        ({"name": {"contains": "户 00"}}, _c(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)),
        ({"name": {"startsWith": "客户 01"}}, _c(10, 11)),
        ({"region": {"isNull": True}}, _c(2, 5, 8, 11)),
        ({"region": {"eq": None}}, _c(2, 5, 8, 11)),
        ({"region": {"isNull": False}, "key": {"gt": "c006"}}, _c(7, 9, 10)),
        ({"kind": {"eq": "PERSON"}, "stage": {"in": ["NEW", "LIFELONG"]}}, _c(1, 5, 7, 11)),
        ({"headcount": {"gte": 3, "lt": 7}}, _c(3, 5, 6)),
        ({"trust": {"gt": 0.07}}, _c(9, 11)),
        ({"foundedOn": {"lte": "2000-01-03"}}, _c(1, 2)),
        ({"emails": {"has": "c3@example.com"}}, _c(3)),
        ({"emails": {"isNull": True}, "key": {"lt": "c003"}}, _c(1, 2)),
        ({"creditRating": {"eq": "A"}}, _c(3)),
        ({"revision": {"gt": 1}}, []),
        ({"not": {"key": {"gt": "c001"}}}, _c(0, 1)),
        ({"or": [{"key": {"eq": "c002"}}, {"key": {"eq": "c007"}}]}, _c(2, 7)),
        ({"and": [{"key": {"gt": "c002"}}, {"key": {"lt": "c005"}}]}, _c(3, 4)),
        ({"or": []}, []),
        ({"and": [], "key": {"lt": "c002"}}, _c(0, 1)),
        ({"name": {}, "key": {"lt": "c002"}}, _c(0, 1)),
        ({"purchases": {"some": {"amount": {"gte": "101.00"}}}}, _c(10, 11)),
        ({"purchases": {"some": {"amount": {"in": ["100.05", 100]}}}}, _c(0)),
        ({"purchases": {"none": {}}}, []),
        ({"purchases": {"every": {"at": {"gte": "2026-01-01T22:00:00Z"}}}}, _c(11)),
        ({"purchases": {"some": {"at": {"eq": "2026-01-01T09:00:00+08:00"}}}}, _c(0)),
        ({"purchases": {"count": {"eq": 2}}, "key": {"lt": "c002"}}, _c(0, 1)),
        (
            {"purchases": {"count": {"gte": 1, "filter": {"amount": {"gt": "101"}}}}},
            _c(10, 11),
        ),
        ({"referralsMade": {"some": {"status": {"eq": "LOST"}}}}, _c(1, 6, 11)),
        ({"referralsMade": {"some": {"node": {"key": {"eq": "o009"}}}}}, _c(3)),
        ({"referralsMade": {"some": {"node": {"ofKind": ["CUSTOMER"]}}}}, []),
        (
            {
                "referralsMade": {
                    "some": {
                        "status": {"eq": "EXPIRED"},
                        "purchases": {"some": {"amount": {"gt": 0}}},
                        "or": [{"code": {"isNull": True}}],
                        "node": {"ofKind": ["ORGANIZATION", "CONTACT"]},
                    }
                }
            },
            _c(3, 8),
        ),
        ({"accountOf": {"some": {"node": {"name": {"startsWith": "Org"}}}}}, _c(0, 2, 4, 6, 8, 10)),
        ({"owners": {"none": {"until": {"isNull": True}}}}, _c(5)),
        ({"contacts": {"some": {"node": {"ties": {"count": {"gt": 2}}}}}}, []),
    ],
)
async def test_each_operator_selects(
    client: Client, condition: dict[str, Any], expected: list[str]
) -> None:
    keys = await client.keys("customers", filter={"and": [FIRST, condition]})

    assert sorted(keys) == expected


async def test_a_relation_to_one_is_filtered_by_its_own_fields(client: Client) -> None:
    condition = {"customer": {"key": {"eq": "c003"}}, "referral": {"status": {"eq": "CONTACTED"}}}

    assert await client.keys("purchases", filter=condition) == ["b006"]


async def test_referrals_are_filtered_by_their_ends(client: Client) -> None:
    source = {"source": {"eq": {"kind": "CUSTOMER", "key": "c001"}}}
    target = {
        "target": {
            "in": [{"kind": "CUSTOMER", "key": "c001"}, {"kind": "ORGANIZATION", "key": "o003"}]
        }
    }

    assert await client.keys("referrals", filter=source) == ["r003"]
    assert await client.keys("referrals", filter=target) == ["r001", "r003", "x001", "x003"]


async def test_members_are_filtered_by_edge_and_by_node(client: Client) -> None:
    data = await client.ask(
        """{ contact(key: "p000") { referralsMade(filter: {
             status: {eq: LOST}, not: {channel: {isNull: true}},
             node: {name: {contains: "00"}, ofKind: [CONTACT]}}) {
             totalCount edges { node { key } } }
        } }"""
    )

    made = data["contact"]["referralsMade"]
    assert made["totalCount"] == 3
    assert [e["node"]["key"] for e in made["edges"]] == ["p002", "p005", "p008"]


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (
            {"name": None},
            "filter.name: is null; leave it out",
        ),
        (
            {"name": {"contains": None}},
            "filter.name.contains: is null; leave it out, or ask `isNull: true`",
        ),
        (
            {"or": [{"not": {"name": {"in": ["a", "b\x00"]}}}]},
            "filter.or.0.not.name.in.1: 'b\\x00': "
            "character U+0000 at position 1 is not allowed; remove it",
        ),
        (
            {"name": {"eq": "\ud800"}},
            "filter.name.eq: '\\ud800': character U+D800 at position 0 is not allowed; remove it",
        ),
        (
            {"purchases": {"some": None}},
            "filter.purchases.some: is null; leave it out",
        ),
        (
            {"purchases": {"count": {"eq": None}}},
            "filter.purchases.count.eq: is null; leave it out",
        ),
        (
            {"referralsMade": {"some": {"node": None}}},
            "filter.referralsMade.some.node: is null; leave it out",
        ),
        (
            {"key": {"in": 1001 * ["x"]}},
            "filter.key.in: 1,001 values; give at most 1,000",
        ),
    ],
)
async def test_wrong_values_are_refused_with_their_place(
    client: Client, condition: dict[str, Any], message: str
) -> None:
    query = "query ($filter: CustomerFilter) { customers(filter: $filter) { totalCount } }"
    error = await client.refused(query, filter=condition)

    assert error["message"] == message
    assert error["extensions"]["code"] == "BAD_INPUT"
    assert error["extensions"]["problems"][0]["field"] == message.split(":")[0]
    assert client.calls == []


async def test_a_text_of_ten_megabytes_is_refused(client: Client) -> None:
    query = "query ($filter: CustomerFilter) { customers(filter: $filter) { totalCount } }"
    error = await client.refused(query, filter={"name": {"eq": 10_000_000 * "x"}})

    assert error["message"] == (
        f"filter.name.eq: '{79 * 'x'}... (10,000,002 characters): "
        "at most 10,000 characters; shorten it"
    )


async def test_a_filter_nested_too_deep_is_refused(client: Client) -> None:
    condition: dict[str, Any] = {"key": {"eq": "x"}}
    for _ in range(20):
        condition = {"not": condition}
    query = "query ($filter: CustomerFilter) { customers(filter: $filter) { totalCount } }"
    error = await client.refused(query, filter=condition)

    assert error["message"] == "a filter may be nested 12 deep; take some levels away"


async def test_text_is_compared_as_it_is_stored(client: Client) -> None:
    decomposed = "Cafe\u0301"
    query = '{ goods(filter: {name: {eq: "%s"}}) { totalCount } }'

    assert (await client.ask(query % decomposed))["goods"] == {"totalCount": 0}
