"""The command line in a real terminal, and without one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.api.conftest import ROOT, Run, Terminal

SLOW_COMPILATION = """
import sys, time
from api.cli.progress import progress
from referral.kernels.compiling import compiled

def twice(n):
    return n + n

twice.__module__ = "referral.kernels.test"  # only our own are told of
with progress("computing", quiet="--json" in sys.argv) as advance:
    time.sleep(2.2)
    compiled.__globals__["njit"](twice)(1)
    time.sleep(0.3)
    advance(3, 4)
    time.sleep(0.3)
print("done")
"""


def test_long_work_shows_a_bar_and_says_that_it_compiles(terminal: Terminal) -> None:
    code, printed = terminal(program=SLOW_COMPILATION)

    assert code == 0
    assert "computing" in printed
    assert "compiling, once" in printed
    assert " 75 %" in printed
    assert printed.endswith("done\n")


def test_there_is_no_bar_for_programs(terminal: Terminal) -> None:
    assert terminal("--json", program=SLOW_COMPILATION) == (0, "done\n")


def test_there_is_no_bar_where_standard_error_is_no_terminal() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SLOW_COMPILATION],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert (done.stdout, done.stderr) == ("done\n", "")


@pytest.mark.parametrize("columns", [1, 20, 200])
def test_a_table_can_be_read_in_any_width(filled: Run, terminal: Terminal, columns: int) -> None:
    code, printed = terminal("top-referrers", "--first", "1", columns=columns)

    assert code == 0
    assert "score" in printed
    assert "rank" in printed


@pytest.mark.parametrize("arguments", [["top-referrers"], ["--help"], ["nothing"]])
def test_colours_are_for_terminals(filled: Run, terminal: Terminal, arguments: list[str]) -> None:
    _, out, err = filled(*arguments)
    _, plain = terminal(*arguments, environ={"NO_COLOR": "1"})

    assert "\x1b" not in out + err
    assert "\x1b[3" not in plain


def test_ctrl_c_stops_an_import_in_one_line_and_again_completes_it(
    run: Run, terminal: Terminal, tmp_path: Path
) -> None:
    folder = str(tmp_path / "csv")
    run("generate", folder, "--customers", "5000", "--contacts", "5000")

    code, printed = terminal("import", "renmai", folder, type_when=("importing", b"\x03"))

    assert code == 130
    assert printed.rstrip().endswith(
        "renmai: interrupted; no record is half written; "
        "the same command again takes in what is missing"
    )
    assert "Traceback" not in printed
    assert run("import", "renmai", folder)[0] == 0
    _, again, _ = run("import", "renmai", folder, "--json")
    assert '"written": 0' in again


def test_ctrl_c_ends_other_commands_in_one_line(terminal: Terminal) -> None:
    program = """
import api.cli.commands as commands, os, time
@commands.app.command("wait")
def wait():
    os.write(1, b"waiting\\n")  # print would write the line's end apart
    time.sleep(60)
from api.cli import main
main()
"""
    code, printed = terminal("wait", type_when=("waiting", b"\x03"), program=program)

    assert code == 130
    assert printed == "waiting\n^Crenmai: interrupted\n"


def test_ctrl_c_stops_an_analytic_at_once(filled: Run, terminal: Terminal) -> None:
    program = """
import time
import referral.registry as registry
def run(self, network, arguments):
    print("computing for a minute", flush=True)
    for _ in range(600):
        time.sleep(0.1)
registry.Analytic.run = run
from api.cli import main
main()
"""
    code, printed = terminal("top-referrers", type_when=("for a minute", b"\x03"), program=program)

    assert code == 130
    assert printed.endswith("^Crenmai: interrupted\n")
