from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.model import RECORDS, Contact, Customer, NodeRef, Purchase, Record, Referral, Tie
from graph.model.codec import (
    columns,
    decode_value,
    decoder,
    encode,
    encode_one,
    encode_value,
    micros,
    moment,
    wanted,
)
from graph.model.words import Calendar, Sex, TieKind
from tests.graph.strategies import world

SAMPLE = [r for seed in range(4) for r in world(seed).records.values()]


def test_a_record_is_stored_in_the_order_of_its_columns() -> None:
    record = Tie(
        key="t1",
        created_at=datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC),
        updated_at=datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        revision=3,
        source=NodeRef("Contact", "a"),
        target=NodeRef("Contact", "b"),
        kind=TieKind.CLASSMATE,
        since=date(1999, 9, 1),
        strength=0.5,
    )
    info = RECORDS["Tie"]

    assert dict(zip(columns(info), encode(info, record), strict=True)) == {
        "key": "t1",
        "source_kind": "Contact",
        "source_key": "a",
        "target_kind": "Contact",
        "target_key": "b",
        "created_at": 1_000_000,
        "updated_at": -1,
        "revision": 3,
        "kind": "CLASSMATE",
        "since": "1999-09-01",
        "until": None,
        "strength": 0.5,
    }


def test_every_value_has_the_storage_form_that_is_promised() -> None:
    contact = Contact(
        key="p",
        name="王",
        sex=Sex.FEMALE,
        birthday="1980-02-30",
        birthday_calendar=Calendar.LUNAR,
        hobbies=("棋", "a"),
        custom={"b": 1, "a": None},
    )
    fields = RECORDS["Contact"].fields
    stored = {n: encode_value(f, getattr(contact, n)) for n, f in fields.items()}

    assert stored["sex"] == "FEMALE"
    assert stored["birthday"] == "1980-02-30"
    assert stored["birthday_calendar"] == "LUNAR"
    assert stored["hobbies"] == '["棋","a"]'
    assert stored["phones"] == "[]"
    assert stored["custom"] == '{"a":null,"b":1}'
    assert stored["region"] is None
    assert encode_value(fields["hobbies"], ("棋",), native_lists=True) == ["棋"]
    assert type(stored["sex"]) is str


@pytest.mark.parametrize("native", [False, True])
def test_what_is_stored_is_read_back_as_the_same_record(native: bool) -> None:
    for record in SAMPLE:
        info = RECORDS[record.ref.kind]

        made: Record = decoder(info.name)(encode(info, record, native_lists=native))

        assert made == record
        assert type(made) is type(record)
        for name in info.fields:
            assert type(getattr(made, name)) is type(getattr(record, name)), name


@pytest.mark.parametrize("native", [False, True])
def test_single_values_are_read_back_as_they_were(native: bool) -> None:
    for record in SAMPLE:
        for name, f in RECORDS[record.ref.kind].fields.items():
            value = getattr(record, name)
            assert decode_value(f, encode_value(f, value, native_lists=native)) == value


def test_a_column_without_a_value_gives_the_fields_default() -> None:
    """A field added later is null in records that were there before."""
    info = RECORDS["Contact"]
    stored = encode(info, Contact(key="p", name="王"))
    keep = {"key", "name", "created_at", "updated_at", "revision"}
    holes = [v if c in keep else None for c, v in zip(columns(info), stored, strict=True)]

    assert decoder("Contact")(holes) == Contact(key="p", name="王")
    assert decode_value(info.fields["birthday_calendar"], None) is Calendar.SOLAR
    assert decode_value(info.fields["hobbies"], None) == ()


def test_a_decoded_record_is_whole_it_can_be_replaced_and_hashed_by_its_ref() -> None:
    info = RECORDS["Referral"]
    record = Referral(key="r", source=NodeRef("Contact", "a"), target=NodeRef("Customer", "c"))

    made: Referral = decoder("Referral")(encode(info, record))

    assert replace(made, code="x").code == "x"
    assert made.ref == NodeRef("Referral", "r")
    assert type(made.source) is NodeRef


def test_a_filter_compares_with_the_storage_form_of_one_item() -> None:
    fields = RECORDS["Contact"].fields

    assert encode_one(fields["phones"], "+8613800138000") == "+8613800138000"
    assert encode_one(fields["sex"], Sex.MALE) == "MALE"
    assert encode_one(fields["created_at"], datetime(1970, 1, 1, 0, 0, 2, tzinfo=UTC)) == 2_000_000
    assert encode_one(fields["sex"], None) is None


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_time_survives_to_the_microsecond(at: datetime) -> None:
    assert moment(micros(at)) == at


def test_a_time_is_the_same_in_every_zone() -> None:
    east = timezone(timedelta(hours=8))

    assert micros(datetime(1970, 1, 1, 8, tzinfo=east)) == 0


@given(st.dates(), st.dates())
def test_stored_days_sort_as_days_do(one: date, other: date) -> None:
    field = RECORDS["Customer"].fields["founded_on"]
    stored = encode_one(field, one), encode_one(field, other)

    assert (stored[0] < stored[1]) is (one < other)


def test_the_largest_amount_is_kept_exactly() -> None:
    info = RECORDS["Purchase"]
    record = Purchase(
        key="p",
        customer_key="c",
        at=datetime(2026, 1, 1, tzinfo=UTC),
        amount_minor=2**63 - 1,  # type: ignore[arg-type]
    )

    assert decoder("Purchase")(encode(info, record)).amount_minor == 2**63 - 1


def test_custom_fields_keep_their_types() -> None:
    info = RECORDS["Customer"]
    custom: dict[str, str | int | float | bool | None] = {
        "t": "x",
        "i": 1,
        "f": 1.0,
        "b": True,
        "n": None,
        "big": 2**63 - 1,
    }
    made = decoder("Customer")(encode(info, Customer(key="c", name="n", custom=custom)))

    assert {k: (type(v), v) for k, v in made.custom.items()} == {
        k: (type(v), v) for k, v in custom.items()
    }


def test_only_the_columns_of_the_attributes_wanted_are_decoded() -> None:
    fields = frozenset({"code", "target", "name"})

    made = decoder("Referral", fields)(["r", "Customer", "c", "x"])

    assert wanted("Referral", fields) == ("key", "target_kind", "target_key", "code")
    assert (made.ref, made.target) == (NodeRef("Referral", "r"), NodeRef("Customer", "c"))
    assert made.code == "x"
    assert not hasattr(made, "source")
    assert not hasattr(made, "revision")


def test_nothing_wanted_is_the_key_and_everything_is_all_columns() -> None:
    assert wanted("Tie", frozenset()) == ("key",)
    assert decoder("Tie", frozenset())(["t"]).key == "t"
    assert wanted("Tie", None) == columns(RECORDS["Tie"])
