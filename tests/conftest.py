"""Fixtures every test may use, and the end-of-run word about tests that could not run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests import neo4j_server
from tests.requirements import DATA, NEO4J, REQUIREMENTS, report


@pytest.fixture(scope="session")
def neo4j_url() -> Iterator[str]:
    """Bolt URL, credentials included, of a real server: RENMAI_TEST_NEO4J, else one of our own.

    All tests share it, and it may hold data of earlier runs: use a tenant of your own.
    """
    with ExitStack() as held:
        named = os.environ.get("RENMAI_TEST_NEO4J")
        yield _checked(named) if named else _started(held)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of public data sets: RENMAI_TEST_DATA, else ../shared/data beside the project.

    RENMAI_TEST_DATA=none says that there is none here on purpose: its tests skip even under CI.
    """
    named = os.environ.get("RENMAI_TEST_DATA")
    if named == "none":
        pytest.skip(f"needs {DATA.name}: RENMAI_TEST_DATA is none")
    folder = Path(named or "../shared/data")
    folder = (Path(__file__).parents[1] / folder).resolve()
    if not folder.is_dir():
        DATA.missing(f"{named or '../shared/data'} is no folder")
    return folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that ask for a server, so that `-m "not neo4j"` leaves them out."""
    for item in items:
        if "neo4j_url" in getattr(item, "fixturenames", ()):
            item.add_marker("neo4j")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Close the run with the tests that did not run."""
    report(terminalreporter, REQUIREMENTS)


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if not neo4j_server.answers_bolt(parts.port or 7687, parts.hostname or "127.0.0.1"):
        pytest.fail(
            f"RENMAI_TEST_NEO4J: nothing speaks Bolt at {parts.hostname}:{parts.port}; "
            "start a server (make neo4j) or unset it",
            pytrace=False,
        )
    return url


def _started(held: ExitStack) -> str:
    try:
        return held.enter_context(neo4j_server.lease())
    except neo4j_server.ServerError as error:
        NEO4J.missing(str(error))
