from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.commit import Plan, claim_of, fingerprint
from graph.errors import BadInput, CommitRejected, FieldProblem, Problem, ProblemCode
from graph.model import (
    RECORDS,
    Account,
    Contact,
    Customer,
    Edge,
    Good,
    NodeRef,
    Offer,
    Organization,
    Purchase,
    Record,
    Referral,
    Staff,
    Tie,
)
from graph.model.codec import decode_value
from graph.model.words import ReferralStatus, TieKind
from graph.store import (
    MAX_CHANGES,
    Action,
    Change,
    Delete,
    LoggedChange,
    Mode,
    Outcome,
    Stamps,
    Upsert,
)
from tests.graph.ledger import Ledger, changes, foundation, settled
from tests.graph.strategies import BASE

LATER = BASE + timedelta(days=1)
P: dict[str, Any] = {"kind": TieKind.FRIEND}


def ref(kind: str, key: str) -> NodeRef:
    return NodeRef(kind, key)


def refused(ledger: Ledger, *given: Change) -> tuple[Problem, ...]:
    before = dict(ledger.records)
    with pytest.raises(CommitRejected) as rejected:
        ledger.commit(given)
    assert ledger.records == before
    return rejected.value.problems


def only(problems: Sequence[Problem]) -> Problem:
    (problem,) = problems
    return problem


def contact(key: str, **values: Any) -> Contact:
    return Contact(key=key, name=key, **values)


def customer(key: str) -> Customer:
    return Customer(key=key, name=key)


def referral(key: str, target: str, status: ReferralStatus = ReferralStatus.PENDING) -> Referral:
    return Referral(
        key=key, source=ref("Contact", "a"), target=ref("Customer", target), status=status
    )


def purchase(key: str, customer_key: str, referral_key: str | None = None) -> Purchase:
    return Purchase(
        key=key,
        customer_key=customer_key,
        at=BASE,
        amount_minor=1,  # type: ignore[arg-type]
        referral_key=referral_key,
    )


def tie(key: str, one: str, other: str) -> Tie:
    return Tie(key=key, source=ref("Contact", one), target=ref("Contact", other), **P)


# -- create, patch, unchanged


def test_a_new_record_gets_its_defaults_and_the_commits_time() -> None:
    made = Ledger().commit([Upsert("Staff", "s", {"name": "x"})])

    assert made == Plan(
        created=(Staff(key="s", name="x", created_at=BASE, updated_at=BASE, revision=1),),
        updated=(),
        deleted=(),
        outcomes=(Outcome(ref("Staff", "s"), Action.CREATED, 1),),
        logged=(LoggedChange(Action.CREATED, ref("Staff", "s")),),
    )


def test_an_absent_value_stays_and_null_clears() -> None:
    ledger = Ledger([contact("a", region="京", qq="1")])

    made = ledger.commit([Upsert("Contact", "a", {"region": None, "name": "b"})], LATER)

    assert made.updated == (Contact(key="a", name="b", qq="1", updated_at=LATER, revision=2),)
    assert made.outcomes == (Outcome(ref("Contact", "a"), Action.UPDATED, 2),)
    assert made.logged == (
        LoggedChange(Action.UPDATED, ref("Contact", "a"), None, {"name": "a", "region": "京"}),
    )


def test_values_that_are_there_already_change_nothing() -> None:
    ledger = Ledger([contact("a", region="京")])

    made = ledger.commit([Upsert("Contact", "a", {"region": "京"})])

    assert made == Plan((), (), (), (Outcome(ref("Contact", "a"), Action.UNCHANGED, 1),), ())


def test_no_values_at_all_change_nothing() -> None:
    made = Ledger([contact("a")]).commit([Upsert("Contact", "a", {})])

    assert made.outcomes == (Outcome(ref("Contact", "a"), Action.UNCHANGED, 1),)
    assert made.logged == ()


def test_no_changes_plan_nothing() -> None:
    assert Ledger().commit([]) == Plan((), (), (), (), ())


def test_true_in_place_of_one_in_a_custom_field_is_a_change() -> None:
    ledger = Ledger([contact("a", custom={"n": 1})])

    made = ledger.commit([Upsert("Contact", "a", {"custom": {"n": True}})])

    assert made.logged[0].before == {"custom": '{"n":1}'}


