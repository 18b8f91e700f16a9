import pytest

from graph.errors import BadInput, CommitRejected
from graph.model import RECORDS, NodeRef, relations
from graph.model.words import TieKind
from graph.query import FindQuery, RelatedQuery, Window
from graph.searching import score, terms
from graph.store import Delete, Store, Upsert
from tests.graph.conftest import new_tenant
from tests.graph.strategies import upserts, world

HOSTILE = [
    "",
    " ",
    "../x",
    "..",
    ".",
    "a/b",
    "a\\b",
    "/etc/passwd",
    "A",
    "Upper",
    "_a",
    "-a",
    "a.b",
    "a b",
    "a\0",
    "\0",
    "a\n",
    "\na",
    "é",
    "王",
    "ａ",
    "x" * 65,
    "x" * 1_000_000,
    "a'; DROP",
    "%",
    "\ud800",
]


@pytest.mark.parametrize("tenant", HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_no_tenant_id_is_refused_with_what_is(tenant: str, store: Store) -> None:
    with pytest.raises(BadInput, match=r"is not a tenant id; .*1 to 64 of a-z, 0-9, _ and -"):
        store.tenant(tenant)


@pytest.mark.parametrize("tenant", ["a", "0", "a-b_c", "0-_", "x" * 64])
def test_a_tenant_id_is_1_to_64_small_letters_and_digits(tenant: str, store: Store) -> None:
    assert store.tenant(tenant).tenant == tenant


async def test_a_tenant_exists_from_its_first_commit_on(store: Store) -> None:
    one, other = new_tenant(), new_tenant()
    assert await store.tenant(other).version() == 0
    await store.tenant(other).commit([], actor="tests")
    await store.tenant(one).commit([Upsert("Staff", "s", {"name": "x"})], actor="tests")

    ids = await store.tenants()

    assert one in ids
    assert other not in ids
    assert ids == sorted(ids)


async def test_tenants_with_the_same_keys_know_nothing_of_each_other(store: Store) -> None:
    one, other = store.tenant(new_tenant()), store.tenant(new_tenant())
    await one.commit(upserts(world(0)), actor="tests")
    await other.commit(upserts(world(1)), actor="tests")
    before = {k: (await other.find(FindQuery(k, window=Window(first=99)))).items for k in RECORDS}

    for record in world(0).records.values():
        await one.commit([Delete(*record.ref)], actor="tests")

    for kind in RECORDS:
        assert (await one.find(FindQuery(kind, count=True))).total == 0
        page = await other.find(FindQuery(kind, window=Window(first=99)))
        assert page.items == before[kind]
        assert {r.ref: r for r in page.items} == {r.ref: r for r in world(1).of_kind(kind)}


async def test_relations_and_search_stay_within_a_tenant(store: Store) -> None:
    one, other = store.tenant(new_tenant()), store.tenant(new_tenant())
    await one.commit(upserts(world(0)), actor="tests")
    await other.commit(upserts(world(1)), actor="tests")
    for kind in RECORDS:
        anchors = [r.ref for r in world(1).of_kind(kind)]
        for way in relations(kind).values():
            query = RelatedQuery(way)
            assert await other.counts(query, anchors) == world(1).counts(query, anchors)
    kinds = ("Contact", "Customer")
    hits = await other.search("小明", kinds, 50)
    assert {h.node.ref for h in hits} == {
        r.ref for k in kinds for r in world(1).of_kind(k) if score("小明", terms(r))
    }
    assert hits


async def test_an_edge_cannot_join_what_another_tenant_holds(store: Store) -> None:
    one, other = store.tenant(new_tenant()), store.tenant(new_tenant())
    await one.commit([Upsert("Contact", k, {"name": k}) for k in "ab"], actor="tests")
    ends = {"source": NodeRef("Contact", "a"), "target": NodeRef("Contact", "b")}

    with pytest.raises(CommitRejected, match="there is no Contact 'a'"):
        await other.commit([Upsert("Tie", "t", {**ends, "kind": TieKind.FRIEND})], actor="tests")


async def test_versions_count_for_each_tenant_alone(store: Store) -> None:
    one, other = store.tenant(new_tenant()), store.tenant(new_tenant())
    for n in range(3):
        await one.commit([Upsert("Staff", f"s{n}", {"name": "x"})], actor="tests")
    receipt = await other.commit([Upsert("Staff", "s", {"name": "x"})], actor="tests")

    assert (await one.version(), receipt.version) == (3, 1)
