from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.api.conftest import Run

COMMANDS = [
    "serve", "demo", "generate", "import", "export", "query", "schema", "warm", "analyze",
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
    _, text, _ = run("warm", "--json")

    assert code == 0
    assert out.startswith("compiled in ")
    assert list(json.loads(text)) == ["seconds"]


def test_want_lists_are_solved(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "wants.txt"
    file.write_text("A B\nB C\nC A\nD A\n")

    code, out, _ = run("trades", "solve", str(file), "--json")

    assert code == 0
    assert (json.loads(out)["trades"], json.loads(out)["optimal"]) == (3, True)


def test_a_plan_may_have_no_limit_on_circles(filled: Run) -> None:
    _, shown, _ = filled("trade-plan", "--help")
    code, out, _ = filled("trade-plan", "--max-parties", "none", "--explain", "0", "--json")
    wrong, _, told = filled("trade-plan", "--max-parties", "9")

    assert "none = no limit" in " ".join(shown.replace("│", " ").split())
    assert (code, json.loads(out)["method"]) == (0, "cover by assignment")
    assert wrong == 2
    assert "max_parties: '9': must be at most 5" in told


@pytest.mark.parametrize("word", ["k-core", "k_core", "K_CORE", "K-Core"])
def test_a_measure_is_one_word_however_it_is_joined(filled: Run, word: str) -> None:
    code, out, _ = filled("influencers", "--measure", word, "--with_communities", "--json")

    assert (code, json.loads(out)["method"]) == (0, "peeling by degree")
    assert None not in {row["community"] for row in json.loads(out)["items"]}


def test_referrers_say_their_place_too(filled: Run) -> None:
    _, out, _ = filled("top-referrers", "--with-communities", "--first", "1", "--json")

    (row,) = json.loads(out)["items"]
    assert row["out_degree"] >= 1
    assert row["percentile"] > 50
    assert row["community"] >= 1


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


def test_a_query_may_make_its_store_with_a_mutation(run: Run, tmp_path: Path) -> None:
    document = """mutation { upsertStaff(input: {staff: [{key: "a", name: "Ann"}]}) { version } }"""

    code, out, _ = run("query", document, "--json")

    assert (code, json.loads(out)) == (0, {"data": {"upsertStaff": {"version": 1}}})
    assert (tmp_path / "store" / "default.db").is_file()


def test_a_query_with_errors_ends_with_1(filled: Run) -> None:
    code, out, _ = filled("query", "{ nothing }")

    assert code == 1
    assert json.loads(out)["errors"][0]["extensions"] == {"code": "BAD_INPUT"}


def test_the_schema_is_printed_as_it_is_committed(run: Run) -> None:
    committed = Path(__file__).parents[2] / "schema.graphql"

    assert run("schema")[1] == committed.read_text("utf-8")


def test_the_schema_is_printed_as_an_introspection_too(run: Run) -> None:
    code, out, _ = run("schema", "--json")

    assert code == 0
    assert json.loads(out)["__schema"]["queryType"]["name"] == "Query"


def test_the_demo_prints_three_answers_and_a_second_run_adds_nothing(run: Run) -> None:
    code, out, _ = run("demo", "--no-serve")
    again = run("demo", "--no-serve")

    assert code == 0
    for title in ("Top referrers", "Contact network", "Trade opportunities"):
        assert title in out
    assert out.startswith("synthetic demo data (seed 1) is now in sqlite:///")
    assert "synthetic" not in again[1]
    assert again[1].rstrip().splitlines()[-1].startswith("ask more: renmai top-referrers --store")


def test_the_demos_answers_are_one_json_object(run: Run, tmp_path: Path) -> None:
    code, out, err = run("demo", "--no-serve", "--json")

    told = json.loads(out)
    assert (code, err) == (0, "")
    assert list(told) == [
        "store", "tenant", "top_referrers", "contact_network", "trade_opportunities"
    ]  # fmt: skip
    assert told["store"] == f"sqlite:///{tmp_path}/store"
    assert told["top_referrers"]["items"][0]["rank"] == 1


@pytest.mark.parametrize("command", ["demo", "generate", "export", "schema", "reach", "warm"])
def test_every_command_has_json(run: Run, command: str) -> None:
    assert "--json" in run(command, "--help")[1]


@pytest.mark.parametrize(
    ("since", "same"),
    [
        ("2024-06-01", "2024-06-01T00:00:00+00:00"),
        ("2024-06-01T12:30", "2024-06-01T12:30:00Z"),
        ("2024-06-01T12:30", "2024-06-01T20:30:00+08:00"),
    ],
)
def test_times_without_an_offset_are_utc(filled: Run, since: str, same: str) -> None:
    _, out, _ = filled("top-referrers", "--since", since, "--json")
    _, again, _ = filled("top-referrers", "--since", same, "--json")
    _, whole, _ = filled("top-referrers", "--json")

    assert json.loads(out)["items"] == json.loads(again)["items"]
    assert json.loads(out)["total"] < json.loads(whole)["total"]
