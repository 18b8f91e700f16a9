"""The rules of the business that a change of a record must keep."""

from __future__ import annotations

from collections.abc import Mapping

from graph.store import Step
from referral.rules import referral_step
from referral.trade_rules import units_step

STEPS: Mapping[str, Step] = {
    "Referral": referral_step,
    "Offer": units_step,
    "Need": units_step,
}
"""The rule of each record that has one, by name."""

DELETIONS: Mapping[str, Step] = {"Offer": units_step, "Need": units_step}
"""The rule that is asked when a record of that name is deleted, by itself or with an end."""
