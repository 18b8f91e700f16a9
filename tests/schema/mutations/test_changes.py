"""What is refused: each wrong item by its place, its field's GraphQL name and a remedy."""

from __future__ import annotations

from typing import Any

import pytest

from graph.query import FindQuery
from tests.schema.mutations.conftest import Writer, contact, people

AT = "2026-05-01T00:00:00Z"


async def test_a_party_cannot_refer_itself(writer: Writer) -> None:
    await people(writer, "a")
    given = {"source": contact("a"), "target": contact("a")}

    assert await writer.problems("recordReferral", given) == [(0, "SELF_REFERENCE", "target")]


async def test_a_party_has_one_open_referral(each_writer: Writer) -> None:
    await people(each_writer, "a", "b", "c")
    first = {"key": "r1", "source": contact("a"), "target": contact("c")}
    second = {"key": "r2", "source": contact("b"), "target": contact("c")}
    await each_writer.write("recordReferral", first)

    (problem,) = await each_writer.refused("recordReferral", second)
    assert (problem["code"], problem["field"]) == ("ALREADY_CLAIMED", "key")
    assert "close it first" in problem["message"]

    await each_writer.write("updateReferral", {"key": "r1", "status": "LOST"})
    await each_writer.write("recordReferral", second)


async def test_an_edge_needs_both_ends(each_writer: Writer) -> None:
    await people(each_writer, "a")
    tie = {"source": contact("a"), "target": contact("nobody"), "kind": "FRIEND"}

    (problem,) = await each_writer.refused("connectTies", {"ties": [tie]})

    assert problem == {
        "index": 0,
        "code": "MISSING_END",
        "message": "there is no Contact 'nobody'; create it first",
        "field": "target",
    }


async def test_an_end_is_of_a_kind_the_edge_can_join(writer: Writer) -> None:
    await people(writer, "a")
    tie = {"source": contact("a"), "target": {"kind": "STAFF", "key": "s"}, "kind": "FRIEND"}

    assert await writer.problems("connectTies", {"ties": [tie]}) == [(0, "WRONG_END", "target")]


async def test_a_new_edge_says_what_it_joins(writer: Writer) -> None:
    assert await writer.problems("connectTies", {"ties": [{"kind": "FRIEND", "source": None}]}) == [
        (0, "INVALID", "source"),
        (0, "INVALID", "target"),
    ]


async def test_what_a_new_record_lacks_is_named_as_in_graphql(writer: Writer) -> None:
    problems = await writer.refused("recordPurchases", {"purchases": [{"key": "p"}]})

    assert [p["field"] for p in problems] == ["customerKey", "at", "amount"]
    assert problems[2]["message"] == "a new Purchase needs it, and 'p' has none; give a value"


async def test_a_purchase_names_a_customer_who_is_there(writer: Writer) -> None:
    order = {"customerKey": "nobody", "at": AT, "amount": "1"}

    (problem,) = await writer.refused("recordPurchases", {"purchases": [order]})

    assert (problem["code"], problem["field"]) == ("MISSING_END", "customerKey")
    assert "customer_key" not in problem["message"]


async def test_wrong_values_are_all_named_by_place_and_field(writer: Writer) -> None:
    items = [
        {"key": "ok", "name": "Fine"},
        {"key": "", "name": "X", "phones": ["+86 138 0013 8000", "12"]},
        {"key": "b", "name": None, "emails": ["not mail"], "custom": {"a b": {"deep": 1}}},
        {"key": "c", "name": "Y", "industryClimateIndex": 201.0, "creditRating": "A"},
    ]

    assert await writer.problems("upsertCustomers", {"customers": items}) == [
        (1, "INVALID", "key"),
        (1, "INVALID", "phones.1"),
        (2, "INVALID", "custom.a b"),
        (2, "INVALID", "name"),
        (2, "INVALID", "emails.0"),
        (3, "INVALID", "industryClimateIndex"),
    ]


