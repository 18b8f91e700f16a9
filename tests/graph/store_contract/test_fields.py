"""Records of which only some attributes are wanted have those, and no others."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from graph.model import RECORDS, NodeRef, Record, Relation, Scalar, relations
from graph.query import FindQuery, Hit, Order, RelatedQuery, Window
from graph.store import TenantGraph
from tests.graph.strategies import world

WAYS = [pytest.param(r, id=f"{r.owner}.{r.name}") for k in RECORDS for r in relations(k).values()]
FLOATS = [
    pytest.param(info.name, f.name, id=f"{info.name}.{f.name}")
    for info in RECORDS.values()
    for f in info.fields.values()
    if f.scalar is Scalar.FLOAT and not f.many
]
NAME = frozenset({"name"})


def attributes(kind: str) -> list[str]:
    """The attributes of a kind, in order of declaration; `revision` and `name` among them."""
    return [f.name for f in dataclasses.fields(RECORDS[kind].record)]


def held(record: Record) -> dict[str, Any]:
    """What a record holds."""
    names = attributes(record.ref.kind)
    return {name: getattr(record, name) for name in names if hasattr(record, name)}


def part(record: Record, fields: frozenset[str]) -> dict[str, Any]:
    """What it holds where those are wanted."""
    return {n: v for n, v in held(record).items() if n in fields | {"key"}}


@pytest.mark.parametrize("kind", RECORDS)
async def test_a_page_of_records_holds_the_fields_wanted_and_the_key(
    kind: str, graphs: list[TenantGraph]
) -> None:
    names = attributes(kind)
    whole = world(0).find(FindQuery(kind, window=Window(first=100)))
    assert whole.items

    for fields in (frozenset[str](), frozenset(names[::2]), frozenset(names[1::2])):
        found = await graphs[0].find(FindQuery(kind, window=Window(first=100), fields=fields))

        assert [held(r) for r in found.items] == [part(r, fields) for r in whole.items]
        assert [r.__class__ for r in found.items] == [r.__class__ for r in whole.items]
        assert found.positions == whole.positions


@pytest.mark.parametrize("way", WAYS)
async def test_members_and_their_edges_hold_the_fields_wanted(
    way: Relation, graphs: list[TenantGraph]
) -> None:
    query = RelatedQuery(way, window=Window(first=100), count=True)
    anchors = [r.ref for r in world(0).of_kind(way.owner)]
    whole = world(0).related(query, anchors)
    names = sorted({name for kind in way.targets for name in attributes(kind)})
    fields, edge_fields = frozenset(names[::2]), frozenset(attributes(way.via.name)[1::2])

    found = await graphs[0].related(
        dataclasses.replace(query, fields=fields, edge_fields=edge_fields), anchors
    )

    def shown(hit: Hit) -> Any:
        return hit.edge and part(hit.edge, edge_fields), part(hit.node, fields)

    for anchor in anchors:
        hits = [(h.edge and held(h.edge), held(h.node)) for h in found[anchor].items]
        assert hits == [shown(h) for h in whole[anchor].items]
        assert found[anchor].positions == whole[anchor].positions
        assert found[anchor].total == whole[anchor].total


@pytest.mark.parametrize(("kind", "field"), FLOATS)
async def test_an_order_by_what_is_not_wanted_is_kept(
    kind: str, field: str, graphs: list[TenantGraph]
) -> None:
    for way in (r for k in RECORDS for r in relations(k).values() if (kind,) == r.targets):
        query = RelatedQuery(way, order=(Order(field, on_node=True),), edges=False)
        anchors = [r.ref for r in world(0).of_kind(way.owner)]
        whole = world(0).related(query, anchors)

        found = await graphs[0].related(dataclasses.replace(query, fields=frozenset()), anchors)

        for anchor in anchors:
            assert found[anchor].positions == whole[anchor].positions
    page = await graphs[0].find(FindQuery(kind, order=(Order(field),), fields=frozenset()))
    assert page.positions == world(0).find(FindQuery(kind, order=(Order(field),))).positions


async def test_what_was_not_wanted_cannot_be_read(graphs: list[TenantGraph]) -> None:
    found: Any = await graphs[0].find(FindQuery("Contact", fields=NAME))

    contact = found.items[0]
    assert contact.ref == NodeRef("Contact", contact.key)
    with pytest.raises(AttributeError, match="region"):
        _ = contact.region


async def test_names_that_no_record_has_are_passed_over(graphs: list[TenantGraph]) -> None:
    found = await graphs[0].find(FindQuery("Contact", fields=NAME | {"x; DROP", "headcount"}))

    assert {tuple(held(r)) for r in found.items} == {("key", "name")}
