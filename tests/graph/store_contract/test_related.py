import asyncio
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import BadInput
from graph.model import PARTIES, RECORDS, NodeRef, Relation, relations
from graph.query import Compare, Hit, Op, Order, RelatedQuery, Window
from graph.store import TenantGraph
from tests.graph.conftest import Budget, new_tenant
from tests.graph.store_contract.sameness import FUZZ, check_page
from tests.graph.stores import StoreRow
from tests.graph.strategies import (
    WORLDS,
    member_filters,
    orders,
    sortable,
    upserts,
    world,
)

WAYS = [pytest.param(r, id=f"{r.owner}.{r.name}") for k in RECORDS for r in relations(k).values()]


def anchors(kind: str, seed: int = 0) -> list[NodeRef]:
    """All records of a kind, and one that is not there."""
    return [*(r.ref for r in world(seed).of_kind(kind)), NodeRef(kind, "nobody")]


async def check(graph: TenantGraph, query: RelatedQuery, seed: int = 0) -> None:
    asked = anchors(query.relation.owner, seed)
    found = await graph.related(query, asked)
    expected = world(seed).related(query, asked)

    assert list(found) == asked
    for anchor in asked:
        check_page(found[anchor], expected[anchor])
    assert await graph.counts(query, asked) == world(seed).counts(query, asked)


def candidates(way: Relation) -> list[Order]:
    """The orders of a relation's page: by the edge, and by the record at the other end."""
    nodes = [Order(o.field, count=o.count, on_node=True) for o in sortable(way.targets)]
    return nodes + (sortable((way.via.name,)) if way.has_edge else [])


@pytest.mark.parametrize("way", WAYS)
async def test_each_relation_leads_where_it_says(way: Relation, graphs: list[TenantGraph]) -> None:
    await check(graphs[0], RelatedQuery(way, window=Window(first=100), count=True))


@pytest.mark.parametrize("way", WAYS)
async def test_each_relation_shows_the_first_and_the_last_of_each_anchor(
    way: Relation, graphs: list[TenantGraph]
) -> None:
    for order in ((), (Order("updated_at", descending=True, on_node=True),)):
        await check(graphs[0], RelatedQuery(way, order=order, window=Window(first=1)))
        await check(graphs[0], RelatedQuery(way, order=order, window=Window(first=None, last=1)))


async def test_a_tie_leads_both_ways_and_shows_the_edge(graphs: list[TenantGraph]) -> None:
    tie: Any = world(0).of_kind("Tie")[0]
    query = RelatedQuery(relations("Contact")["ties"], Compare("key", Op.EQ, tie.key))

    pages = await graphs[0].related(query, [tie.source, tie.target])

    at = world(0).records
    assert pages[tie.source].items == (Hit(tie, at[tie.target]),)
    assert pages[tie.target].items == (Hit(tie, at[tie.source]),)


async def test_no_anchors_give_no_pages(graphs: list[TenantGraph]) -> None:
    query = RelatedQuery(relations("Contact")["ties"])

    assert await graphs[0].related(query, []) == {}
    assert await graphs[0].counts(query, []) == {}


async def test_an_anchor_given_twice_has_one_page(graphs: list[TenantGraph]) -> None:
    query = RelatedQuery(relations("Contact")["ties"], count=True)
    anchor = world(0).of_kind("Tie")[0].source  # type: ignore[attr-defined]

    found = await graphs[0].related(query, [anchor, anchor])

    check_page(found[anchor], world(0).related(query, [anchor])[anchor])
    assert await graphs[0].counts(query, [anchor] * 2) == world(0).counts(query, [anchor])


async def test_any_number_of_anchors_is_answered_at_once(graphs: list[TenantGraph]) -> None:
    query = RelatedQuery(relations("Contact")["ties"], count=True)
    asked = [*anchors("Contact"), *(NodeRef("Contact", f"none-{n}") for n in range(40_000))]

    found = await graphs[0].related(query, asked)

    assert len(found) == len(asked)
    assert [p.total for p in found.values()] == list(world(0).counts(query, asked).values())


async def test_a_cursor_goes_on_in_one_anchors_set(graphs: list[TenantGraph]) -> None:
    way = relations("Contact")["ties"]
    order = (Order("name", on_node=True),)
    anchor = max(anchors("Contact"), key=lambda a: len(world(0).members(way, a)))
    first = await graphs[0].related(
        RelatedQuery(way, order=order, window=Window(first=1)), [anchor]
    )
    window = Window(first=1, after=first[anchor].cursors[0])

    query = RelatedQuery(way, order=order, window=window)
    second = await graphs[0].related(query, [anchor])

    check_page(second[anchor], world(0).related(query, [anchor])[anchor])
    assert len(second[anchor].items) == 1


async def test_a_cursor_of_another_order_is_refused(graphs: list[TenantGraph]) -> None:
    way = relations("Contact")["ties"]
    anchor = world(0).of_kind("Tie")[0].source  # type: ignore[attr-defined]
    found = await graphs[0].related(RelatedQuery(way, order=(Order("kind"),)), [anchor])
    window = Window(after=found[anchor].cursors[0])

    for order in ((), (Order("name", on_node=True),), (Order("kind", descending=True),)):
        with pytest.raises(BadInput, match="is not a cursor of this order"):
            await graphs[0].related(RelatedQuery(way, order=order, window=window), [anchor])


