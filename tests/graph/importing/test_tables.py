from __future__ import annotations

import tomllib
from datetime import date
from typing import Any

import pytest

from graph.errors import BadInput
from graph.importing.loading import load_mapping
from graph.importing.mapping import ImportMapping
from graph.importing.section import Refused, in_order
from graph.importing.tables import table_sections
from graph.model import NodeRef
from graph.store import Upsert
from tests.graph.importing.conftest import Files

PEOPLE = """
files.people.name = "people.csv"
[[records]]
kind = "Contact"
file = "people"
key = "{id}"
[records.fields]
name = "name"
"""


def made(files: Files, text: str, contents: dict[str, str], section: int = 0) -> list[Any]:
    """What becomes of the rows of one section: upserts, refusals and Nones."""
    mapping = load_mapping(ImportMapping.model_validate(tomllib.loads(text)))
    sections = table_sections(mapping, files(contents), "CN")
    return [row.result for row in sections[section].rows()]


def values(results: list[Any]) -> list[dict[str, Any]]:
    assert all(isinstance(r, Upsert) for r in results), results
    return [dict(r.values) for r in results]


def test_a_row_becomes_a_validated_record(files: Files) -> None:
    found = made(files, PEOPLE, {"people.csv": "id,name,more\n1, 王小明 ,x\n"})

    assert found == [Upsert("Contact", "1", {"name": "王小明"})]


def test_an_empty_cell_clears_and_a_missing_name_rejects(files: Files) -> None:
    text = PEOPLE + 'qq = { column = "qq", null = ["-"] }\nhobbies = "hobby"'
    found = made(files, text, {"people.csv": "id,name,qq,hobby\n1,A,-,\n2,,5,\n,B,5,\n"})

    assert found == [
        Upsert("Contact", "1", {"name": "A", "qq": None, "hobbies": ()}),
        Refused("name", "nothing is there for name, which is needed"),
        Refused("{id}", "the key is empty; every record needs one"),
    ]


def test_a_refused_value_is_told_with_its_column(files: Files) -> None:
    text = PEOPLE + 'phones = "mobile"\nemails = "mail"\n[records.custom]\nnote = "note"'
    content = "id,name,mobile,mail,note\n1,A,call,x,\n2,A,,,a\x07b\n"
    first, second = made(files, text, {"people.csv": content.replace("\x07", "\x7f")})

    assert first.column == "mobile"
    assert first.reason.startswith("'call': not a phone number in region CN;")
    assert first.reason.endswith("(and 1 more)")
    assert second.column == "note"
    assert second.reason.startswith("'a\\x7fb': character U+007F at position 1 is not allowed")


def test_a_refused_value_may_be_dropped_or_kept_as_custom(files: Files) -> None:
    text = PEOPLE + (
        'phones = { column = "mobile", on_invalid = "custom" }\n'
        'emails = { column = "mail", on_invalid = "drop" }\n'
        'birthday = { column = "born", format = "date", on_invalid = "custom" }\n'
    )
    content = "id,name,mobile,mail,born\n1,A,call,x,?\n2,B,13800138000,b@example.com,1980-01-02\n"
    found = values(made(files, text, {"people.csv": content}))

    assert found == [
        {"name": "A", "custom": {"phones": "call", "birthday": "?"}},
        {
            "name": "B",
            "phones": ("+8613800138000",),
            "emails": ("b@example.com",),
            "birthday": "1980-01-02",
            "custom": {},
        },
    ]


def test_leniency_for_one_column_does_not_excuse_another(files: Files) -> None:
    text = PEOPLE + (
        'phones = { column = "mobile", on_invalid = "drop" }\nemails = "mail"\n'
        'birthday = { column = "born", format = "date" }'
    )
    content = "id,name,mobile,mail,born\n1,A,call,x,\n2,A,,,?\n"
    first, second = made(files, text, {"people.csv": content})

    assert first.column == "mail"
    assert second == Refused(
        "born",
        "'?' is not written as YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS; mend it or name its `pattern`",
    )


def test_phones_follow_the_country_of_their_row(files: Files) -> None:
    text = PEOPLE + (
        'phones = "phone"\n[records.phone_region]\ncolumn = "land"\nvalues = { UK = "GB" }'
    )
    content = "id,name,phone,land\n1,A,020 7946 0018,UK\n2,B,13800138000,\n"

    assert [v["phones"] for v in values(made(files, text, {"people.csv": content}))] == [
        ("+442079460018",),
        ("+8613800138000",),
    ]