async def test_wrong_money_is_told_as_it_was_written(each_writer: Writer) -> None:
    order = {"customerKey": "c", "at": AT, "amount": "-5.00", "paid": "0.00"}

    (problem,) = await each_writer.refused("recordPurchases", {"purchases": [order]})

    assert problem == {
        "index": 0,
        "code": "INVALID",
        "message": "'-5.00': must be at least 0.00",
        "field": "amount",
    }


async def test_a_key_stands_once_in_a_batch(each_writer: Writer) -> None:
    twice = [{"key": "a", "name": "A"}, {"key": "b", "name": "B"}, {"key": "a", "name": "C"}]

    assert await each_writer.problems("upsertContacts", {"contacts": twice}) == [
        (2, "DUPLICATE_KEY", "key")
    ]
    assert await each_writer.problems(
        "deleteContacts", {"items": [{"key": "a"}, {"key": "a"}]}
    ) == [(1, "DUPLICATE_KEY", "key")]


async def test_one_wrong_item_keeps_all_others_from_being_written(each_writer: Writer) -> None:
    items: list[dict[str, Any]] = [{"key": f"c{i}", "name": "N"} for i in range(999)]
    items.append({"key": "last"})

    assert await each_writer.problems("upsertContacts", {"contacts": items}) == [
        (999, "INVALID", "name")
    ]
    assert (await each_writer.graph.find(FindQuery("Contact"))).items == ()


async def test_a_batch_takes_a_thousand_and_no_more(writer: Writer) -> None:
    items = [{"key": f"c{i}", "name": "N"} for i in range(1_001)]

    error = await writer.error("upsertContacts", {"contacts": items})
    assert error["extensions"]["code"] == "BAD_INPUT"
    assert error["message"] == "1,001 items in one mutation; at most 1,000, send several"
    gone = await writer.error("deleteContacts", {"items": [{"key": i["key"]} for i in items]})
    assert gone["extensions"]["code"] == "BAD_INPUT"

    done = await writer.write("upsertContacts", {"contacts": items[:1_000]}, "contacts { key }")
    assert len(done["contacts"]) == 1_000


async def test_what_is_updated_is_there(writer: Writer) -> None:
    given = {"key": "nobody", "name": "X"}

    (problem,) = await writer.refused("updateContact", given)

    assert (problem["code"], problem["field"]) == ("NOT_FOUND", "key")
    assert problem["message"] == "there is no Contact 'nobody' to update; create it first"


LONG = f"'{79 * 'x'}... (10,000,002 characters): must have at most"


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "a\x00b", "'a\\x00b': character U+0000 at position 1 is not allowed; remove it"),
        (
            "name",
            "a\ud800b",
            "'a\\ud800b': is not well-formed Unicode (half of a surrogate pair); remove it",
        ),
        ("name", "x" * 10_000_000, f"{LONG} 200 characters; shorten it"),
        ("key", "a\x00", "'a\\x00': character U+0000 at position 1 is not allowed; remove it"),
        ("key", "x" * 10_000_000, f"{LONG} 128 characters; shorten it"),
        (
            "birthday",
            "0000-01-01",
            "'0000-01-01': not a birthday; write YYYY-MM-DD, or --MM-DD where the year is unknown",
        ),
    ],
    ids=["NUL", "surrogate", "10 MB", "NUL in a key", "10 MB of key", "year 0"],
)
async def test_a_wrong_value_is_told_with_its_place_and_remedy_whatever_the_store(
    each_writer: Writer, field: str, value: str, message: str
) -> None:
    items = [{"key": "right", "name": "N"}, {"key": "wrong", "name": "N", field: value}]

    (problem,) = await each_writer.refused("upsertContacts", {"contacts": items})

    assert problem == {"index": 1, "code": "INVALID", "message": message, "field": field}


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (
            {"nope": 1},
            "at .contacts[0]: Expected value of type 'ContactInput' not to include unknown field "
            "'nope'. Did you mean 'name'?",
        ),
        ({"name": 5}, "at .contacts[0].name: String cannot represent a non string value: 5"),
        (
            {"foundOn": 1},
            "at .contacts[0]: Expected value of type 'ContactInput' not to include unknown field "
            "'foundOn'",
        ),
    ],
)
async def test_what_is_no_input_is_told_with_its_place_whatever_the_store(
    each_writer: Writer, item: dict[str, Any], message: str
) -> None:
    error = await each_writer.error("upsertContacts", {"contacts": [{"name": "N", **item}]})

    assert message in error["message"]
    assert error["extensions"]["code"] == "BAD_INPUT"


