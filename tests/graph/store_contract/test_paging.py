import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import BadInput
from graph.model import RECORDS, Record, Scalar
from graph.query import Compare, FindQuery, Op, Order, Page, Window, encode_cursor
from graph.store import Delete, TenantGraph, Upsert
from tests.graph.conftest import Budget
from tests.graph.store_contract.sameness import FUZZ, check_page
from tests.graph.stores import StoreRow
from tests.graph.strategies import WORLDS, filters, orders, sortable, world

ORDERS = [
    pytest.param(kind, o, id=f"{kind}-{o.field}{'-count' if o.count else ''}")
    for kind in RECORDS
    for o in sortable((kind,))
]
BY_NAME = (Order("name"),)


def down(order: Order) -> Order:
    return Order(order.field, descending=True, count=order.count, on_node=order.on_node)


@pytest.mark.parametrize(("kind", "order"), ORDERS)
async def test_each_order_sorts_both_ways_with_null_last(
    kind: str, order: Order, row: StoreRow, graphs: list[TenantGraph]
) -> None:
    number = next(n for n, o in enumerate(ORDERS) if o.values == (kind, order))
    queries = [
        FindQuery(kind, order=(o,), window=Window(first=100), count=True)
        for o in row.some((order, down(order)), number)
    ]

    pages = await asyncio.gather(*(graphs[0].find(q) for q in queries))

    for page, query in zip(pages, queries, strict=True):
        check_page(page, world(0).find(query))


async def walk(graph: TenantGraph, query: FindQuery, size: int, *, back: bool) -> list[Page[Any]]:
    """All pages of a query, from one end to the other, in the order they were asked for."""
    pages = []
    cursor: str | None = None
    while True:
        window = (
            Window(first=None, last=size, before=cursor)
            if back
            else Window(first=size, after=cursor)
        )
        page = await graph.find(FindQuery(query.kind, query.filter, query.order, window))
        pages.append(page)
        if not (page.has_previous if back else page.has_next):
            return pages
        cursor = page.cursors[0 if back else -1]


@pytest.mark.parametrize(
    "order",
    [
        (),
        (Order("region"),),
        (Order("region", descending=True),),
        (Order("sex"), Order("region", descending=True), Order("birthday")),
        (Order("ties", descending=True, count=True), Order("name")),
        (Order("key", descending=True),),
    ],
)
@pytest.mark.parametrize("back", [False, True])
async def test_pages_joined_are_the_whole_set(
    order: tuple[Order, ...], back: bool, graphs: list[TenantGraph]
) -> None:
    whole = world(0).find(FindQuery("Contact", order=order, window=Window(first=1_000)))

    for size in (1, 2, 4):
        pages = await walk(graphs[0], FindQuery("Contact", order=order), size, back=back)

        joined = [r for page in (reversed(pages) if back else pages) for r in page.items]
        assert joined == list(whole.items)
        assert [len(p.items) for p in pages[:-1]] == [size] * (len(pages) - 1)


async def test_a_page_of_nothing_has_its_total(graphs: list[TenantGraph]) -> None:
    page = await graphs[0].find(FindQuery("Contact", window=Window(first=0), count=True))

    assert (page.items, page.positions, page.total) == ((), (), 6)


async def test_a_page_is_counted_only_when_asked(graphs: list[TenantGraph]) -> None:
    assert (await graphs[0].find(FindQuery("Contact"))).total is None


async def test_the_total_is_that_of_the_set_not_of_the_window(graphs: list[TenantGraph]) -> None:
    first = await graphs[0].find(FindQuery("Contact", window=Window(first=4), count=True))
    rest = Window(first=4, after=first.cursors[-1])

    page = await graphs[0].find(FindQuery("Contact", window=rest, count=True))

    assert (len(page.items), page.total) == (2, 6)


async def test_an_empty_tenant_has_an_empty_page(graph: TenantGraph) -> None:
    page = await graph.find(FindQuery("Contact", count=True))

    assert (page.items, page.has_next, page.has_previous, page.total) == ((), False, False, 0)


async def fill(graph: TenantGraph, names: str) -> None:
    await graph.commit([Upsert("Staff", f"k{n}", {"name": n}) for n in names], actor="tests")