@pytest.mark.parametrize(
    "name", ["ties", "referrals_made", "referrals_received", "affiliations", "offers"]
)
async def test_a_level_takes_as_many_statements_for_many_anchors_as_for_one(
    name: str, row: StoreRow, fresh_place: str
) -> None:
    way = relations("Contact")[name]
    edge, node = Compare("revision", Op.GTE, 1), Compare("name", Op.GTE, "A")
    order = (Order("name", on_node=True), Order("updated_at", descending=True))
    query = RelatedQuery(way, edge, node, order, Window(first=2), count=True)
    with row.statements() as texts:
        store = row.open(fresh_place)
        graph = store.tenant(new_tenant())
        await graph.commit(upserts(world(0)), actor="tests")

        for asked in (anchors("Contact")[:1], anchors("Contact")[:6]):
            texts.clear()
            pages = await graph.related(query, asked)
            # one finds the members, one reads the edges, one the records of each kind
            assert 1 <= len(set(texts)) <= 2 + len(way.targets)

            texts.clear()
            counts = await graph.counts(query, asked)
            assert len(set(texts)) == 1
            assert counts == {a: p.total for a, p in pages.items()} == world(0).counts(query, asked)
        await store.close()


async def test_a_page_of_records_is_one_statement(row: StoreRow, fresh_place: str) -> None:
    from graph.query import FindQuery

    with row.statements() as texts:
        store = row.open(fresh_place)
        graph = store.tenant(new_tenant())
        await graph.commit(upserts(world(0)), actor="tests")

        for query in (
            FindQuery("Contact", Compare("name", Op.GTE, "A"), (Order("region"),)),
            FindQuery("Contact", order=(Order("ties", count=True),), window=Window(first=2)),
        ):
            texts.clear()
            await graph.find(query)
            assert len(set(texts)) == 1
        await store.close()


async def test_relations_are_answered_while_others_are(graphs: list[TenantGraph]) -> None:
    ways = [w.values[0] for w in WAYS]

    await asyncio.gather(
        *(check(graphs[s], RelatedQuery(w, count=True), s) for w in ways for s in range(WORLDS))  # type: ignore[arg-type]
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[int, RelatedQuery]:
    way: Any = draw(st.sampled_from([w.values[0] for w in WAYS]))
    edge, node = draw(member_filters((way.owner,), way, 2))
    order = draw(orders(candidates(way)))
    size = draw(st.integers(0, 3))
    window = Window(size) if draw(st.booleans()) else Window(None, size)
    query = RelatedQuery(way, edge, node, order, window, draw(st.booleans()))
    return draw(st.integers(0, WORLDS - 1)), query


@FUZZ
@given(case=cases())
async def test_any_relation_shows_what_the_reference_shows(
    case: tuple[int, RelatedQuery], graphs: list[TenantGraph], budget: Budget
) -> None:
    seed, query = case
    if budget.spent():
        return
    with budget.watched():
        await check(graphs[seed], query, seed)


PARTY_WAYS = ["referrals_made", "referrals_received", "offers", "needs"]


@pytest.mark.parametrize("name", PARTY_WAYS)
@pytest.mark.parametrize("order", [(), (Order("updated_at", descending=True),)])
async def test_anchors_of_several_kinds_are_answered_at_once(
    name: str, order: tuple[Order, ...], graphs: list[TenantGraph]
) -> None:
    query = RelatedQuery(
        relations("Contact")[name], order=order, window=Window(first=2), count=True
    )
    mixed = [a for three in zip(*map(anchors, PARTIES), strict=False) for a in three]

    found = await graphs[0].related(query, mixed)

    assert list(found) == mixed
    for kind in PARTIES:
        same = replace(query, relation=relations(kind)[name])
        asked = [a for a in mixed if a.kind == kind]
        for anchor, expected in world(0).related(same, asked).items():
            check_page(found[anchor], expected)
    assert await graphs[0].counts(query, mixed) == {a: p.total for a, p in found.items()}


async def test_anchors_that_do_not_have_the_relation_are_refused(graphs: list[TenantGraph]) -> None:
    """A staff member has customers as well, but along other edges than a contact."""
    for name, kind in (("ties", "Good"), ("customers", "Staff")):
        query = RelatedQuery(relations("Contact")[name])
        mixed = [*anchors("Contact"), NodeRef(kind, "g")]

        for ask in (graphs[0].related, graphs[0].counts):
            with pytest.raises(
                BadInput, match=f"Contact.{name} starts from a Contact, not a {kind}"
            ):
                await ask(query, mixed)


@pytest.mark.parametrize("order", [(), (Order("strength"),), (Order("since", descending=True),)])
async def test_pages_come_without_the_edges_where_nobody_wants_them(
    order: tuple[Order, ...], graphs: list[TenantGraph]
) -> None:
    way = relations("Contact")["ties"]
    query = RelatedQuery(way, order=order, window=Window(first=3), count=True)
    asked = anchors("Contact")

    bare = await graphs[0].related(replace(query, edges=False), asked)

    for anchor, page in (await graphs[0].related(query, asked)).items():
        hits = tuple(Hit(None, hit.node) for hit in page.items)
        assert bare[anchor] == replace(page, items=hits)
