"""Paging: walks in both directions, sizes, cursors."""

from __future__ import annotations

from typing import Any

import pytest

from graph.sqlite import SqliteStore
from graph.store import Upsert
from schema.build import Schema
from tests.schema.conftest import Client, RecordingGraph

PAGE = """
query ($first: Int, $after: String, $last: Int, $before: String) {
  customers(first: $first, after: $after, last: $last, before: $before,
            orderBy: [{region: DESC}, {stage: ASC}]) {
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor node { key } }
  }
}
"""


async def _walk(client: Client, size: str, cursor: str, more: str, end: str) -> list[list[str]]:
    pages, at = [], None
    while True:
        data = await client.ask(PAGE, **{size: 50, cursor: at})
        found = data["customers"]
        assert found["totalCount"] == 120
        pages.append([e["node"]["key"] for e in found["edges"]])
        if not found["pageInfo"][more]:
            return pages
        at = found["pageInfo"][end]


async def test_a_walk_forwards_and_one_backwards_meet_every_record_once(either: Client) -> None:
    forwards = await _walk(either, "first", "after", "hasNextPage", "endCursor")
    backwards = await _walk(either, "last", "before", "hasPreviousPage", "startCursor")

    assert [len(page) for page in forwards] == [50, 50, 20]
    assert [len(page) for page in backwards] == [50, 50, 20]
    whole = [key for page in forwards for key in page]
    assert whole == [key for page in reversed(backwards) for key in page]
    assert len(set(whole)) == 120


async def test_members_are_walked_page_by_page(client: Client) -> None:
    query = """query ($after: String) { contact(key: "p000") {
      referralsMade(first: 50, after: $after, orderBy: [{node: {key: DESC}}]) {
        pageInfo { hasNextPage endCursor } edges { key } } } }"""
    keys: list[str] = []
    after, more = None, True
    while more:
        page = (await client.ask(query, after=after))["contact"]["referralsMade"]
        keys += [e["key"] for e in page["edges"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]

    assert len(keys) == len(set(keys)) == 120


async def test_a_page_has_twenty_members_unless_told(client: Client) -> None:
    data = await client.ask("{ customers { edges { node { key } } pageInfo { endCursor } } }")

    assert len(data["customers"]["edges"]) == 20


async def test_a_page_of_none_tells_whether_there_are_any(client: Client) -> None:
    data = await client.ask(
        """{ customers(first: 0) { totalCount edges { cursor }
             pageInfo { hasNextPage startCursor endCursor } } }"""
    )

    assert data["customers"] == {
        "totalCount": 120,
        "edges": [],
        "pageInfo": {"hasNextPage": True, "startCursor": None, "endCursor": None},
    }


async def test_nothing_is_asked_of_the_store_for_typename_alone(client: Client) -> None:
    data = await client.ask("{ customers { __typename } }")

    assert data == {"customers": {"__typename": "CustomerConnection"}}
    assert client.calls == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            "first: 101",
            "first is 101; it may be from 0 to 100; ask for the next page with `after`",
        ),
        (
            "last: 2147483647",
            "last is 2,147,483,647; it may be from 0 to 100; ask for the page before with `before`",
        ),
        (
            "first: -1",
            "first is -1; it may be from 0 to 100; ask for the next page with `after`",
        ),
        ("first: 1, last: 1", "give either `first` or `last`, not both"),
        (
            'after: "nonsense"',
            "'nonsense' is not a cursor of this order; take it from `cursor` or `pageInfo` "
            "of an answer with the same orderBy",
        ),
        (
            'before: ""',
            "'' is not a cursor of this order; take it from `cursor` or `pageInfo` "
            "of an answer with the same orderBy",
        ),
    ],
)
@pytest.mark.parametrize("place", ["root", "relation"])
async def test_wrong_paging_is_refused_with_the_remedy(
    client: Client, arguments: str, message: str, place: str
) -> None:
    query = f"{{ customers({arguments}) {{ edges {{ cursor }} }} }}"
    if place == "relation":
        query = f'{{ contact(key: "p000") {{ ties({arguments}) {{ edges {{ cursor }} }} }} }}'
    error = await client.refused(query)

    assert error["message"] == message
    assert error["extensions"]["code"] == "BAD_INPUT"


async def test_a_number_beyond_32_bits_is_refused(client: Client) -> None:
    error = await client.refused("{ customers(first: 99999999999999999999) { totalCount } }")

    assert error["message"] == (
        "Int cannot represent non 32-bit signed integer value: 99999999999999999999"
    )
    assert error["extensions"]["code"] == "BAD_INPUT"


async def test_a_page_stays_in_place_when_records_are_put_before_it(
    schema: Schema, tmp_path: Any
) -> None:
    store = SqliteStore(tmp_path)
    graph = store.tenant("t")
    await graph.commit([Upsert("Good", k, {"name": k}) for k in "bdf"], actor="test")
    client = Client(schema, RecordingGraph(graph))
    query = """query ($after: String) { goods(first: 2, after: $after, orderBy: [{name: ASC}]) {
      edges { node { key } } pageInfo { endCursor } } }"""

    first = (await client.ask(query))["goods"]
    await graph.commit([Upsert("Good", k, {"name": k}) for k in "ae"], actor="test")
    second = (await client.ask(query, after=first["pageInfo"]["endCursor"]))["goods"]

    assert [e["node"]["key"] for e in first["edges"]] == ["b", "d"]
    assert [e["node"]["key"] for e in second["edges"]] == ["e", "f"]
    await store.close()
