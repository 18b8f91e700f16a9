from __future__ import annotations

from typing import Any

from graph.importing.mapping import TradesSpec
from graph.importing.section import Refused
from graph.importing.trademaximizer import trade_sections
from graph.model import NodeRef
from graph.model.words import CustomerKind
from graph.store import Upsert
from tests.graph.importing.conftest import Files

TRADE = """\
#! REQUIRE-COLONS REQUIRE-USERNAMES
#! ALLOW-DUMMIES
# a comment
!BEGIN-OFFICIAL-NAMES
a1 ==> 1. "Chess &amp; Go" (from ann)
b1 ==> 2. "Bridge" (from bob)
z9 ==> plain
no name here
!END-OFFICIAL-NAMES
(ann) A1 : b1 %any ; C1 missing-official
(ann) a2 : c1 c1 a1
(ann) %any : c1 %more
(ann) %more : b2 %any
(bob) b1 : a1
(bob) b1 : c1
(bob) b2 :
(Cy Young) c1 : a1
c2 : a1
(bob) b3 a1
: a1
"""


def made(files: Files, kind: str, text: str = TRADE) -> list[Any]:
    """Line and result of each row of a kind."""
    sections = trade_sections(TradesSpec(), files({"may.txt": text}))
    return [(row.line, row.result) for s in sections if s.kind == kind for row in s.rows()]


def test_items_are_goods_with_their_official_names(files: Files) -> None:
    found = [r for _, r in made(files, "Good") if isinstance(r, Upsert)]

    assert {r.key: r.values["name"] for r in found} == {
        "may:a1": "Chess & Go",
        "may:b1": "Bridge",
        "may:z9": "plain",
        "may:a2": "a2",
        "may:b2": "b2",
        "may:c1": "c1",
    }


def test_wrong_lines_are_told(files: Files) -> None:
    wrong = [(line, r.reason) for line, r in made(files, "Good") if isinstance(r, Refused)]

    assert wrong == [
        (8, "'no name here': write an official name as: code ==> \"name\" (from user)"),
        (15, "'(bob) b1 : c1': the item has a want list already; keep one"),
        (18, "'c2 : a1': the file requires (user) before the item; add it"),
        (19, "'(bob) b3 a1': the file requires a colon after the item; add it"),
        (20, "': a1': write a want list as: (user) item : wanted wanted"),
    ]


def test_users_offer_the_items_they_would_give_for_something(files: Files) -> None:
    found = {r.key: r.values["source"] for _, r in made(files, "Offer")}

    assert found == {
        "may:a1": NodeRef("Contact", "may:ann"),
        "may:a2": NodeRef("Contact", "may:ann"),
        "may:b1": NodeRef("Contact", "may:bob"),
        "may:c1": NodeRef("Contact", "may:Cy Young"),
    }


def test_users_need_what_their_lists_want_with_the_best_rank(files: Files) -> None:
    found = {r.key: r.values["priority"] for _, r in made(files, "Need")}

    # a dummy's items have its rank, a semicolon adds nine, and nobody needs what is theirs
    assert found == {
        "may:ann > b1": 1,
        "may:ann > c1": 1,
        "may:ann > b2": 2,
        "may:bob > a1": 1,
        "may:Cy Young > a1": 1,
    }


def test_a_semicolon_makes_a_big_step(files: Files) -> None:
    text = "a : b ; c\nb : a\nc : a\n"

    found = {r.key: r.values["priority"] for _, r in made(files, "Need", text)}

    assert (found["may:owner of a > b"], found["may:owner of a > c"]) == (1, 11)


def test_without_user_names_each_item_has_an_owner_of_its_own(files: Files) -> None:
    found = made(files, "Contact", "a b\nb a\n")

    assert [(line, r.values["name"]) for line, r in found] == [(1, "owner of a"), (2, "owner of b")]


def test_codes_may_differ_by_case_if_the_file_says_so(files: Files) -> None:
    text = "#! CASE-SENSITIVE\n(u) a : A\n(v) A : a\n"

    assert [r.key for _, r in made(files, "Good", text)] == ["may:a", "may:A"]


def test_each_want_list_may_be_a_customer_of_its_user(files: Files) -> None:
    files({"may.txt": TRADE})
    sections = trade_sections(TradesSpec(parties="lists"), files({}))
    rows = {s.kind: [r.result for r in s.rows() if isinstance(r.result, Upsert)] for s in sections}

    assert rows["Customer"][0] == Upsert(
        "Customer", "may:a1", {"name": "Chess & Go (ann)", "kind": CustomerKind.PERSON}
    )
    assert {r.values["source"].key: r.values["target"].key for r in rows["Account"]} == {
        "may:a1": "may:ann",
        "may:a2": "may:ann",
        "may:b1": "may:bob",
        "may:b2": "may:bob",
        "may:c1": "may:Cy Young",
    }
    assert [r.values["source"].key for r in rows["Offer"]] == [
        "may:a1",
        "may:a2",
        "may:b1",
        "may:c1",
    ]
    assert [r.key for r in rows["Need"]] == [
        "may:a1 > b1",
        "may:a1 > c1",
        "may:a1 > b2",
        "may:a2 > c1",
        "may:a2 > a1",
        "may:b1 > a1",
        "may:c1 > a1",
    ]


def test_a_name_too_long_for_a_key_is_refused(files: Files) -> None:
    found = made(files, "Contact", f"({'u' * 200}) a : b\n")

    assert [r.column for _, r in found] == ["key"]


def test_a_line_that_is_no_text_is_told(files: Files) -> None:
    text = "# nothing here\n" * 20_000
    folder = files({"may.txt": text.encode() + b"b : \xff\n"})
    sections = trade_sections(TradesSpec(), folder)

    wrong = [r.line for r in sections[0].rows() if isinstance(r.result, Refused)]

    assert wrong[0] == 20_001
