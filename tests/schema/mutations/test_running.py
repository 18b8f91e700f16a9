"""Writing through GraphQL: every family of mutations, patches, revisions, repetitions."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from graph.model import RECORDS, NodeRef, RecordInfo, node_records
from tests.schema.mutations.conftest import Writer, contact, people

FIELDS: dict[str, dict[str, Any]] = {
    "Purchase": {"customerKey": "c", "at": "2026-05-01T09:30:00+08:00", "amount": "12.50"},
    "Tie": {"kind": "CLASSMATE"},
    "Affiliation": {"kind": "WORKS_AT"},
    "DealRole": {"role": "DRIVER"},
}
"""What a new record of a kind needs beside a name or ends."""

WRITES = {
    "Referral": ("recordReferrals", "updateReferral", "deleteReferrals"),
    "Tie": ("connectTies", "updateTie", "disconnectTies"),
    "Affiliation": ("connectAffiliations", "updateAffiliation", "disconnectAffiliations"),
    "DealRole": ("connectDealRoles", "updateDealRole", "disconnectDealRoles"),
    "Account": ("connectAccounts", None, "disconnectAccounts"),
    "Offer": ("recordOffers", "updateOffer", "deleteOffers"),
    "Need": ("recordNeeds", "updateNeed", "deleteNeeds"),
    "Veto": ("recordVetoes", "updateVeto", "deleteVetoes"),
    "Ownership": ("connectOwnerships", "updateOwnership", "disconnectOwnerships"),
    "Customer": ("upsertCustomers", "updateCustomer", "deleteCustomers"),
    "Contact": ("upsertContacts", "updateContact", "deleteContacts"),
    "Organization": ("upsertOrganizations", "updateOrganization", "deleteOrganizations"),
    "Staff": ("upsertStaff", "updateStaffMember", "deleteStaff"),
    "Good": ("upsertGoods", "updateGood", "deleteGoods"),
    "Purchase": ("recordPurchases", "updatePurchase", "deletePurchases"),
}

PLURALS = {"DealRole": "dealRoles"}


def plural(info: RecordInfo) -> str:
    return PLURALS.get(info.name, info.plural)


def item(info: RecordInfo, key: str) -> dict[str, Any]:
    """A record of that kind as an input."""
    made = {"key": key, **FIELDS.get(info.name, {})}
    if info.ends is not None:
        for end, kind in (("source", info.ends.sources[0]), ("target", info.ends.targets[-1])):
            made[end] = {"kind": kind.upper(), "key": f"{kind[:2].lower()}-{end}"}
    elif info.name != "Purchase":
        made["name"] = "李雷"
    return made


async def surroundings(writer: Writer, info: RecordInfo) -> None:
    """What a record of that kind needs to be there."""
    if info.name == "Purchase":
        await writer.write("upsertCustomers", {"customers": [{"key": "c", "name": "C"}]})
    for end in ("source", "target"):
        if info.ends is not None:
            at = item(info, "x")[end]
            of = next(r for r in node_records() if r.name.upper() == at["kind"])
            await writer.write(WRITES[of.name][0], {of.plural: [{"key": at["key"], "name": "N"}]})


@pytest.mark.parametrize("kind", WRITES)
async def test_every_record_is_written_changed_and_deleted(each_writer: Writer, kind: str) -> None:
    info = RECORDS[kind]
    write, update, delete = WRITES[kind]
    await surroundings(each_writer, info)
    before = await each_writer.graph.version()

    made = await each_writer.write(
        write, {plural(info): [item(info, "k1")]}, plural(info) + " { key }"
    )
    assert made[plural(info)] == [{"key": "k1"}]
    assert made["outcomes"] == [{"key": "k1", "action": "CREATED", "revision": 1}]
    assert (made["version"], made["replayed"]) == (before + 1, False)

    if update is not None:
        same = await each_writer.write(update, {"key": "k1", "expectedRevision": 1})
        assert same["outcome"] == {"key": "k1", "action": "UNCHANGED", "revision": 1}
        assert same["version"] == before + 1

    gone = await each_writer.write(delete, {"items": [{"key": "k1"}, {"key": "other"}]})
    assert gone["outcomes"] == [
        {"key": "k1", "action": "DELETED", "revision": 0},
        {"key": "other", "action": "ABSENT", "revision": 0},
    ]
    assert await each_writer.graph.nodes(kind, ["k1"]) == {}


def test_there_are_no_other_mutations(writer: Writer) -> None:
    core = writer.schema._schema.mutation_type
    assert core is not None

    expected = {name for names in WRITES.values() for name in names if name} | {
        "recordReferral",
        "proposeTrade",
        "advanceTrade",
    }

    assert set(core.fields) == expected
    assert set(WRITES) == {r.name for r in RECORDS.values() if not r.guarded}


def test_every_mutation_names_its_permission(writer: Writer) -> None:
    core = writer.schema._schema.mutation_type
    assert core is not None

    named = {
        name: f.extensions["strawberry-definition"].metadata["permission"]
        for name, f in core.fields.items()
    }

    assert named["upsertCustomers"] == "write:customers"
    assert named["recordReferral"] == "write:referrals"
    assert named["disconnectDealRoles"] == "write:deal_roles"
    assert all(permission.startswith("write:") for permission in named.values())


async def test_what_is_left_out_stays_and_null_clears(each_writer: Writer) -> None:
    full = {
        "key": "c1",
        "name": "Acme",
        "region": "上海",
        "stage": "PREMIUM",
        "phones": ["138 0013 8000"],
        "custom": {"tier": 3},
    }
    await each_writer.write("upsertCustomers", {"customers": [full]})

    changed = await each_writer.write(
        "updateCustomer",
        {"key": "c1", "name": "Acme 2", "region": None, "stage": None},
        "customer { name region stage phones custom revision }",
    )

    assert changed["customer"] == {
        "name": "Acme 2",
        "region": None,
        "stage": "POTENTIAL",
        "phones": ["+8613800138000"],
        "custom": {"tier": 3},
        "revision": 2,
    }
    assert changed["outcome"] == {"key": "c1", "action": "UPDATED", "revision": 2}


async def test_money_is_read_and_shown_in_major_units(each_writer: Writer) -> None:
    await each_writer.write("upsertCustomers", {"customers": [{"key": "c", "name": "C"}]})
    order = {"customerKey": "c", "at": "2026-05-01T09:30:00+08:00", "amount": "1234.50"}

    made = await each_writer.write(
        "recordPurchases",
        {"purchases": [{**order, "paid": "0.05"}, {**order, "amount": 7}]},
        "purchases { amount paid at customer { name } }",
    )

    customer, at = {"name": "C"}, "2026-05-01T01:30:00Z"
    assert made["purchases"] == [
        {"amount": "1234.50", "paid": "0.05", "at": at, "customer": customer},
        {"amount": "7.00", "paid": None, "at": at, "customer": customer},
    ]


async def test_a_record_without_a_key_gets_one_of_ours(writer: Writer) -> None:
    made = await writer.write(
        "upsertContacts", {"contacts": [{"name": "A"}, {"name": "B"}]}, "contacts { key name }"
    )

    keys = [c["key"] for c in made["contacts"]]
    assert [uuid.UUID(key).version for key in keys] == [7, 7]
    assert len(set(keys)) == 2
    assert [c["name"] for c in made["contacts"]] == ["A", "B"]


async def test_a_referral_is_recorded_from_referrer_to_referred(writer: Writer) -> None:
    await people(writer, "a", "b")

    made = await writer.write(
        "recordReferral",
        {"key": "r", "source": contact("a"), "target": contact("b"), "channel": "fair"},
        "referral { status channel source { ... on Contact { name } } target { key } }",
    )

    assert made["referral"] == {
        "status": "PENDING",
        "channel": "fair",
        "source": {"name": "A"},
        "target": {"key": "b"},
    }
    stored = (await writer.graph.nodes("Referral", ["r"]))["r"]
    assert (stored.source, stored.target) == (  # type: ignore[attr-defined]
        NodeRef("Contact", "a"),
        NodeRef("Contact", "b"),
    )


async def test_a_referral_goes_through_its_life_cycle(each_writer: Writer) -> None:
    await people(each_writer, "a", "b")
    record = {"key": "r", "source": contact("a"), "target": contact("b")}
    await each_writer.write("recordReferral", record)

    for status in ("CONTACTED", "LOST", "CONTACTED", "CONVERTED"):
        changed = await each_writer.write(
            "updateReferral", {"key": "r", "status": status}, "referral { status }"
        )
        assert changed["referral"] == {"status": status}

    assert await each_writer.problems("updateReferral", {"key": "r", "status": "PENDING"}) == [
        (0, "ILLEGAL_STEP", "status")
    ]
    again = {"referrals": [{"key": "r", "status": "LOST"}]}
    assert await each_writer.problems("recordReferrals", again) == [(0, "ILLEGAL_STEP", "status")]


async def test_a_known_revision_lets_a_change_through_and_another_does_not(
    each_writer: Writer,
) -> None:
    await people(each_writer, "a")

    done = await each_writer.write(
        "updateContact", {"key": "a", "name": "2", "expectedRevision": 1}
    )
    assert done["outcome"]["revision"] == 2

    late = {"key": "a", "name": "3", "expectedRevision": 1}
    assert await each_writer.problems("updateContact", late) == [
        (0, "REVISION_CONFLICT", "expectedRevision")
    ]
    assert await each_writer.problems("upsertContacts", {"contacts": [late]}) == [
        (0, "REVISION_CONFLICT", "expectedRevision")
    ]
    gone = {"items": [{"key": "a", "expectedRevision": 1}]}
    assert await each_writer.problems("deleteContacts", gone) == [
        (0, "REVISION_CONFLICT", "expectedRevision")
    ]


async def test_a_mode_says_whether_records_may_exist(writer: Writer) -> None:
    await people(writer, "a")
    both = [{"key": "a", "name": "2"}, {"key": "b", "name": "B"}]

    create = {"contacts": both, "mode": "CREATE"}
    assert await writer.problems("upsertContacts", create) == [(0, "ALREADY_EXISTS", "key")]
    update = {"contacts": both, "mode": "UPDATE"}
    assert await writer.problems("upsertContacts", update) == [(1, "NOT_FOUND", "key")]
    nameless = {"contacts": [{"name": "2"}], "mode": "UPDATE"}
    assert await writer.problems("upsertContacts", nameless) == [(0, "INVALID", "key")]
    done = await writer.write("upsertContacts", {"contacts": both, "mode": None})
    assert [o["action"] for o in done["outcomes"]] == ["UPDATED", "CREATED"]


async def test_a_repetition_gets_the_first_answer_again(each_writer: Writer) -> None:
    given = {"contacts": [{"name": "A"}, {"name": "B"}], "idempotencyKey": "once"}
    first = await each_writer.write("upsertContacts", given, "contacts { key name }")
    await each_writer.write("updateContact", {"key": first["contacts"][0]["key"], "name": "A 2"})

    again = await each_writer.write("upsertContacts", given, "contacts { key name }")

    assert (first["replayed"], again["replayed"]) == (False, True)
    assert (again["version"], again["outcomes"]) == (first["version"], first["outcomes"])
    assert [c["name"] for c in again["contacts"]] == ["A 2", "B"]
    assert await each_writer.graph.version() == 2


async def test_a_repetition_shows_no_record_that_has_gone_since(writer: Writer) -> None:
    given = {"contacts": [{"key": "a", "name": "A"}], "idempotencyKey": "once"}
    await writer.write("upsertContacts", given)
    await writer.write("deleteContacts", {"items": [{"key": "a"}]})

    again = await writer.write("upsertContacts", given, "contacts { key }")

    assert again["contacts"] == []
    assert again["outcomes"] == [{"key": "a", "action": "CREATED", "revision": 1}]


async def test_a_repeated_step_is_not_asked_of_the_present(each_writer: Writer) -> None:
    await people(each_writer, "a", "b")
    record = {"key": "r", "source": contact("a"), "target": contact("b")}
    await each_writer.write("recordReferral", record)
    step = {"key": "r", "status": "CONTACTED", "idempotencyKey": "step"}
    first = await each_writer.write("updateReferral", step)
    await each_writer.write("updateReferral", {"key": "r", "status": "CONVERTED"})

    again = await each_writer.write("updateReferral", step)

    assert (again["replayed"], again["version"]) == (True, first["version"])


async def test_an_idempotency_key_stands_for_one_write(each_writer: Writer) -> None:
    await each_writer.write("upsertContacts", {"contacts": [{"name": "A"}], "idempotencyKey": "k"})

    error = await each_writer.error(
        "upsertContacts", {"contacts": [{"name": "B"}], "idempotencyKey": "k"}
    )

    assert error["extensions"]["code"] == "CONFLICT"


async def test_a_mutation_commits_once_and_reads_only_what_is_asked_for(writer: Writer) -> None:
    given = {"contacts": [{"key": f"c{i}", "name": "N"} for i in range(50)]}

    await writer.write("upsertContacts", given)
    assert writer.calls == ["commit"]

    await writer.write("upsertContacts", given, "contacts { key }")
    assert writer.calls == ["commit", "nodes"]


async def test_who_wrote_stands_in_the_log(writer: Writer) -> None:
    await people(writer, "a")

    (entry,) = await writer.graph.log(0)

    assert entry.actor == "anna"


async def test_nothing_to_write_changes_nothing(writer: Writer) -> None:
    done = await writer.write("upsertContacts", {"contacts": []})

    assert (done["outcomes"], done["version"]) == ([], 0)


async def test_deleting_takes_edges_and_what_is_owned_along(each_writer: Writer) -> None:
    await each_writer.write("upsertCustomers", {"customers": [{"key": "c", "name": "C"}]})
    await people(each_writer, "a")
    at = "2026-05-01T00:00:00Z"
    order = {"key": "p", "customerKey": "c", "at": at, "amount": "1"}
    await each_writer.write("recordPurchases", {"purchases": [order]})
    referral = {
        "key": "r",
        "source": contact("a"),
        "target": {"kind": "CUSTOMER", "key": "c"},
    }
    await each_writer.write("recordReferral", referral)

    await each_writer.write("deleteCustomers", {"items": [{"key": "c"}]})

    assert await each_writer.graph.nodes("Purchase", ["p"]) == {}
    assert await each_writer.graph.nodes("Referral", ["r"]) == {}
