from dataclasses import replace

from graph.commit import Plan
from graph.errors import FieldProblem, Problem, ProblemCode
from graph.model import Offer, Staff
from graph.store import Action, Delete, LoggedChange, Outcome, Upsert
from tests.graph.commit.records import (
    LATER,
    contact,
    customer,
    market,
    only,
    purchase,
    ref,
    referral,
    refused,
    tie,
)
from tests.graph.ledger import Ledger


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


def test_a_deletion_asks_its_rules_about_the_edges_that_go_with_it() -> None:
    """One of the edge's two ends is enough, and other kinds of edges are not asked about."""

    def kept(before: Offer, after: None) -> FieldProblem | None:
        return FieldProblem("key", f"{before.key} has {before.reserved} reserved, {after}")

    gone = Delete("Good", "g", carried={"Offer": kept})

    problem = only(refused(market(reserved=1), gone))

    assert problem == Problem(0, ProblemCode.ILLEGAL_STEP, "o has 1 reserved, None", "key")
    assert market().commit([Delete("Good", "g", carried={"Need": kept})]).deleted != ()
