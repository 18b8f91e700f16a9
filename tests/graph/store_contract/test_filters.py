import asyncio
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import BadInput
from graph.model import RECORDS, FieldInfo, NodeRef, Scalar, edge_records, relations
from graph.model.words import Sex
from graph.query import (
    MAX_DEPTH,
    And,
    Compare,
    Filter,
    FindQuery,
    Not,
    OfKind,
    Op,
    Or,
    Quantifier,
    Related,
    RelatedCount,
    Window,
)
from graph.store import TenantGraph, Upsert
from tests.graph.conftest import Budget
from tests.graph.store_contract.sameness import FUZZ, check_page
from tests.graph.stores import STORES, StoreRow
from tests.graph.strategies import BASE, KEYS, ORDERING, WORLDS, filters, operators, pool, world

FIELDS = [
    pytest.param(kind, f, id=f"{kind}.{f.name}")
    for kind, info in RECORDS.items()
    for f in info.fields.values()
]
WAYS = [pytest.param(r, id=f"{r.owner}.{r.name}") for k in RECORDS for r in relations(k).values()]
ALL = Window(first=1_000)


async def found(graph: TenantGraph, kind: str, part: Filter) -> list[str]:
    page = await graph.find(FindQuery(kind, part, window=ALL))
    return [r.key for r in page.items]


def expected(kind: str, part: Filter, seed: int = 0) -> list[str]:
    return [r.key for r in world(seed).find(FindQuery(kind, part, window=ALL)).items]


async def check(graph: TenantGraph, kind: str, *parts: Filter) -> None:
    """The filters give what the reference says, asked all at once."""
    answers = await asyncio.gather(*(found(graph, kind, p) for p in parts))
    for part, answer in zip(parts, answers, strict=True):
        assert answer == expected(kind, part), part


