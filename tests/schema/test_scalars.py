"""Scalars: exact both ways, and clear about what they do not take."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from graphql import GraphQLError, parse_const_value, value_from_ast_untyped

from graph.model import Money
from graph.model.fields import show_money
from schema.scalars import (
    SCALARS,
    Long,
    read_day,
    read_long,
    read_moment,
    read_money,
    show_moment,
)


def _read(scalar: Any, literal: str) -> Any:
    parse: Any = SCALARS[scalar].parse_value
    return parse(value_from_ast_untyped(parse_const_value(literal)))


@pytest.mark.parametrize(
    ("minor", "shown"),
    [
        (0, "0.00"),
        (5, "0.05"),
        (123_450, "1234.50"),
        (-1, "-0.01"),
        (-123_456, "-1234.56"),
        (2**63 - 1, "92233720368547758.07"),
    ],
)
def test_money_is_exact_both_ways(minor: int, shown: str) -> None:
    assert show_money(minor) == shown
    assert read_money(shown) == minor


@pytest.mark.parametrize(("given", "minor"), [("12", 1200), (12, 1200), ("12.5", 1250)])
def test_money_may_be_given_short(given: object, minor: int) -> None:
    assert read_money(given) == minor


@pytest.mark.parametrize(
    "given", [1.5, True, None, "", "1.005", "1,000", "1e3", "NaN", ".5", "+1", " 1", "١"]
)
def test_what_is_no_amount_is_refused(given: object) -> None:
    with pytest.raises(GraphQLError, match="is not an amount; write it as a string"):
        read_money(given)


@pytest.mark.parametrize("given", ["92233720368547758.08", 10**19, "-" + "9" * 100 + ".00"])
def test_an_amount_beyond_64_bits_is_refused(given: object) -> None:
    with pytest.raises(GraphQLError, match=r"is too large; the largest is 92233720368547758\.07"):
        read_money(given)


@pytest.mark.parametrize(("given", "number"), [(5, 5), ("-9223372036854775807", -(2**63) + 1)])
def test_a_long_is_a_number_or_text(given: object, number: int) -> None:
    assert read_long(given) == number


@pytest.mark.parametrize("given", [2**63, "9223372036854775808", 1.0, True, "1x", None])
def test_what_is_no_long_is_refused(given: object) -> None:
    with pytest.raises(GraphQLError, match="is not a whole number from"):
        read_long(given)


@pytest.mark.parametrize(
    ("scalar", "literal", "value"),
    [
        (Money, "12", 1200),
        (Money, '"12.34"', 1234),
        (Long, "9007199254740993", 9007199254740993),
        (Long, '"9007199254740993"', 9007199254740993),
    ],
)
def test_literals_keep_all_their_digits(scalar: Any, literal: str, value: int) -> None:
    assert _read(scalar, literal) == value


@pytest.mark.parametrize("literal", ["12.34", "true", "[1]", "99999999999999999999999", "NAME"])
@pytest.mark.parametrize("scalar", [Money, Long])
def test_other_literals_are_refused(scalar: Any, literal: str) -> None:
    with pytest.raises(GraphQLError, match=r"is not|is too large"):
        _read(scalar, literal)


def test_a_time_is_kept_and_shown_in_utc() -> None:
    moment = read_moment("2026-05-01T09:30:00.000001+08:00")

    assert moment == datetime(2026, 5, 1, 1, 30, 0, 1, tzinfo=UTC)
    assert show_moment(moment) == "2026-05-01T01:30:00.000001Z"


@pytest.mark.parametrize(
    "given",
    ["2026-05-01T09:30:00", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+08:00", "soon", 5, None],
)
def test_what_is_no_time_is_refused(given: object) -> None:
    with pytest.raises(GraphQLError, match="is not a time; write it with its offset from UTC"):
        read_moment(given)


def test_a_day_is_read() -> None:
    assert read_day("2024-02-29") == date(2024, 2, 29)


@pytest.mark.parametrize("given", ["2023-02-29", "0000-01-01", "20240229", "2024-2-9", 20240229])
def test_what_is_no_day_is_refused(given: object) -> None:
    with pytest.raises(GraphQLError, match="is not a day; write YYYY-MM-DD"):
        read_day(given)
