from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from graph.errors import BadInput, CommitRejected, FieldProblem, Problem, ProblemCode
from graph.model import NodeRef, Record
from graph.store import MAX_CHANGES, Action, Change, Delete, Mode, Upsert
from tests.graph.commit.records import (
    P,
    contact,
    customer,
    market,
    offer,
    only,
    purchase,
    ref,
    referral,
    refused,
    tie,
)
from tests.graph.ledger import Ledger
from tests.graph.strategies import BASE


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
        "Referral: the source is a Customer or Contact or Organization, not a Good",
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
