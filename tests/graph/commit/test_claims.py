from datetime import date

import pytest

from graph.commit import claim_of
from graph.errors import Problem, ProblemCode
from graph.model import Account, Organization, Staff
from graph.model.words import ReferralStatus
from graph.store import Action, Change, Delete, Upsert
from tests.graph.commit.records import contact, customer, only, ref, referral, refused
from tests.graph.ledger import Ledger


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
