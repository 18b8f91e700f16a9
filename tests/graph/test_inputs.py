from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import BadInput
from graph.inputs import changed, differ, validate, validate_key, validate_ref
from graph.model import RECORDS, Contact, NodeRef
from graph.model.words import CustomerKind, Stage
from tests.graph.strategies import world

MILLION = 1_000_000


def refusal(kind: str, /, **values: Any) -> BadInput:
    with pytest.raises(BadInput) as refused:
        validate(kind, values)
    return refused.value


def test_values_come_back_in_their_one_form() -> None:
    checked = validate(
        "Customer",
        {
            "name": "  Cafe\u0301 ",
            "kind": "PERSON",
            "founded_on": "2001-02-03",
            "phones": ["138 0013 8000", "+86 13800138000"],
            "emails": ["Ming@Example.COM"],
            "headcount": 12.0,
            "trust": 1,
            "region": None,
        },
    )

    assert checked == {
        "name": "Café",
        "kind": CustomerKind.PERSON,
        "founded_on": date(2001, 2, 3),
        "phones": ("+8613800138000",),
        "emails": ("ming@example.com",),
        "headcount": 12,
        "trust": 1.0,
        "region": None,
    }
    assert type(checked["headcount"]) is int
    assert type(checked["trust"]) is float


def test_texts_of_a_file_are_read_as_what_they_stand_for() -> None:
    checked = validate("Purchase", {"amount_minor": "1250", "items": "3", "customer_key": "c"})

    assert checked == {"amount_minor": 1250, "items": 3, "customer_key": "c"}


def test_absent_fields_stay_absent() -> None:
    assert validate("Contact", {}) == {}


def test_null_clears_and_gives_a_field_with_a_default_that_default() -> None:
    checked = validate("Customer", {"stage": None, "phones": None, "custom": None, "trust": None})

    assert checked == {"stage": Stage.POTENTIAL, "phones": (), "custom": {}, "trust": None}


def test_a_time_is_kept_in_utc() -> None:
    checked = validate("Purchase", {"at": "2026-05-01T09:30:00.000001+08:00"})

    assert checked == {"at": datetime(2026, 5, 1, 1, 30, 0, 1, tzinfo=UTC)}
    assert checked["at"].tzinfo is UTC


def test_lists_lose_their_repetitions_and_keep_their_order() -> None:
    assert validate("Contact", {"hobbies": ["b", "a", " b"]}) == {"hobbies": ("b", "a")}


@pytest.mark.parametrize(
    ("region", "text", "expected"),
    [
        ("CN", "13800138000", "+8613800138000"),
        ("CN", "(010) 6277 0000", "+861062770000"),
        ("CN", "0086 138 0013 8000", "+8613800138000"),
        ("US", "(202) 555-0143", "+12025550143"),
        ("DE", "030 901820", "+4930901820"),
        ("HK", "2345 6789", "+85223456789"),
        ("US", "+86 138 0013 8000", "+8613800138000"),
        ("CN", "１３８００１３８０００", "+8613800138000"),
    ],
)
def test_a_phone_is_read_as_its_region_writes_it(region: str, text: str, expected: str) -> None:
    assert validate("Contact", {"phones": [text]}, region=region) == {"phones": (expected,)}


@pytest.mark.parametrize("text", ["12", "", "call me", "+", "+999 123", "1" * 40])
def test_what_is_no_phone_is_refused_with_the_remedy(text: str) -> None:
    error = refusal("Contact", phones=["13800138000", text])

    assert str(error) == (
        f"phones.1: {text!r}: not a phone number in region CN; "
        "write it with its country code, for example +86 138 0013 8000"
    )
    assert [p.field for p in error.problems] == ["phones.1"]


@pytest.mark.parametrize("text", ["A@B.com", "用户@例子.com", "x@sub.example.org"])
def test_an_e_mail_address_is_lower_cased(text: str) -> None:
    assert validate("Contact", {"emails": [text]}) == {"emails": (text.lower(),)}


@pytest.mark.parametrize("text", ["", "x", "x@", "@x.com", "x@localhost", "a b@x.com", "x@y..com"])
def test_what_is_no_e_mail_address_is_refused(text: str) -> None:
    assert str(refusal("Contact", emails=[text])).startswith(
        f"emails.0: {text!r}: not an e-mail address: "
    )


@pytest.mark.parametrize("text", ["1980-02-30", "--02-30", "--12-31", "0001-01-01"])
def test_a_birthday_may_be_lunar_and_without_its_year(text: str) -> None:
    assert validate("Contact", {"birthday": text}) == {"birthday": text}