def test_stamps_are_taken_for_a_new_record() -> None:
    stamps = Stamps(BASE - timedelta(9), BASE - timedelta(3), 7)

    made = Ledger().commit([Upsert("Staff", "s", {"name": "x"}, stamps=stamps)])

    record = made.created[0]
    assert (record.created_at, record.updated_at, record.revision) == (
        BASE - timedelta(9),
        BASE - timedelta(3),
        7,
    )
    assert made.outcomes == (Outcome(ref("Staff", "s"), Action.CREATED, 7),)


@pytest.mark.parametrize(("own", "stamped", "then"), [(1, 7, 7), (7, 2, 8), (7, 7, 8)])
def test_a_revision_never_names_two_states(own: int, stamped: int, then: int) -> None:
    ledger = Ledger([replace(contact("a"), revision=own)])
    stamps = Stamps(BASE, LATER, stamped)

    made = ledger.commit([Upsert("Contact", "a", {"name": "b"}, stamps=stamps)])

    assert (made.updated[0].revision, made.updated[0].updated_at) == (then, LATER)


@pytest.mark.parametrize("mode", [Mode.UPSERT, Mode.CREATE])
def test_what_is_not_there_is_created(mode: Mode) -> None:
    made = Ledger().commit([Upsert("Staff", "s", {"name": "x"}, mode)])

    assert made.outcomes[0].action is Action.CREATED


@pytest.mark.parametrize("mode", [Mode.UPSERT, Mode.UPDATE])
def test_what_is_there_is_updated(mode: Mode) -> None:
    made = Ledger([contact("a")]).commit([Upsert("Contact", "a", {"name": "b"}, mode)])

    assert made.outcomes[0].action is Action.UPDATED


@pytest.mark.parametrize("expected", [None, 1])
def test_the_revision_seen_lets_a_change_pass(expected: int | None) -> None:
    ledger = Ledger([contact("a"), contact("b")])

    made = ledger.commit(
        [
            Upsert("Contact", "a", {"name": "x"}, expected_revision=expected),
            Delete("Contact", "b", expected),
        ]
    )

    assert [o.action for o in made.outcomes] == [Action.UPDATED, Action.DELETED]


# -- refusals: every code


def test_a_record_stands_in_one_change() -> None:
    problem = only(refused(Ledger(), Upsert("Staff", "s", {"name": "x"}), Delete("Staff", "s")))

    assert problem == Problem(
        1,
        ProblemCode.DUPLICATE_KEY,
        "Staff 's' stands in change 0 already; give it once",
        "key",
    )


def test_a_key_of_another_kind_is_another_record() -> None:
    made = Ledger().commit(
        [Upsert("Staff", "s", {"name": "x"}), Upsert("Good", "s", {"name": "x"})]
    )

    assert [o.action for o in made.outcomes] == [Action.CREATED, Action.CREATED]


@pytest.mark.parametrize(
    "change",
    [
        Upsert("Staff", "s", {"name": "x"}, Mode.UPDATE),
        Upsert("Staff", "s", {"name": "x"}, expected_revision=1),
    ],
)
def test_what_is_not_there_cannot_be_updated(change: Change) -> None:
    assert only(refused(Ledger(), change)) == Problem(
        0, ProblemCode.NOT_FOUND, "there is no Staff 's' to update; create it first", "key"
    )


def test_what_is_there_cannot_be_created() -> None:
    change = Upsert("Contact", "a", {"name": "x"}, Mode.CREATE)

    assert only(refused(Ledger([contact("a")]), change)) == Problem(
        0,
        ProblemCode.ALREADY_EXISTS,
        "Contact 'a' exists already; update it or use another key",
        "key",
    )


@pytest.mark.parametrize(
    "change", [Upsert("Contact", "a", {}, expected_revision=2), Delete("Contact", "a", 2)]
)
def test_another_revision_than_the_one_seen_is_a_conflict(change: Change) -> None:
    assert only(refused(Ledger([contact("a")]), change)) == Problem(
        0,
        ProblemCode.REVISION_CONFLICT,
        "Contact 'a' has revision 1, not 2; read it again and repeat the change",
        "expected_revision",
    )


def test_a_new_record_needs_what_is_required_and_each_missing_field_is_named() -> None:
    problems = refused(Ledger([customer("c")]), Upsert("Purchase", "p", {"customer_key": "c"}))

    assert [(p.index, p.code, p.field) for p in problems] == [
        (0, ProblemCode.INVALID, "at"),
        (0, ProblemCode.INVALID, "amount_minor"),
    ]
    assert problems[0].message == "a new Purchase needs it, and 'p' has none; give a value"


