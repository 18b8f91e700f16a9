from __future__ import annotations

from pathlib import Path

import pytest

from graph.errors import BadInput
from referral.trades.formats import Format, guess, read_wants
from referral.trades.formats.kidney import read_kidney_input, read_preflib
from referral.trades.formats.text import LARGEST_FILE, Wrong, decode
from referral.trades.formats.trademaximizer import read_trademaximizer
from referral.trades.plan import plan
from referral.trades.plan_types import Goal, Objective, PlanOptions

SMALL = """(Alice) 1 : 3 2 6
(Betty) 2 : 1 6 4 3
(Craig) 3 : 6 2
(David) 4 : 2
(Ethan) 5 : 1 2 3 4 6
(Fiona) 6 : 1 2
"""
"""The example of TradeMaximizer's own manual: five of six items trade."""


def costs(text: str) -> dict[tuple[str, str], int]:
    """Cost of each want, by what is wanted and for which item."""
    graph = read_trademaximizer(text).graph
    ends = zip(graph.giver.tolist(), graph.receiver.tolist(), strict=True)
    return {
        (graph.labels[g], graph.labels[r]): int(c)
        for (g, r), c in zip(ends, graph.cost.tolist(), strict=True)
    }


def test_the_manuals_example_has_five_trades() -> None:
    wants = read_trademaximizer(SMALL)

    found = plan(wants.graph, PlanOptions(max_parties=None))

    assert (found.legs, found.users) == (5, 5)
    assert wants.graph.owners[:2] == ("ALICE", "BETTY")


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("LINEAR-PRIORITIES", [1, 2, 12]),
        ("TRIANGLE-PRIORITIES", [1, 3, 78]),
        ("SQUARE-PRIORITIES", [1, 4, 144]),
        ("LINEAR-PRIORITIES SMALL-STEP=0 BIG-STEP=100", [1, 1, 101]),
        ("SHOW-MISSING", [0, 0, 0]),
    ],
)
def test_ranks_become_costs_by_the_files_scheme(option: str, expected: list[int]) -> None:
    found = costs(f"#! {option}\nA : B C ; D\nB :\nC :\nD :\n")

    assert [found[x, "A"] for x in "BCD"] == expected


def test_a_user_s_name_in_parentheses_may_have_spaces(tmp_path: Path) -> None:
    file = tmp_path / "wants.txt"
    file.write_text("(Ann Lee) bike : car\n(bob) car : bike\n", "utf-8")

    assert read_wants(file).graph.owners == ("ANN LEE", "BOB")


def test_explicit_priorities_carry_on_from_the_last_one() -> None:
    found = costs("#! EXPLICIT-PRIORITIES\nA : B=15 C D=193\nB :\nC :\nD :\n")

    assert [found[x, "A"] for x in "BCD"] == [15, 16, 193]


def test_among_as_many_trades_the_cheaper_wants_win() -> None:
    lists = "A : B C\nB : A\nC : A\n"

    wants = read_trademaximizer(f"#! LINEAR-PRIORITIES\n{lists}")
    found = plan(wants.graph, PlanOptions(max_parties=None, priorities=wants.priorities))

    assert [found_.parties for found_ in found.trades] == [(0, 1)]
    assert {level.goal: level.value for level in found.levels}[Goal.PRIORITY] == -2


def test_a_dummy_gives_at_most_one_of_its_set() -> None:
    text = """#! ALLOW-DUMMIES
(fan) 1 : %PINK
(fan) 2 : %PINK
(fan) %PINK : 3 4
(x) 3 : 1
(y) 4 : 2
"""
    graph = read_trademaximizer(text).graph

    for cap in (None, 3):
        found = plan(graph, PlanOptions(max_parties=cap))
        assert found.legs == 2
        assert found.users == 2


def test_dummies_of_dummies_and_of_others_are_told_apart() -> None:
    text = """#! ALLOW-DUMMIES
(a) 1 : %X
(a) %X : %Y
(a) %Y : 2
(b) 2 : %X
(b) %X : 1
"""
    graph = read_trademaximizer(text).graph

    assert graph.dummy.tolist() == [False, True, True, False, True]
    assert plan(graph, PlanOptions(max_parties=None)).trades[0].parties == (0, 3)
    assert plan(graph, PlanOptions(max_parties=2)).trades[0].parties == (0, 3)


def test_official_items_without_a_list_keep_their_rank() -> None:
    text = """#! LINEAR-PRIORITIES
!BEGIN-OFFICIAL-NAMES
A ==> "one" (from x)
B ==> "two" (from y)
C ==> "three" (from z)
!END-OFFICIAL-NAMES
A : B UNKNOWN C
C : A
E : A
"""
    wants = read_trademaximizer(text)

    assert costs(text)["C", "A"] == 2
    assert wants.warnings == (
        "line 9: item E is no official name; its list is passed over",
        "line 7: item UNKNOWN is not known",
    )


