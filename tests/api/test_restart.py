"""A server that is stopped and started again takes its network from the disk."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from graph.model import NodeRef
from graph.snapshots import WORTH_SAVING
from graph.sqlite import SqliteStore
from graph.store import Upsert
from tests.api.conftest import ROOT
from tests.api.test_cli_serving import PROGRAM

MANY = WORTH_SAVING // 2
AT = datetime(2026, 5, 1, tzinfo=UTC)
QUERY = """{ topReferrers(measure: REACH, first: 1) {
  version computedAt items { score party { key } } } }"""


def chain() -> Iterator[Upsert]:
    """MANY contacts, each of whom refers the next: with the edges just as many as are saved."""
    for at in range(MANY + 1):
        yield Upsert("Contact", f"c{at}", {"name": f"C {at}"})
    for at in range(MANY):
        ends = {"source": NodeRef("Contact", f"c{at}"), "target": NodeRef("Contact", f"c{at + 1}")}
        yield Upsert("Referral", f"r{at}", {**ends, "at": AT})


async def written(folder: Path, changes: list[Upsert]) -> None:
    store = SqliteStore(folder)
    try:
        for first in range(0, len(changes), 5_000):
            await store.tenant("default").commit(changes[first : first + 5_000], actor="test")
    finally:
        await store.close()


@contextmanager
def served(folder: Path, cache: Path) -> Iterator[str]:
    """The address of `renmai serve` on that store and cache; stopped by Ctrl-C's signal."""
    environ = {"RENMAI_STORE": f"sqlite:///{folder}", "RENMAI_CACHE_DIR": f"{cache}"}
    with subprocess.Popen(
        [*PROGRAM, "serve", "--port", "0", "--json"],
        cwd=ROOT, env=os.environ | {"RENMAI_WARM": "0"} | environ,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())["url"]
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 0
        finally:
            process.kill()


def top(url: str) -> dict[str, Any]:
    asked = urllib.request.Request(
        url, json.dumps({"query": QUERY}).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(asked, timeout=60) as answer:
        found: dict[str, Any] = json.load(answer)["data"]["topReferrers"]
    return found


def test_a_restarted_server_answers_from_the_copy_it_left_on_disk(tmp_path: Path) -> None:
    """The copy says when it was made; without the folder it is made anew, and later."""
    store, cache = tmp_path / "store", tmp_path / "cache"
    asyncio.run(written(store, list(chain())))

    with served(store, cache) as url:
        before = top(url)
    with served(store, cache) as url:
        again = top(url)
    with served(store, tmp_path / "another cache") as url:
        anew = top(url)

    assert before["items"] == [{"score": MANY, "party": {"key": "c0"}}]
    assert again == before
    assert anew["computedAt"] > before["computedAt"]
    assert anew["items"] == before["items"]


def test_what_was_written_between_is_added_to_that_copy(tmp_path: Path) -> None:
    store, cache = tmp_path / "store", tmp_path / "cache"
    asyncio.run(written(store, list(chain())))
    with served(store, cache) as url:
        before = top(url)
    ends = {"source": NodeRef("Contact", "first"), "target": NodeRef("Contact", "c0")}
    more = [Upsert("Contact", "first", {"name": "F"}), Upsert("Referral", "rf", {**ends, "at": AT})]
    asyncio.run(written(store, more))

    with served(store, cache) as url:
        after = top(url)

    assert after["version"] == before["version"] + 1
    assert after["items"] == [{"score": MANY + 1, "party": {"key": "first"}}]
