import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import BadInput, CommitRejected, Conflict, FieldProblem, ProblemCode
from graph.inputs import validate
from graph.model import RECORDS, Contact, NodeRef, Offer, Record
from graph.model.words import ReferralStatus, TieKind
from graph.query import FindQuery, Window
from graph.store import (
    MAX_CHANGES,
    Action,
    Bar,
    Change,
    Delete,
    Mode,
    Outcome,
    Store,
    TenantGraph,
    Upsert,
)
from tests.graph.conftest import Budget, new_tenant
from tests.graph.ledger import changes, foundation, settled
from tests.graph.store_contract.sameness import FUZZ
from tests.graph.strategies import BASE, upserts, world


def ref(kind: str, key: str) -> NodeRef:
    return NodeRef(kind, key)


def person(key: str, **values: Any) -> Upsert:
    return Upsert("Contact", key, {"name": key, **values})


def tie(key: str, one: str, other: str) -> Upsert:
    ends = {"source": ref("Contact", one), "target": ref("Contact", other)}
    return Upsert("Tie", key, {**ends, "kind": TieKind.FRIEND})


def referral(key: str, source: str, target: str, **values: Any) -> Upsert:
    ends = {"source": ref("Contact", source), "target": ref("Customer", target)}
    return Upsert("Referral", key, {**ends, **values})


async def everything(graph: TenantGraph) -> dict[NodeRef, Record]:
    pages = [await graph.find(FindQuery(k, window=Window(first=1_000))) for k in RECORDS]
    return {r.ref: r for page in pages for r in page.items}


async def commit(graph: TenantGraph, *given_: Change) -> tuple[Outcome, ...]:
    return (await graph.commit(given_, actor="tests")).outcomes


async def refused(graph: TenantGraph, *given_: Change) -> list[tuple[int, ProblemCode]]:
    """The refusals; nothing at all may have changed."""
    before, version = await everything(graph), await graph.version()
    with pytest.raises(CommitRejected) as rejected:
        await commit(graph, *given_)
    assert await everything(graph) == before
    assert await graph.version() == version
    assert len(await graph.log(version)) == 0
    return [(p.index, p.code) for p in rejected.value.problems]


# -- outcomes


async def test_a_commit_tells_what_became_of_each_change(graph: TenantGraph) -> None:
    await commit(graph, person("a"), person("b"), person("c"))

    receipt = await graph.commit(
        [
            person("new"),
            person("a", region="京"),
            person("b"),
            Delete("Contact", "c"),
            Delete("Contact", "nobody"),
        ],
        actor="tests",
    )

    assert receipt.version == 2
    assert not receipt.replayed
    assert receipt.outcomes == (
        Outcome(ref("Contact", "new"), Action.CREATED, 1),
        Outcome(ref("Contact", "a"), Action.UPDATED, 2),
        Outcome(ref("Contact", "b"), Action.UNCHANGED, 1),
        Outcome(ref("Contact", "c"), Action.DELETED, 0),
        Outcome(ref("Contact", "nobody"), Action.ABSENT, 0),
    )


async def test_a_patch_keeps_what_is_absent_and_clears_what_is_null(graph: TenantGraph) -> None:
    await commit(graph, person("a", region="京", qq="1", hobbies=("棋",), custom={"n": 1}))
    (before,) = (await graph.nodes("Contact", ["a"])).values()

    await commit(
        graph, Upsert("Contact", "a", validate("Contact", {"region": None, "hobbies": None}))
    )

    (after,) = (await graph.nodes("Contact", ["a"])).values()
    assert isinstance(before, Contact)
    assert after == replace(
        before, region=None, hobbies=(), revision=2, updated_at=after.updated_at
    )
    assert after.updated_at >= before.updated_at


async def test_a_record_carries_the_time_of_its_commit(graph: TenantGraph) -> None:
    earliest = datetime.now(UTC) - timedelta(seconds=1)
    await commit(graph, person("a"))

    (made,) = (await graph.nodes("Contact", ["a"])).values()
    (entry,) = await graph.log(0)

    assert made.created_at == made.updated_at == entry.at
    assert earliest <= entry.at <= datetime.now(UTC) + timedelta(seconds=1)
    assert entry.at.tzinfo is UTC


