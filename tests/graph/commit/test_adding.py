import pytest

from graph.commit import fingerprint
from graph.errors import Problem, ProblemCode
from graph.model import Offer
from graph.store import Upsert
from tests.graph.commit.records import market, only, ref, refused
from tests.graph.ledger import Ledger


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