def test_repeats_and_own_items_are_passed_over_with_a_warning() -> None:
    wants = read_trademaximizer("(u) A : A B B C\n(u) B :\n(v) C : a\n(v) C : B\n")

    assert wants.warnings == (
        "line 4: item C has a list on line 3; this one is passed over",
        "line 1: item A stands in its own list",
        "line 1: item B is the user's own",
        "line 1: item B is the user's own",
    )
    assert wants.graph.arcs == 2


def test_options_of_a_file_are_handed_over() -> None:
    wants = read_trademaximizer(
        "#! ITERATIONS=7 SEED=12 HIDE-NONTRADES CASE-SENSITIVE\n"
        "#! metric=chain-sizes-sos\na : A\nA : a"
    )

    assert (wants.iterations, wants.seed, wants.users_first) == (7, 12, False)
    assert wants.hide_nontrades
    assert wants.graph.labels == ("a", "A")


@pytest.mark.parametrize(
    ("text", "line", "column", "remedy"),
    [
        ("", 1, 1, "there is no want list"),
        ("#! NO-SUCH\nA : B", 1, 4, "is not known; use"),
        ("#! METRIC=FAVOR-USER=X\nA : B", 1, 4, "use USERS-TRADING or CHAIN-SIZES-SOS"),
        ("#! SEED=0\nA : B", 1, 9, "no whole number from 1"),
        ("A : B\n#! VERBOSE", 2, 1, "move them up"),
        ("A : B # why", 1, 7, "a comment must begin its line"),
        ("!END-OFFICIAL-NAMES", 1, 1, "is not expected here"),
        ("!BEGIN-OFFICIAL-NAMES\nA\n", 1, 1, "the file is unfinished"),
        ("!BEGIN-OFFICIAL-NAMES\n%A\n", 2, 1, "names no item"),
        ("!BEGIN-OFFICIAL-NAMES\nA\nA\n", 3, 1, "named on line 2 already"),
        ("#! REQUIRE-COLONS\nA B", 2, 4, "requires a colon"),
        ("#! REQUIRE-USERNAMES\nA : B", 2, 1, "requires (user)"),
        ("(A : B", 1, 1, "write the user's name as (name)"),
        ("() A : B", 1, 1, "write the user's name as (name)"),
        ("Lucas Z 1 : 2", 1, 1, "exactly one item stands before the colon"),
        ("(u)\n", 1, 4, "exactly one item"),
        ("A : B : C", 1, 7, "one colon"),
        ("(u) A : (v) B", 1, 9, "one (user) in front"),
        ("(u) %A : B", 1, 5, "add `#! ALLOW-DUMMIES`"),
        ("#! ALLOW-DUMMIES\n%A : B", 2, 1, "needs its (user) in front"),
        ("A : B=3\nB :", 1, 5, "EXPLICIT-PRIORITIES"),
        ("#! EXPLICIT-PRIORITIES\nA : B=0\nB :", 2, 7, "no whole number from 1"),
    ],
)
def test_a_wrong_line_is_named_with_its_column(
    text: str, line: int, column: int, remedy: str
) -> None:
    with pytest.raises(Wrong) as caught:
        read_trademaximizer(text, "wants.txt")

    assert (caught.value.line, caught.value.column) == (line, column)
    assert remedy in str(caught.value)
    assert str(caught.value).startswith(f"wants.txt, line {line}, column {column}: ")


def test_users_may_have_spaces_in_their_names() -> None:
    assert read_trademaximizer("(Lucas  Z) 1 : 2\n(b) 2 : 1").graph.owners == ("B", "LUCAS Z")


KIDNEY = "4 5\n0 1 1\n1 0 2\n1 2 1.5\n2 0 0\n3 0 9\n-1 -1 -1\n"


def test_kidney_input_is_read_from_0() -> None:
    wants = read_kidney_input(KIDNEY)

    found = plan(wants.graph, PlanOptions(objective=Objective.VALUE))

    assert wants.scale == 10
    assert found.value == 30
    assert found.trades[0].parties == (0, 1)