def names(page: Page[Record]) -> str:
    return "".join(r.name for r in page.items)  # type: ignore[attr-defined]


async def test_pages_forward_are_stable_under_inserts(graph: TenantGraph) -> None:
    await fill(graph, "bdfhj")
    query = FindQuery("Staff", order=BY_NAME, window=Window(first=2))
    first = await graph.find(query)

    await fill(graph, "aceg")  # before, inside and after what was shown
    after = Window(first=3, after=first.cursors[-1])
    second = await graph.find(FindQuery("Staff", order=BY_NAME, window=after))

    assert (names(first), names(second)) == ("bd", "efg")
    assert (second.has_previous, second.has_next) == (True, True)


async def test_pages_backward_are_stable_under_inserts(graph: TenantGraph) -> None:
    await fill(graph, "bdfhj")
    last = await graph.find(FindQuery("Staff", order=BY_NAME, window=Window(first=None, last=2)))

    await fill(graph, "aegik")
    before = Window(first=None, last=3, before=last.cursors[0])
    earlier = await graph.find(FindQuery("Staff", order=BY_NAME, window=before))

    assert (names(last), names(earlier)) == ("hj", "efg")
    assert (earlier.has_previous, earlier.has_next) == (True, True)


async def test_a_page_goes_on_after_a_record_that_was_deleted(graph: TenantGraph) -> None:
    await fill(graph, "abcd")
    first = await graph.find(FindQuery("Staff", order=BY_NAME, window=Window(first=2)))

    await graph.commit([Delete("Staff", "kb")], actor="tests")
    after = Window(first=5, after=first.cursors[-1])
    second = await graph.find(FindQuery("Staff", order=BY_NAME, window=after))

    assert names(second) == "cd"


async def test_a_page_between_two_cursors(graph: TenantGraph) -> None:
    await fill(graph, "abcdef")
    whole = await graph.find(FindQuery("Staff", order=BY_NAME))
    after, before = whole.cursors[1], whole.cursors[4]

    def page(**size: int) -> FindQuery:
        window = Window(size.get("first"), size.get("last"), after, before)
        return FindQuery("Staff", order=BY_NAME, window=window)

    assert names(await graph.find(page(first=9))) == "cd"
    assert names(await graph.find(page(first=1))) == "c"
    assert names(await graph.find(page(last=1))) == "d"


async def test_ties_in_the_order_are_completed_by_key(graph: TenantGraph) -> None:
    keys = ["b", "B", "a", "王", "é", "𠮷", "ﾮ", "10", "9"]
    await graph.commit([Upsert("Staff", k, {"name": "same"}) for k in keys], actor="tests")

    for order in (BY_NAME, (Order("name", descending=True),), ()):
        page = await graph.find(FindQuery("Staff", order=order))
        assert [r.key for r in page.items] == sorted(keys)


async def test_pages_of_rare_characters_show_each_record_once(graph: TenantGraph) -> None:
    """UTF-16 and code points order them otherwise; Neo4j sorts by the one, compares a stored
    text with a parameter by the other, so a page could begin past records not shown yet."""
    names = ["a", "王", "\ue000", "ﾮ", "𠮷", "\U0010ffff"]
    keyed = [(prefix + name, name) for prefix in "xy" for name in names]
    changes = [Upsert("Staff", k, {"name": n}) for k, n in keyed]
    await graph.commit(changes, actor="tests")
    query = FindQuery("Staff", order=BY_NAME)
    whole = [r.key for r in (await graph.find(query)).items]

    for size in (1, 5):
        forward = await walk(graph, query, size, back=False)
        backward = await walk(graph, query, size, back=True)
        assert [r.key for p in forward for r in p.items] == whole
        assert [r.key for p in reversed(backward) for r in p.items] == whole
    assert len(whole) == len(set(whole)) == 12


@pytest.mark.parametrize(
    "other", [(), (Order("name", descending=True),), (Order("key"),), (*BY_NAME, Order("role"))]
)
async def test_a_cursor_of_another_order_is_refused(
    other: tuple[Order, ...], graphs: list[TenantGraph]
) -> None:
    page = await graphs[0].find(FindQuery("Staff", order=BY_NAME, window=Window(first=1)))

    for window in (Window(after=page.cursors[0]), Window(before=page.cursors[0])):
        with pytest.raises(BadInput, match=r"is not a cursor of this order; take it from"):
            await graphs[0].find(FindQuery("Staff", order=other, window=window))


