"""The command line in the hands of a clumsy user: what is wrong, where, and the remedy."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.api.conftest import ROOT, Run

RENMAI = [sys.executable, "-c", "from api.cli import main; main()"]

AS_ANYONE = (
    ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
)
"""Takes from root what lets it pass over the rights on files."""

CASES: dict[str, tuple[list[str], str]] = {
    "an unknown command": (["frobnicate"], "no such command 'frobnicate'; see `renmai --help`"),
    "a near command": (["topreferrers"], "Did you mean 'top-referrers'? see `renmai --help`"),
    "a near command of a group": (["trades", "solv"], "Did you mean 'solve'? see `renmai trades"),
    "an unknown option": (
        ["top-referrers", "--frist", "3"],
        "no such option: --frist (Possible options: --first); see `renmai top-referrers --help`",
    ),
    "an option of another place": (["--store", "x", "reach"], "no such option: --store"),
    "an option without its value": (
        ["top-referrers", "--first"],
        "option '--first' requires an argument; see `renmai top-referrers --help`",
    ),
    "a flag with a value": (["demo", "--serve=no"], "option '--serve' does not take a value"),
    "a missing argument": (["reach", "contact"], "missing argument 'KEY'; see `renmai reach"),
    "a missing choice": (
        ["reach"],
        "missing argument 'KIND'. Choose from: customer, contact, organization; see",
    ),
    "an argument too many": (
        ["schema", "x"],
        "got unexpected extra argument(s) (x); see `renmai schema --help`",
    ),
    "a wrong type": (
        ["top-referrers", "--first", "x"],
        "--first 'x': it must be a valid integer; see `renmai top-referrers --help`",
    ),
    "a number out of bounds": (
        ["top-referrers", "--first", "0"],
        "--first '0': it must be greater than or equal to 1; see",
    ),
    "a bad choice": (
        ["reach", "nobody", "x"],
        "KIND: 'nobody' is not one of 'customer', 'contact', 'organization'; see",
    ),
    "a bad port": (["serve", "--port", "70000"], "--port '70000': it must be less than or equal"),
    "a key that is not UTF-8": (
        ["reach", "contact", "\udcff"],
        "argument 3, '\\udcff', is not UTF-8 text; write it in UTF-8",
    ),
    "no time": (
        ["top-referrers", "--since", "yesterday"],
        "--since 'yesterday' is no time; write 2026-01-31, 2026-01-31T08:00 (both UTC) or",
    ),
    "the year 0": (["top-referrers", "--until", "0000-01-01"], "--until '0000-01-01' is no time"),
    "before the year 1": (
        ["top-referrers", "--until", "0001-01-01T00:00+08:00"],
        "--until '0001-01-01T00:00+08:00' is no time",
    ),
    "a window that ends first": (
        ["top-referrers", "--since", "2024-02-01", "--until", "2024-01-01"],
        "swap the two",
    ),
    "an unknown store": (
        ["top-referrers", "--store", "mysql://x"],
        "store URL 'mysql://x' has no known scheme",
    ),
    "a bad tenant": (["top-referrers", "--tenant", "../x"], "'../x' is not a tenant id"),
    "an empty tenant": (
        ["top-referrers", "--tenant", "empty"],
        "tenant 'empty' has no data in this store",
    ),
    "an export of nothing": (
        ["export", "out", "--tenant", "empty"],
        "tenant 'empty' has no data in this store",
    ),
    "a party that is not there": (["reach", "contact", "nobody"], "there is no Contact 'nobody'"),
    "a contact that is not there": (["network", "nobody"], "there is no Contact 'nobody'"),
    "a server that is not there": (
        ["serve", "--store", "bolt://neo4j:x@127.0.0.1:1", "--port", "0"],
        "Neo4j does not answer at 127.0.0.1:1; start it, or correct host and port",
    ),
    "a query file that is not there": (["query", "@absent"], "cannot read absent: No such file"),
    "a query file that is a folder": (["query", "@."], "cannot read .: Is a directory"),
    "a query file that is binary": (
        ["query", f"@{sys.executable}"],
        "it is not UTF-8 text; name a readable text file",
    ),
    "variables that are not JSON": (
        ["query", "{x}", "--variables", "{"],
        "--variables '{' is not JSON",
    ),
    "variables that are no object": (
        ["query", "{x}", "--variables", "[]"],
        "--variables '[]' must be a JSON object",
    ),
    "an unknown mapping": (["import", "nothing", "."], "there is no mapping 'nothing'"),
    "a mapping that is not there": (["import", "x.toml", "."], "there is no file x.toml"),
    "a folder that is not there": (["import", "cdnow", "absent"], "absent is not a folder"),
    "a file for a folder": (
        ["import", "cdnow", sys.executable],
        "is not a folder; give the folder",
    ),
    "a folder without the files": (["import", "cdnow", "docs"], "no file CDNOW_master.txt in docs"),
    "a want list that is a folder": (
        ["trades", "solve", "docs"],
        "cannot read docs: Is a directory",
    ),
    "a limit of no number": (
        ["trades", "solve", "x", "--max-parties", "9"],
        "cannot read x: No such file or directory",
    ),
    "a host that is not there": (
        ["serve", "--host", "256.256.256.256"],
        "cannot listen on 256.256.256.256:8000: Name or service not known; name an address",
    ),
    "a host of another machine": (
        ["serve", "--host", "192.0.2.1", "--port", "0"],
        "cannot listen on 192.0.2.1:0: Cannot assign requested address; name an address of this",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_input_ends_with_2_and_one_clear_line(filled: Run, case: str) -> None:
    arguments, message = CASES[case]

    code, out, err = filled(*arguments)

    assert (code, out) == (2, "")
    assert err.startswith("renmai: ")
    assert message in err
    assert err.count("\n") == 1


def test_a_message_is_one_line_of_a_bounded_length(run: Run) -> None:
    _, _, err = run("top-referrers", "a\nb\x1b[2J" + "c" * 100_000)

    assert err.startswith(r"renmai: got unexpected extra argument(s) (a\x0ab\x1b[2Jccc")
    assert len(err) == len("renmai: ") + 2_000 + len("...\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["top-referrers"],
        ["network", "k"],
        ["export", "out"],
        ["query", "{ customers(first: 1) { totalCount } }"],
        ["query", "{"],
    ],
)
def test_a_command_that_only_reads_makes_no_store(
    run: Run, tmp_path: Path, arguments: list[str]
) -> None:
    code, _, err = run(*arguments)

    assert code == 2
    assert err == (
        f"renmai: there is no store in the folder {tmp_path}/store; name another with --store or "
        "RENMAI_STORE, or make one with `renmai import`, `renmai serve` or `renmai demo`\n"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("wrong", [["cdnow", "absent"], ["nothing", "."], ["cdnow", "docs"]])
def test_an_import_that_is_refused_makes_no_store(
    run: Run, tmp_path: Path, wrong: list[str]
) -> None:
    code, _, _ = run("import", *wrong)

    assert code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_something_else_is_no_store_and_stays_as_it_is(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "letter.txt").write_text("x")

    _, _, err = run("top-referrers")

    assert "there is no store in the folder" in err
    assert [p.name for p in (tmp_path / "store").iterdir()] == ["letter.txt"]


def test_a_file_is_no_store(run: Run, tmp_path: Path) -> None:
    (tmp_path / "store").write_text("x")

    code, _, err = run("serve", "--port", "0")

    assert code == 2
    assert f"{tmp_path}/store is a file, and a store is a folder; name another" in err


def test_a_store_file_of_a_newer_version_is_refused_and_kept(filled: Run, tmp_path: Path) -> None:
    path = tmp_path / "store" / "default.db"
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA user_version = 99")
    file.close()

    for command in (["top-referrers"], ["export", f"{tmp_path}/out"]):
        code, out, err = filled(*command)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert "newer" in err
    assert not (tmp_path / "out").exists()
    with sqlite3.connect(path) as file:
        assert file.execute("SELECT count(*) FROM customer").fetchone() == (250,)
    file.close()


def test_a_wrong_neo4j_password_is_told_without_being_repeated(run: Run, neo4j_url: str) -> None:
    place = urlsplit(neo4j_url)

    code, out, err = run(
        "top-referrers", "--store", f"bolt://neo4j:Geheim@{place.hostname}:{place.port}"
    )

    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "refuses 'neo4j' with this password; check the user and the password" in err
    assert "Geheim" not in err


def test_a_port_in_use_is_named_and_makes_no_store(run: Run, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, _, err = run("serve", "--port", str(port))

    assert code == 2
    assert err == (
        f"renmai: cannot listen on 127.0.0.1:{port}: Address already in use; "
        "stop what uses it, or choose another with --port (0 takes a free one)\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_binary_file_given_as_csv_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_bytes(b"\x7fELF\x02\x01\x01\x00" * 99)

    code, out, err = run("import", "renmai", str(tmp_path))

    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "customers.csv is no text file: byte 0x02 at position 4; export it as CSV" in err
    assert not (tmp_path / "store").exists()


def test_a_broken_last_line_is_told_and_the_others_are_read(run: Run, tmp_path: Path) -> None:
    (tmp_path / "staff.csv").write_text('key,name,role\na,Ann,SALES\nb,"Bo')

    code, out, _ = run("import", "renmai", str(tmp_path))

    assert code == 0
    assert "staff.csv:3" in out
    assert "is a quote missing, or meant as text?" in out
    assert run("import", "renmai", str(tmp_path), "--strict")[0] == 1


def as_anyone(*arguments: str, store: Path) -> tuple[int, str]:
    """Runs a command as a user whom the rights on files bind: exit code and errors."""
    done = subprocess.run(
        [*AS_ANYONE, *RENMAI, *arguments, "--store", f"sqlite:///{store}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("rights", "place", "arguments", "message"),
    [
        (0o000, "store", ["top-referrers"], "cannot be used: Permission denied; check the folder"),
        (0o500, "store", ["top-referrers"], "give this user the right to write it"),
        (0o500, "out", ["export", "OUT"], "cannot be written: Permission denied; name a folder"),
        (0o000, "out", ["export", "OUT"], "is not readable; see `renmai export --help`"),
        (0o500, "out", ["generate", "OUT"], "cannot be written: Permission denied; name a folder"),
        (0o000, "out", ["import", "cdnow", "OUT"], "is not readable; see `renmai import --help`"),
    ],
)
def test_a_folder_without_rights_is_told(
    generated: Path,
    filled: Run,
    tmp_path: Path,
    rights: int,
    place: str,
    arguments: list[str],
    message: str,
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    closed = tmp_path / place
    given = [str(out) if word == "OUT" else word for word in arguments]
    if place == "store":
        (closed / "renmai.lock").chmod(0o400)
    closed.chmod(rights)
    try:
        if arguments[0] == "generate":
            code, err = generate_as_anyone(out)
        else:
            code, err = as_anyone(*given, store=tmp_path / "store")
    finally:
        closed.chmod(0o700)

    assert (code, err.count("\n")) == (2, 1)
    assert message in err
    assert list(out.iterdir()) == []


def generate_as_anyone(folder: Path) -> tuple[int, str]:
    """Runs `generate`, which knows no store."""
    line = [*AS_ANYONE, *RENMAI, "generate", str(folder)]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def test_standard_input_that_is_not_utf_8_is_refused(filled: Run, tmp_path: Path) -> None:
    done = subprocess.run(
        [*RENMAI, "query", "-", "--store", f"sqlite:///{tmp_path}/store"],
        cwd=ROOT,
        input=b"\xff",
        capture_output=True,
        check=False,
    )

    assert done.returncode == 2
    assert done.stderr == (
        b"renmai: cannot read standard input: it is not UTF-8 text; name a readable text file\n"
    )


@pytest.mark.parametrize("command", ["top-referrers", "schema"])
def test_a_reader_that_has_gone_ends_a_command_without_a_word(
    filled: Run, tmp_path: Path, command: str
) -> None:
    reading, writing = os.pipe()
    os.close(reading)

    done = subprocess.run(
        [*RENMAI, command],
        cwd=ROOT,
        env=os.environ | {"RENMAI_STORE": f"sqlite:///{tmp_path}/store"},
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
    )

    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has a full device")
def test_a_full_disk_is_told(filled: Run, tmp_path: Path) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*RENMAI, "top-referrers", "--store", f"sqlite:///{tmp_path}/store"],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )

    assert done.returncode == 2
    assert done.stderr.startswith(b"renmai: standard input or output: No space left on device;")
    assert done.stderr.count(b"\n") == 1
