"""The loud word at the end of a run, seen from outside: pytest in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SETTINGS = ("-c", str(ROOT / "pyproject.toml"), "-p", "no:cacheprovider", "-q")
TESTS = """
def test_one(neo4j_url):
    pass

def test_two(neo4j_url):
    pass

def test_three(shared_data):
    pass

def test_four():
    pass
"""


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder with four tests, three of which need what this machine is said to lack."""
    (tmp_path / "test_some.py").write_text(TESTS)
    return tmp_path


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the tests of a folder with our conftest on a machine without Java, Maven or data."""
    kept = {"HOME": str(folder), "PATH": "/nonexistent", "RENMAI_TEST_DATA": "nowhere"}
    # a Java of a system folder is found without PATH: an empty list of folders hides it
    plugin = (
        "import tests.neo4j_server.java as java\njava.FOLDERS = ()\nfrom tests.conftest import *"
    )
    (folder / "conftest.py").write_text(plugin)
    command = [sys.executable, "-m", "pytest", *SETTINGS, f"--rootdir={folder}", *arguments, "."]
    environment = {**kept, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_a_run_closes_with_the_tests_it_could_not_run_and_how_to_run_them(bare: Path) -> None:
    done = run(bare)

    assert done.returncode == 0
    assert "1 passed, 3 skipped" in done.stdout
    assert "NOT RUN for want of a Neo4j server: 2 tests" in done.stdout
    assert "RENMAI_TEST_NEO4J=bolt://neo4j:renmai-local@127.0.0.1:7687 make test" in done.stdout
    assert "NOT RUN for want of the public data sets: 1 test" in done.stdout
    assert "why:  nowhere is no folder" in done.stdout


def test_in_ci_a_missing_requirement_is_a_failure(bare: Path) -> None:
    done = run(bare, CI="true")

    assert done.returncode == 1
    assert "1 passed, 3 errors" in done.stdout
    assert "needs a Neo4j server" in done.stdout


def test_data_that_is_absent_on_purpose_is_said_and_no_failure_even_in_ci(bare: Path) -> None:
    done = run(bare, "-k", "three", CI="true", RENMAI_TEST_DATA="none")

    assert done.returncode == 0
    assert "NOT RUN for want of the public data sets: 1 test" in done.stdout


def test_a_named_server_that_does_not_answer_is_a_failure(bare: Path) -> None:
    done = run(bare, "-k", "one", RENMAI_TEST_NEO4J="bolt://neo4j:password@127.0.0.1:1")

    assert done.returncode == 1
    assert "RENMAI_TEST_NEO4J: nothing speaks Bolt at 127.0.0.1:1" in done.stdout


def test_tests_that_ask_for_a_server_carry_the_mark(bare: Path) -> None:
    done = run(bare, "-m", "not neo4j", "--co")

    assert "2/4 tests collected (2 deselected)" in done.stdout