def test_a_second_row_with_a_key_is_rejected_with_the_place_of_the_first(files: Files) -> None:
    found = made(files, PEOPLE, {"people.csv": "id,name\n1,A\n1,B\n"})

    assert found[1] == Refused(
        "key",
        "Contact '1' stands in people.csv, line 2 already; "
        'give each row its own key, or say keep = "first per key"',
    )


def test_the_first_row_of_a_key_may_count(files: Files) -> None:
    text = PEOPLE.replace('key = "{id}"', 'key = "{id}"\nkeep = "first per key"')
    found = made(files, text, {"people.csv": "id,name\n1,A\n1,B\n"})

    assert found == [Upsert("Contact", "1", {"name": "A"}), None]


@pytest.mark.parametrize(
    ("by", "kept"),
    [
        ("2026-01-02 2026-01-01", "B"),  # text
        ("10 9", "B"),  # numbers, not text: 9 is less
        ("1 1", "A"),  # equal: the order of the file
    ],
)
def test_first_is_told_by_a_column(files: Files, by: str, kept: str) -> None:
    text = PEOPLE.replace('key = "{id}"', 'key = "{id}"\nkeep = "first per key"\nby = "at"')
    first, second = by.split()
    found = made(files, text, {"people.csv": f"id,name,at\n1,A,{first}\n1,B,{second}\n"})

    assert [r.values["name"] for r in found if r] == [kept]


def test_the_last_row_may_count(files: Files) -> None:
    text = PEOPLE.replace('key = "{id}"', 'key = "{id}"\nkeep = "last per key"')
    found = made(files, text, {"people.csv": "id,name\n1,A\n2,B\n1,C\n3\n"})

    assert found[:3] == [
        None,
        Upsert("Contact", "2", {"name": "B"}),
        Upsert("Contact", "1", {"name": "C"}),
    ]
    assert found[3].column == "name"  # a broken row is told all the same


REFERRALS = """
files.r = { name = "r.csv" }
[[records]]
kind = "Referral"
file = "r"
key = "{a}-{b}"
source = { kind = "Contact", key = "{a}" }
target = { kind = "Contact", key = "{b}" }
keep = "first per target"
by = "t"
acyclic = true
"""


def test_the_first_edge_to_a_target_counts_unless_it_closes_a_circle(files: Files) -> None:
    content = "a,b,t\nC,A,3\nA,B,1\nB,C,2\nD,C,4\nD,A,5\nD,E,6\n"
    found = made(files, REFERRALS, {"r.csv": content})

    # C -> A would close A -> B -> C, and the later D -> A does not take its place
    assert [r.key for r in found if r] == ["A-B", "B-C", "D-E"]
    assert [r is None for r in found] == [True, False, False, True, True, False]


def test_an_edge_has_its_ends(files: Files) -> None:
    first, second = made(files, REFERRALS, {"r.csv": "a,b,t\nA,B,1\n,B,2\n"})

    assert first.values == {"source": NodeRef("Contact", "A"), "target": NodeRef("Contact", "B")}
    assert second == Refused("{a}-{b}", "the key is empty; every record needs one")


def test_an_edge_without_an_end_is_rejected(files: Files) -> None:
    text = REFERRALS.replace("{a}-{b}", "{line}").split("keep")[0]
    (found,) = made(files, text, {"r.csv": "a,b,t\n,B,2\n"})

    assert found == Refused("{a}", "the key of the Contact at this end is empty")


def test_rows_may_be_chosen_by_a_word_or_several(files: Files) -> None:
    text = PEOPLE.replace(
        "[records.fields]", 'where = { name = ["A", "B"], id = "1" }\n[records.fields]'
    )
    found = made(files, text, {"people.csv": "id,name\n1,A\n2,A\n1,C\n"})

    assert [r.key if r else None for r in found] == ["1", None, None]


def test_a_template_leaves_out_what_is_empty(files: Files) -> None:
    text = PEOPLE.replace('name = "name"', 'name = "{street}, {zip} {town}, {land}"')
    content = "id,street,zip,town,land\n1,A St,1,T,L\n2,A St,,,L\n3,,1,T,\n4,,,,\n"
    found = made(files, text, {"people.csv": content})

    assert [r.values["name"] for r in found[:3]] == ["A St, 1 T, L", "A St, L", "1 T"]
    assert found[3].reason == "nothing is there for name, which is needed"