async def test_a_commit_that_changes_nothing_uses_no_version(graph: TenantGraph) -> None:
    await commit(graph, person("a"))

    receipt = await graph.commit([person("a"), Delete("Staff", "nobody")], actor="tests")

    assert receipt.version == 1
    assert [o.action for o in receipt.outcomes] == [Action.UNCHANGED, Action.ABSENT]
    assert len(await graph.log(0)) == 1


async def test_an_empty_commit_is_the_present_version(graph: TenantGraph) -> None:
    assert (await graph.commit([], actor="tests")).version == 0
    await commit(graph, person("a"))
    assert (await graph.commit([], actor="tests")).version == 1


async def test_what_was_written_whole_is_read_whole(store: Store) -> None:
    graph = store.tenant(new_tenant())
    await graph.commit(upserts(world(3)), actor="tests")

    assert await everything(graph) == world(3).records
    again = await graph.commit(upserts(world(3)), actor="tests")
    assert {o.action for o in again.outcomes} == {Action.UNCHANGED}


async def test_a_record_may_be_written_deleted_and_written_again(graph: TenantGraph) -> None:
    for _ in range(2):
        assert [o.action for o in await commit(graph, person("a"))] == [Action.CREATED]
        assert [o.action for o in await commit(graph, Delete("Contact", "a"))] == [Action.DELETED]

    assert await everything(graph) == {}


async def test_ten_thousand_changes_are_one_commit_and_more_are_refused(
    graph: TenantGraph,
) -> None:
    many = [Upsert("Staff", f"s{n}", {"name": "x"}) for n in range(MAX_CHANGES)]

    assert (await graph.commit(many, actor="tests")).version == 1
    page = await graph.find(FindQuery("Staff", window=Window(first=1), count=True))
    assert page.total == MAX_CHANGES
    with pytest.raises(BadInput, match=r"^10,001 changes in one commit"):
        await graph.commit([*many, person("a")], actor="tests")


# -- all or nothing, every refusal


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ([tie("t", "a", "b"), tie("t", "b", "a")], ProblemCode.DUPLICATE_KEY),
        ([Upsert("Contact", "x", {})], ProblemCode.INVALID),
        ([Upsert("Contact", "x", {"name": "x"}, Mode.UPDATE)], ProblemCode.NOT_FOUND),
        ([Upsert("Contact", "a", {"name": "x"}, Mode.CREATE)], ProblemCode.ALREADY_EXISTS),
        ([Upsert("Contact", "a", {}, expected_revision=7)], ProblemCode.REVISION_CONFLICT),
        ([Delete("Contact", "a", expected_revision=7)], ProblemCode.REVISION_CONFLICT),
        ([tie("t", "a", "nobody")], ProblemCode.MISSING_END),
        ([Delete("Contact", "b"), tie("t", "a", "b")], ProblemCode.MISSING_END),
        (
            [
                Upsert(
                    "Tie",
                    "t",
                    {
                        "source": ref("Contact", "a"),
                        "target": ref("Customer", "c"),
                        "kind": TieKind.FRIEND,
                    },
                )
            ],
            ProblemCode.WRONG_END,
        ),
        ([tie("t", "a", "a")], ProblemCode.SELF_REFERENCE),
        ([referral("r2", "b", "c")], ProblemCode.ALREADY_CLAIMED),
        ([referral("r2", "b", "d"), referral("r3", "a", "d")], ProblemCode.ALREADY_CLAIMED),
    ],
)
async def test_one_refused_change_leaves_nothing_written(
    wrong: list[Change], code: ProblemCode, graph: TenantGraph
) -> None:
    await commit(
        graph,
        person("a"),
        person("b"),
        Upsert("Customer", "c", {"name": "c"}),
        Upsert("Customer", "d", {"name": "d"}),
        referral("r1", "a", "c"),
    )

    good: list[Change] = [Upsert("Staff", "s", {"name": "s"}), person("n")]
    problems = await refused(graph, *good, *wrong)

    assert problems == [(1 + len(wrong), code)]


