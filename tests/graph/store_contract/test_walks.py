"""A walk gives for every level what `related` gives, whatever the store makes of it."""

from __future__ import annotations

import pytest

from graph.errors import BadInput
from graph.model import RECORDS, NodeRef, Relation, relations
from graph.query import Compare, Op, Order, Related, RelatedQuery, Tree, Walk, Window
from graph.query import Quantifier as Q
from graph.store import TenantGraph
from tests.graph.store_contract.sameness import check_page
from tests.graph.strategies import world

WAYS = [pytest.param(r, id=f"{r.owner}.{r.name}") for k in RECORDS for r in relations(k).values()]
TIES = relations("Contact")["ties"]


def anchors(kind: str) -> list[NodeRef]:
    """All records of a kind, and one that is not there."""
    return [*(r.ref for r in world(0).of_kind(kind)), NodeRef(kind, "nobody")]


def onward(way: Relation) -> list[Relation]:
    """The relations that all records have which a relation leads to, followed the same way."""
    first, *others = (relations(kind) for kind in way.targets)
    return [
        r
        for name, r in first.items()
        if all(
            (o := other.get(name)) is not None
            and (o.via.name, o.direction, o.field) == (r.via.name, r.direction, r.field)
            for other in others
        )
    ]


async def check(graph: TenantGraph, walk: Walk, start: list[NodeRef]) -> None:
    """Compares a walk with its levels, read one by one from a plain list of records."""
    walked = await graph.walk(walk, start)

    if walk.records:
        there = {ref: world(0).records[ref] for ref in start if ref in world(0).records}
        assert walked.records == there
    for tree in walk.trees:
        _check_tree(walked.pages, tree, start)


def _check_tree(pages: object, tree: Tree, start: list[NodeRef]) -> None:
    found = pages[tree.query]  # type: ignore[index]
    expected = world(0).related(tree.query, start)
    shown = []
    for ref in start:
        check_page(found[ref], expected[ref])
        shown += [hit.node.ref for hit in expected[ref].items]
    for below in tree.below:
        _check_tree(pages, below, list(dict.fromkeys(shown)))


@pytest.mark.parametrize("way", WAYS)
async def test_every_relation_leads_on_to_others(way: Relation, graphs: list[TenantGraph]) -> None:
    ways = onward(way)[:3]
    below = tuple(Tree(RelatedQuery(r, window=Window(2), count=True)) for r in ways)

    await check(graphs[0], Walk((Tree(RelatedQuery(way), below),)), anchors(way.owner))


@pytest.mark.parametrize("way", WAYS)
async def test_every_relation_shows_its_records_without_edges_and_places(
    way: Relation, graphs: list[TenantGraph]
) -> None:
    query = RelatedQuery(way, edges=False, places=False)

    pages = (await graphs[0].walk(Walk((Tree(query),)), anchors(way.owner))).pages[query]

    expected = world(0).related(query, anchors(way.owner))
    assert {ref: [hit.node for hit in page.items] for ref, page in pages.items()} == {
        ref: [hit.node for hit in page.items] for ref, page in expected.items()
    }


async def test_each_level_has_its_own_filter_order_window_and_count(
    graphs: list[TenantGraph],
) -> None:
    some = Related("ties", Q.SOME, Compare("kind", Op.IS_NULL, False))
    busy = Order("ties", descending=True, count=True, on_node=True)
    deep = RelatedQuery(TIES, node=some, order=(busy,), window=Window(None, 2))
    middle = RelatedQuery(TIES, order=(busy, Order("since")), window=Window(3), count=True)
    jobs = RelatedQuery(
        relations("Contact")["affiliations"], order=(Order("name", on_node=True),), count=True
    )
    top = RelatedQuery(TIES, order=(Order("since", True),))
    walk = Walk((Tree(top, (Tree(middle, (Tree(deep),)),)), Tree(jobs)), records=True)

    await check(graphs[0], walk, anchors("Contact"))


async def test_anchors_of_several_kinds_bring_their_own_records(
    graphs: list[TenantGraph],
) -> None:
    made = RelatedQuery(relations("Customer")["referrals_made"], count=True)
    start = anchors("Customer") + anchors("Contact") + anchors("Organization")

    await check(graphs[0], Walk((Tree(made, (Tree(made),)),), records=True), start)


async def test_a_cursor_counts_at_its_own_level(graphs: list[TenantGraph]) -> None:
    start = anchors("Contact")
    pages = await graphs[0].related(RelatedQuery(TIES, window=Window(1)), start)
    (cursor, *_) = next(page for page in pages.values() if page.has_next).cursors
    later = RelatedQuery(TIES, window=Window(2, after=cursor))

    walked = await graphs[0].walk(Walk((Tree(RelatedQuery(TIES), (Tree(later),)),)), start)

    expected = world(0).related(later, list(walked.pages[later]))
    assert {ref: page.items for ref, page in walked.pages[later].items()} == {
        ref: page.items for ref, page in expected.items()
    }


async def test_pages_without_places_show_the_same(graphs: list[TenantGraph]) -> None:
    below = RelatedQuery(TIES, window=Window(2), places=False, count=True)
    above = RelatedQuery(TIES, window=Window(None, 2), places=False)
    start = anchors("Contact")

    walked = await graphs[0].walk(Walk((Tree(above, (Tree(below),)),)), start)

    for query in (above, below):
        expected = world(0).related(query, list(walked.pages[query]))
        for ref, page in walked.pages[query].items():
            assert (page.items, page.total) == (expected[ref].items, expected[ref].total)


async def test_no_anchors_walk_nowhere(graphs: list[TenantGraph]) -> None:
    walked = await graphs[0].walk(Walk((Tree(RelatedQuery(TIES)),), records=True), [])

    assert (walked.records, walked.pages) == ({}, {RelatedQuery(TIES): {}})


@pytest.mark.parametrize("deep", [False, True])
async def test_a_level_that_makes_no_sense_is_refused(
    deep: bool, graphs: list[TenantGraph]
) -> None:
    wrong = Tree(RelatedQuery(TIES, node=Compare("nonsense", Op.EQ, 1)))
    walk = Walk((Tree(RelatedQuery(TIES), (wrong,)) if deep else wrong,))

    with pytest.raises(BadInput, match="nonsense"):
        await graphs[0].walk(walk, anchors("Contact"))


async def test_an_anchor_without_the_relation_is_refused(graphs: list[TenantGraph]) -> None:
    with pytest.raises(BadInput, match="starts from a Contact, not a Good"):
        await graphs[0].walk(Walk((Tree(RelatedQuery(TIES)),)), [NodeRef("Good", "g")])