def test_a_new_edge_needs_both_ends() -> None:
    problems = refused(Ledger(), Upsert("Tie", "t", {**P, "source": ref("Contact", "a")}))

    assert [p.field for p in problems] == ["target"]


def test_an_edge_joins_what_it_may_join() -> None:
    ends = {"source": ref("Good", "g"), "target": ref("Customer", "c")}

    problem = only(refused(Ledger([customer("c")]), Upsert("Referral", "r", ends)))

    assert (problem.code, problem.field, problem.message) == (
        ProblemCode.WRONG_END,
        "source",
        "the source of a Referral is a Customer or Contact or Organization, not a Good",
    )


@pytest.mark.parametrize("kind", ["Referral", "Tie"])
def test_nobody_refers_or_knows_himself(kind: str) -> None:
    ends = {"source": ref("Contact", "a"), "target": ref("Contact", "a")}

    problem = only(
        refused(Ledger([contact("a")]), Upsert(kind, "r", {**ends, **(P if kind == "Tie" else {})}))
    )

    assert (problem.code, problem.field, problem.message) == (
        ProblemCode.SELF_REFERENCE,
        "target",
        f"a {kind} joins two different nodes; both ends are 'a'",
    )


def test_parties_of_two_kinds_with_the_same_key_are_two() -> None:
    ledger = Ledger([contact("a"), customer("a")])
    ends = {"source": ref("Contact", "a"), "target": ref("Customer", "a")}

    assert ledger.commit([Upsert("Referral", "r", ends)]).outcomes[0].action is Action.CREATED


def test_each_missing_end_is_named() -> None:
    ends = {"source": ref("Contact", "a"), "target": ref("Contact", "b")}

    problems = refused(Ledger(), Upsert("Tie", "t", {**ends, **P}))

    assert [(p.code, p.field, p.message) for p in problems] == [
        (ProblemCode.MISSING_END, "source", "there is no Contact 'a'; create it first"),
        (ProblemCode.MISSING_END, "target", "there is no Contact 'b'; create it first"),
    ]


def test_a_reference_names_what_is_there() -> None:
    ledger = Ledger([customer("c"), purchase("p", "c")])

    problems = refused(ledger, Upsert("Purchase", "p", {"customer_key": "x", "referral_key": "y"}))

    assert [(p.code, p.field) for p in problems] == [
        (ProblemCode.MISSING_END, "customer_key"),
        (ProblemCode.MISSING_END, "referral_key"),
    ]


def test_an_edge_may_come_before_the_nodes_it_joins() -> None:
    made = Ledger().commit(
        [
            Upsert("Tie", "t", {"source": ref("Contact", "a"), "target": ref("Contact", "b"), **P}),
            Upsert("Contact", "b", {"name": "b"}),
            Upsert("Contact", "a", {"name": "a"}),
        ]
    )

    assert [o.action for o in made.outcomes] == [Action.CREATED] * 3


def test_an_end_deleted_in_the_same_commit_is_missing() -> None:
    ledger = Ledger([contact("a"), contact("b")])
    ends = {"source": ref("Contact", "a"), "target": ref("Contact", "b")}

    problem = only(refused(ledger, Delete("Contact", "b"), Upsert("Tie", "t", {**ends, **P})))

    assert (problem.index, problem.code, problem.field) == (1, ProblemCode.MISSING_END, "target")


def test_an_end_whose_own_change_is_refused_is_missing() -> None:
    ends = {"source": ref("Contact", "a"), "target": ref("Contact", "b")}

    problems = refused(
        Ledger([contact("a")]),
        Upsert("Tie", "t", {**ends, **P}),
        Upsert("Contact", "b", {}),
    )

    assert [(p.index, p.code) for p in problems] == [
        (0, ProblemCode.MISSING_END),
        (1, ProblemCode.INVALID),
    ]


def test_a_reference_to_what_goes_with_a_deleted_record_is_missing() -> None:
    """The referral goes with its referrer; nothing may name it afterwards."""
    ledger = Ledger([contact("a"), customer("c"), customer("d"), referral("r", "c")])
    values = {"customer_key": "d", "at": BASE, "amount_minor": 1, "referral_key": "r"}

    problem = only(refused(ledger, Upsert("Purchase", "p", values), Delete("Contact", "a")))

    assert (problem.index, problem.code, problem.field) == (
        0,
        ProblemCode.MISSING_END,
        "referral_key",
    )


