import dataclasses
import re

import pytest

from graph.model import (
    RECORDS,
    Contact,
    Customer,
    Edge,
    FieldInfo,
    NodeRef,
    Ownership,
    RecordInfo,
    Referral,
    Scalar,
    Tie,
    edge_records,
    node_records,
    record_info,
)
from graph.model.words import ReferralStatus, TieKind

FIELDS = [
    pytest.param(info, f, id=f"{info.name}.{f.name}")
    for info in RECORDS.values()
    for f in info.fields.values()
]


def test_the_records_are_those_of_the_business() -> None:
    assert [r.name for r in node_records()] == [
        "Customer",
        "Contact",
        "Organization",
        "Staff",
        "Good",
        "Purchase",
        "Trade",
        "TradeLeg",
    ]
    assert [r.name for r in edge_records()] == [
        "Referral",
        "Tie",
        "Affiliation",
        "DealRole",
        "Account",
        "Offer",
        "Need",
        "Veto",
        "Ownership",
    ]


@pytest.mark.parametrize(("info", "field"), FIELDS)
def test_every_field_is_described_by_a_sentence(info: RecordInfo, field: FieldInfo) -> None:
    assert re.fullmatch(r"[A-Z].*\.", field.description), f"{info.name}.{field.name}"


@pytest.mark.parametrize("info", RECORDS.values(), ids=lambda i: i.name)
def test_a_record_is_frozen_slotted_and_described(info: RecordInfo) -> None:
    assert dataclasses.is_dataclass(info.record)
    assert info.record.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert "__dict__" not in dir(info.record)
    assert re.fullmatch(r"[A-Z].*\.", info.description)


@pytest.mark.parametrize("info", RECORDS.values(), ids=lambda i: i.name)
def test_the_system_writes_the_same_fields_of_every_record(info: RecordInfo) -> None:
    system = [f.name for f in info.fields.values() if f.system]

    assert list(info.fields)[:4] == ["key", "created_at", "updated_at", "revision"]
    assert system == ["created_at", "updated_at", "revision"]
    assert not {"key", *system} & {f.name for f in info.input_fields()}


@pytest.mark.parametrize("info", edge_records(), ids=lambda i: i.name)
def test_the_ends_of_an_edge_are_node_records_and_no_fields(info: RecordInfo) -> None:
    nodes = {r.name for r in node_records()}

    assert info.ends is not None
    assert {*info.ends.sources, *info.ends.targets} <= nodes
    assert not {"source", "target"} & set(info.fields)
    assert issubclass(info.record, Edge)


@pytest.mark.parametrize(("info", "field"), FIELDS)
def test_a_field_that_may_be_absent_has_a_default_of_its_kind(
    info: RecordInfo, field: FieldInfo
) -> None:
    if field.many:
        assert field.default == ()
    elif field.scalar is Scalar.JSON:
        assert field.default == {}
    elif field.optional:
        assert field.default is None
    elif not field.required:
        assert isinstance(field.default, field.enum or field.python_type)


def test_a_field_tells_all_that_was_declared() -> None:
    phones = RECORDS["Customer"].fields["phones"]
    stage = RECORDS["Customer"].fields["stage"]
    climate = RECORDS["Customer"].fields["industry_climate_index"]
    customer_key = RECORDS["Purchase"].fields["customer_key"]
    referral_key = RECORDS["Purchase"].fields["referral_key"]

    assert (phones.scalar, phones.many, phones.searchable, phones.optional) == (
        Scalar.TEXT,
        True,
        True,
        False,
    )
    assert (stage.scalar, stage.indexed, stage.required, stage.default) == (
        Scalar.ENUM,
        True,
        False,
        "POTENTIAL",
    )
    assert (climate.scalar, climate.optional, climate.indexed) == (Scalar.FLOAT, True, False)
    assert customer_key.required
    assert customer_key.ref is not None
    assert customer_key.ref.owned
    assert referral_key.ref is not None
    assert not referral_key.ref.owned


def test_money_is_shown_without_its_unit_and_all_else_by_its_name() -> None:
    fields = RECORDS["Purchase"].fields

    assert fields["amount_minor"].scalar is Scalar.MONEY
    assert fields["amount_minor"].public_name == "amount"
    assert fields["customer_key"].public_name == "customer_key"


def test_names_of_many_are_unique() -> None:
    plurals = [r.plural for r in RECORDS.values()]

    assert len(set(plurals)) == len(plurals)


def test_a_record_is_found_by_name_and_by_class() -> None:
    assert record_info("Contact") is record_info(Contact) is RECORDS["Contact"]


def test_a_record_knows_its_ref() -> None:
    assert Customer(key="c1", name="x").ref == NodeRef("Customer", "c1")


@pytest.mark.parametrize("status", ReferralStatus)
def test_a_party_has_one_open_referral(status: ReferralStatus) -> None:
    referral = Referral(
        key="r", source=NodeRef("Contact", "a"), target=NodeRef("Customer", "a:b"), status=status
    )
    open_ = status in (ReferralStatus.PENDING, ReferralStatus.CONTACTED)

    assert RECORDS["Referral"].claim(referral) == ("Customer:a:b" if open_ else None)


def test_a_customer_has_one_owner_until_the_ownership_ends() -> None:
    import datetime

    held = Ownership(key="o", source=NodeRef("Staff", "s"), target=NodeRef("Customer", "c"))
    ended = dataclasses.replace(held, until=datetime.date(2026, 1, 1))

    assert RECORDS["Ownership"].claim(held) == "c"
    assert RECORDS["Ownership"].claim(ended) is None


def test_a_tie_claims_nothing() -> None:
    tie = Tie(
        key="t",
        source=NodeRef("Contact", "a"),
        target=NodeRef("Contact", "b"),
        kind=TieKind.FRIEND,
    )

    assert RECORDS["Tie"].claim(tie) is None


@pytest.mark.parametrize("info", RECORDS.values(), ids=lambda i: i.name)
def test_who_wants_a_claim_that_is_held_is_told_what_to_do(info: RecordInfo) -> None:
    claims = info.name in ("Referral", "Account", "Ownership")

    assert bool(re.fullmatch(r".+; .+", info.claim_message)) is claims