async def test_every_refused_change_is_named(graph: TenantGraph) -> None:
    await commit(graph, person("a"))

    problems = await refused(
        graph, Upsert("Contact", "x", {}), person("ok"), tie("t", "a", "a"), tie("u", "a", "no")
    )

    assert problems == [
        (0, ProblemCode.INVALID),
        (2, ProblemCode.SELF_REFERENCE),
        (3, ProblemCode.MISSING_END),
    ]


async def test_of_eight_who_saw_the_same_revision_one_wins(graph: TenantGraph) -> None:
    await commit(graph, person("a"))

    async def attempt(n: int) -> bool:
        change = Upsert("Contact", "a", {"region": str(n)}, expected_revision=1)
        try:
            await commit(graph, change)
        except CommitRejected as rejected:
            codes = {p.code for p in rejected.problems}
        else:
            return True
        assert codes == {ProblemCode.REVISION_CONFLICT}
        return False

    won = await asyncio.gather(*(attempt(n) for n in range(8)))

    (record,) = (await graph.nodes("Contact", ["a"])).values()
    assert won.count(True) == 1
    assert isinstance(record, Contact)
    assert (record.revision, record.region) == (2, str(won.index(True)))


async def test_of_what_eight_take_at_once_no_unit_is_taken_twice(graph: TenantGraph) -> None:
    """Each adds 3 to what is reserved of 10, under a rule that allows no more than there are."""
    ends = {"source": ref("Contact", "a"), "target": ref("Good", "g")}
    good = Upsert("Good", "g", {"name": "g"})
    await commit(graph, person("a"), good, Upsert("Offer", "o", {**ends, "quantity": 10}))

    def enough(before: Offer | None, after: Offer) -> FieldProblem | None:
        return FieldProblem("reserved", "no more") if after.reserved > after.quantity else None

    async def attempt(number: int) -> set[ProblemCode]:
        take = Upsert("Offer", "o", {}, Mode.UPDATE, add={"reserved": 3}, step=enough)
        try:
            await graph.commit([take, person(f"n{number}")], actor="x")
        except CommitRejected as rejected:
            return {p.code for p in rejected.problems}
        return set()

    lost = await asyncio.gather(*(attempt(n) for n in range(8)))

    (record,) = (await graph.nodes("Offer", ["o"])).values()
    assert isinstance(record, Offer)
    assert (lost.count(set()), record.reserved, record.revision) == (3, 9, 4)
    assert lost.count({ProblemCode.ILLEGAL_STEP}) == 5
    made = await graph.nodes("Contact", [f"n{n}" for n in range(8)])
    assert set(made) == {f"n{n}" for n, codes in enumerate(lost) if not codes}


# -- idempotency


async def test_the_same_key_gives_the_first_answer_again(graph: TenantGraph) -> None:
    given_ = [person("a"), person("b")]
    first = await graph.commit(given_, actor="x", idempotency_key="k")
    await commit(graph, Upsert("Contact", "a", {"region": "京"}), Delete("Contact", "b"))

    again = await graph.commit(given_, actor="y", idempotency_key="k")

    assert again == replace(first, replayed=True)
    assert await graph.version() == 2
    assert list(await graph.nodes("Contact", ["a", "b"])) == ["a"]


async def test_the_same_key_with_other_changes_is_a_conflict(graph: TenantGraph) -> None:
    await graph.commit([person("a")], actor="x", idempotency_key="k")

    with pytest.raises(Conflict, match=r"idempotency key") as conflict:
        await graph.commit([person("b")], actor="x", idempotency_key="k")

    assert "'k'" in str(conflict.value)
    assert await graph.version() == 1
    assert await graph.nodes("Contact", ["b"]) == {}


async def test_a_refused_commit_does_not_use_up_its_key(graph: TenantGraph) -> None:
    with pytest.raises(CommitRejected):
        await graph.commit([tie("t", "a", "b")], actor="x", idempotency_key="k")

    receipt = await graph.commit([person("a")], actor="x", idempotency_key="k")

    assert (receipt.version, receipt.replayed) == (1, False)


async def test_a_commit_that_changed_nothing_is_given_again_too(graph: TenantGraph) -> None:
    await commit(graph, person("a"))
    first = await graph.commit([person("a")], actor="x", idempotency_key="k")
    await commit(graph, person("b"))

    again = await graph.commit([person("a")], actor="x", idempotency_key="k")

    assert again == replace(first, replayed=True)