@pytest.mark.parametrize(
    ("ends", "field"),
    [
        ({"source": ref("Contact", "c")}, "source"),
        ({"target": ref("Contact", "c")}, "target"),
        ({"source": ref("Contact", "c"), "target": ref("Contact", "b")}, "source"),
    ],
)
def test_the_ends_of_an_edge_never_change(ends: Mapping[str, NodeRef], field: str) -> None:
    ledger = Ledger([contact("a"), contact("b"), contact("c"), tie("t", "a", "b")])

    assert only(refused(ledger, Upsert("Tie", "t", ends))) == Problem(
        0,
        ProblemCode.WRONG_END,
        "the ends of Tie 't' never change; delete it and create another",
        field,
    )


def test_the_ends_of_an_edge_may_be_given_again() -> None:
    ledger = Ledger([contact("a"), contact("b"), tie("t", "a", "b")])
    same = {"source": ref("Contact", "a"), "target": ref("Contact", "b")}
    turned = {"source": ref("Contact", "b"), "target": ref("Contact", "a")}

    for ends in (same, turned):
        made = ledger.commit([Upsert("Tie", "t", ends)])
        assert made.outcomes[0].action is Action.UNCHANGED


def test_a_directed_edge_given_turned_round_is_refused() -> None:
    ledger = Ledger([contact("a"), customer("c"), referral("r", "c")])
    turned = {"source": ref("Customer", "c"), "target": ref("Contact", "a")}

    assert only(refused(ledger, Upsert("Referral", "r", turned))).code is ProblemCode.WRONG_END


def test_an_undirected_edge_is_kept_with_the_smaller_end_first() -> None:
    ledger = Ledger([contact("a"), contact("b")])
    ends = {"source": ref("Contact", "b"), "target": ref("Contact", "a")}

    made = ledger.commit([Upsert("Tie", "t", {**ends, **P})])

    assert made.created == (replace(tie("t", "a", "b"), created_at=BASE, updated_at=BASE),)
    assert made.logged[0].ends == (ref("Contact", "a"), ref("Contact", "b"))


def test_a_step_that_the_callers_rule_refuses_is_refused() -> None:
    asked: list[tuple[Record | None, Record]] = []

    def rule(before: Record | None, after: Record) -> FieldProblem | None:
        asked.append((before, after))
        return FieldProblem("name", "no") if before else None

    ledger = Ledger([contact("a")])
    problem = only(
        refused(
            ledger,
            Upsert("Contact", "a", {"name": "b"}, step=rule),
            Upsert("Contact", "n", {"name": "n"}, step=rule),
            Upsert("Contact", "a2", {"name": "n"}),
        )
    )

    assert problem == Problem(0, ProblemCode.ILLEGAL_STEP, "no", "name")
    assert [(b and b.key, a.key) for b, a in asked] == [("a", "a"), (None, "n")]


def offer(key: str = "o", **values: Any) -> Offer:
    return Offer(key=key, source=ref("Contact", "a"), target=ref("Good", "g"), **values)


def market(**values: Any) -> Ledger:
    return Ledger([contact("a"), Good(key="g", name="g"), offer(**values)])


def test_what_is_added_is_added_to_what_is_there() -> None:
    ledger = market(quantity=5)

    ledger.commit([Upsert("Offer", "o", {"priority": 2}, add={"quantity": -2, "reserved": 3})])

    found = ledger.records[ref("Offer", "o")]
    assert isinstance(found, Offer)
    assert (found.quantity, found.reserved, found.priority, found.revision) == (3, 3, 2, 2)


def test_to_a_new_record_it_is_added_to_the_default() -> None:
    ledger = market()
    ends = {"source": ref("Contact", "a"), "target": ref("Good", "g")}

    ledger.commit([Upsert("Offer", "new", ends, add={"quantity": 4})])

    found = ledger.records[ref("Offer", "new")]
    assert isinstance(found, Offer)
    assert found.quantity == 5


@pytest.mark.parametrize(
    ("add", "message"),
    [
        (
            {"quantity": -6},
            "Offer 'o' has 5; with -6 that is -1, not from 0 to 2,147,483,647; read it again",
        ),
        (
            {"quantity": 2**31},
            "Offer 'o' has 5; with +2,147,483,648 that is 2,147,483,653, not from 0 to "
            "2,147,483,647; read it again",
        ),
    ],
)
def test_more_than_there_is_cannot_be_taken(add: dict[str, int], message: str) -> None:
    problem = only(refused(market(quantity=5), Upsert("Offer", "o", {}, add=add)))

    assert problem == Problem(0, ProblemCode.INVALID, message, "quantity")


