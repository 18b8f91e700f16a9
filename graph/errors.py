"""The errors every layer raises.

DomainError
├── BadInput            a value is wrong: says what, where and how to mend it
├── NotFound            a thing that must exist does not
├── Conflict            the state does not allow it (a revision, a claim, an idempotency key)
├── CommitRejected      changes were refused, each with its own problem; nothing was written
├── Forbidden           this caller may not
├── Unauthenticated     no or bad credentials
├── TooExpensive        the request would cost more than is allowed
├── StoreUnavailable    the database does not answer
│   └── Unconfirmed     ... whether it has made a commit
└── TimedOut            the time allowed ran out

A message tells what is wrong, the value and the remedy, and is safe to show to anyone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

SHOWN = 80


def shown(value: object) -> str:
    """A value as it may stand in a message: quoted, one line, at most 80 characters."""
    try:
        text = repr(value)
    except ValueError:  # Python refuses to write integers of more than 4,300 digits
        text = "a number too long to show"
    except RecursionError:
        text = "a value nested too deep to show"
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}... ({len(text):,} characters)"


def counted(count: int, one: str, many: str | None = None) -> str:
    """A number of things, in words for people.

    >>> counted(1, "edge"), counted(1_000, "edge"), counted(2, "party", "parties")
    ('1 edge', '1,000 edges', '2 parties')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


class DomainError(Exception):
    """An expected failure: `code` is for programs, the message for people."""

    code: ClassVar[str] = "INTERNAL"


class BadInput(DomainError):
    """A value is wrong.

    Attributes:
        problems: each wrong place with its own message; empty when the message says it all.
    """

    code = "BAD_INPUT"

    def __init__(self, message: str, problems: Sequence[FieldProblem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class NotFound(DomainError):
    """A thing that must exist does not."""

    code = "NOT_FOUND"


class Conflict(DomainError):
    """The present state does not allow it."""

    code = "CONFLICT"


class Forbidden(DomainError):
    """This caller may not do or see it."""

    code = "FORBIDDEN"


class Unauthenticated(DomainError):
    """No credentials, or bad ones."""

    code = "UNAUTHENTICATED"


class TooExpensive(DomainError):
    """The request would cost more than is allowed."""

    code = "TOO_EXPENSIVE"


class StoreUnavailable(DomainError):
    """The database does not answer; trying again later may help."""

    code = "STORE_UNAVAILABLE"


class Unconfirmed(StoreUnavailable):
    """Whether a commit was made is not known; only sending it again with its key is safe."""


class TimedOut(DomainError):
    """The time allowed for this work ran out."""

    code = "TIMEOUT"


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One wrong field of an input.

    Attributes:
        field: dotted path of the field in the input, for example `phones.0`.
        message: what is wrong, the value and the remedy.
    """

    field: str
    message: str


class ProblemCode(StrEnum):
    """Why a change was refused."""

    INVALID = "INVALID"
    DUPLICATE_KEY = "DUPLICATE_KEY"
    NOT_FOUND = "NOT_FOUND"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    REVISION_CONFLICT = "REVISION_CONFLICT"
    MISSING_END = "MISSING_END"
    WRONG_END = "WRONG_END"
    SELF_REFERENCE = "SELF_REFERENCE"
    ALREADY_CLAIMED = "ALREADY_CLAIMED"
    ILLEGAL_STEP = "ILLEGAL_STEP"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why one change of a commit was refused.

    Attributes:
        index: position of the change in the commit, from 0.
        code: the reason, for programs.
        message: the reason and the remedy, for people.
        field: the field concerned, where it is one.
    """

    index: int
    code: ProblemCode
    message: str
    field: str | None = None


class CommitRejected(DomainError):
    """Changes were refused and nothing was written.

    Attributes:
        problems: at least one for each refused change, in the order of the changes.
    """

    code = "CONFLICT"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        first = problems[0]
        where = f"{first.field}: " if first.field else ""
        super().__init__(f"nothing was written: {where}{first.message}{more}")
