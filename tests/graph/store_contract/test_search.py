from typing import Any

import pytest

from graph.errors import BadInput
from graph.model import NodeRef
from graph.searching import normalise, score, terms
from graph.store import Delete, Store, TenantGraph, Upsert
from tests.graph.conftest import new_tenant

KINDS = ("Contact", "Customer", "Organization", "Staff", "Good")

PEOPLE: dict[str, dict[str, Any]] = {
    "ming": {
        "name": "王小明",
        "phones": ("+8613800138000",),
        "emails": ("ming.wang@example.com",),
        "wechat": "wxm_1988",
        "qq": "10001",
    },
    "hua": {"name": "李小华", "phones": ("+8613900139000",)},
    "wang": {"name": "王伟", "emails": ("wei@example.org",)},
    "john": {"name": "John McDonald", "emails": ("john@example.com",)},
    "jose": {"name": "José Ångström"},
    "single": {"name": "单田芳"},  # a surname read otherwise than the word
}
FIRMS: dict[str, dict[str, Any]] = {
    "acme": {"name": "Acme Advertising Ltd"},
    "zg": {"name": "中国重庆长安汽车"},
    "percent": {"name": "100% Wool_Co"},
}


@pytest.fixture(scope="module")
async def found_in(store: Store) -> TenantGraph:
    """A tenant with people and firms to look for."""
    graph = store.tenant(new_tenant())
    await graph.commit(
        [Upsert("Contact", k, v) for k, v in PEOPLE.items()]
        + [Upsert("Organization", k, v) for k, v in FIRMS.items()],
        actor="tests",
    )
    return graph


async def keys(graph: TenantGraph, text: str, first: int = 20) -> list[str]:
    return [hit.node.key for hit in await graph.search(text, KINDS, first)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("王小明", ["ming"]),
        ("王", ["wang", "ming"]),
        ("小明", ["ming"]),
        ("明", ["ming"]),
        ("小", ["ming", "hua"]),
        ("wangxiaoming", ["ming"]),
        ("Wang Xiaoming", ["ming"]),
        ("wang xiao ming", ["ming"]),
        ("xiaoming", ["ming"]),
        ("wxm", ["ming"]),
        ("WXM", ["ming"]),
        ("wangx", ["ming"]),
        ("lixiaohua", ["hua"]),
        ("shantianfang", ["single"]),
        ("chongqing", ["zg"]),
        ("13800138000", ["ming"]),
        ("+86 138 0013 8000", ["ming"]),
        ("8000", ["ming"]),
        ("139001", ["hua"]),
        ("ming.wang@example.com", ["ming"]),
        ("wei@", ["wang"]),
        ("example.org", ["wang"]),
        ("wxm_1988", ["ming"]),
        ("10001", ["ming"]),
        ("acme", ["acme"]),
        ("ACME adv", ["acme"]),
        ("advert", ["acme"]),
        ("vertis", ["acme"]),
        ("mcd", ["john"]),
        ("donald", ["john"]),
        ("jose", ["jose"]),
        ("angstrom", ["jose"]),
        ("ÅNGSTRÖM", ["jose"]),
        ("john mcdonald", ["john"]),
        ("长安", ["zg"]),
        ("汽车", ["zg"]),
        ("100%", ["percent", "ming"]),  # signs do not count: 10001 begins so
        ("wool_co", ["percent"]),
        ("nobody at all", []),
        ("zzz", []),
        ("明小", []),
        ("", []),
        ("   ", []),
        ("%", []),
        ("_", []),
        ("*", []),
        ('"', []),
        ("'", []),
        ("\\", []),
        ("a:b AND c~ /x/ [y TO z]", []),
        ("\0", []),
        ("😀", []),
    ],
)
async def test_records_are_found_by_their_words(
    text: str, expected: list[str], found_in: TenantGraph
) -> None:
    assert sorted(await keys(found_in, text)) == sorted(expected)