def test_an_end_that_cannot_be_made_adds_nothing() -> None:
    ends = {"source": ref("Contact", "a"), "target": ref("Good", "g")}

    problem = only(refused(market(), Upsert("Offer", "new", ends, add={"quantity": -2})))

    assert problem.code is ProblemCode.INVALID


def test_derived_values_are_written_and_make_no_other_commit() -> None:
    ledger = Ledger()
    one = Upsert("Contact", "a", {"name": "a"}, derived={"region": "x"})
    other = Upsert("Contact", "a", {"name": "a"}, derived={"region": "y"})

    ledger.commit([one])

    assert getattr(ledger.records[ref("Contact", "a")], "region") == "x"  # noqa: B009
    assert (
        fingerprint([one])
        == fingerprint([other])
        == fingerprint([Upsert("Contact", "a", {"name": "a"})])
    )


def test_a_required_value_may_be_derived() -> None:
    ledger = Ledger()

    ledger.commit([Upsert("Contact", "a", {}, derived={"name": "a"})])

    assert ref("Contact", "a") in ledger.records


def test_other_additions_have_another_fingerprint() -> None:
    plain, one, two = (
        Upsert("Offer", "o", {}, add=a) for a in ({}, {"quantity": 1}, {"quantity": 2})
    )

    assert len({fingerprint([c]) for c in (plain, one, two)}) == 3


def test_a_rule_is_asked_also_when_nothing_would_change() -> None:
    ledger = Ledger([contact("a")])
    same = Upsert("Contact", "a", {"name": "a"}, step=lambda b, a: FieldProblem("name", "no"))

    problem = only(refused(ledger, same))

    assert problem == Problem(0, ProblemCode.ILLEGAL_STEP, "no", "name")


def test_a_rule_may_forbid_a_deletion() -> None:
    asked: list[tuple[Any, Any]] = []

    def rule(before: Any, after: Any) -> FieldProblem | None:
        asked.append((before, after))
        return FieldProblem("key", "not now") if before.reserved else None

    ledger = market(quantity=5, reserved=2)
    problem = only(
        refused(ledger, Delete("Offer", "o", step=rule), Delete("Offer", "absent", step=rule))
    )

    assert problem == Problem(0, ProblemCode.ILLEGAL_STEP, "not now", "key")
    assert asked == [(offer(quantity=5, reserved=2), None)]
    ledger.commit([Upsert("Offer", "o", {"reserved": 0})])
    ledger.commit([Delete("Offer", "o", step=rule)])
    assert ref("Offer", "o") not in ledger.records


def test_a_kind_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(BadInput, match=r"^'Nope' is not a kind of record; use .*Contact, "):
        Ledger().commit([Delete("Nope", "x")])


def test_a_commit_has_at_most_ten_thousand_changes() -> None:
    many = [Delete("Staff", str(n)) for n in range(MAX_CHANGES + 1)]

    assert len(Ledger().commit(many[1:]).outcomes) == 10_000
    with pytest.raises(BadInput, match=r"^10,001 changes in one commit; at most 10,000, send sev"):
        Ledger().commit(many)


def test_every_refused_change_is_named_in_the_order_of_the_changes() -> None:
    problems = refused(
        Ledger([contact("a")]),
        Upsert("Contact", "a", {}, Mode.CREATE),
        Upsert("Staff", "ok", {"name": "x"}),
        Delete("Contact", "a"),
        Upsert("Tie", "t", {}),
    )

    assert [p.index for p in problems] == [0, 2, 3, 3, 3]


def test_the_message_tells_the_first_problem_and_how_many_more_there_are() -> None:
    with pytest.raises(CommitRejected) as rejected:
        Ledger().commit([Upsert("Purchase", "p", {}), Delete("Purchase", "p")])

    assert str(rejected.value) == (
        "nothing was written: customer_key: a new Purchase needs it, and 'p' has none; "
        "give a value (and 3 more)"
    )


