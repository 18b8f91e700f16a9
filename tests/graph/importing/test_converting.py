from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from graph.errors import BadInput
from graph.importing.converting import converter
from graph.importing.mapping import FieldSpec
from graph.model import record_info

FIELDS = {
    "text": ("Customer", "name"),
    "integer": ("Customer", "headcount"),
    "number": ("Customer", "trust"),
    "money": ("Purchase", "amount_minor"),
    "day": ("Customer", "founded_on"),
    "time": ("Purchase", "at"),
    "birthday": ("Contact", "birthday"),
    "enum": ("Contact", "sex"),
    "list": ("Contact", "hobbies"),
}


def converted(target: str, text: str, **spec: Any) -> Any:
    kind, name = FIELDS[target]
    field = record_info(kind).fields[name]
    return converter(field, FieldSpec(column="c", **spec))(text)


@pytest.mark.parametrize(
    ("target", "text", "spec", "expected"),
    [
        ("text", "Kam_Air", {"replace": {"_": " "}}, "Kam Air"),
        ("text", "1", {"values": {"1": "one"}}, "one"),
        ("text", "2", {"values": {"1": "one"}}, "2"),
        ("text", "2", {"values": {"1": "one"}, "otherwise": "many"}, "many"),
        ("integer", "-12", {}, -12),
        ("integer", "12", {"multiply": 1000}, 12_000.0),
        ("number", "0.25", {}, 0.25),
        ("number", "0,25", {"decimal": ","}, 0.25),
        ("number", "-10", {"multiply": 0.1, "at_least": 0}, 0.0),
        ("number", "20", {"multiply": 0.1, "at_most": 1}, 1.0),
        ("number", "3", {"multiply": 0.1}, 0.3),
        ("money", "11.77", {}, 1_177),
        ("money", "11.7", {}, 1_170),
        ("money", "11,77", {"decimal": ","}, 1_177),
        ("money", "12", {"decimals": 0}, 12),
        ("money", "92233720368547758.07", {}, 2**63 - 1),
        ("day", "2026-05-01", {}, date(2026, 5, 1)),
        ("day", "01.05.2026", {"pattern": "%d.%m.%Y"}, date(2026, 5, 1)),
        ("day", "0", {"format": "epoch-seconds"}, date(1970, 1, 1)),
        ("time", "2026-05-01T09:30:00+08:00", {}, datetime(2026, 5, 1, 1, 30, tzinfo=UTC)),
        ("time", "2026-05-01", {"zone": "Asia/Shanghai"}, datetime(2026, 4, 30, 16, tzinfo=UTC)),
        (
            "time",
            "20100422123057947",
            {"pattern": "%Y%m%d%H%M%S%f"},
            datetime(2010, 4, 22, 12, 30, 57, 947_000, tzinfo=UTC),
        ),
        (
            "time",
            "1307526243.273450",
            {"format": "epoch-seconds"},
            datetime(2011, 6, 8, 9, 44, 3, 273_450, tzinfo=UTC),
        ),
        (
            "time",
            "1307526243273.45",
            {"format": "epoch-milliseconds"},
            datetime(2011, 6, 8, 9, 44, 3, 273_450, tzinfo=UTC),
        ),
        ("birthday", "19891203", {"format": "date", "pattern": "%Y%m%d"}, "1989-12-03"),
        ("birthday", "1980-02-30", {}, "1980-02-30"),
        ("enum", "f", {"values": {"f": "FEMALE"}}, "FEMALE"),
        ("enum", "MALE", {"values": {"f": "FEMALE"}}, "MALE"),
        ("list", "a; b;;c", {"split": ";"}, ("a", "b", "c")),
        ("list", "a; b", {}, ("a; b",)),
    ],
)
def test_text_becomes_the_value_of_the_field(
    target: str, text: str, spec: dict[str, Any], expected: object
) -> None:
    assert converted(target, text, **spec) == expected


@pytest.mark.parametrize(
    ("target", "text", "spec", "message"),
    [
        ("integer", "1_000", {}, "'1_000' is not a whole number; write digits only"),
        ("integer", "٣", {}, "'٣' is not a whole number; write digits only"),
        ("integer", "9" * 31, {}, "is not a whole number"),
        ("number", "NaN", {}, "'NaN' is not a number; write it as in 1234.56"),
        ("number", "1e999", {}, "'1e999' is not a number"),
        ("number", "1.5", {"decimal": ","}, "write it as in 1234,56"),
        ("number", "x", {}, "'x' is not a number"),
        ("money", "1.005", {}, "'1.005' has more than 2 decimals; round it in the file"),
        ("day", "0000-01-01", {}, "'0000-01-01' is not written as YYYY-MM-DD"),
        ("day", "31.02.2026", {"pattern": "%d.%m.%Y"}, "is not written as %d.%m.%Y"),
        ("time", "9" * 30, {"format": "epoch-seconds"}, "is no time between the years 1 and 9999"),
        ("enum", "x", {"values": {"f": "FEMALE"}}, "'x' is not among the mapping's values: f;"),
    ],
)
def test_what_is_no_such_value_is_refused_with_the_remedy(
    target: str, text: str, spec: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message.replace(".", r"\.")):
        converted(target, text, **spec)


@pytest.mark.parametrize(
    ("text", "expected"), [("Yes", True), ("1", True), ("false", False), ("no", False)]
)
def test_truth_is_read_in_common_words(text: str, expected: bool) -> None:
    assert converter(None, FieldSpec(column="c", format="boolean"))(text) is expected


def test_what_is_neither_true_nor_false_is_refused() -> None:
    with pytest.raises(ValueError, match="'maybe' is neither true nor false"):
        converter(None, FieldSpec(column="c", format="boolean"))("maybe")


def test_a_zone_that_is_none_is_refused_when_the_mapping_is_read() -> None:
    with pytest.raises(BadInput, match="'Asia/Nowhere' is no time zone"):
        converted("time", "2026-05-01", zone="Asia/Nowhere")
