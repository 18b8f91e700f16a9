"""Answers as tables: what stands in them, and what is for programs only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from rich.console import Console

from api.cli.tables import answer_tables, cell, rows_tables
from graph.model import NodeRef
from referral.answers import Answer, Long, Row
from referral.registry import analytics

ANN, BOB = NodeRef("Contact", "a"), NodeRef("Customer", "b")
COFFEE, OFFER = NodeRef("Good", "g"), NodeRef("Offer", "o")
NAMES = {ANN: "Ann", BOB: "Bob [Ltd]", COFFEE: "Coffee", OFFER: "o"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    giver: NodeRef
    receiver: NodeRef
    good: NodeRef
    offer: NodeRef
    quantity: int
    value_minor: int | None
    alternatives: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Circle(Row):
    cursor: str
    party: NodeRef
    legs: tuple[Leg, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Circles(Answer):
    total: int
    end_cursor: str | None
    items: tuple[Circle, ...]


def printed(found: Circles, width: int = 120) -> str:
    console = Console(width=width)
    with console.capture() as captured:
        for table in answer_tables(analytics()["trade_opportunities"], found, NAMES):
            console.print(table)
    return captured.get()


def words(line: str) -> list[str]:
    """The cells of a table's line."""
    return [word.strip() for word in line.replace("┃", "│").strip("│").split("│")]


def circles(*, exact: bool = True, bound: float | None = None, age: float = 0.0) -> Circles:
    leg = Leg(
        giver=ANN,
        receiver=BOB,
        good=COFFEE,
        offer=OFFER,
        quantity=2,
        value_minor=123_456,
        alternatives=0,
    )
    circle = Circle(rank=1, score=45_065_900.4, cursor="WzEs", party=BOB, legs=(leg, leg))
    return Circles(
        version=Long(7),
        computed_at=datetime(2026, 1, 1, tzinfo=UTC),
        method="counted",
        exact=exact,
        error_bound=bound,
        age=age,
        total=1,
        end_cursor="WzEs",
        items=(circle,),
    )


def test_an_answer_is_a_title_how_it_was_made_and_a_table() -> None:
    lines = printed(circles()).splitlines()

    assert lines[1:3] == ["Trade opportunities: total 1", "exact; counted"]
    assert [words(line) for line in (lines[4], lines[6])] == [
        ["rank", "score", "party"],
        ["1", "45,065,900", "Bob [Ltd] (b)"],
    ]


@pytest.mark.parametrize("width", [60, 120])
def test_records_inside_a_row_are_lines_of_a_table_of_their_own(width: int) -> None:
    lines = printed(circles(), width).splitlines()

    assert [words(line) for line in (lines[9], lines[11], lines[12])] == [
        ["rank", "legs"],
        ["1", "Ann → Bob [Ltd]: Coffee, quantity 2, 1,234.56"],
        ["", "Ann → Bob [Ltd]: Coffee, quantity 2, 1,234.56"],
    ]


def test_what_is_for_programs_is_left_out() -> None:
    assert "WzEs" not in printed(circles())
    assert "version" not in printed(circles())


@pytest.mark.parametrize(
    ("exact", "bound", "age", "line"),
    [
        (False, 0.01, 0.0, "within 0.01; counted"),
        (False, None, 0.0, "not exact; counted"),
        (True, None, 12.4, "exact, 12 s old; counted"),
    ],
)
def test_an_answer_tells_how_sure_and_how_old_it_is(
    exact: bool, bound: float | None, age: float, line: str
) -> None:
    assert printed(circles(exact=exact, bound=bound, age=age)).splitlines()[2] == line


def test_what_was_passed_over_is_told_above_the_table() -> None:
    text = printed(replace(circles(), warnings=("offer 'x [1]' is too large",)))

    assert "warning: offer 'x [1]' is too large\n" in text
    assert "warnings" not in text + printed(circles())


def test_no_rows_are_told() -> None:
    console = Console(width=40)
    with console.capture() as captured:
        for table in rows_tables(None, (), {}):
            console.print(table)

    assert "nothing found" in captured.get()


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("x", None, ""),
        ("x", True, "yes"),
        ("x", 12_345, "12,345"),
        ("x_minor", 12_345, "123.45"),
        ("x", 0.123456, "0.1235"),
        ("x", 2.0, "2"),
        ("x", datetime(2026, 1, 31, 8, 5, tzinfo=UTC), "2026-01-31 08:05"),
        ("x", (1, 2), "1\n2"),
        ("x", ANN, "Ann (a)"),
        ("x", NodeRef("Contact", "z"), "? (z)"),
    ],
)
def test_a_cell_is_written_for_people(name: str, value: object, text: str) -> None:
    assert cell(name, value, NAMES) == text
