"""The local Neo4j server, for real: it answers, it is one's own, and it leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from neo4j import AsyncGraphDatabase

from tests.neo4j_server import ServerError, answers_bolt, config, java, process
from tests.neo4j_server.server import Server

ROOT = Path(__file__).parents[1]
HOLDER = """
from tests.neo4j_server import lease
with lease() as url:
    print(url, flush=True)
    input()
"""


async def test_the_server_answers_a_statement(neo4j_url: str) -> None:
    parts = urlsplit(neo4j_url)
    auth = (str(parts.username), str(parts.password))

    # the driver takes credentials apart from the URL only
    async with AsyncGraphDatabase.driver(f"bolt://127.0.0.1:{parts.port}", auth=auth) as driver:
        records, _, _ = await driver.execute_query("RETURN 1 AS one", database_="neo4j")

    assert [record["one"] for record in records] == [1]


@pytest.mark.neo4j
def test_a_killed_holder_leaves_no_server(neo4j_url: str) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with holder:
        assert holder.stdout is not None
        port = int(holder.stdout.readline().rpartition(":")[2])
        assert answers_bolt(port)

        os.kill(holder.pid, signal.SIGKILL)

        limit = time.monotonic() + 60
        while answers_bolt(port) and time.monotonic() < limit:
            time.sleep(0.1)
        assert not answers_bolt(port)


def java_of(version: str) -> java.Java:
    return java.Java(Path("/java") / version, version)


@pytest.mark.parametrize(
    ("versions", "release", "chosen"),
    [
        (["17.0.15"], "5.26.30", "17.0.15"),
        (["17.0.15", "25.0.3"], "2026.08.1", "25.0.3"),
        (["21.0.1", "25.0.3"], "2026.08.1", "25.0.3"),
        (["22.0.1", "21.0.1"], "2026.08.1", "21.0.1"),
        (["11.0.2", "26"], "2026.08.1", "26"),
    ],
)
def test_the_newest_release_runs_on_the_java_it_was_tried_on(
    versions: list[str], release: str, chosen: str
) -> None:
    found, best = java.choose([java_of(version) for version in versions])

    assert (found.version, best.version) == (release, chosen)


def test_without_a_fit_java_the_message_names_what_was_found_and_the_remedy() -> None:
    with pytest.raises(ServerError, match=r"found: 11\.0\.2; install a JDK or set JAVA_HOME"):
        java.choose([java_of("11.0.2")])


def test_a_java_is_known_by_its_release_file(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").touch(mode=0o755)
    (tmp_path / "release").write_text('IMPLEMENTOR="X"\nJAVA_VERSION="21.0.4"\n')

    assert java.inspect(tmp_path) == java.Java(tmp_path, "21.0.4")
    assert java.inspect(tmp_path / "bin") is None


def test_a_folder_of_somebody_else_is_neither_used_nor_deleted(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("mine")

    with pytest.raises(ServerError, match="is in use by something else"):
        Server(tmp_path).start(port=0)
    Server(tmp_path).wipe()

    assert (tmp_path / "letters.txt").read_text() == "mine"


def test_a_taken_port_is_refused_and_another_named() -> None:
    with socket.create_server((process.HOST, 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(ServerError, match=rf"port {port} is in use; choose another"):
            process.claim(port)


def test_a_process_is_told_apart_by_when_it_began() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        born = process.birth(child.pid)
        assert born is not None

        process.end(child.pid, born)

        assert process.birth(child.pid) is None


def test_a_server_whose_process_is_gone_counts_as_stopped(tmp_path: Path) -> None:
    (tmp_path / "running.json").write_text(
        json.dumps({"pid": os.getpid(), "born": "another time", "port": 1, "archive": ""})
    )

    assert Server(tmp_path).running() is None
    assert Server(tmp_path).stop() is False


def test_a_server_that_is_to_last_has_all_of_javas_compilers() -> None:
    found = config.LASTING_FLAGS

    assert not any(flag.startswith("-XX:Tiered") for flag in found)
    assert [flag for flag in found if flag.startswith("-Xm")] == ["-Xms1g", "-Xmx1g"]
    assert set(config.FLAGS) - set(found) == {
        "-Xms512m",
        "-Xmx512m",
        "-XX:TieredStopAtLevel=1",
    }
