from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from api.cli import main
from graph.generating import write_csv
from graph.importing import import_folder
from graph.sqlite import SqliteStore

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs a command in this process, on a store of its own: exit code, output, errors."""
    monkeypatch.setenv("RENMAI_STORE", f"sqlite:///{tmp_path}/store")
    monkeypatch.setenv("COLUMNS", "200")

    def command(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["renmai", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return command


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with generated CSV files and a store that has read them, made once."""
    folder = tmp_path_factory.mktemp("generated")
    write_csv(folder / "csv", customers=250, contacts=150, seed=1)

    async def fill() -> None:
        store = SqliteStore(folder / "store")
        await import_folder("renmai", folder / "csv", store.tenant("default"))
        await store.close()

    asyncio.run(fill())
    return folder


@pytest.fixture
def filled(run: Run, generated: Path, tmp_path: Path) -> Run:
    """Runs commands on a store of its own that holds generated data."""
    shutil.copytree(generated / "store", tmp_path / "store")
    return run


COMMANDS = [
    "serve", "demo", "generate", "import", "export", "query", "schema", "warm",
    "communities", "network-statistics", "path", "top-referrers", "influencers", "reach",
    "trades", "network",
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(run: Run, command: str) -> None:
    code, out, _ = run(command, "--help")

    assert code == 0
    assert f"Usage: renmai {command}" in out


def test_help_lists_every_command(run: Run) -> None:
    _, out, _ = run("--help")

    assert [c for c in COMMANDS if f" {c} " not in out] == []


def test_kernels_can_be_compiled_ahead(run: Run) -> None:
    code, out, _ = run("warm")

    assert code == 0
    assert out.startswith("compiled in ")


def test_want_lists_are_solved(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "wants.txt"
    file.write_text("A B\nB C\nC A\nD A\n")

    code, out, _ = run("trades", "solve", str(file), "--json")

    assert code == 0
    assert (json.loads(out)["trades"], json.loads(out)["optimal"]) == (3, True)


def test_the_version_is_told(run: Run) -> None:
    assert run("--version")[:2] == (0, "renmai 0.1.0\n")


def test_importing_twice_changes_nothing(filled: Run, generated: Path) -> None:
    _, out, _ = filled("import", "renmai", str(generated / "csv"), "--json")

    report = json.loads(out)
    assert sum(part["created"] + part["updated"] for part in report["parts"]) == 0
    assert sum(part["unchanged"] for part in report["parts"]) > 0


def test_generated_files_can_be_read_in(run: Run, tmp_path: Path) -> None:
    folder = str(tmp_path / "csv")

    _, out, _ = run("generate", folder, "--customers", "30", "--contacts", "30", "--json")
    _, report, _ = run("import", "renmai", folder, "--json")

    written = sum(part["created"] for part in json.loads(report)["parts"])
    assert written == sum(json.loads(out)["records"].values())


def test_an_export_can_be_read_back_into_another_tenant(filled: Run, tmp_path: Path) -> None:
    out_folder = str(tmp_path / "out")

    _, exported, _ = filled("export", out_folder, "--json")
    code, _, _ = filled("import", "renmai", out_folder, "--tenant", "copy")
    _, again, _ = filled("export", str(tmp_path / "out2"), "--tenant", "copy", "--json")

    assert code == 0
    assert json.loads(again)["records"] == json.loads(exported)["records"]


@pytest.mark.parametrize("command", ["top-referrers", "influencers", "trades"])
def test_rankings_are_printed_as_tables_and_as_json(filled: Run, command: str) -> None:
    code, table, _ = filled(command, "--first", "3")
    _, text, _ = filled(command, "--first", "3", "--json")

    answer = json.loads(text)
    assert code == 0
    assert [item["rank"] for item in answer["items"]] == [1, 2, 3]
    assert answer["exact"] is True
    assert "rank" in table


def test_the_reach_and_the_network_of_one_are_told(filled: Run) -> None:
    _, text, _ = filled("top-referrers", "--first", "1", "--json")
    top = json.loads(text)["items"][0]

    _, reach, _ = filled("reach", top["party"]["kind"].lower(), top["party"]["key"], "--json")
    _, contacts, _ = filled("query", "{ contacts(first: 1) { edges { node { key } } } }")
    key = json.loads(contacts)["data"]["contacts"]["edges"][0]["node"]["key"]
    code, network, _ = filled("network", key, "--hops", "1", "--kinds", "tie")

    assert json.loads(reach)["count"] == top["reach"]
    assert code == 0
    assert "distance" in network


def test_a_query_prints_its_answer(filled: Run, tmp_path: Path) -> None:
    document = tmp_path / "q.graphql"
    document.write_text("query Q($n: Int!) { customers(first: $n) { totalCount } }")

    code, out, _ = filled("query", f"@{document}", "--variables", '{"n": 1}')

    assert code == 0
    assert json.loads(out) == {"data": {"customers": {"totalCount": 250}}}


def test_a_query_with_errors_ends_with_1(filled: Run) -> None:
    code, out, _ = filled("query", "{ nothing }")

    assert code == 1
    assert json.loads(out)["errors"][0]["extensions"] == {"code": "BAD_INPUT"}


def test_the_schema_is_printed_as_it_is_committed(run: Run) -> None:
    committed = Path(__file__).parents[2] / "schema.graphql"

    assert run("schema")[1] == committed.read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["top-referrers", "--store", "mysql://x"], "store URL 'mysql://x' has no known scheme"),
        (["top-referrers", "--tenant", "../x"], "'../x'"),
        (["top-referrers", "--since", "yesterday"], "since: 'yesterday'"),
        (["top-referrers", "--tenant", "empty"], "tenant 'empty' has no data in this store"),
        (["reach", "contact", "nobody"], "there is no Contact 'nobody'"),
        (["network", "nobody"], "there is no Contact 'nobody'"),
        (["export", "out", "--tenant", "empty"], "tenant 'empty' has no data in this store"),
        (["serve", "--store", "bolt://neo4j:x@127.0.0.1:1", "--port", "0"], "127.0.0.1:1"),
        (["query", "@absent.graphql"], "cannot read absent.graphql"),
        (["query", "{x}", "--variables", "{"], "--variables '{' is not JSON"),
        (["query", "{x}", "--variables", "[]"], "--variables '[]' must be a JSON object"),
        (["import", "nothing", "."], "nothing"),
        (["import", "cdnow", "absent"], "absent"),
        (["serve", "--host", "256.256.256.256"], "cannot listen on 256.256.256.256:8000"),
    ],
)
def test_bad_input_ends_with_2_and_one_clear_line(
    filled: Run, arguments: list[str], message: str
) -> None:
    code, out, err = filled(*arguments)

    assert code == 2
    assert out == ""
    assert err.startswith("renmai: ")
    assert message in err
    assert err.count("\n") == 1


