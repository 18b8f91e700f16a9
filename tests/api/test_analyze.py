"""`renmai analyze`: known answers, its output, and what it refuses."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from api.cli import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command in this process: exit code, output, errors."""

    def command(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["renmai", "analyze", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return command


@pytest.fixture
def edges(tmp_path: Path) -> str:
    file = tmp_path / "edges.csv"
    file.write_text("from,to,times\nann,bob,2\nbob,cai,1\ncai,ann,1\ncai,dee,1\ndee,dee,3\n")
    return str(file)


@pytest.mark.parametrize(
    ("measure", "total", "first"),
    [
        ("reach", 27_690_498 - 5_881, 5_850),
        ("cycles2", 14_100, 503),
        ("cycles3", 38_581, 3_265),
        ("cycles4", 1_044_864, 134_001),
        ("strong-components", 1_144, 4_709),
    ],
)
def test_the_known_answers_of_bitcoin_otc(
    run: Run, shared_data: Path, measure: str, total: int, first: int
) -> None:
    file = shared_data / "bitcoin-otc" / "edges.csv"

    code, out, _ = run(measure, str(file), "--json", "--directed")

    answer = json.loads(out)
    assert code == 0
    assert answer["measure"] == measure
    assert (answer["nodes"], answer["edges"], answer["total"]) == (5_881, 35_592, total)
    assert answer["items"][0]["score"] == first
    assert len(answer["items"]) == 20


def test_json_stands_alone_and_says_no_more_than_promised(run: Run, edges: str) -> None:
    code, out, err = run("cycles3", edges, "--json", "--top", "2")

    assert code == 0
    assert json.loads(out) == {
        "measure": "cycles3",
        "nodes": 4,
        "edges": 4,
        "total": 1,
        "items": [{"node": "ann", "score": 1}, {"node": "bob", "score": 1}],
    }
    assert err == (
        "edges.csv: a header, columns from -> to, separated by ',';"
        " 1 edge from a node to itself left out\n"
    )


def test_a_table_says_what_the_measure_means(run: Run, edges: str) -> None:
    code, out, _ = run("out-degree", edges, "--weight", "times")

    assert code == 0
    assert out.startswith("out-degree: 4 nodes, 4 edges, total 5\nNumber of edges that lead from")
    rows = [line.split("│")[1:3] for line in out.splitlines() if line.startswith("│")]
    assert [[cell.strip() for cell in row] for row in rows] == [
        ["ann", "2"],
        ["cai", "2"],
        ["bob", "1"],
        ["dee", "0"],
    ]


def test_one_number_needs_no_table(run: Run, edges: str) -> None:
    assert run("reciprocity", edges)[1].splitlines()[0] == (
        "reciprocity: 4 nodes, 4 edges, total 0"
    )
    assert json.loads(run("reciprocity", edges, "--json")[1])["items"] == []


def test_words_stand_before_or_after_the_file(run: Run, edges: str) -> None:
    for words in ((edges, "ann", "dee"), ("ann", "dee", edges)):
        answer = json.loads(run("shortest-path", *words, "--directed", "--json")[1])

        assert answer["total"] == 3
        assert [item["node"] for item in answer["items"]] == ["ann", "bob", "cai", "dee"]
    near = json.loads(run("k-hop", edges, "dee", "1", "--json")[1])
    assert near["items"] == [{"node": "cai", "score": 1}]


def test_several_nodes_are_looked_from(run: Run, edges: str) -> None:
    for words in ((edges, "ann", "dee"), ("dee", "ann", edges)):
        answer = json.loads(run("personalized", *words, "--directed", "--json")[1])

        assert answer["total"] == pytest.approx(1)
        assert {item["node"] for item in answer["items"][:2]} == {"ann", "dee"}


def test_the_list_may_come_through_a_pipe(run: Run, edges: str, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(Path(edges).read_bytes(),))
    writer.start()

    answer = json.loads(run("k-hop", "dee", "1", str(pipe), "--json")[1])

    writer.join()
    assert answer["items"] == [{"node": "cai", "score": 1}]


def test_no_way_is_an_answer(run: Run, edges: str) -> None:
    code, out, err = run("shortest-path", edges, "dee", "ann", "--directed")

    assert code == 0
    assert out.startswith("shortest-path: 4 nodes, 4 edges, total none")
    assert "there is no way from dee to ann" in err


def test_all_nodes_are_written_to_a_file(run: Run, edges: str, tmp_path: Path) -> None:
    code, out, _ = run("components", edges, "--out", f"{tmp_path}/all.csv", "--top", "1", "--json")

    assert code == 0
    assert len(json.loads(out)["items"]) == 1
    assert (tmp_path / "all.csv").read_text() == (
        "node,score,group\nann,4,1\nbob,4,1\ncai,4,1\ndee,4,1\n"
    )
    assert run("reciprocity", edges, "--out", f"{tmp_path}/none.csv")[0] == 0
    assert (tmp_path / "none.csv").read_text() == "node,score\n"


def test_all_nodes_are_written_to_parquet(run: Run, edges: str, tmp_path: Path) -> None:
    parquet = importlib.import_module("pyarrow.parquet")

    code, _, _ = run("reach", edges, "--out", f"{tmp_path}/all.parquet")

    assert code == 0
    assert parquet.read_table(tmp_path / "all.parquet").to_pydict() == {
        "node": ["ann", "bob", "cai", "dee"],
        "score": [3, 3, 3, 0],
    }


def test_parquet_without_its_library_is_refused_before_work_begins(
    run: Run, edges: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)

    code, out, err = run("reach", edges, "--out", f"{tmp_path}/all.parquet")

    assert (code, out) == (2, "")
    assert err == (
        "renmai: writing Parquet needs pyarrow, which is not installed: "
        "pip install 'renmai[parquet]', or give a file that ends in .csv\n"
    )


def test_a_dash_is_standard_input(edges: str) -> None:
    """Which only a process of its own has."""
    program = "import sys; from api.cli import main; sys.argv[0] = 'renmai'; main()"
    for words in (("degree", "-"), ("k-hop", "-", "ann", "1"), ("degree", "-", "--directed")):
        piped = subprocess.run(
            [sys.executable, "-c", program, "analyze", *words, "--json"],
            input=Path(edges).read_bytes(), capture_output=True, check=True,
        )  # fmt: skip
        named = subprocess.run(
            [sys.executable, "-c", program, "analyze", words[0], edges, *words[2:], "--json"],
            capture_output=True, check=True,
        )  # fmt: skip

        assert piped.stdout == named.stdout
        assert piped.stderr.startswith(b"stdin: a header, columns from -> to")


def test_the_measures_are_listed(run: Run) -> None:
    code, out, _ = run("list")

    assert code == 0
    assert "shortest-path A B" in out
    assert "cycles4" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("pagernk", "EDGES"), "there is no measure 'pagernk'; did you mean pagerank?"),
        (("reach",), "reach needs a file alone, and was given nothing: renmai"),
        (
            ("personalized", "EDGES"),
            "personalized needs a file and at least 1 argument, not a file and 0: renmai",
        ),
        (("depth", "EDGES"), "this graph is no forest: two edges lead to one node"),
        (
            ("k-hop", "EDGES", "ann"),
            "k-hop needs a file and 2 arguments, not a file and 1: renmai analyze k-hop",
        ),
        (("k-hop", "EDGES", "ann", "-1"), "-1 is read as an option; give a number from 0, or --"),
        (("k-hop", "EDGES", "--", "ann", "-1"), "K is '-1'; give a whole number from 0"),
        (("k-hop", "EDGES", "ann", "x"), "K is 'x'; give a whole number from 0"),
        (("shortest-path", "EDGES", "ann", "zoe"), "there is no node 'zoe'"),
        (("reach", "nowhere.csv"), "nowhere.csv cannot be read: No such file or directory"),
        (("triangles", "EDGES", "--weight", "times"), "triangles does not look at weights"),
        (("pagerank", "EDGES", "--weight", "from"), "edges.csv, line 2: the weight 'ann' is no"),
        (("reach", "EDGES", "--source-column", "who"), "edges.csv has no column 'who'; it has 3"),
        (("reach", "EDGES", "--source-column", "9"), "edges.csv has no column 9; it has 3 columns"),
        (("reach", "EDGES", "--delimiter", "::"), "--delimiter '::': give one character"),
        (("reach", "EDGES", "--out", "x.xlsx"), "--out 'x.xlsx': give a file that ends in .csv"),
        (("reach", "EDGES", "--out", "no/x.csv"), "--out 'no/x.csv': there is no folder no"),
        (("cycles3", "EDGES", "--time-limit", "0"), "counting cycles takes longer than the 0 s"),
        (("degree", "EDGES", "--time-limit", "0"), "counting edges takes longer than the 0 s"),
        (("degree", "EDGES", "--time-limit", "-1"), "--time-limit -1: give a number of seconds"),
        (("degree", "EDGES", "--time-limit", "nan"), "--time-limit nan: give a number of seconds"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(
    run: Run, edges: str, arguments: tuple[str, ...], message: str
) -> None:
    code, out, err = run(*(edges if word == "EDGES" else word for word in arguments))

    assert code == 2
    assert out == ""
    last = err.splitlines()[-1]
    assert last.startswith("renmai: ")
    assert message in last


def test_a_file_that_cannot_be_written_is_told(run: Run, edges: str, tmp_path: Path) -> None:
    (tmp_path / "taken.csv").mkdir()

    code, _, err = run("reach", edges, "--out", f"{tmp_path}/taken.csv")

    assert code == 2
    assert "taken.csv' cannot be written: Is a directory" in err
