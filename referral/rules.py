"""The life cycle of a referral: which status may follow which."""

from __future__ import annotations

from collections.abc import Mapping

from graph.errors import FieldProblem, shown
from graph.model import Referral
from graph.model.words import ReferralStatus

PENDING, CONTACTED, CONVERTED, LOST, EXPIRED = ReferralStatus

FOLLOWERS: Mapping[ReferralStatus, tuple[ReferralStatus, ...]] = {
    PENDING: (CONTACTED, CONVERTED, LOST, EXPIRED),
    CONTACTED: (CONVERTED, LOST, EXPIRED),
    CONVERTED: (),
    LOST: (CONTACTED,),
    EXPIRED: (PENDING, CONTACTED),
}
"""What may come after each status.

A lost referral is reopened by a new contact, an expired one also by waiting anew. A conversion is
final: purchases have been credited to it.
"""


def may_follow(before: ReferralStatus, after: ReferralStatus) -> bool:
    """Whether a referral may go from one status to the other; staying is always allowed."""
    return after is before or after in FOLLOWERS[before]


def referral_step(before: Referral | None, after: Referral) -> FieldProblem | None:
    """Why a referral may not become what a change makes of it; None if it may.

    A new referral may have any status: it may be entered, or imported, after the fact.

    Args:
        before: the referral as it is; None when it is new.
        after: the referral as it would be.
    """
    if before is None or may_follow(before.status, after.status):
        return None
    was, allowed = f"referral {shown(before.key)} is {before.status}", FOLLOWERS[before.status]
    if not allowed:
        message = f"{was}, which is final, and cannot become {after.status}; record a new referral"
    else:
        message = f"{was} and cannot become {after.status}; use {' or '.join(allowed)}"
    return FieldProblem("status", message)
