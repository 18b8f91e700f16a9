"""The shipped mappings over the whole of the public data sets."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from graph.importing import import_folder, load_mapping, shipped_mappings
from graph.importing.tables import table_sections
from graph.model import NodeRef
from graph.store import TenantGraph, Upsert
from tests.graph.conftest import new_tenant
from tests.graph.stores import STORES

WHOLE = {
    "bitcoin-otc": ("bitcoin-otc", {"Contact": 5_881, "Tie": 35_592, "Referral": 5_761}),
    "cdnow": ("cdnow", {"Customer": 23_570, "Purchase": 69_659}),
    "ldbc": (
        "ldbc",
        {"Contact": 1_528, "Organization": 7_955, "Tie": 14_073, "Affiliation": 3_313 + 1_209},
    ),
    "northwind": (
        "northwind",
        {
            "Customer": 91,
            "Contact": 91 + 29,
            "Organization": 29,
            "Good": 8 + 77,
            "Staff": 9,
            "DealRole": 91,
            "Affiliation": 29,
            "Offer": 69 + 42,
            "Ownership": 89,
            "Purchase": 830,
        },
    ),
    "trademaximizer": (
        "trades",
        {
            "Good": 959 + 597 + 1_146,
            "Contact": 127 + 597 + 189,
            "Offer": 817 + 542 + 1_107,
            "Need": 6_791 + 10_883 + 8_735,
        },
    ),
}


@pytest.mark.parametrize("name", WHOLE)
async def test_a_shipped_mapping_takes_the_whole_of_its_data_and_a_second_run_nothing(
    name: str, shared_data: Path, target: TenantGraph
) -> None:
    folder, expected = WHOLE[name]

    first = await import_folder(name, shared_data / folder, target, batch=10_000)
    second = await import_folder(name, shared_data / folder, target, batch=10_000)

    created: dict[str, int] = {}
    for part in first.parts:
        created[part.kind] = created.get(part.kind, 0) + part.created
    assert created == expected
    assert (first.rejected, second.rejected) == (0, 0)
    assert (second.written, second.version) == (0, first.version)


async def test_a_shipped_mapping_takes_the_whole_of_its_data_on_a_server_too(
    shared_data: Path, neo4j_url: str
) -> None:
    """The one of most kinds; the sample of LDBC goes to both stores in tests/schema."""
    store = STORES["neo4j"].open(neo4j_url)
    folder, expected = WHOLE["northwind"]
    graph = store.tenant(new_tenant())

    first = await import_folder("northwind", shared_data / folder, graph)
    second = await import_folder("northwind", shared_data / folder, graph)
    await store.close()

    created: dict[str, int] = {}
    for part in first.parts:
        created[part.kind] = created.get(part.kind, 0) + part.created
    assert created == expected
    assert (first.rejected, second.rejected, second.written) == (0, 0, 0)


async def one(graph: TenantGraph, kind: str, key: str) -> Any:
    return (await graph.nodes(kind, [key]))[key]


async def test_northwind_amounts_are_exact_and_phones_follow_their_country(
    shared_data: Path, target: TenantGraph
) -> None:
    await import_folder("northwind", shared_data / "northwind", target)

    order = await one(target, "Purchase", "order-10250")
    assert order.amount_minor == 155_260  # 77.00 + (1484.00 + 252.00) * 0.85
    assert (order.customer_key, order.items) == ("HANAR", 60)
    supplier = await one(target, "Organization", "supplier-7")
    assert (supplier.name, supplier.region) == ("Pavlova, Ltd.", "Melbourne")
    customer = await one(target, "Customer", "ALFKI")
    assert customer.address == "Obere Str. 57, 12209 Berlin, Germany"
    assert customer.phones == ("+49300074321",)
    assert customer.custom == {"country": "Germany", "fax": "030-0076545"}
    owner = await one(target, "Ownership", "ALFKI-3")
    assert owner.source == NodeRef("Staff", "employee-3")


async def test_ldbc_years_places_and_dates_are_read(shared_data: Path, target: TenantGraph) -> None:
    await import_folder("ldbc", shared_data / "ldbc", target)

    person = await one(target, "Contact", "person-933")
    assert (person.name, person.birthday, person.region) == (
        "Mahinda Perera",
        "1989-12-03",
        "Kelaniya",
    )
    tie = await one(target, "Tie", "933-2199023256077")
    assert tie.since == date(2010, 4, 22)
    work = await one(target, "Affiliation", "work-933-1226")
    assert work.since == date(2013, 1, 1)
    school = await one(target, "Organization", "organisation-7954")
    assert (school.name, school.kind) == ("Nkrumah University", "SCHOOL")


def test_bitcoin_referrals_are_a_forest_of_first_ratings(shared_data: Path) -> None:
    sections = table_sections(load_mapping("bitcoin-otc"), shared_data / "bitcoin-otc", "CN")
    (section,) = (s for s in sections if s.kind == "Referral")

    referrals = [row.result for row in section.rows() if isinstance(row.result, Upsert)]

    above = {r.values["target"]: r.values["source"] for r in referrals}
    assert len(above) == len(referrals) == 5_761
    for start in above:
        node, steps = start, 0
        while node in above:
            node, steps = above[node], steps + 1
            assert steps <= len(above)
    first = min(referrals, key=lambda r: r.values["at"])
    assert first.key == "6-2"
    assert first.values["at"] == datetime(2010, 11, 8, 18, 45, 11, 728360, tzinfo=UTC)


def test_every_shipped_mapping_says_what_it_is_about() -> None:
    shipped = shipped_mappings()

    assert list(shipped) == [
        "bitcoin-otc",
        "cdnow",
        "ldbc",
        "northwind",
        "renmai",
        "trademaximizer",
    ]
    assert all(shipped.values())
    assert all(load_mapping(name) for name in shipped)