def test_ten_thousand_refusals_are_found_without_comparing_each_with_each() -> None:
    """Not timed: with a quadratic scan this test would take minutes, not a second."""
    ends = {"source": ref("Contact", "a"), "target": ref("Contact", "b")}
    many = [Upsert("Tie", str(n), {**ends, **P}) for n in range(MAX_CHANGES)]

    assert len(refused(Ledger(), *many)) == 2 * MAX_CHANGES


# -- delete


def test_to_delete_what_is_not_there_is_no_error() -> None:
    made = Ledger().commit([Delete("Staff", "s", expected_revision=3)])

    assert made == Plan((), (), (), (Outcome(ref("Staff", "s"), Action.ABSENT, 0),), ())


def test_a_deleted_record_is_logged_whole() -> None:
    made = Ledger([Staff(key="s", name="x")]).commit([Delete("Staff", "s")])

    assert made.outcomes == (Outcome(ref("Staff", "s"), Action.DELETED, 0),)
    assert made.logged == (
        LoggedChange(
            Action.DELETED,
            ref("Staff", "s"),
            None,
            {
                "key": "s",
                "created_at": 0,
                "updated_at": 0,
                "revision": 1,
                "custom": "{}",
                "name": "x",
                "role": "SALES",
            },
        ),
    )


def test_edges_and_owned_records_go_with_a_deleted_node_and_references_are_cleared() -> None:
    ledger = Ledger(
        [
            contact("a"),
            customer("c"),
            customer("d"),
            referral("r", "c"),
            purchase("own", "c", "r"),
            purchase("other", "d", "r"),
            purchase("apart", "d"),
        ]
    )

    made = ledger.commit([Delete("Customer", "c")], LATER)

    assert {r.ref for r in made.deleted} == {
        ref("Customer", "c"),
        ref("Referral", "r"),
        ref("Purchase", "own"),
    }
    assert made.updated == (replace(purchase("other", "d"), updated_at=LATER, revision=2),)
    assert {(c.action, c.ref.key, tuple(c.before)[:1]) for c in made.logged} == {
        (Action.DELETED, "c", ("key",)),
        (Action.DELETED, "r", ("key",)),
        (Action.DELETED, "own", ("key",)),
        (Action.UPDATED, "other", ("referral_key",)),
    }
    assert made.outcomes == (Outcome(ref("Customer", "c"), Action.DELETED, 0),)


def test_a_deleted_edge_leaves_its_ends() -> None:
    ledger = Ledger([contact("a"), contact("b"), tie("t", "a", "b")])

    made = ledger.commit([Delete("Tie", "t")])

    assert [r.ref for r in made.deleted] == [ref("Tie", "t")]


def test_a_deleted_purchase_leaves_its_customer_and_referral() -> None:
    ledger = Ledger([contact("a"), customer("c"), referral("r", "c"), purchase("p", "c", "r")])

    made = ledger.commit([Delete("Purchase", "p")])

    assert [r.ref for r in made.deleted] == [ref("Purchase", "p")]


def test_all_may_be_deleted_at_once() -> None:
    records = [contact("a"), customer("c"), referral("r", "c"), purchase("p", "c", "r")]

    made = Ledger(records).commit([Delete(*r.ref) for r in records])

    assert [o.action for o in made.outcomes] == [Action.DELETED] * 4
    assert made.updated == ()


def test_a_purchase_may_move_to_another_customer_while_its_own_is_deleted() -> None:
    ledger = Ledger([customer("c"), customer("d"), purchase("p", "c")])

    made = ledger.commit(
        [Delete("Customer", "c"), Upsert("Purchase", "p", {"customer_key": "d"})], LATER
    )

    assert made.updated == (replace(purchase("p", "d"), updated_at=LATER, revision=2),)


def test_what_goes_with_a_deleted_record_cannot_be_changed_in_the_same_commit() -> None:
    ledger = Ledger([contact("a"), contact("b"), tie("t", "a", "b")])

    problem = only(refused(ledger, Upsert("Tie", "t", {"strength": 1.0}), Delete("Contact", "b")))

    assert (problem.index, problem.code, problem.message) == (
        0,
        ProblemCode.MISSING_END,
        "Tie 't' hangs on a record that this commit deletes; leave one of the two out",
    )


def test_a_record_changed_and_cleared_in_one_commit_grows_by_one_revision() -> None:
    ledger = Ledger([contact("a"), customer("c"), referral("r", "c"), purchase("p", "c", "r")])

    made = ledger.commit([Delete("Referral", "r"), Upsert("Purchase", "p", {"items": 3})], LATER)

    assert made.updated == (replace(purchase("p", "c"), items=3, updated_at=LATER, revision=2),)
    assert made.logged[-1].before == {"items": None, "referral_key": "r"}


