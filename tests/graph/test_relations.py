import pytest

from graph.model import (
    PARTIES,
    RECORDS,
    Direction,
    RecordInfo,
    Relation,
    edge_records,
    relations,
)

ALL = [r for kind in RECORDS for r in relations(kind).values()]


def way(relation: Relation) -> tuple[Direction, str, tuple[str, ...], bool]:
    return relation.direction, relation.via.name, relation.targets, relation.one


@pytest.mark.parametrize(
    ("owner", "name", "expected"),
    [
        ("Customer", "referrals_made", (Direction.OUT, "Referral", PARTIES, False)),
        ("Organization", "referrals_received", (Direction.IN, "Referral", PARTIES, False)),
        ("Contact", "ties", (Direction.BOTH, "Tie", ("Contact",), False)),
        ("Contact", "affiliations", (Direction.OUT, "Affiliation", ("Organization",), False)),
        ("Organization", "members", (Direction.IN, "Affiliation", ("Contact",), False)),
        ("Contact", "customers", (Direction.OUT, "DealRole", ("Customer",), False)),
        ("Staff", "customers", (Direction.OUT, "Ownership", ("Customer",), False)),
        ("Customer", "owners", (Direction.IN, "Ownership", ("Staff",), False)),
        (
            "Customer",
            "account_of",
            (Direction.OUT, "Account", ("Organization", "Contact"), True),
        ),
        ("Contact", "accounts", (Direction.IN, "Account", ("Customer",), False)),
        ("Good", "offered_by", (Direction.IN, "Offer", PARTIES, False)),
        ("Good", "needed_by", (Direction.IN, "Need", PARTIES, False)),
        ("Purchase", "customer", (Direction.REF, "Purchase", ("Customer",), True)),
        ("Purchase", "referral", (Direction.REF, "Purchase", ("Referral",), True)),
        ("Customer", "purchases", (Direction.REF_BY, "Purchase", ("Purchase",), False)),
        ("Referral", "purchases", (Direction.REF_BY, "Purchase", ("Purchase",), False)),
    ],
)
def test_a_relation_follows_from_its_declaration(
    owner: str, name: str, expected: tuple[Direction, str, tuple[str, ...], bool]
) -> None:
    assert way(relations(owner)[name]) == expected


def test_each_record_has_the_relations_its_edges_and_references_give_and_no_more() -> None:
    assert {kind: sorted(relations(kind)) for kind in RECORDS} == {
        "Customer": [
            "account_of",
            "contacts",
            "needs",
            "offers",
            "owners",
            "purchases",
            "referrals_made",
            "referrals_received",
            "vetoed_by",
            "vetoes",
        ],
        "Contact": [
            "accounts",
            "affiliations",
            "customers",
            "needs",
            "offers",
            "referrals_made",
            "referrals_received",
            "ties",
            "vetoed_by",
            "vetoes",
        ],
        "Organization": [
            "accounts",
            "members",
            "needs",
            "offers",
            "referrals_made",
            "referrals_received",
            "vetoed_by",
            "vetoes",
        ],
        "Staff": ["customers"],
        "Good": ["needed_by", "offered_by", "trade_legs"],
        "Purchase": ["customer", "referral"],
        "Trade": ["legs"],
        "TradeLeg": ["good", "need", "offer", "trade"],
        "Referral": ["purchases"],
        "Tie": [],
        "Affiliation": [],
        "DealRole": [],
        "Account": [],
        "Offer": ["trade_legs"],
        "Need": ["trade_legs"],
        "Veto": [],
        "Ownership": [],
    }


@pytest.mark.parametrize("info", edge_records(), ids=lambda i: i.name)
def test_every_end_of_an_edge_has_its_relation(info: RecordInfo) -> None:
    assert info.ends is not None

    assert all(relations(kind)[info.ends.forward].via is info for kind in info.ends.sources)
    assert all(relations(kind)[info.ends.backward].via is info for kind in info.ends.targets)


@pytest.mark.parametrize("relation", ALL, ids=lambda r: f"{r.owner}.{r.name}")
def test_no_relation_hides_a_field_or_another_relation(relation: Relation) -> None:
    ways = [
        (info.name, name)
        for info in edge_records()
        if info.ends
        for name, kinds in {
            (info.ends.forward, info.ends.sources),
            (info.ends.backward, info.ends.targets),
        }
        if relation.owner in kinds
    ]
    ways += [
        (info.name, name)
        for info in RECORDS.values()
        for f in info.fields.values()
        if f.ref
        for name, kind in ((f.ref.relation, info.name), (f.ref.inverse, f.ref.kind))
        if kind == relation.owner
    ]

    assert [name for _, name in ways].count(relation.name) == 1
    assert relation.name not in RECORDS[relation.owner].fields


def test_a_relation_along_edges_has_an_edge_and_one_along_a_reference_has_none() -> None:
    assert relations("Contact")["ties"].has_edge
    assert not relations("Customer")["purchases"].has_edge
    assert not relations("Purchase")["customer"].has_edge
