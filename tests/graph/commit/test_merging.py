from dataclasses import replace
from datetime import timedelta

import pytest

from graph.commit import Plan
from graph.model import Contact, Staff
from graph.store import Action, Delete, LoggedChange, Mode, Outcome, Stamps, Upsert
from tests.graph.commit.records import LATER, contact, ref
from tests.graph.ledger import Ledger
from tests.graph.strategies import BASE


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
