from __future__ import annotations

import pytest

from graph.model import NodeRef, Referral
from graph.model.words import ReferralStatus
from referral.rules import may_follow, referral_step

PENDING, CONTACTED, CONVERTED, LOST, EXPIRED = ReferralStatus

ALLOWED = {
    (PENDING, CONTACTED),
    (PENDING, CONVERTED),
    (PENDING, LOST),
    (PENDING, EXPIRED),
    (CONTACTED, CONVERTED),
    (CONTACTED, LOST),
    (CONTACTED, EXPIRED),
    (LOST, CONTACTED),
    (EXPIRED, PENDING),
    (EXPIRED, CONTACTED),
}


def referral(status: ReferralStatus) -> Referral:
    ends = NodeRef("Contact", "a"), NodeRef("Contact", "b")
    return Referral(key="r1", source=ends[0], target=ends[1], status=status)


@pytest.mark.parametrize("before", list(ReferralStatus))
@pytest.mark.parametrize("after", list(ReferralStatus))
def test_only_the_listed_steps_and_staying_are_allowed(
    before: ReferralStatus, after: ReferralStatus
) -> None:
    assert may_follow(before, after) is ((before, after) in ALLOWED or before is after)
    assert (referral_step(referral(before), referral(after)) is None) is may_follow(before, after)


@pytest.mark.parametrize("status", list(ReferralStatus))
def test_a_new_referral_may_have_any_status(status: ReferralStatus) -> None:
    assert referral_step(None, referral(status)) is None


def test_a_refusal_names_the_steps_there_are() -> None:
    problem = referral_step(referral(EXPIRED), referral(LOST))

    assert problem is not None
    assert problem.field == "status"
    assert problem.message == (
        "referral 'r1' is EXPIRED and cannot become LOST; use PENDING or CONTACTED"
    )


def test_a_conversion_is_final() -> None:
    problem = referral_step(referral(CONVERTED), referral(PENDING))

    assert problem is not None
    assert problem.message == (
        "referral 'r1' is CONVERTED, which is final, and cannot become PENDING; "
        "record a new referral"
    )
