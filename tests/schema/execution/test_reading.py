"""What a query does not show, and no relation needs, is not read from the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from graphql import GraphQLNonNull, GraphQLObjectType
from strawberry.utils.str_converters import to_camel_case

from graph.model import NodeRef
from graph.query import FindQuery, Hit, Page, RelatedQuery
from graph.store import TenantGraph
from schema.build import Schema
from schema.context import Context
from schema.execution import Executor, Mode
from schema.queries import LISTED
from schema.relation import RelationField
from tests.schema.conftest import Client, Fields, RecordingGraph


class Reading(RecordingGraph):
    """Keeps which fields were wanted, of nodes and of edges."""

    def __init__(self, graph: TenantGraph) -> None:
        super().__init__(graph)
        self.wanted: list[tuple[Fields, Fields]] = []

    async def find(self, query: FindQuery) -> Page[Any]:
        self.wanted.append((query.fields, None))
        return await super().find(query)

    async def related(
        self, query: RelatedQuery, anchors: Sequence[NodeRef]
    ) -> Mapping[NodeRef, Page[Hit]]:
        self.wanted.append((query.fields, query.edge_fields))
        return await super().related(query, anchors)


@pytest.fixture
def reading(company_graph: TenantGraph) -> Reading:
    """The company, read by who keeps the fields wanted."""
    return Reading(company_graph)


async def asked(schema: Schema, graph: Reading, query: str) -> list[tuple[Fields, Fields]]:
    """The fields wanted by the calls of a query, in order."""
    found = await schema.execute(query, None, Context(graph))  # type: ignore[arg-type]
    assert not found.errors
    return graph.wanted


async def test_a_page_wants_what_is_shown(schema: Schema, reading: Reading) -> None:
    query = "{ contacts { edges { cursor node { n: name ...F } } } } fragment F on Contact { sex }"

    assert await asked(schema, reading, query) == [(frozenset({"name", "sex"}), None)]


async def test_a_level_wants_what_the_levels_below_need(schema: Schema, reading: Reading) -> None:
    query = """{ purchases { edges { node { customer { name } referral { code } } } }
                 contacts { edges { node { ties { edges { since node { id } } } } } } }"""

    found = await asked(schema, reading, query)

    assert found[:2] == [
        (frozenset({"customer_key", "referral_key"}), None),
        (frozenset({"key"}), None),
    ]
    assert found[-1] == (frozenset({"global_id"}), frozenset({"since"}))


async def test_members_of_several_kinds_want_what_any_of_them_shows(
    schema: Schema, reading: Reading
) -> None:
    query = """{ contacts { edges { node { referralsMade { edges {
        code purchases { totalCount }
        node { ... on Customer { headcount } ... on Contact { sex } ... on Party { name } }
      } } } } } }"""

    found = await asked(schema, reading, query)

    assert found[1] == (frozenset({"headcount", "sex", "name"}), frozenset({"code", "key"}))


async def test_graphql_core_reads_whole_records(schema: Schema, reading: Reading) -> None:
    core = Executor(schema._schema, mode=Mode.CORE)

    await core.execute("{ contacts { edges { node { name } } } }", None, Context(reading))  # type: ignore[arg-type]

    assert reading.wanted == [(None, None)]


async def test_each_relation_says_all_that_it_needs(client: Client) -> None:
    """A parent that was read for a relation alone is enough for it."""
    types = client.schema._schema.type_map
    tried = 0
    for info in LISTED:
        for way in _relations(types[info.name]):
            plural = to_camel_case(info.plural)
            _, errors = await client.run(f"{{ {plural} {{ edges {{ node {{ {way} }} }} }} }}")
            # a leg's party in this company may be of our staff, which the schema does not show
            assert [e for e in errors if "not a possible type" not in e["message"]] == []
            tried += 1
    assert tried == 49


async def test_each_relation_of_an_edge_says_all_that_it_needs(client: Client) -> None:
    types = client.schema._schema.type_map
    tried = 0
    for info in LISTED:
        owner = types[info.name]
        assert isinstance(owner, GraphQLObjectType)
        for name, field in owner.fields.items():
            edge = types.get(f"{getattr(field.type, 'name', '')}".replace("Connection", "Edge"))
            for way in _relations(edge) if str(field.type).endswith("Connection") else []:
                tried += 1
                members = f"{name} {{ edges {{ {way} }} }}"
                plural = to_camel_case(info.plural)
                await client.ask(f"{{ {plural} {{ edges {{ node {{ {members} }} }} }} }}")
    assert tried == 14


def _relations(kind: Any) -> list[str]:
    """The relations of a type that can be asked without arguments, each with a selection."""
    return [
        f"{name} {{ __typename }}"
        for name, field in kind.fields.items()
        if isinstance(field.extensions.get("strawberry-definition"), RelationField)
        and field.extensions["strawberry-definition"].metadata["needs"] is not None
        and not any(isinstance(a.type, GraphQLNonNull) for a in field.args.values())
        and not _computed(field)
    ]


def _computed(field: Any) -> bool:
    """Whether an analytic answers it, which this graph has none of."""
    return "maxAgeS" in field.args