@pytest.mark.parametrize(
    ("text", "line", "column", "remedy"),
    [
        ("", 1, 1, "the first line gives parties and arcs"),
        ("2 1\n0 1 1\n", 2, 1, "the file is unfinished"),
        ("2 1\n0 1 1\n-1 -1 -1\n  rubbish\n", 4, 3, "a line behind the last, -1 -1 -1; remove"),
        ("2 2\n0 1 1\n-1 -1 -1", 1, 3, "2 arcs are announced, 1 follow"),
        ("2 1\n0 2 1\n-1 -1 -1", 2, 3, "they are 0 to 1"),
        ("2 1\n1 1 1\n-1 -1 -1", 2, 3, "can't trade with itself"),
        ("2 1\n0 1 -4\n-1 -1 -1", 2, 5, "no weight"),
        ("2 1\n0 1 x\n-1 -1 -1", 2, 5, "no weight"),
        ("2 1\n0 1 nan\n-1 -1 -1", 2, 5, "no weight"),
        ("2 1\n0 1\n-1 -1 -1", 2, 1, "write source, target and weight"),
        ("2000000 0\n-1 -1 -1", 1, 1, "at most 1,000,000 are read"),
        ("x 0\n-1 -1 -1", 1, 1, "no whole number"),
    ],
)
def test_a_wrong_kidney_file_is_named_with_its_place(
    text: str, line: int, column: int, remedy: str
) -> None:
    with pytest.raises(Wrong) as caught:
        read_kidney_input(text)

    assert (caught.value.line, caught.value.column) == (line, column)
    assert remedy in str(caught.value)


def test_an_arc_that_stands_twice_is_told_and_the_larger_weight_counts() -> None:
    wants = read_kidney_input("2 3\n0 1 1\n1 0 2\n0 1 4\n-1 -1 -1\n")

    assert wants.warnings == ("line 4: 0 to 1 stands in line 2 too; the larger weight counts",)
    assert plan(wants.graph).value == 6


def test_an_empty_file_is_told_in_the_words_of_its_format(tmp_path: Path) -> None:
    (tmp_path / "empty.input").write_text("\n")

    with pytest.raises(Wrong, match="the first line gives parties and arcs: n m"):
        read_wants(tmp_path / "empty.input")


PREFLIB = """# FILE NAME: 1.wmd
# NUMBER ALTERNATIVES: 3
# NUMBER EDGES: 3
# ALTERNATIVE NAME 1: Pair 1
# ALTERNATIVE NAME 3: Pair 3
1, 2, 1.0
2,3,1.0
3, 1, 1.0
"""


def test_preflib_is_read_from_1_with_names() -> None:
    wants = read_preflib(PREFLIB)

    assert wants.graph.labels == ("Pair 1", "2", "Pair 3")
    assert plan(wants.graph).legs == 3


@pytest.mark.parametrize(
    ("text", "line", "remedy"),
    [
        ("1, 2, 1.0\n", 1, "add it"),
        ("# NUMBER ALTERNATIVES: x\n", 1, "no whole number"),
        ("# NUMBER ALTERNATIVES: 2\n# NUMBER EDGES: 2\n1, 2, 1\n", 2, "2 edges are announced"),
        ("# NUMBER ALTERNATIVES: 2\n0, 2, 1\n", 2, "they are 1 to 2"),
    ],
)
def test_a_wrong_preflib_file_is_named_with_its_place(text: str, line: int, remedy: str) -> None:
    with pytest.raises(Wrong) as caught:
        read_preflib(text)

    assert caught.value.line == line
    assert remedy in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "format_"),
    [
        ("a.txt", SMALL, Format.TRADEMAXIMIZER),
        ("a.input", "3 2\n0 1 1\n", Format.KIDNEY_INPUT),
        ("a.txt", KIDNEY, Format.KIDNEY_INPUT),
        ("a.txt", PREFLIB, Format.PREFLIB_WMD),
        ("a.wmd", "", Format.PREFLIB_WMD),
        ("a.txt", "", Format.TRADEMAXIMIZER),
    ],
)
def test_the_format_is_told_from_name_and_beginning(name: str, text: str, format_: Format) -> None:
    assert guess(name, text) is format_


def test_a_file_is_read_in_the_format_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "wants").write_text(KIDNEY)

    assert read_wants(tmp_path / "wants", Format.KIDNEY_INPUT).format == "kidney-input"


def test_what_is_no_text_is_refused_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"A : B\nB \xff")

    with pytest.raises(Wrong, match=r"binary, line 2, column 3: byte 0xff is no UTF-8"):
        read_wants(tmp_path / "binary")
    with pytest.raises(Wrong, match=r"x, line 1, column 2: a NUL byte"):
        decode(b"A\0", "x")
    with pytest.raises(BadInput, match=r"cannot read .*none: No such file"):
        read_wants(tmp_path / "none")


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(LARGEST_FILE + 1)

    with pytest.raises(BadInput, match="more than 200,000,000 bytes; split it"):
        read_wants(tmp_path / "huge")