@pytest.mark.parametrize("value", ["x", 1.5, None, -(2**63), 2**63 - 1, True])
@pytest.mark.parametrize("field", ["name", "revision", "trust", "founded_on"])
async def test_a_forged_cursor_does_no_harm(
    field: str, value: object, graphs: list[TenantGraph]
) -> None:
    """Whatever page it gives, it is one of the set."""
    order = (Order(field),)
    window = Window(after=encode_cursor((value, "k"), order))

    page = await graphs[0].find(FindQuery("Customer", order=order, window=window))

    assert {r.key for r in page.items} <= {r.key for r in world(0).of_kind("Customer")}


@pytest.mark.parametrize(
    ("order", "message"),
    [
        (Order("nope"), r"^Customer has no field 'nope'; use key, "),
        (Order("nope", count=True), r"^Customer has no relation 'nope'; use account_of, "),
        (Order("phones"), r"^records cannot be ordered by phones: it holds several values$"),
        (Order("custom"), r"^records cannot be ordered by custom: it holds several values$"),
    ],
)
async def test_what_has_no_order_is_refused(
    order: Order, message: str, graphs: list[TenantGraph]
) -> None:
    with pytest.raises(BadInput, match=message):
        await graphs[0].find(FindQuery("Customer", order=(order,)))


def test_every_field_that_holds_one_value_is_an_order() -> None:
    fields = [
        f
        for info in RECORDS.values()
        for f in info.fields.values()
        if not f.many and f.scalar is not Scalar.JSON
    ]

    assert len([o for o in ORDERS if not o.values[1].count]) == len(fields)  # type: ignore[union-attr]


async def test_pages_under_concurrent_inserts_show_all_that_was_there(graph: TenantGraph) -> None:
    """Eight writers insert while a reader walks: nothing is shown twice, nothing is missed."""
    before = [f"{n:03}" for n in range(0, 300, 3)]
    await graph.commit([Upsert("Staff", k, {"name": k}) for k in before], actor="tests")

    async def write(writer: int) -> None:
        for n in range(5):
            key = f"{(writer * 5 + n) * 7 % 300:03}+"
            await graph.commit([Upsert("Staff", key, {"name": key})], actor="tests")

    writers = [asyncio.create_task(write(w)) for w in range(8)]
    forward = await walk(graph, FindQuery("Staff", order=BY_NAME), 9, back=False)
    backward = await walk(graph, FindQuery("Staff", order=BY_NAME), 9, back=True)
    await asyncio.gather(*writers)

    for pages in (forward, backward):
        shown = [r.key for page in pages for r in page.items]
        assert len(shown) == len(set(shown))
        assert set(before) <= set(shown)


@st.composite
def cases(draw: st.DrawFn) -> tuple[int, FindQuery]:
    """A query whose window begins and ends where records of the set are."""
    seed = draw(st.integers(0, WORLDS - 1))
    kind = draw(st.sampled_from(sorted(RECORDS)))
    part = draw(st.none() | filters((kind,), 2) | st.just(Compare("revision", Op.GTE, 1)))
    order = draw(orders(sortable((kind,))))
    count = draw(st.booleans())
    whole = world(seed).find(FindQuery(kind, part, order, Window(first=1_000)))
    cursor = st.none() | st.sampled_from(whole.cursors) if whole.cursors else st.none()
    after, before, size = draw(cursor), draw(cursor), draw(st.integers(0, 4))
    first, last = (size, None) if draw(st.booleans()) else (None, size)
    return seed, FindQuery(kind, part, order, Window(first, last, after, before), count)


@FUZZ
@given(case=cases())
async def test_any_window_of_any_order_shows_what_the_reference_shows(
    case: tuple[int, FindQuery], graphs: list[TenantGraph], budget: Budget
) -> None:
    seed, query = case
    if budget.spent():
        return
    with budget.watched():
        check_page(await graphs[seed].find(query), world(seed).find(query))