def test_a_port_in_use_is_named(filled: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, _, err = filled("serve", "--port", str(port))

    assert code == 2
    assert err == (
        f"renmai: cannot listen on 127.0.0.1:{port}: Address already in use; "
        "stop what uses it, or choose another with --port (0 takes a free one)\n"
    )


def test_the_demo_prints_three_answers_and_a_second_run_adds_nothing(run: Run) -> None:
    code, out, _ = run("demo", "--no-serve")
    again = run("demo", "--no-serve")

    assert code == 0
    for title in ("Top referrers", "Contact network", "Trade opportunities"):
        assert title in out
    assert out.startswith("loading synthetic demo data")
    assert "loading" not in again[1]


def test_serve_answers_until_it_is_stopped(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from api.cli import main; main()"]
    store = ["--store", f"sqlite:///{tmp_path}/store", "--port", "0"]
    server = subprocess.Popen([*command, "serve", *store], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        line = server.stdout.readline()
        url = line.split()[2]
        until = time.monotonic() + 30
        while True:
            try:
                with urllib.request.urlopen(f"{url}?query=%7B__typename%7D") as answer:
                    body = json.load(answer)
                break
            except OSError:
                assert time.monotonic() < until
                time.sleep(0.05)
    finally:
        server.terminate()
        code = server.wait(30)
        if server.stdout is not None:
            server.stdout.close()

    assert body == {"data": {"__typename": "Query"}}
    assert code in (0, -15)