def operands(field: FieldInfo, op: Op) -> list[Any]:
    values = pool(field)
    match op:
        case Op.IS_NULL:
            return [True, False]
        case Op.IN:
            return [values[:2], values[-1:], ()]
        case Op.EQ:
            return [*values[:2], values[-1], None]
        case _:
            return [values[0], values[len(values) // 2], values[-1]]


def tried(row: StoreRow, kind: str, field: FieldInfo) -> list[Op]:
    """A server's share of a field's operators; the next field of its sort has the next share."""
    alike = [
        (name, f.name)
        for name, info in RECORDS.items()
        for f in info.fields.values()
        if (f.scalar, f.many) == (field.scalar, field.many)
    ]
    if len(alike) < len(operators(field)):  # too few to share among
        return list(operators(field))
    return list(row.some(operators(field), alike.index((kind, field.name))))


def test_each_operator_is_tried_on_each_kind_of_field_of_each_store() -> None:
    every = {
        (f.scalar, f.many, op)
        for info in RECORDS.values()
        for f in info.fields.values()
        for op in operators(f)
    }

    for store in STORES.values():
        assert every == {
            (f.scalar, f.many, op)
            for kind, info in RECORDS.items()
            for f in info.fields.values()
            for op in tried(store, kind, f)
        }


@pytest.mark.parametrize(("kind", "field"), FIELDS)
async def test_each_operator_of_each_field_finds_what_it_says(
    kind: str, field: FieldInfo, row: StoreRow, graphs: list[TenantGraph]
) -> None:
    parts = [
        Compare(field.name, op, value)
        for op in tried(row, kind, field)
        for value in operands(field, op)
    ]

    await check(graphs[0], kind, *parts)


@pytest.mark.parametrize(("kind", "field"), FIELDS)
async def test_an_operator_that_does_not_suit_a_field_is_refused(
    kind: str, field: FieldInfo, graphs: list[TenantGraph]
) -> None:
    for op in set(Op) - set(operators(field)):
        with pytest.raises(BadInput, match=rf"^{op.value} does not suit the field {field.name}; "):
            await found(graphs[0], kind, Compare(field.name, op, pool(field)[0]))


@pytest.mark.parametrize("info", edge_records(), ids=lambda i: i.name)
@pytest.mark.parametrize("end", ["source", "target"])
async def test_edges_are_found_by_their_ends(
    info: Any, end: str, graphs: list[TenantGraph]
) -> None:
    refs = tuple(getattr(e, end) for e in world(0).of_kind(info.name))
    other = NodeRef(refs[0].kind, "nobody")

    await check(
        graphs[0],
        info.name,
        Compare(end, Op.EQ, refs[0]),
        Compare(end, Op.EQ, other),
        Compare(end, Op.IN, refs[:2]),
        Compare(end, Op.IN, ()),
        Not(Compare(end, Op.IN, (*refs[:1], other))),
    )


NULL = Compare("region", Op.IS_NULL, value=True)
NAMED = Compare("name", Op.GTE, "a")
REGION = Compare("region", Op.EQ, "a")


@pytest.mark.parametrize(
    "part",
    [
        And(()),
        Or(()),
        Not(And(())),
        Not(Or(())),
        And((NAMED,)),
        Or((NAMED,)),
        Not(Not(NAMED)),
        # a comparison with a null field does not hold, so its Not does
        Not(REGION),
        Not(Compare("region", Op.LT, "~")),
        Not(Compare("region", Op.IN, ("a",))),
        Not(Compare("region", Op.CONTAINS, "a")),
        Not(Compare("region", Op.STARTS_WITH, "a")),
        Not(Compare("sex", Op.EQ, Sex.FEMALE)),
        Not(Compare("phones", Op.HAS, "+8613800138000")),
        Not(Compare("region", Op.EQ, None)),
        Not(NULL),
        Or((Not(REGION), NULL)),
        And((Not(REGION), Not(NULL))),
        Not(And((REGION, NAMED))),
        Not(Or((REGION, NULL))),
        Or((And((REGION, NULL)), And((Not(REGION), Or((NULL, NAMED)))))),
        # a field of a relation's other end that is null
        Related("ties", Quantifier.SOME, node=Not(REGION)),
        Related("ties", Quantifier.EVERY, node=REGION),
        Related("ties", Quantifier.NONE, node=Not(REGION)),
        Not(Related("ties", Quantifier.SOME, node=REGION)),
        Related("ties", Quantifier.EVERY, edge=Compare("since", Op.IS_NULL, value=False)),
    ],
    ids=range(26),
)
async def test_and_or_and_not_treat_null_as_a_comparison_that_does_not_hold(
    part: Filter, graphs: list[TenantGraph]
) -> None:
    for seed in range(WORLDS):
        assert await found(graphs[seed], "Contact", part) == expected("Contact", part, seed)


@pytest.mark.parametrize("way", WAYS)
async def test_each_relation_is_filtered_by_some_none_every_and_count(
    way: Any, row: StoreRow, graphs: list[TenantGraph]
) -> None:
    node = Compare("revision", Op.GTE, 2)
    edge = Compare("key", Op.GT, "K") if way.has_edge else None
    parts: list[Filter] = [
        Related(way.name, q, e, n) for q in Quantifier for e, n in ((None, None), (edge, node))
    ]
    parts += [RelatedCount(way.name, op, 1, node=node) for op in (Op.EQ, *ORDERING)]
    parts += [RelatedCount(way.name, Op.EQ, 0), RelatedCount(way.name, Op.GT, 1, edge)]

    number = next(n for n, w in enumerate(WAYS) if w.values == (way,))
    await check(graphs[0], way.owner, *row.some(parts, number))


async def test_a_relation_to_several_kinds_is_filtered_by_kind(graphs: list[TenantGraph]) -> None:
    def referred(*kinds: str) -> Filter:
        return Related("referrals_made", Quantifier.SOME, node=OfKind(kinds))

    for seed in range(WORLDS):
        for part in (referred("Contact"), referred("Customer", "Organization"), referred()):
            assert await found(graphs[seed], "Contact", part) == expected("Contact", part, seed)


async def test_relations_of_relations_of_relations_are_followed(graphs: list[TenantGraph]) -> None:
    inner: Filter = Compare("name", Op.GT, "A")
    for _ in range(3):
        inner = Related(
            "ties", Quantifier.SOME, node=Not(Related("ties", Quantifier.EVERY, node=inner))
        )

    for seed in range(WORLDS):
        assert await found(graphs[seed], "Contact", inner) == expected("Contact", inner, seed)


async def test_edges_are_filtered_by_the_records_that_name_them(graphs: list[TenantGraph]) -> None:
    part = Related("purchases", Quantifier.SOME, node=Compare("amount_minor", Op.GT, 0))

    await check(graphs[0], "Referral", part, Not(part), RelatedCount("purchases", Op.GTE, 2))


def nested(depth: int) -> Filter:
    part: Filter = NAMED
    for _ in range(depth - 1):
        part = Not(part)
    return part


async def test_a_filter_may_be_nested_twelve_deep_and_no_deeper(graphs: list[TenantGraph]) -> None:
    await check(graphs[0], "Contact", nested(MAX_DEPTH))
    with pytest.raises(BadInput, match=r"^a filter may be nested 12 deep; take some levels away$"):
        await found(graphs[0], "Contact", nested(MAX_DEPTH + 1))
    with pytest.raises(BadInput, match="12 deep"):
        await found(graphs[0], "Contact", nested(50_000))


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (Compare("nope", Op.EQ, 1), r"^Contact has no field 'nope'; use key, created_at, "),
        (Compare("name` OR 1=1", Op.EQ, 1), r"^Contact has no field 'name` OR 1=1'; use "),
        (Compare("source", Op.EQ, NodeRef("Contact", "a")), r"^Contact has no field 'source'"),
        (Compare("created_at", Op.CONTAINS, "x"), r"^CONTAINS does not suit the field created_at"),
        (Related("nope", Quantifier.SOME), r"^Contact has no relation 'nope'; use accounts, "),
        (RelatedCount("name", Op.GT, 1), r"^Contact has no relation 'name'; use "),
        (RelatedCount("ties", Op.CONTAINS, 1), r"^CONTAINS does not compare the count of a rel"),
        (
            Related("referrals_made", Quantifier.SOME, node=Compare("sex", Op.EQ, Sex.MALE)),
            r"^Customer or Contact or Organization has no field 'sex'; use key, ",
        ),
        (
            Related("referrals_made", Quantifier.SOME, edge=Compare("name", Op.EQ, "x")),
            r"^Referral has no field 'name'; use key, ",
        ),
        (Compare("revision", Op.EQ, 2**63), r"^revision: 9223372036854775808 does not fit into 64"),
    ],
)
async def test_what_cannot_be_asked_is_refused_with_what_can(
    part: Filter, message: str, graphs: list[TenantGraph]
) -> None:
    with pytest.raises(BadInput, match=message):
        await found(graphs[0], "Contact", part)