DAY = "must be a day that exists, written as in 2026-05-01"
MOMENT = "must be a time that exists, written as in 2026-05-01T09:30:00+08:00"
NUMBER = "a number is not a date; write it as in 2026-05-01 or 2026-05-01T09:30Z"
OFFSET = "a time needs its offset from UTC, for example 2026-05-01T09:30:00+08:00"
BIRTHDAY = "not a birthday; write YYYY-MM-DD, or --MM-DD where the year is unknown"


@pytest.mark.parametrize(
    ("kind", "field", "value", "message"),
    [
        ("Contact", "name", 5, "5: must be a text"),
        ("Contact", "name", True, "True: must be a text"),
        ("Contact", "name", ["x"], "['x']: must be a text"),
        ("Contact", "name", "", "'': must not be empty"),
        ("Contact", "name", " \t ", "' \\t ': must not be empty"),
        ("Contact", "name", None, "may not be null; give a value or leave the field out"),
        (
            "Contact",
            "name",
            "a\0b",
            "'a\\x00b': character U+0000 at position 1 is not allowed; remove it",
        ),
        (
            "Contact",
            "name",
            "\x1b[31m",
            "'\\x1b[31m': character U+001B at position 0 is not allowed; remove it",
        ),
        (
            "Contact",
            "name",
            "a\ud800b",
            "'a\\ud800b': is not well-formed Unicode (half of a surrogate pair); remove it",
        ),
        (
            "Contact",
            "name",
            "a\nb",
            "'a\\nb': a line break is not allowed here; put it on one line",
        ),
        (
            "Contact",
            "name",
            "x" * (10 * MILLION),
            f"'{'x' * 79}... (10,000,002 characters): must have at most 200 characters; shorten it",
        ),
        (
            "Customer",
            "address",
            "x" * 10_001,
            f"'{'x' * 79}... (10,003 characters): must have at most 10,000 characters; shorten it",
        ),
        # one character that is three when composed
        (
            "Contact",
            "name",
            "\ufb2c" * 67,
            "'" + "\ufb2c" * 67 + "': must have at most 200 characters; shorten it",
        ),
        ("Contact", "region", 5, "5: must be a text"),
        ("Contact", "sex", "f", "'f': must be 'FEMALE', 'MALE' or 'OTHER'"),
        ("Customer", "kind", "person", "'person': must be 'PERSON' or 'ORGANIZATION'"),
        ("Customer", "headcount", True, "True: must be a number"),
        ("Customer", "headcount", "x", "'x': must be a whole number"),
        ("Customer", "headcount", 1.5, "1.5: must be a whole number"),
        ("Customer", "headcount", -1, "-1: must be at least 0"),
        ("Customer", "headcount", 2**31, "2147483648: must be at most 2,147,483,647"),
        ("Customer", "headcount", 2**63, "9223372036854775808: must be at most 2,147,483,647"),
        ("Customer", "headcount", float("inf"), "inf: must be a finite number"),
        ("Customer", "headcount", [1], "[1]: must be a whole number"),
        ("Customer", "trust", False, "False: must be a number"),
        ("Customer", "trust", "high", "'high': must be a number"),
        ("Customer", "trust", float("nan"), "nan: must be a finite number"),
        ("Customer", "trust", float("-inf"), "-inf: must be a finite number"),
        ("Customer", "trust", 1.01, "1.01: must be at most 1.0"),
        ("Customer", "industry_climate_index", 201, "201: must be at most 200.0"),
        ("Purchase", "amount_minor", -1, "-1: must be at least 0"),
        ("Offer", "value_minor", 2**50 + 1, f"{2**50 + 1}: must be at most {2**50:,}"),
        ("Need", "value_minor", 2**50 + 1, f"{2**50 + 1}: must be at most {2**50:,}"),
        ("Purchase", "amount_minor", True, "True: must be a number"),
        ("Purchase", "amount_minor", "12.50", "'12.50': must be a whole number"),
        ("Purchase", "amount_minor", 1e300, "1e+300: must be a whole number of at most 64 bits"),
        (
            "Purchase",
            "amount_minor",
            2**63,
            "9223372036854775808: must be at most 9,223,372,036,854,775,807",
        ),
        ("Customer", "founded_on", "0000-01-01", f"'0000-01-01': {DAY}"),
        ("Customer", "founded_on", "2026-02-30", f"'2026-02-30': {DAY}"),
        ("Customer", "founded_on", "10000-01-01", f"'10000-01-01': {DAY}"),
        ("Customer", "founded_on", "1 May", f"'1 May': {DAY}"),
        ("Customer", "founded_on", "2026-05-01T09:30:00", f"'2026-05-01T09:30:00': {DAY}"),
        ("Customer", "founded_on", "20260501", f"'20260501': {NUMBER}"),
        ("Customer", "founded_on", 20260501, f"20260501: {NUMBER}"),
        ("Customer", "founded_on", True, f"True: {NUMBER}"),
        ("Purchase", "at", "2026-05-01T09:30:00", f"'2026-05-01T09:30:00': {OFFSET}"),
        ("Purchase", "at", "2026-05-01", f"'2026-05-01': {OFFSET}"),
        ("Purchase", "at", "1700000000", f"'1700000000': {NUMBER}"),
        ("Purchase", "at", 0.5, f"0.5: {NUMBER}"),
        ("Purchase", "at", "soon", f"'soon': {MOMENT}"),
        ("Purchase", "at", "0000-01-01T00:00:00Z", f"'0000-01-01T00:00:00Z': {MOMENT}"),
        (
            "Purchase",
            "at",
            "0001-01-01T00:00:00+08:00",
            "'0001-01-01T00:00:00+08:00': in UTC this time lies outside the years 1 to 9999",
        ),
        (
            "Purchase",
            "at",
            "9999-12-31T23:00:00-08:00",
            "'9999-12-31T23:00:00-08:00': in UTC this time lies outside the years 1 to 9999",
        ),
        (
            "Purchase",
            "customer_key",
            " ",
            "' ': a key has 1 to 128 characters; this one is empty",
        ),
        ("Contact", "birthday", "0000-02-01", f"'0000-02-01': {BIRTHDAY}"),
        ("Contact", "birthday", "1980-13-01", f"'1980-13-01': {BIRTHDAY}"),
        ("Contact", "birthday", "1980-1-1", f"'1980-1-1': {BIRTHDAY}"),
        ("Contact", "birthday", "١٩٨٠-02-30", f"'١٩٨٠-02-30': {BIRTHDAY}"),
        ("Contact", "birthday", "1980-02-30\n", f"'1980-02-30\\n': {BIRTHDAY}"),
        ("Contact", "phones", "13800138000", "'13800138000': must be a list"),
        ("Contact", "custom", 5, "5: must be a map from names to values"),
    ],
)
def test_a_wrong_value_is_refused_by_what_it_is_and_what_it_must_be(
    kind: str, field: str, value: object, message: str
) -> None:
    error = refusal(kind, **{field: value})

    assert str(error) == f"{field}: {message}"
    assert [(p.field, p.message) for p in error.problems] == [(field, message)]


