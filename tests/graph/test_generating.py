from __future__ import annotations

import hashlib
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from graph.errors import BadInput, Conflict
from graph.generating import TODAY, generate, write_csv
from graph.generating.dice import Dice, exponential
from graph.importing import Progress, import_folder
from graph.inputs import validate
from graph.model import RECORDS, NodeRef
from graph.sqlite import SqliteStore
from graph.store import Upsert

SMALL = {"customers": 60, "contacts": 90, "seed": 7}
COUNTS = {
    "Staff": 12,
    "Good": 40,
    "Organization": 406,
    "Contact": 800,
    "Customer": 500,
    "Account": 500,
    "DealRole": 859,
    "Affiliation": 1621,
    "Tie": 1809,
    "Referral": 302,
    "Ownership": 489,
    "Offer": 145,
    "Need": 144,
    "Purchase": 2481,
}


@pytest.fixture(scope="module")
def company() -> list[Upsert]:
    return list(generate())


def of_kind(company: list[Upsert], kind: str) -> list[Upsert]:
    return [u for u in company if u.kind == kind]


def ends(upsert: Upsert) -> tuple[NodeRef, NodeRef]:
    return upsert.values["source"], upsert.values["target"]


def test_a_seed_gives_the_same_data_on_every_machine() -> None:
    digest = hashlib.sha256()
    for upsert in generate(customers=60, contacts=90, seed=7):
        digest.update(repr((upsert.kind, upsert.key, sorted(upsert.values.items()))).encode())

    assert digest.hexdigest() == "d2e4d796b832058efc8d628fa531b4a5b9b3388eb6ef518160483dabf56a1a8c"


def test_another_seed_gives_other_data() -> None:
    assert list(generate(customers=60, contacts=90, seed=8)) != list(
        generate(customers=60, contacts=90, seed=7)
    )


def test_the_default_is_a_company_of_500_customers_and_800_contacts(
    company: list[Upsert],
) -> None:
    assert Counter(u.kind for u in company) == COUNTS


def test_every_record_is_valid_as_it_is_and_names_only_earlier_ones(
    company: list[Upsert],
) -> None:
    seen: set[NodeRef] = set()
    for upsert in company:
        ref = NodeRef(upsert.kind, upsert.key)
        assert ref not in seen
        plain = {n: v for n, v in upsert.values.items() if not isinstance(v, NodeRef)}
        assert validate(upsert.kind, plain) == plain
        named = {v for v in upsert.values.values() if isinstance(v, NodeRef)}
        for field in RECORDS[upsert.kind].fields.values():
            if field.ref and plain.get(field.name):
                named.add(NodeRef(field.ref.kind, plain[field.name]))
        assert named <= seen
        seen.add(ref)


def test_no_claim_is_held_twice() -> None:
    """Owners, accounts and open referrals fit together."""
    claims: Counter[tuple[str, str]] = Counter()
    for upsert in generate(**SMALL):
        info = RECORDS[upsert.kind]
        claim = info.claim(info.record(key=upsert.key, **upsert.values))
        if claim is not None:
            claims[upsert.kind, claim] += 1

    assert set(claims.values()) == {1}