async def test_a_time_in_the_year_0_is_refused_whatever_the_store(each_writer: Writer) -> None:
    order = {"customerKey": "c", "at": "0000-01-01T00:00:00Z", "amount": "5.00"}

    error = await each_writer.error("recordPurchases", {"purchases": [order]})

    assert error["message"].endswith(
        "at .purchases[0].at: '0000-01-01T00:00:00Z' is not a time; "
        "write it with its offset from UTC, for example 2026-05-01T09:30:00+08:00"
    )


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({"name": "a\x00b"}, "name"),
        ({"name": "a\ud800b"}, "name"),
        ({"name": "x" * 10_000_000}, "name"),
        ({"key": "a\x00"}, "key"),
        ({"key": "a\ud800"}, "key"),
        ({"key": "x" * 10_000_000}, "key"),
        ({"key": " "}, "key"),
        ({"hobbies": ["go", "a\x00"]}, "hobbies.1"),
        ({"hobbies": [str(i) for i in range(51)]}, "hobbies"),
        ({"birthday": "0000-01-01"}, "birthday"),
        ({"custom": ["no map"]}, "custom"),
        ({"custom": "no map"}, "custom"),
        ({"custom": {"a": "b\ud800"}}, "custom.a"),
        ({"custom": {"a\x00": 1}}, "custom.'a\\x00'"),
        ({"custom": {"a": 2**63}}, "custom.a"),
        ({"custom": {"a": "x" * 10_000_000}}, "custom.a"),
        ({"custom": {str(i): i for i in range(101)}}, "custom"),
    ],
    ids=lambda value: str(value)[:40].encode("ascii", "backslashreplace").decode(),
)
async def test_what_no_store_can_hold_is_refused(
    writer: Writer, item: dict[str, Any], field: str
) -> None:
    given = {"key": "k", "name": "N", **item}

    (problem,) = await writer.refused("upsertContacts", {"contacts": [given]})

    assert (problem["index"], problem["code"], problem["field"]) == (0, "INVALID", field)
    assert len(problem["message"]) < 300
    problem["message"].encode()


async def test_custom_fields_are_not_nested_however_deep(writer: Writer) -> None:
    deep: Any = 1
    for _ in range(900):
        deep = {"a": deep}

    assert await writer.problems(
        "upsertContacts", {"contacts": [{"key": "k", "name": "N", "custom": deep}]}
    ) == [(0, "INVALID", "custom.a")]


@pytest.mark.parametrize("text", ["", "a\x00", "a\ud800", "x" * 129])
async def test_an_idempotency_key_is_a_key(writer: Writer, text: str) -> None:
    error = await writer.error(
        "upsertContacts", {"contacts": [{"name": "N"}], "idempotencyKey": text}
    )

    assert error["extensions"]["code"] == "BAD_INPUT"
    assert error["message"].startswith("idempotencyKey: ")


@pytest.mark.parametrize("end", ["source", "target"])
async def test_the_key_of_an_end_is_a_key(writer: Writer, end: str) -> None:
    given = {"source": contact("a"), "target": contact("b"), end: contact("x\x00")}

    assert await writer.problems("recordReferral", given) == [(0, "INVALID", f"{end}.key")]


@pytest.mark.parametrize(
    "item",
    [
        {"name": "N", "nope": 1},
        {"name": 5},
        {"name": "N", "sex": "NEITHER"},
        {"name": "N", "createdAt": AT},
    ],
    ids=["field", "type", "enum", "system"],
)
async def test_what_the_schema_does_not_know_never_runs(
    each_writer: Writer, item: dict[str, Any]
) -> None:
    error = await each_writer.error("upsertContacts", {"contacts": [item]})

    assert error["extensions"]["code"] == "BAD_INPUT"
    assert each_writer.calls == []
