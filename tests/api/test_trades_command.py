from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
import typer

from api.cli.trades import solve
from graph.errors import BadInput

EXAMPLE = """(agency) advertising : cars
(maker) cars : software
(house) software : advertising
(printer) leaflets : advertising
"""


def run(*arguments: str) -> None:
    app = typer.Typer()
    app.command()(solve)
    app(list(arguments), standalone_mode=False)


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The file of docs/trades.md."""
    (tmp_path / "swap.txt").write_text(EXAMPLE)
    return tmp_path / "swap.txt"


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    run(*arguments, "--json")
    found: dict[str, Any] = orjson.loads(capsys.readouterr().out)
    return found


def test_the_example_of_the_page_is_solved_as_the_page_says(
    example: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert EXAMPLE in Path("docs/trades.md").read_text("utf-8")

    run(str(example))

    out = capsys.readouterr().out
    assert "3 trades, 3 users in 1 cycle: proven best" in out
    assert "1 without a trade: LEAFLETS" in out


def test_json_is_one_object(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, str(example), "--max-parties", "3")

    assert {k: found[k] for k in ("trades", "users", "weight", "optimal", "bound")} == {
        "trades": 3,
        "users": 3,
        "weight": 3,
        "optimal": True,
        "bound": 3,
    }
    assert found["cycles"] == [["ADVERTISING", "SOFTWARE", "CARS"]]


def test_weights_come_in_the_files_own_unit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "k.input").write_text("3 4\n0 1 0.5\n1 0 1\n1 2 2\n2 1 0.25\n-1 -1 -1\n")

    found = answer(capsys, str(tmp_path / "k.input"))

    assert (found["weight"], found["bound"], found["users"]) == (2.25, 2.25, None)
    assert found["cycles"] == [["1", "2"]]
    by_trades = answer(capsys, str(tmp_path / "k.input"), "--objective", "parties")
    assert (by_trades["trades"], by_trades["bound"]) == (2, 2)


def test_warnings_go_to_standard_error_and_the_rest_is_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "w.txt").write_text("#! HIDE-NONTRADES\nA : B 1 2 3 4 5 6\nB : A\n")

    run(str(tmp_path / "w.txt"), "--iterations", "2", "--seed", "4")

    told = capsys.readouterr()
    assert "without a trade" not in told.out
    assert "line 2: item 1 is not known" in told.err
    assert "... and 1 more warnings; --json lists them" in told.err


@pytest.mark.parametrize("limit", ["0", "99", "x", "1"])
def test_a_limit_out_of_bounds_is_refused(example: Path, limit: str) -> None:
    with pytest.raises(BadInput, match=f"--max-parties '{limit}': give 2 to 5, or none"):
        run(str(example), "--max-parties", limit)


@pytest.mark.parametrize(
    ("file", "options", "trades", "users"),
    [
        ("BR2024May.txt", (), 196, 78),
        ("ask.txt", ("--max-parties", "none"), 197, None),
        ("ask.txt", ("--max-parties", "3"), 76, None),
        ("onewant.txt", ("--format", "trademaximizer"), 336, 151),
    ],
)
def test_the_known_answers_are_printed(
    shared_data: Path,
    capsys: pytest.CaptureFixture[str],
    file: str,
    options: tuple[str, ...],
    trades: int,
    users: int | None,
) -> None:
    found = answer(capsys, str(shared_data / "trades" / file), *options)

    assert (found["trades"], found["users"], found["optimal"]) == (trades, users, True)
    assert (found["weight"], found["bound"]) == (trades, trades)
    assert sum(map(len, found["cycles"])) == trades


def test_the_warnings_of_a_published_list_are_few_and_true(
    shared_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = answer(capsys, str(shared_data / "trades" / "BR2024May.txt"))

    assert found["warnings"] == [
        "line 4784: item 10758823 is no official name; its list is passed over",
        "line 1184: item 10758823 is not known (28 times, first here)",
        "line 3794: item missing-official is not known",
    ]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.txt", "#! REQUIRE-COLONS\n(a b) A\n", "line 2, column 8: the file requires a colon"),
        ("a.txt", "!BEGIN-OFFICIAL-NAMES\nA\n", "the file is unfinished, or add !END-OFFICIAL"),
        ("a.txt", "(a\nA : B\n", r"line 1, column 1: write the user's name as \(name\)"),
        ("a.txt", "a b A : B\n", "exactly one item stands before the colon; a user's name stands"),
        ("a.input", "2 1\n0 1 0.5\n", "-1 -1 -1"),
        ("a.input", "2 1\n0 1 -0.5\n-1 -1 -1\n", "line 2"),
        ("a.wmd", "# NUMBER ALTERNATIVES: 2\n1, 7, 1.0\n", "line 2"),
    ],
)
def test_a_wrong_file_is_named_by_line_and_column(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    (tmp_path / name).write_text(text)

    with pytest.raises(BadInput, match=message):
        run(str(tmp_path / name))