async def test_eight_at_once_with_one_key_commit_once(graph: TenantGraph) -> None:
    given_ = [person("a")]

    receipts = await asyncio.gather(
        *(graph.commit(given_, actor="x", idempotency_key="k") for _ in range(8))
    )

    assert {r.version for r in receipts} == {1}
    assert [r.replayed for r in receipts].count(False) == 1
    assert {r.outcomes for r in receipts} == {(Outcome(ref("Contact", "a"), Action.CREATED, 1),)}


async def test_a_key_belongs_to_its_tenant(store: Store) -> None:
    one, other = store.tenant(new_tenant()), store.tenant(new_tenant())
    await one.commit([person("a")], actor="x", idempotency_key="k")

    receipt = await other.commit([person("b")], actor="x", idempotency_key="k")

    assert (receipt.version, receipt.replayed) == (1, False)


# -- edges that stand against a change


@pytest.mark.parametrize("turned", [False, True])
async def test_an_edge_between_two_nodes_may_stand_against_a_change(
    turned: bool, graph: TenantGraph
) -> None:
    """Of its kind, this way round, with whole values, of this tenant alone."""
    a, b = ref("Contact", "a"), ref("Contact", "b")
    ends = {"source": b, "target": a} if turned else {"source": a, "target": b}
    seen: list[Record] = []
    bar = Bar("Veto", frozenset({(a, b), (a, ref("Customer", "b"))}), seen.append)
    await commit(graph, person("a"), person("b"), Upsert("Customer", "b", {"name": "b"}))
    await commit(graph, Upsert("Veto", "v", {**ends, "reason": "why"}), tie("t", "a", "b"))

    await commit(graph, Upsert("Contact", "a", {"name": "new"}, bars=(bar,)))

    found = (await graph.nodes("Veto", ["v"]))["v"]
    assert seen == ([] if turned else [found])


async def test_a_change_that_an_edge_stands_against_writes_nothing(graph: TenantGraph) -> None:
    a, b = ref("Contact", "a"), ref("Contact", "b")
    await commit(graph, person("a"), person("b"), tie("t", "a", "b"))
    bar = Bar("Tie", frozenset({(a, b)}), lambda _: FieldProblem("name", "they are friends"))
    version = await graph.version()

    problems = await refused(graph, Upsert("Contact", "a", {"name": "new"}, bars=(bar,)))

    assert problems == [(0, ProblemCode.ILLEGAL_STEP)]
    assert await graph.version() == version


# -- claims


async def test_a_claim_is_free_again_once_it_is_given_up(graph: TenantGraph) -> None:
    await commit(
        graph, person("a"), Upsert("Customer", "c", {"name": "c"}), referral("r1", "a", "c")
    )
    assert await refused(graph, referral("r2", "a", "c")) == [(0, ProblemCode.ALREADY_CLAIMED)]

    await commit(graph, Upsert("Referral", "r1", {"status": ReferralStatus.CONVERTED}))
    await commit(graph, referral("r2", "a", "c"))
    await commit(graph, Delete("Referral", "r2"))

    assert [o.action for o in await commit(graph, referral("r3", "a", "c"))] == [Action.CREATED]


@pytest.mark.parametrize("turned", [False, True])
async def test_claims_may_be_swapped_within_one_commit(turned: bool, graph: TenantGraph) -> None:
    """A unique index checks row by row; at no moment may two rows hold the claim."""
    await commit(
        graph,
        person("a"),
        Upsert("Customer", "c", {"name": "c"}),
        referral("r1", "a", "c"),
        referral("r2", "a", "c", status=ReferralStatus.LOST),
    )
    swap: list[Change] = [
        Upsert("Referral", "r1", {"status": ReferralStatus.LOST}),
        Upsert("Referral", "r2", {"status": ReferralStatus.CONTACTED}),
    ]

    outcomes = await commit(graph, *(reversed(swap) if turned else swap))

    assert [o.action for o in outcomes] == [Action.UPDATED] * 2