async def test_a_kind_that_does_not_exist_cannot_be_asked_for(graphs: list[TenantGraph]) -> None:
    with pytest.raises(BadInput, match=r"^'Nope' is not a kind of record; use "):
        await graphs[0].find(FindQuery("Nope"))


SPECIAL = ["%", "_", "\\", "'", '"', "*", "?", "[a]", "a%", "%a", "\\%", "$x", "`", "{", "\n", "\0"]


@pytest.mark.parametrize("text", SPECIAL)
@pytest.mark.parametrize("op", [Op.CONTAINS, Op.STARTS_WITH, Op.EQ])
async def test_what_query_languages_treat_as_special_stands_for_itself(
    text: str, op: Op, graphs: list[TenantGraph]
) -> None:
    await check(graphs[0], "Contact", Compare("name", op, text))


async def test_text_is_compared_by_code_point(graph: TenantGraph) -> None:
    """UTF-16, which Java compares by, would put the last of these before the one before it."""
    names = ["", "A", "Z", "a", "aa", "é", "王", "ﾮ", "𠮷"]
    key = [f"k{n}" for n in range(len(names))]
    await graph.commit(
        [Upsert("Good", k, {"name": "x", "category": n}) for k, n in zip(key, names, strict=True)],
        actor="tests",
    )

    for n, name in enumerate(names):
        assert await found(graph, "Good", Compare("category", Op.LT, name)) == key[:n]
        assert await found(graph, "Good", Compare("category", Op.GTE, name)) == key[n:]
        assert await found(graph, "Good", Compare("category", Op.EQ, name)) == [key[n]]