# -- claims


def test_a_party_has_one_open_referral() -> None:
    ledger = Ledger([contact("a"), customer("c"), referral("r1", "c")])
    ends = {"source": ref("Contact", "a"), "target": ref("Customer", "c")}

    assert only(refused(ledger, Upsert("Referral", "r2", ends))) == Problem(
        0,
        ProblemCode.ALREADY_CLAIMED,
        "Referral 'r2': this party already has an open referral; close it first (held by 'r1')",
        "key",
    )


def test_a_closed_referral_claims_nothing() -> None:
    ledger = Ledger([contact("a"), customer("c"), referral("r1", "c")])
    lost = {
        "source": ref("Contact", "a"),
        "target": ref("Customer", "c"),
        "status": ReferralStatus.LOST,
    }

    assert ledger.commit([Upsert("Referral", "r2", lost)]).outcomes[0].action is Action.CREATED


def test_to_reopen_a_referral_is_to_claim_again() -> None:
    ledger = Ledger(
        [contact("a"), customer("c"), referral("r1", "c"), referral("r2", "c", ReferralStatus.LOST)]
    )

    problem = only(refused(ledger, Upsert("Referral", "r2", {"status": ReferralStatus.PENDING})))

    assert problem.code is ProblemCode.ALREADY_CLAIMED