@pytest.mark.parametrize("turned", [False, True])
async def test_owners_may_be_exchanged_round_a_circle(turned: bool, graph: TenantGraph) -> None:
    """Three ownerships, each of which takes what the next one ends."""
    nodes = [Upsert("Customer", k, {"name": k}) for k in "xyz"]

    def owns(key: str, customer: str) -> Upsert:
        ends = {"source": ref("Staff", "s"), "target": ref("Customer", customer)}
        return Upsert("Ownership", key, ends)

    await commit(graph, Upsert("Staff", "s", {"name": "s"}), *nodes)
    await commit(graph, *(owns(f"1{k}", k) for k in "xyz"))

    change: list[Change] = [Upsert("Ownership", f"1{k}", {"until": BASE.date()}) for k in "xyz"]
    change += [owns(f"2{k}", k) for k in "xyz"]
    outcomes = await commit(graph, *(reversed(change) if turned else change))

    assert len(outcomes) == 6


# -- what goes with what


async def test_a_deleted_customer_takes_edges_and_purchases_along(graph: TenantGraph) -> None:
    def bought(key: str, customer: str) -> Upsert:
        values = {"customer_key": customer, "at": BASE, "amount_minor": 1, "referral_key": "r"}
        return Upsert("Purchase", key, values)

    await commit(
        graph,
        person("a"),
        person("b"),
        Upsert("Customer", "c", {"name": "c"}),
        Upsert("Customer", "d", {"name": "d"}),
        tie("t", "a", "b"),
        referral("r", "a", "c"),
        referral("other", "a", "d"),
        bought("own", "c"),
        bought("cleared", "d"),
    )

    await commit(graph, Delete("Customer", "c"))

    left = await everything(graph)
    assert set(left) == {
        ref("Contact", "a"),
        ref("Contact", "b"),
        ref("Customer", "d"),
        ref("Tie", "t"),
        ref("Referral", "other"),
        ref("Purchase", "cleared"),
    }
    cleared: Any = left[ref("Purchase", "cleared")]
    assert (cleared.referral_key, cleared.revision) == (None, 2)
    (entry,) = await graph.log(1)
    assert {(c.action, c.ref) for c in entry.changes} == {
        (Action.DELETED, ref("Customer", "c")),
        (Action.DELETED, ref("Referral", "r")),
        (Action.DELETED, ref("Purchase", "own")),
        (Action.UPDATED, ref("Purchase", "cleared")),
    }


async def test_a_hub_is_deleted_with_all_its_edges(graph: TenantGraph) -> None:
    others = [f"p{n:04}" for n in range(2_000)]
    await commit(graph, person("hub"), *(person(k) for k in others))
    await commit(graph, *(tie(f"t{k}", "hub", k) for k in others))

    await commit(graph, Delete("Contact", "hub"))

    assert (await graph.find(FindQuery("Tie", count=True))).total == 0
    assert (await graph.find(FindQuery("Contact", count=True))).total == 2_000


async def test_a_tie_is_kept_one_way_round(graph: TenantGraph) -> None:
    await commit(graph, person("a"), person("b"))

    await commit(graph, tie("t", "b", "a"))
    outcomes = await commit(graph, tie("t", "a", "b"))

    (kept,) = (await graph.nodes("Tie", ["t"])).values()
    assert (kept.source.key, kept.target.key) == ("a", "b")  # type: ignore[attr-defined]
    assert [o.action for o in outcomes] == [Action.UNCHANGED]


# -- any changes whatever


def unstamped(records: Mapping[NodeRef, Record]) -> dict[NodeRef, Record]:
    return {r: replace(x, created_at=BASE, updated_at=BASE, revision=1) for r, x in records.items()}


@FUZZ
@given(commits=st.lists(st.lists(changes(), min_size=1, max_size=6), min_size=2, max_size=5))
async def test_any_commits_leave_what_the_plain_account_says(
    commits: list[list[Change]], store: Store, budget: Budget
) -> None:
    if budget.spent() or budget.spent():
        return
    with budget.watched():
        graph = store.tenant(new_tenant())
        await commit(graph, *foundation())
        before = await everything(graph)
        for given_ in commits:
            expected, wrong = settled(before, given_)
            if wrong:
                assert {index for index, _ in await refused(graph, *given_)} == wrong
            else:
                await commit(graph, *given_)
                before = await everything(graph)
                assert unstamped(before) == unstamped(expected)
