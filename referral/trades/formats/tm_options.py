"""The options of a TradeMaximizer file: lines that begin with `#!`."""

from __future__ import annotations

from dataclasses import dataclass, field

from referral.trades.formats.text import Wrong, whole

PRIORITIES = ("LINEAR", "TRIANGLE", "SQUARE", "EXPLICIT")

SWITCHES = frozenset(
    [f"{scheme}-PRIORITIES" for scheme in PRIORITIES]
    + ["ALLOW-DUMMIES", "REQUIRE-COLONS", "REQUIRE-USERNAMES", "REQUIRE-OFFICIAL-NAMES"]
    + ["CASE-SENSITIVE", "HIDE-NONTRADES", "HIDE-LOOPS", "HIDE-SUMMARY", "HIDE-ERRORS"]
    + ["HIDE-REPEATS", "HIDE-STATS", "SHOW-MISSING", "SHOW-ELAPSED-TIME", "SHOW-WANTS"]
    + ["SORT-BY-ITEM", "SHRINK-VERBOSE", "VERBOSE"]
)
"""Options without a value; those that only change the printed report are taken and passed over."""

NUMBERS = {"SMALL-STEP": 0, "BIG-STEP": 0, "ITERATIONS": 1, "SEED": 1, "SHRINK": 0}
"""Options with a number, and the least that each may be."""

METRICS = ("USERS-TRADING", "CHAIN-SIZES-SOS")
"""Told apart by what is better among plans of as many trades: more users, or shorter cycles."""


@dataclass(slots=True)
class Options:
    """What a file's options say.

    Attributes:
        switches: those that are on.
        numbers: those with a number, defaults included.
        metric: how plans of as many trades compare; None where the file does not say.
    """

    switches: set[str] = field(default_factory=set)
    numbers: dict[str, int] = field(
        default_factory=lambda: {"SMALL-STEP": 1, "BIG-STEP": 9, "ITERATIONS": 1, "SEED": 1}
    )
    metric: str | None = None

    @property
    def priorities(self) -> str | None:
        """The scheme by which ranks become costs."""
        return next((s for s in PRIORITIES if f"{s}-PRIORITIES" in self.switches), None)

    def take(self, name: str, line: int, column: int, token: str) -> None:
        """Takes one option.

        Raises:
            Wrong: there is no such option, or its value is wrong.
        """
        key, equals, given = token.upper().partition("=")
        if key in SWITCHES and not equals:
            self.switches.add(key)
        elif key in NUMBERS and equals:
            place = column + len(key) + 1
            self.numbers[key] = whole(name, line, place, given, NUMBERS[key])
        elif key == "METRIC" and given in METRICS:
            self.metric = given
        elif key == "METRIC":
            known = " or ".join(METRICS)
            raise Wrong(name, line, column, f"metric {given!r} is not known; use {known}")
        else:
            known = ", ".join(sorted(SWITCHES) + [f"{n}=number" for n in NUMBERS] + ["METRIC=name"])
            raise Wrong(name, line, column, f"option {token!r} is not known; use {known}")