@pytest.mark.parametrize(
    ("custom", "message"),
    [
        ({"a": [1]}, "custom.a: [1]: must be a text, a number, true, false or null"),
        ({"a": {}}, "custom.a: {}: must be a text, a number, true, false or null"),
        ({1: 1}, "custom.1: 1: must be a text"),
        ({"": 1}, "custom: '': a key has 1 to 128 characters; this one is empty"),
        ({"a": float("inf")}, "custom.a: inf: must be a finite number"),
        ({"a": float("nan")}, "custom.a: nan: must be a finite number"),
        (
            {"a": 2**63},
            "custom.a: 9223372036854775808: must be from "
            "-9,223,372,036,854,775,807 to 9,223,372,036,854,775,807",
        ),
        (
            {"a": "x" * (10 * MILLION)},
            f"custom.a: '{'x' * 79}... (10,000,002 characters): "
            "must have at most 10,000 characters; shorten it",
        ),
        (
            {"a": "\ud800"},
            "custom.a: '\\ud800': character U+D800 at position 0 is not allowed; remove it",
        ),
        (
            {"a\0": 1},
            "custom.'a\\x00': 'a\\x00': character U+0000 at position 1 is not allowed; remove it",
        ),
    ],
)
def test_a_custom_field_holds_a_text_a_number_a_truth_value_or_null(
    custom: object, message: str
) -> None:
    assert str(refusal("Customer", custom=custom)) == message


def test_custom_fields_keep_their_types() -> None:
    custom = {"i": 2**63 - 1, "f": 1.0, "b": True, "n": None, "t": " e\u0301"}

    checked = validate("Customer", {"custom": custom})["custom"]

    assert {n: (type(v), v) for n, v in checked.items()} == {
        "i": (int, 2**63 - 1),
        "f": (float, 1.0),
        "b": (bool, True),
        "n": (type(None), None),
        "t": (str, "é"),
    }


def test_a_record_has_at_most_a_hundred_custom_fields() -> None:
    hundred = {str(n): n for n in range(100)}

    assert validate("Customer", {"custom": hundred}) == {"custom": hundred}
    assert str(refusal("Customer", custom=hundred | {"x": 1})).endswith(
        "must have at most 100 items; shorten it"
    )


