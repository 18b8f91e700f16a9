"""Relations: one store call a level, the right members, for every relation of every type."""

from __future__ import annotations

import pytest
from strawberry.utils.str_converters import to_camel_case

from graph.model import (
    PARTIES,
    RECORDS,
    Direction,
    NodeRef,
    Relation,
    edge_records,
    relations,
)
from graph.query import FindQuery, Window
from schema.declare import definition
from schema.names import NodeKind, leads_to_many
from schema.relation import RelationField
from schema.view import VIEWS
from tests.schema.conftest import Client

ROOTS = {
    r.name: to_camel_case(r.plural)
    for r in RECORDS.values()
    if r.ends is None or r.name == "Referral"
}
RELATIONS = [r for kind in ROOTS for r in relations(kind).values()]


async def test_a_nested_query_makes_one_call_a_level(either: Client) -> None:
    data = await either.ask(
        """{ customers(first: 100) { edges { node {
             purchases { edges { node { amount referral { status purchases { totalCount } } } } }
        } } } }"""
    )

    assert len(data["customers"]["edges"]) == 100
    assert either.calls == [("find", 1), ("related", 100), ("nodes", 120), ("counts", 120)]


@pytest.mark.parametrize("r", RELATIONS, ids=lambda r: f"{r.owner}.{r.name}")
@pytest.mark.parametrize("selection", ["page", "total"])
async def test_calls_of_a_level_do_not_depend_on_the_number_of_parents(
    either: Client, r: Relation, selection: str
) -> None:
    name = to_camel_case(r.name)
    if leads_to_many(r):
        below = "{ edges { cursor node { id } } pageInfo { hasNextPage } totalCount }"
        below = below if selection == "page" else "{ totalCount }"
    else:
        below = "{ id }"
    root = ROOTS[r.owner]
    counted = []
    members = 0
    for first in (2, 100):
        data = await either.ask(
            f"{{ {root}(first: {first}) {{ edges {{ node {{ {name} {below} }} }} }} }}"
        )
        counted.append([call for call, _ in either.calls])
        members += sum(bool(e["node"][name]) for e in data[root]["edges"])

    assert counted[0] == counted[1]
    assert len(counted[1]) == 2
    assert members > 0


def _special() -> list[tuple[str, str]]:
    """The relations that no record declares; `network` asks no store (test_computing)."""
    return [
        (kind, to_camel_case(field.python_name))
        for kind, view in VIEWS.items()
        if kind in RECORDS
        for field in definition(view).fields
        if isinstance(field, RelationField)
        and field.python_name not in relations(kind)
        and field.python_name != "network"
    ]


@pytest.mark.parametrize(("kind", "name"), _special())
async def test_calls_of_special_relations_do_not_depend_on_the_number_of_parents(
    either: Client, kind: str, name: str
) -> None:
    page = await either.graph.find(FindQuery(kind, window=Window(first=100)))
    ids = [record.global_id for record in page.items]
    query = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {kind} {{ {name} {{ id }} }} }} }}"

    await either.run(query, ids=ids[:2])
    few = [call for call, _ in either.calls]
    data, errors = await either.run(query, ids=ids)
    many = [call for call, _ in either.calls]

    assert few == many
    assert len(many) == 2
    assert errors or any(node[name] for node in data["nodes"])  # the legs' receivers are staff


async def test_a_party_of_any_kind_takes_the_same_relation(either: Client) -> None:
    data = await either.ask(
        """{ contact(key: "p000") { referralsMade(first: 100) { totalCount edges { node {
             __typename key ... on Customer { stage }
             referralsReceived(first: 1) { edges { status node { key } } }
        } } } } }"""
    )

    edges = data["contact"]["referralsMade"]["edges"]
    kinds = {e["node"]["__typename"] for e in edges}
    assert kinds == {"Customer", "Contact", "Organization"}
    assert data["contact"]["referralsMade"]["totalCount"] == 120
    # the hundred are customers, contacts and organizations
    assert either.calls == [("nodes", 1), ("related", 1), ("related", 100)]


