"""The schema as a whole: documented, committed, and free of N+1."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import strawberry
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_introspection_query,
)

from graph.model import PARTIES, RECORDS
from schema import mutations, queries, subscriptions
from schema.build import Schema, build_schema, print_schema, unbatched_fields
from schema.declare import definition
from schema.relation import RelationField
from schema.root import RootField
from tests.schema.conftest import Client


def test_schema_graphql_is_what_the_code_says() -> None:
    committed = Path(__file__).parents[2] / "schema.graphql"

    assert committed.read_text(encoding="utf-8") == print_schema(), "run `make schema`"


async def test_introspection_answers(client: Client) -> None:
    data = await client.ask(get_introspection_query())

    names = {kind["name"] for kind in data["__schema"]["types"]}
    assert names >= {*RECORDS, "Party", "Node", "Money", "Long"}
    assert client.calls == []


def test_every_type_field_and_argument_says_what_it_is(schema: Schema) -> None:
    silent = []
    for name, kind in schema._schema.type_map.items():
        if name.startswith("__"):
            continue
        if not kind.description:
            silent.append(name)
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for title, field in kind.fields.items():
                if not field.description:
                    silent.append(f"{name}.{title}")
                arguments = getattr(field, "args", {})
                silent += [
                    f"{name}.{title}({a})" for a, v in arguments.items() if not v.description
                ]
    assert silent == []


def test_every_record_has_a_type_that_shows_all_its_fields(schema: Schema) -> None:
    for info in RECORDS.values():
        shown = schema._schema.type_map[info.name]
        assert isinstance(shown, GraphQLObjectType)
        assert "Node" in [i.name for i in shown.interfaces]
        assert ("Party" in [i.name for i in shown.interfaces]) == (info.name in PARTIES)
        read = {
            field.extensions["strawberry-definition"].metadata.get("attribute")
            for field in shown.fields.values()
        }
        assert read >= {*info.fields, "global_id"}


def test_every_relation_and_every_field_of_ours_at_the_root_names_its_permission(
    schema: Schema,
) -> None:
    nameless = [
        f"{name}.{title}"
        for name, kind in schema._schema.type_map.items()
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
        for title, field in kind.fields.items()
        for declared in [field.extensions.get("strawberry-definition")]
        if isinstance(declared, RelationField | RootField)
        and ":" not in declared.metadata["permission"]
    ]
    assert nameless == []


def test_an_enum_shows_its_words(schema: Schema) -> None:
    stage = schema._schema.type_map["Stage"]

    assert isinstance(stage, GraphQLEnumType)
    assert stage.description == "Where a customer stands in the life cycle."
    assert list(stage.values)[:2] == ["POTENTIAL", "NEW"]


@strawberry.type
class Slow:
    """A type with a field that is computed parent by parent."""

    name: str

    @strawberry.field
    def age(self) -> int:
        return 7


@strawberry.type
class SlowQuery:
    """Leads to it."""

    @strawberry.field
    def slow(self) -> Slow:
        return Slow(name="x")


def test_a_field_computed_parent_by_parent_is_found() -> None:
    assert list(unbatched_fields(strawberry.Schema(SlowQuery))) == ["Slow.age"]


@pytest.mark.parametrize(
    ("module", "name"),
    [(queries, "Query.slow"), (mutations, "Mutation.slow"), (subscriptions, "Subscription.slow")],
)
def test_the_schema_is_not_built_with_a_root_field_that_levels_cannot_call(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str
) -> None:
    plain: Any = strawberry.field(resolver=lambda: 7, graphql_type=int, description="Seven.")
    plain.python_name = plain.graphql_name = "slow"
    fields = module.fields
    monkeypatch.setattr(module, "fields", lambda: [*fields(), plain])

    with pytest.raises(TypeError, match=rf"{name}: no field that levels call; .* root_field"):
        build_schema()


def test_the_schema_is_not_built_with_such_a_field(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = definition(SlowQuery).fields
    fields = queries.fields
    monkeypatch.setattr(queries, "fields", lambda: [*fields(), *slow])

    with pytest.raises(TypeError, match=r"Slow\.age: neither a plain attribute .* nor a relation"):
        build_schema()