@pytest.mark.parametrize(("field", "most"), [("phones", 20), ("emails", 20), ("hobbies", 50)])
def test_a_list_has_a_limit(field: str, most: int) -> None:
    items = [f"+86138001{n:05}" if field == "phones" else f"x{n}@y.cn" for n in range(most + 1)]

    assert len(validate("Contact", {field: items[:most]})[field]) == most
    assert str(refusal("Contact", **{field: items})).endswith(
        f"must have at most {most} items; shorten it"
    )


def test_an_unknown_field_is_refused_with_the_fields_there_are() -> None:
    error = refusal("Staff", nam="x")

    assert str(error) == "nam: Staff has no field of that name; it has custom, name, role"
    assert [p.field for p in error.problems] == ["nam"]


@pytest.mark.parametrize("field", ["key", "created_at", "updated_at", "revision"])
def test_what_the_store_writes_no_input_gives(field: str) -> None:
    assert str(refusal("Staff", **{field: 1})).startswith(f"{field}: Staff has no field")


@pytest.mark.parametrize("field", ["source", "target"])
def test_the_ends_of_an_edge_are_no_values(field: str) -> None:
    assert str(refusal("Tie", **{field: "x"})).startswith(f"{field}: Tie has no field")


def test_a_hostile_field_name_is_shown_on_one_short_line() -> None:
    error = refusal("Staff", **{"a\n" + "b" * MILLION: 1})

    assert error.problems[0].field == f"'a\\n{'b' * 76}... (1,000,005 characters)"


def test_every_wrong_field_is_named() -> None:
    error = refusal("Contact", name=5, sex="?", phones=["13800138000", "x"], nope=1)

    assert sorted(p.field for p in error.problems) == ["name", "nope", "phones.1", "sex"]
    assert str(error).endswith("(and 3 more)")


def test_a_number_that_python_will_not_write_is_refused_like_any_other() -> None:
    assert str(refusal("Customer", headcount=10**5000)) == (
        "headcount: a number too long to show: must be at most 2,147,483,647"
    )


def test_null_in_a_list_is_refused() -> None:
    assert str(refusal("Contact", phones=[None])) == (
        "phones.0: may not be null; give a value or leave the field out"
    )


def test_what_the_store_holds_passes_validation_unchanged() -> None:
    for record in world(0).records.values():
        info = RECORDS[record.ref.kind]
        values = {f.name: getattr(record, f.name) for f in info.input_fields()}
        assert validate(info.name, values) == values


@given(
    st.dictionaries(
        st.sampled_from([f.name for f in RECORDS["Contact"].input_fields()]) | st.text(),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes(),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner),
            max_leaves=5,
        ),
        max_size=5,
    )
)
def test_whatever_is_given_is_taken_or_refused_and_what_was_taken_is_taken_again(
    values: dict[str, Any],
) -> None:
    try:
        checked = validate("Contact", values)
    except BadInput as error:
        problems, text = error.problems, str(error)
    else:
        assert validate("Contact", checked) == checked
        return
    assert problems
    assert not {"\n", "\0"} & set(text)


@pytest.mark.parametrize("key", ["a", "王小明", "a:b/c d", "k" * 128])
def test_a_key_is_any_line_of_up_to_128_characters(key: str) -> None:
    assert validate_key(key) == key
    assert validate_ref("Contact", key) == NodeRef("Contact", key)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("", "key: '': a key has 1 to 128 characters; this one is empty"),
        ("  ", "key: '  ': a key has 1 to 128 characters; this one is empty"),
        (5, "key: 5: must be a text"),
        (None, "key: None: must be a text"),
        ("a\nb", "key: 'a\\nb': a line break is not allowed here; put it on one line"),
        ("\0", "key: '\\x00': character U+0000 at position 0 is not allowed; remove it"),
        (
            "k" * 129,
            f"key: '{'k' * 79}... (131 characters): must have at most 128 characters; shorten it",
        ),
    ],
)
def test_what_is_no_key_is_refused(key: object, message: str) -> None:
    with pytest.raises(BadInput) as refused:
        validate_key(key)

    assert str(refused.value) == message
    assert [f"{p.field}: {p.message}" for p in refused.value.problems] == [message]


def test_a_wrong_key_is_named_as_the_caller_calls_it() -> None:
    with pytest.raises(BadInput, match=r"^referrer: '': a key has 1 to 128"):
        validate_key("", what="referrer")


def test_changed_gives_the_values_that_differ() -> None:
    before = Contact(key="p", name="a", hobbies=("x",), custom={"n": 1})

    values = {"name": "a", "hobbies": ("x", "y"), "custom": {"n": 1}, "region": None}

    assert changed(before, values) == {"hobbies": ("x", "y")}


def test_true_and_one_in_a_custom_field_differ() -> None:
    assert differ({"a": 1}, {"a": True})
    assert differ({"a": 1}, {"a": 1.0})
    assert not differ({"a": 1, "b": None}, {"b": None, "a": 1})
