"""The rules of the business that a change of a record must keep."""

from __future__ import annotations

from collections.abc import Mapping

from graph.store import Step
from referral.rules import referral_step

STEPS: Mapping[str, Step] = {"Referral": referral_step}
"""The rule of each record that has one, by name."""