@pytest.mark.parametrize(
    "release",
    [
        Upsert("Referral", "r1", {"status": ReferralStatus.CONVERTED}),
        Delete("Referral", "r1"),
        Delete("Contact", "a"),  # the referral goes with its referrer
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_a_claim_may_change_hands_within_one_commit(release: Change, first: bool) -> None:
    ledger = Ledger([contact("a"), contact("b"), customer("c"), referral("r1", "c")])
    ends = {"source": ref("Contact", "b"), "target": ref("Customer", "c")}
    claim = Upsert("Referral", "r2", ends)

    made = ledger.commit([release, claim] if first else [claim, release])

    assert [claim_of(r) for r in made.created] == ["Customer:c"]


def test_of_two_that_claim_the_same_in_one_commit_the_second_is_refused() -> None:
    ends = {"source": ref("Contact", "a"), "target": ref("Customer", "c")}

    problem = only(
        refused(
            Ledger([contact("a"), customer("c")]),
            Upsert("Referral", "z", ends),
            Upsert("Referral", "b", ends),
        )
    )

    assert (problem.index, problem.code) == (1, ProblemCode.ALREADY_CLAIMED)
    assert problem.message.endswith("(held by 'z')")


def test_two_referrals_may_swap_what_they_claim() -> None:
    done = ReferralStatus.CONVERTED
    ledger = Ledger([contact("a"), customer("c"), referral("r1", "c"), referral("r2", "c", done)])

    made = ledger.commit(
        [
            Upsert("Referral", "r2", {"status": ReferralStatus.CONTACTED}),
            Upsert("Referral", "r1", {"status": done}),
        ]
    )

    assert [(r.key, claim_of(r)) for r in made.updated] == [("r2", "Customer:c"), ("r1", None)]


def test_a_customer_is_the_account_of_one() -> None:
    ledger = Ledger(
        [
            customer("c"),
            Organization(key="o", name="o"),
            contact("a"),
            Account(key="x", source=ref("Customer", "c"), target=ref("Organization", "o")),
        ]
    )
    ends = {"source": ref("Customer", "c"), "target": ref("Contact", "a")}

    assert only(refused(ledger, Upsert("Account", "y", ends))).code is ProblemCode.ALREADY_CLAIMED


def test_an_ended_ownership_lets_another_begin() -> None:
    ledger = Ledger([customer("c"), Staff(key="s", name="s"), Staff(key="t", name="t")])
    s = {"source": ref("Staff", "s"), "target": ref("Customer", "c")}
    t = {"source": ref("Staff", "t"), "target": ref("Customer", "c")}
    ledger.commit([Upsert("Ownership", "1", s)])

    assert only(refused(ledger, Upsert("Ownership", "2", t))).code is ProblemCode.ALREADY_CLAIMED
    ledger.commit(
        [Upsert("Ownership", "1", {"until": date(2026, 5, 1)}), Upsert("Ownership", "2", t)]
    )

    assert claim_of(ledger.records[ref("Ownership", "2")]) == "c"


# -- idempotency


BASIC = Upsert("Contact", "a", {"name": "x", "custom": {"a": 1, "b": 2}})


@pytest.mark.parametrize(
    "other",
    [
        Upsert("Contact", "b", BASIC.values),
        Upsert("Customer", "a", BASIC.values),
        Upsert("Contact", "a", {"name": "x"}),
        Upsert("Contact", "a", {"name": "x", "custom": {"a": True, "b": 2}}),
        Upsert("Contact", "a", BASIC.values, Mode.CREATE),
        Upsert("Contact", "a", BASIC.values, expected_revision=1),
        Upsert("Contact", "a", BASIC.values, stamps=Stamps(BASE, BASE, 1)),
        Delete("Contact", "a"),
    ],
)
def test_other_changes_have_another_fingerprint(other: Change) -> None:
    assert fingerprint([other]) != fingerprint([BASIC])
    assert fingerprint([BASIC, BASIC]) != fingerprint([BASIC])


def test_the_same_values_in_another_order_have_the_same_fingerprint() -> None:
    turned = Upsert("Contact", "a", {"custom": {"b": 2, "a": 1}, "name": "x"})

    assert fingerprint([turned]) == fingerprint([BASIC])


# -- any changes whatever


def unstamped(records: Mapping[NodeRef, Record]) -> dict[NodeRef, Record]:
    return {r: replace(x, created_at=BASE, updated_at=BASE, revision=1) for r, x in records.items()}


def undone(
    after: Mapping[NodeRef, Record], logged: Sequence[LoggedChange]
) -> dict[NodeRef, Record]:
    """The state before a commit, read back from the log."""
    past = dict(after)
    for change in logged:
        info = RECORDS[change.ref.kind]
        before = {
            n: decode_value(info.fields[n], v) for n, v in change.before.items() if n in info.fields
        }
        match change.action:
            case Action.CREATED:
                del past[change.ref]
            case Action.UPDATED:
                past[change.ref] = replace(past[change.ref], **before)
            case Action.DELETED:
                ends: dict[str, Any] = dict(
                    zip(("source", "target"), change.ends or (), strict=False)
                )
                past[change.ref] = info.record(**before, **ends)
    return past


def check_whole(records: Mapping[NodeRef, Record]) -> None:
    """Nothing dangles and no claim is held twice."""
    claims = [(r.kind, claim_of(x)) for r, x in records.items() if claim_of(x) is not None]
    assert len(claims) == len(set(claims))
    for ref_, record in records.items():
        if isinstance(record, Edge):
            assert {record.source, record.target} <= set(records)
        for f in RECORDS[ref_.kind].fields.values():
            if f.ref and getattr(record, f.name) is not None:
                assert NodeRef(f.ref.kind, getattr(record, f.name)) in records


@settings(max_examples=250, deadline=None, derandomize=True)
@given(st.lists(st.lists(changes(), min_size=1, max_size=6), max_size=8))
def test_any_commits_leave_what_the_plain_account_says(commits: list[list[Change]]) -> None:
    ledger = Ledger()
    ledger.commit(foundation())
    for number, given_ in enumerate(commits):
        before = dict(ledger.records)
        expected, wrong = settled(before, given_)
        try:
            made = ledger.commit(given_, BASE + timedelta(days=number + 1))
        except CommitRejected as rejected:
            assert {p.index for p in rejected.problems} == wrong  # noqa: PT017
            assert ledger.records == before
            continue
        assert wrong == set()
        assert unstamped(ledger.records) == unstamped(expected)
        check_whole(ledger.records)
        check_plan(made, before, ledger.records)


def check_plan(
    made: Plan, before: Mapping[NodeRef, Record], after: Mapping[NodeRef, Record]
) -> None:
    """The plan's parts agree with each other, and the log leads back."""
    assert unstamped(undone(after, made.logged)) == unstamped(before)
    differing = {r for r in {*before, *after} if before.get(r) != after.get(r)}
    assert [c.ref for c in made.logged] == list(dict.fromkeys(c.ref for c in made.logged))
    assert {c.ref for c in made.logged} == differing
    for outcome in made.outcomes:
        record = after.get(outcome.ref)
        assert outcome.revision == (record.revision if record else 0)
    for record in made.updated:
        assert record.revision == before[record.ref].revision + 1
