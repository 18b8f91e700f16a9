"""Values in messages: short, on one line, whatever they are."""

from __future__ import annotations

from typing import Any

from graph.errors import CommitRejected, Problem, ProblemCode, shown


def test_a_value_is_shown_quoted_on_one_line() -> None:
    assert shown("a\nb\ud800") == r"'a\nb\ud800'"


def test_a_long_value_is_cut_and_its_length_told() -> None:
    assert shown("x" * 10_000) == f"'{'x' * 79}... (10,002 characters)"


def test_what_python_cannot_write_is_described() -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]

    assert shown(deep) == "a value nested too deep to show"
    assert shown(10**5_000) == "a number too long to show"


def test_a_refusal_tells_its_first_problem_and_how_many_more() -> None:
    one = Problem(0, ProblemCode.INVALID, "must be a number", "amount")
    other = Problem(1, ProblemCode.NOT_FOUND, "there is none")

    assert str(CommitRejected([one, other])) == (
        "nothing was written: amount: must be a number (and 1 more)"
    )
    assert str(CommitRejected([other])) == "nothing was written: there is none"
