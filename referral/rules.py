"""The life cycle of a referral: which status may follow which."""

from __future__ import annotations

from collections.abc import Mapping

from graph.errors import Problem, ProblemCode
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


def status_problem(
    before: ReferralStatus, after: ReferralStatus, *, key: str, index: int = 0
) -> Problem | None:
    """Why a referral may not go from one status to the other; None if it may.

    Args:
        before: its status now.
        after: the status wanted.
        key: the referral's key, for the message.
        index: position of the change in its commit.
    """
    if may_follow(before, after):
        return None
    return Problem(index, ProblemCode.INVALID, _refusal(before, after, key), "status")


def _refusal(before: ReferralStatus, after: ReferralStatus, key: str) -> str:
    allowed = FOLLOWERS[before]
    if not allowed:
        return (
            f"referral {key!r} is {before}, which is final, so it cannot become {after}; "
            "record a new referral instead"
        )
    return f"referral {key!r} is {before} and cannot become {after}; use {' or '.join(allowed)}"