def test_referrals_are_a_forest_with_a_heavy_tail(company: list[Upsert]) -> None:
    referrals = of_kind(company, "Referral")
    above = {ends(r)[1]: ends(r)[0] for r in referrals}
    made = Counter(ends(r)[0] for r in referrals)

    assert len(above) == len(referrals)
    for start in above:
        node, steps = start, 0
        while node in above:
            node, steps = above[node], steps + 1
        assert steps < 20
    busiest = sorted(made.values(), reverse=True)
    assert busiest[0] >= 10 * sorted(busiest)[len(busiest) // 2]
    assert {str(r.values["status"]) for r in referrals} == {
        "PENDING",
        "CONTACTED",
        "CONVERTED",
        "LOST",
        "EXPIRED",
    }


def test_referrals_are_made_in_the_order_of_their_chains(company: list[Upsert]) -> None:
    at = {ends(r)[1]: r.values["at"] for r in of_kind(company, "Referral")}
    for referral in of_kind(company, "Referral"):
        source, target = ends(referral)
        if source in at:
            assert at[source].date() <= at[target].date()


def test_circles_of_three_who_can_swap_are_among_the_offers(company: list[Upsert]) -> None:
    wanted: dict[NodeRef, set[NodeRef]] = {}
    for need in of_kind(company, "Need"):
        party, good = ends(need)
        wanted.setdefault(good, set()).add(party)
    gives: dict[NodeRef, set[NodeRef]] = {}
    for offer in of_kind(company, "Offer"):
        party, good = ends(offer)
        gives.setdefault(party, set()).update(wanted.get(good, set()))

    circles = sum(
        1 for a, bs in gives.items() for b in bs for c in gives.get(b, ()) if a in gives.get(c, ())
    )
    assert circles >= 3 * 9
    assert all(a not in bs for a, bs in gives.items())


def test_later_stages_buy_oftener_and_some_money_is_outstanding(company: list[Upsert]) -> None:
    stage = {u.key: str(u.values["stage"]) for u in of_kind(company, "Customer")}
    bought = Counter(stage[p.values["customer_key"]] for p in of_kind(company, "Purchase"))
    customers = Counter(stage.values())
    mean = [bought[s] / customers[s] for s in ("POTENTIAL", "NEW", "RETURNING", "LONG_TERM")]
    tails = [
        p for p in of_kind(company, "Purchase") if p.values["paid_minor"] < p.values["amount_minor"]
    ]

    assert mean[:2] == [0, 1]
    assert all(earlier < later for earlier, later in pairwise(mean))
    assert 0.05 < len(tails) / sum(bought.values()) < 0.15
    assert all(p.values["at"].date() <= TODAY for p in of_kind(company, "Purchase"))


def test_ties_join_different_people_once(company: list[Upsert]) -> None:
    pairs = [frozenset(ends(t)) for t in of_kind(company, "Tie")]

    assert len(set(pairs)) == len(pairs)
    assert {len(p) for p in pairs} == {2}


def test_addresses_and_numbers_are_nobodys(company: list[Upsert]) -> None:
    contacts = of_kind(company, "Contact")
    phones = [u.values["phones"][0] for u in contacts + of_kind(company, "Customer")]

    assert len(set(phones)) == len(phones)
    assert all(p.startswith("+8610") and len(p) == 14 for p in phones)
    assert all(m.endswith("@example.com") for u in contacts for m in u.values.get("emails", ()))


@pytest.mark.parametrize("sizes", [{"customers": 9}, {"contacts": 10_000_001}])
def test_sizes_out_of_bounds_are_refused(sizes: dict[str, int]) -> None:
    with pytest.raises(BadInput, match="generate 10 to 10,000,000"):
        generate(**sizes)


def test_the_smallest_company_is_valid() -> None:
    kinds = Counter(u.kind for u in generate(customers=10, contacts=10))

    assert (kinds["Customer"], kinds["Contact"]) == (10, 10)


async def test_the_files_are_an_export_that_can_be_imported(tmp_path: Path) -> None:
    seen: list[Progress] = []
    counts = write_csv(tmp_path / "data", customers=60, contacts=90, seed=7, progress=seen.append)
    again = write_csv(
        tmp_path / "data", customers=60, contacts=90, seed=7
    )  # a former one of ours may be replaced
    store = SqliteStore(tmp_path / "store")
    graph = store.tenant("demo")

    report = await import_folder("renmai", tmp_path / "data", graph)

    try:
        assert (
            counts
            == again
            == {p.kind: p.created for p in report.parts}
            | {kind: 0 for kind in RECORDS if kind not in {p.kind for p in report.parts}}
        )
        assert (report.rejected, seen[-1].rows) == (0, sum(counts.values()))
        expected = next(u for u in generate(**SMALL) if u.kind == "Contact")
        stored = (await graph.nodes("Contact", [expected.key]))[expected.key]
        assert {n: getattr(stored, n) for n in expected.values} == expected.values
    finally:
        await store.close()


def test_files_of_others_are_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "ties.csv").write_text("mine")

    with pytest.raises(Conflict, match=r"ties\.csv is there and no export wrote it"):
        write_csv(tmp_path, customers=60, contacts=90, seed=7)

    assert [p.name for p in tmp_path.iterdir()] == ["ties.csv"]


def test_chance_has_the_shape_it_promises() -> None:
    dice = Dice(1, "test")
    normal = [dice.normal() for _ in range(20_000)]
    logs = sorted(dice.lognormal(100, 1) for _ in range(20_001))

    assert abs(sum(normal) / len(normal)) < 0.03
    assert abs(sum(x * x for x in normal) / len(normal) - 1) < 0.03
    assert 95 < logs[10_000] < 105
    assert abs(exponential(2.0) - 7.389) < 0.02