async def test_every_text_contains_and_starts_with_the_empty_one(graph: TenantGraph) -> None:
    await graph.commit(
        [
            Upsert("Good", "1", {"name": "x", "category": ""}),
            Upsert("Good", "2", {"name": "x", "category": "a"}),
            Upsert("Good", "3", {"name": "x"}),
        ],
        actor="tests",
    )

    for op in (Op.CONTAINS, Op.STARTS_WITH):
        assert await found(graph, "Good", Compare("category", op, "")) == ["1", "2"]


async def test_a_text_starts_with_the_highest_character_there_is(graph: TenantGraph) -> None:
    await graph.commit(
        [
            Upsert("Good", "1", {"name": "x", "category": "a\U0010ffffb"}),
            Upsert("Good", "2", {"name": "x", "category": "b"}),
        ],
        actor="tests",
    )

    part = Compare("category", Op.STARTS_WITH, "a\U0010ffff")
    assert await found(graph, "Good", part) == ["1"]


async def test_a_list_has_an_item_not_a_part_of_one(graph: TenantGraph) -> None:
    await graph.commit(
        [Upsert("Contact", "a", {"name": "x", "hobbies": ('a","b', "棋牌")})], actor="tests"
    )

    for item, keys in (("棋牌", ["a"]), ("棋", []), ('a","b', ["a"]), ("a", []), ("b", [])):
        assert await found(graph, "Contact", Compare("hobbies", Op.HAS, item)) == keys


async def test_amounts_are_compared_exactly(graph: TenantGraph) -> None:
    """As floats these three would be the same number."""
    bought = {"customer_key": "c", "at": BASE}
    await graph.commit(
        [Upsert("Customer", "c", {"name": "c"})]
        + [Upsert("Purchase", str(n), {**bought, "amount_minor": 2**62 + n}) for n in range(3)],
        actor="tests",
    )

    part = Compare("amount_minor", Op.EQ, 2**62 + 1)
    assert await found(graph, "Purchase", part) == ["1"]
    assert await found(graph, "Purchase", replace(part, op=Op.GT)) == ["2"]


def test_every_field_of_every_record_is_tried() -> None:
    assert len(FIELDS) == sum(len(info.fields) for info in RECORDS.values())
    assert {f.values[1].scalar for f in FIELDS} == set(Scalar)  # type: ignore[union-attr]


@st.composite
def cases(draw: st.DrawFn) -> tuple[int, str, Filter]:
    kind = draw(st.sampled_from(sorted(RECORDS)))
    return draw(st.integers(0, WORLDS - 1)), kind, draw(filters((kind,)))


@FUZZ
@given(case=cases())
async def test_any_filter_finds_what_the_reference_finds(
    case: tuple[int, str, Filter], graphs: list[TenantGraph], budget: Budget
) -> None:
    seed, kind, part = case
    if budget.spent():
        return
    query = FindQuery(kind, part, window=ALL, count=True)
    with budget.watched():
        check_page(await graphs[seed].find(query), world(seed).find(query))


def test_the_keys_of_the_small_graphs_are_hostile() -> None:
    assert {"'", "%", '"', "\\"} <= set("".join(KEYS))
