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
    assert "3 trades, 3 users in 1 cycles: proven best" in out
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
