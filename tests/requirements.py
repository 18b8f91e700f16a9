"""What some tests need from the machine, and the loud word at the end when it was not there.

A test that lacks what it needs skips, and the run closes with how many did, why, and the commands
that run them. Under CI=true it fails instead: nothing is left out there unseen.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import NoReturn

import pytest


@dataclass(frozen=True, slots=True)
class Requirement:
    """Something a test needs that a machine may lack.

    Attributes:
        name: What it is, as it reads after "needs".
        remedy: The commands that provide it, a line each.
    """

    name: str
    remedy: tuple[str, ...]

    def missing(self, why: str) -> NoReturn:
        """Skip the test that asked, or fail it under CI=true."""
        if os.environ.get("CI", "").lower() in ("1", "true"):
            pytest.fail("\n".join([f"{self._reason(why)}. Remedy:", *self.remedy]), pytrace=False)
        pytest.skip(self._reason(why))

    def unmet(self, reason: str) -> str | None:
        """Why it was missing, read back from the reason of a skip; None for another reason."""
        before, found, why = reason.partition(self._reason(""))
        return why if found and before in ("", "Skipped: ") else None

    def _reason(self, why: str) -> str:
        return f"needs {self.name}: {why}"


NEO4J = Requirement(
    "a Neo4j server",
    (
        "make neo4j",
        "RENMAI_TEST_NEO4J=bolt://neo4j:renmai-local@127.0.0.1:7687 make test",
    ),
)
DATA = Requirement(
    "the public data sets",
    ("RENMAI_TEST_DATA=/the/folder/that/holds/ldbc/and/northwind make test",),
)
REQUIREMENTS = (NEO4J, DATA)


def report(terminal: pytest.TerminalReporter, requirements: tuple[Requirement, ...]) -> None:
    """Say which tests did not run for want of a requirement, why, and how to run them."""
    skipped = terminal.getreports("skipped")
    reasons = [str(test.longrepr[2]) for test in skipped if isinstance(test.longrepr, tuple)]
    for requirement in requirements:
        unmet = [why for reason in reasons if (why := requirement.unmet(reason)) is not None]
        if unmet:
            tests = "1 test" if len(unmet) == 1 else f"{len(unmet)} tests"
            title = f"NOT RUN for want of {requirement.name}: {tests}"
            terminal.section(title, sep="!", red=True, bold=True)
            terminal.line(f"why:  {unmet[0]}")
            for line in requirement.remedy:
                terminal.line(f"run:  {line}")