SUMS = """
[files]
orders.name = "orders.csv"
lines.name = "lines.csv"
towns.name = "towns.csv"
[lookups]
total = { file = "lines", key = "order", sum = ["price", "count"], discount = "off" }
buyer_town = { file = "towns", key = "code", value = "{name}" }
[[records]]
kind = "Purchase"
file = "orders"
key = "{id}"
[records.fields]
customer_key = { column = "town", lookup = "buyer_town" }
at = "day"
amount_minor = { column = "id", lookup = "total" }
"""


def test_lookups_join_and_sum_exactly(files: Files) -> None:
    contents = {
        "orders.csv": "id,town,day\n1,x,2026-01-01\n2,x,2026-01-01\n3,x,2026-01-01\n",
        "lines.csv": "order,price,count,off\n1,0.1,3,0.05\n1,1.00,1,\n2,0.01,1,0.5\n,9,9,\n",
        "towns.csv": "code,name\nx,X-Town\nx,other\ny,\n",
    }
    first, second, third = made(files, SUMS, contents)

    assert first.values["customer_key"] == "X-Town"
    assert first.values["amount_minor"] == 129  # 0.285 + 1.00 = 1.285, half away from zero
    assert second.values["amount_minor"] == 1  # 0.005
    assert third == Refused("id", "nothing is there for amount_minor, which is needed")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("order,price,count,off\n1,x,3,\n", r"lines\.csv, line 2: 'x' is not a number"),
        ("order,price,count,off\n1,1\n", r"lines\.csv, line 2: the row ends before this column"),
        ("order,price,count,off\n1,,3,\n", r"lines\.csv, line 2: '' is not a number"),
    ],
)
def test_a_wrong_row_of_a_lookup_ends_the_import_since_sums_would_be_wrong(
    files: Files, lines: str, message: str
) -> None:
    contents = {"orders.csv": "id,town,day\n", "lines.csv": lines, "towns.csv": "code,name\n"}
    with pytest.raises(BadInput, match=message):
        made(files, SUMS, contents)


def test_constants_are_read_as_the_field_is(files: Files) -> None:
    text = PEOPLE.replace("Contact", "Customer") + (
        'founded_on = { constant = "01.02.2003", pattern = "%d.%m.%Y" }\n'
        "headcount = { constant = 5 }\n[records.custom]\nfrom = { constant = true }"
    )
    (found,) = values(made(files, text, {"people.csv": "id,name\n1,A\n"}))

    assert found == {
        "name": "A",
        "founded_on": date(2003, 2, 1),
        "headcount": 5,
        "custom": {"from": True},
    }


def test_a_constant_that_is_no_such_value_is_refused_at_once(files: Files) -> None:
    text = PEOPLE + 'birthday = { constant = "x", format = "date" }'
    with pytest.raises(BadInput, match="mapping, constant 'x': 'x' is not written as"):
        made(files, text, {"people.csv": "id,name\n"})


def test_a_column_that_no_file_has_is_refused_at_once(files: Files) -> None:
    with pytest.raises(BadInput, match=r"people\.csv has no column 'name'; it has id, nmae"):
        made(files, PEOPLE, {"people.csv": "id,nmae\n1,A\n"})


def test_numbers_out_of_range_are_refused(files: Files) -> None:
    text = PEOPLE.replace("Contact", "Customer") + 'headcount = "n"\ntrust = "t"'
    content = "id,name,n,t\n1,A,-1,\n2,A,2147483648,\n3,A,,1.5\n"
    found = made(files, text, {"people.csv": content})

    assert [(r.column, r.reason.split(":")[0]) for r in found] == [
        ("n", "-1"),
        ("n", "2147483648"),
        ("t", "1.5"),
    ]


def test_sections_come_after_those_they_name(files: Files) -> None:
    text = REFERRALS + PEOPLE.replace("files.people.name", "#").replace('"people"', '"r"').replace(
        '"name"', '"a"'
    ).replace("{id}", "{a}")
    mapping = load_mapping(ImportMapping.model_validate(tomllib.loads(text)))
    sections = table_sections(mapping, files({"r.csv": "a,b,t\n"}), "CN")

    assert [s.kind for s in in_order(sections)] == ["Contact", "Referral"]