async def test_the_edge_shows_its_own_properties_and_relations(either: Client) -> None:
    data = await either.ask(
        """{ customer(key: "c001") { referralsReceived { totalCount edges {
             key status at channel revision purchases { edges { node { key amount } } } node { key }
        } } } }"""
    )

    assert data["customer"]["referralsReceived"] == {
        "totalCount": 2,
        "edges": [
            {
                "key": "r001",
                "status": "CONTACTED",
                "at": "2026-02-01T00:00:00Z",
                "channel": None,
                "revision": 1,
                "purchases": {"edges": [{"node": {"key": "b001", "amount": "100.05"}}]},
                "node": {"key": "p000"},
            },
            {
                "key": "x001",
                "status": "LOST",
                "at": "2026-03-01T00:00:00Z",
                "channel": "fair",
                "revision": 1,
                "purchases": {"edges": []},
                "node": {"key": "p000"},
            },
        ],
    }


async def test_the_owner_is_the_one_whose_ownership_has_no_end(either: Client) -> None:
    data = await either.ask(
        """{ owned: customer(key: "c004") { owner { name } owners { totalCount } }
             free: customer(key: "c005") { owner { name } owners { totalCount } } }"""
    )

    assert data == {
        "owned": {"owner": {"name": "Han Meimei"}, "owners": {"totalCount": 2}},
        "free": {"owner": None, "owners": {"totalCount": 1}},
    }


async def test_the_organization_is_the_one_the_customer_is_the_account_of(either: Client) -> None:
    data = await either.ask(
        """{ firm: customer(key: "c002") { organization { key } accountOf { __typename key } }
             man: customer(key: "c003") { organization { key } accountOf { __typename key } } }"""
    )

    assert data == {
        "firm": {
            "organization": {"key": "o002"},
            "accountOf": {"__typename": "Organization", "key": "o002"},
        },
        "man": {"organization": None, "accountOf": {"__typename": "Contact", "key": "p003"}},
    }


async def test_the_referral_received_is_the_earliest(either: Client) -> None:
    data = await either.ask(
        """{ customer(key: "c001") { referralReceived { key source { key } target { key } } }
             contact(key: "p001") { referralReceived { key } } }"""
    )

    assert data == {
        "customer": {
            "referralReceived": {
                "key": "r001",
                "source": {"key": "p000"},
                "target": {"key": "c001"},
            }
        },
        "contact": {"referralReceived": None},
    }


async def test_only_what_is_selected_is_asked_of_the_store(client: Client) -> None:
    await client.ask(
        """query ($no: Boolean! = false) { customers(first: 3) { edges { node {
             ...Sales purchases(first: 1) { __typename }
             ... { owners { totalCount @include(if: $no) } }
             ties: contacts { edges @skip(if: true) { cursor } totalCount }
        } } } } fragment Sales on Customer { referralsMade { ...Size } }
        fragment Size on PartyReferralsMadeConnection { totalCount }"""
    )

    assert client.calls == [("find", 1), ("counts", 3), ("counts", 3)]


async def test_one_alias_of_a_relation_does_not_take_the_arguments_of_another(
    client: Client,
) -> None:
    data = await client.ask(
        """{ contact(key: "p000") { one: ties(first: 1) { edges { node { key } } }
             all: ties(orderBy: [{node: {key: DESC}}]) { edges { node { key } } } } }"""
    )

    assert [e["node"]["key"] for e in data["contact"]["all"]["edges"]] == ["p119", "p001"]
    assert len(data["contact"]["one"]["edges"]) == 1
    assert client.calls == [("nodes", 1), ("related", 1), ("related", 1)]


async def test_every_edge_record_shows_its_ends(either: Client) -> None:
    keys = ["r001", "t001", "a001", "d001", "k001", "f001", "n001", "z001", "w001"]
    kinds = [info.name for info in edge_records()]
    assert len(keys) == len(kinds)

    for kind, key in zip(kinds, keys, strict=True):
        data = await either.ask(
            f"query ($id: ID!) {{ node(id: $id) {{ ... on {kind} "
            "{ key source { id } target { id } } } }",
            id=NodeRef(kind, key).global_id,
        )
        assert data["node"]["key"] == key
        assert data["node"]["source"] is not None
        assert data["node"]["target"] is not None


def test_all_directions_are_covered() -> None:
    assert {r.direction for r in RELATIONS} == set(Direction)
    assert {kind.value for kind in NodeKind} >= set(PARTIES)