@pytest.mark.parametrize("text", ["王", "小", "example", "wang", "o", "j", "1"])
async def test_scores_and_their_order_are_those_of_the_one_rule(
    text: str, found_in: TenantGraph
) -> None:
    """So every store gives the same hits in the same order."""
    hits = await found_in.search(text, KINDS, 50)
    refs = [NodeRef("Contact", k) for k in PEOPLE] + [NodeRef("Organization", k) for k in FIRMS]
    records = {
        **await found_in.nodes("Contact", list(PEOPLE)),
        **await found_in.nodes("Organization", list(FIRMS)),
    }
    scored = [(-score(normalise(text), terms(records[r.key])), r) for r in refs]

    assert [(-h.score, h.node.ref) for h in hits] == sorted(s for s in scored if s[0] < 0)
    assert [h.node for h in hits] == [records[h.node.key] for h in hits]


async def test_the_whole_text_scores_one_and_parts_less(found_in: TenantGraph) -> None:
    async def best(text: str) -> float:
        return (await found_in.search(text, KINDS, 1))[0].score

    assert await best("王小明") == 1.0
    assert await best("wangxiaoming") == 1.0
    assert 1.0 > await best("Acme Adv") > await best("advertising") > await best("vertising") > 0


async def test_the_best_come_first_and_no_more_than_asked(found_in: TenantGraph) -> None:
    hits = await found_in.search("王", KINDS, 1)

    assert [h.node.key for h in hits] == ["wang"]
    assert await found_in.search("王", KINDS, 0) == []


async def test_only_the_kinds_asked_for_are_searched(found_in: TenantGraph) -> None:
    assert await found_in.search("acme", ["Contact", "Customer"], 9) == []
    assert len(await found_in.search("acme", ["Organization"], 9)) == 1
    assert await found_in.search("acme", [], 9) == []


async def test_a_kind_that_does_not_exist_is_refused(found_in: TenantGraph) -> None:
    with pytest.raises(BadInput, match=r"^'Nope' is not a kind of record"):
        await found_in.search("a", ["Nope"], 9)


async def test_records_of_equal_score_are_in_the_order_of_kind_and_key(graph: TenantGraph) -> None:
    await graph.commit(
        [Upsert(kind, key, {"name": "同名"}) for kind in KINDS for key in ("b", "B", "a")],
        actor="tests",
    )

    hits = await graph.search("同名", KINDS, 50)

    refs = [h.node.ref for h in hits]
    assert refs == sorted(refs)
    assert len(refs) == 15
    assert [h.node.ref for h in await graph.search("同名", KINDS, 4)] == refs[:4]


async def test_a_changed_record_is_found_by_its_new_words_alone(graph: TenantGraph) -> None:
    await graph.commit([Upsert("Contact", "a", {"name": "王小明", "qq": "777"})], actor="tests")
    await graph.commit([Upsert("Contact", "a", {"name": "张三"})], actor="tests")

    assert await keys(graph, "王小明") == []
    assert await keys(graph, "wxm") == []
    assert await keys(graph, "zhangsan") == ["a"]
    assert await keys(graph, "777") == ["a"]


async def test_a_deleted_record_is_found_no_more(graph: TenantGraph) -> None:
    await graph.commit([Upsert("Contact", "a", {"name": "王小明"})], actor="tests")
    await graph.commit([Delete("Contact", "a")], actor="tests")

    assert await keys(graph, "王小明") == []


async def test_a_record_is_found_as_soon_as_its_commit_is_acknowledged(graph: TenantGraph) -> None:
    for n in range(10):
        await graph.commit([Upsert("Contact", f"p{n}", {"name": f"客户{n}号"})], actor="tests")
        assert await keys(graph, f"客户{n}号") == [f"p{n}"]


async def test_the_best_of_many_are_found(graph: TenantGraph) -> None:
    """More match than any candidate list would hold; the exact one must still come first."""
    many = [Upsert("Contact", f"p{n:04}", {"name": f"王小明{n:04}"}) for n in range(3_000)]
    await graph.commit([*many, Upsert("Contact", "zz", {"name": "王小明"})], actor="tests")

    hits = await graph.search("王小明", ["Contact"], 3)

    assert [(h.node.key, h.score) for h in hits][:1] == [("zz", 1.0)]
    assert [h.node.key for h in hits][1:] == ["p0000", "p0001"]


async def test_a_long_query_is_answered(found_in: TenantGraph) -> None:
    assert await keys(found_in, "王" * 5_000) == []
    assert await keys(found_in, "word " * 2_000) == []
