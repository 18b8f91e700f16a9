"""Root fields: by id, by key, search."""

from __future__ import annotations

import pytest
from strawberry.utils.str_converters import to_camel_case

from graph.model import NodeRef, RecordInfo
from schema.queries import LISTED, ONE_OF_MANY
from tests.schema.conftest import Client

ID = NodeRef("Customer", "c001").global_id


@pytest.mark.parametrize("info", LISTED, ids=lambda info: info.name)
async def test_each_kind_is_read_by_key_and_page_by_page(client: Client, info: RecordInfo) -> None:
    one = ONE_OF_MANY.get(info.plural, info.name[0].lower() + info.name[1:]).replace("_m", "M")
    many = to_camel_case(info.plural)

    page = await client.ask(
        f"{{ {many}(first: 1) {{ edges {{ node {{ __typename key id }} }} }} }}"
    )
    node = page[many]["edges"][0]["node"]
    found = await client.ask(
        f"query ($key: String!) {{ {one}(key: $key) {{ __typename key id }} }}", key=node["key"]
    )

    assert node["__typename"] == info.name
    assert found == {one: node}
    assert client.calls == [("nodes", 1)]


async def test_what_is_not_there_is_null(client: Client) -> None:
    none = NodeRef("Customer", "none").global_id
    data = await client.ask(
        """query ($id: ID!) { customer(key: "none") { name } node(id: $id) { id }
             nodes(ids: [$id]) { id } }""",
        id=none,
    )

    assert data == {"customer": None, "node": None, "nodes": [None]}


async def test_nodes_of_several_kinds_come_in_the_order_asked_for(client: Client) -> None:
    refs = [NodeRef("Contact", "p001"), NodeRef("Tie", "t001"), NodeRef("Customer", "c001")]
    refs += [NodeRef("Contact", "none"), NodeRef("Contact", "p000"), NodeRef("Contact", "p001")]
    data = await client.ask(
        "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Party { name } } }",
        ids=[ref.global_id for ref in refs],
    )

    assert [n and n["__typename"] for n in data["nodes"]] == [
        "Contact",
        "Tie",
        "Customer",
        None,
        "Contact",
        "Contact",
    ]
    assert data["nodes"][0]["name"] == "王小001"
    assert client.calls == [("records", 6)]


async def test_search_finds_by_name_pinyin_and_mail(client: Client) -> None:
    query = """query ($text: String!, $kinds: [NodeKind!]) { search(text: $text, kinds: $kinds,
      first: 2) { score node { __typename ... on Party { key name } } } }"""

    by_pinyin = await client.ask(query, text="wangxiao", kinds=["CONTACT"])
    by_mail = await client.ask(query, text="c3@example.com")
    by_none = await client.ask(query, text="王", kinds=[])

    assert [hit["node"]["__typename"] for hit in by_pinyin["search"]] == ["Contact", "Contact"]
    assert by_mail["search"] == [
        {"score": 1.0, "node": {"__typename": "Customer", "key": "c003", "name": "客户 003"}}
    ]
    assert by_none["search"] == []


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            '{ node(id: "?") { id } }',
            "'?' is not an id; take it from an `id` field of an answer",
        ),
        (
            '{ search(text: "a\\u0000") { score } }',
            "text: 'a\\x00': character U+0000 at position 1 is not allowed; remove it",
        ),
        (
            '{ search(text: "a", first: 101) { score } }',
            "first is 101; it may be from 0 to 100; ask for fewer",
        ),
        (
            '{ customer(key: "a\\u0000") { id } }',
            "key: 'a\\x00': character U+0000 at position 1 is not allowed; remove it",
        ),
        (
            '{ customer(key: "") { id } }',
            "key: '': a key has 1 to 128 characters; this one is empty",
        ),
    ],
)
async def test_wrong_input_is_refused(client: Client, query: str, message: str) -> None:
    error = await client.refused(query)

    assert error["message"] == message
    assert error["extensions"]["code"] == "BAD_INPUT"


async def test_at_most_a_hundred_nodes_are_read_at_once(client: Client) -> None:
    error = await client.refused("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=101 * [ID])

    assert error["message"] == "101 ids; ask for at most 100 at once"


@pytest.mark.parametrize("below", ["totalCount", "__typename", "totalCount edges { cursor }"])
@pytest.mark.parametrize("name", ["after", "before"])
async def test_a_wrong_cursor_is_refused_whatever_is_asked_of_the_page(
    client: Client, name: str, below: str
) -> None:
    page = f'({name}: "zz") {{ {below} }}'

    listed = await client.refused(f"{{ contacts{page} }}")
    related = await client.refused(f'{{ contact(key: "p001") {{ ties{page} }} }}')

    assert listed["message"] == related["message"]
    assert listed["message"].startswith("'zz' is not a cursor of this order")
    assert related["path"] == ["contact", "ties"]
