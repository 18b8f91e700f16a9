"""How fast a snapshot is made, kept current, reopened and asked over HTTP, at a million edges.

    python -m benchmarks.snapshot [--folder /tmp/large] [--edges 1000000] [--runs 5]

The tenant is `benchmarks.large_tenant`'s, made in the folder if it is not there. HTTP goes through
a server of its own (`renmai serve`), one connection kept open. Prints Markdown; seconds are wall
clock, median (least to greatest).
"""

# ruff: noqa: T201  (a command line that prints its result)
from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import os
import random
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import large_tenant
from benchmarks.large_tenant import TENANT
from graph.model import NodeRef
from graph.model.words import ReferralStatus
from graph.network import Network, advance, build_network
from graph.network.cache import SnapshotCache
from graph.network.flat import nbytes
from graph.sqlite import SqliteStore
from graph.store import Delete, TenantGraph, Upsert

INFLUENCERS = """query ($since: DateTime) { influencers(first: 20, since: $since) {
    version items { rank score party { __typename name ... on Contact { region } } } } }"""
REACH = "query ($key: String!) { referralReach(kind: CONTACT, key: $key) { count depth value } }"


async def timed(work: Callable[[], Awaitable[Any]], runs: int) -> list[float]:
    """Seconds of each run."""
    took = []
    for _ in range(runs):
        began = time.perf_counter()
        await work()
        took.append(time.perf_counter() - began)
    return took


def row(what: str, took: list[float], bar: str, unit: float = 1.0) -> None:
    """One row of the table; `unit` is what the numbers are multiplied by."""
    low, middle, high = (f(took) * unit for f in (min, statistics.median, max))
    print(f"| {what} | {middle:.3f} ({low:.3f} to {high:.3f}) | {bar} |", flush=True)


async def snapshots(folder: Path, runs: int) -> None:
    """Building, saving, reopening and folding."""
    store = SqliteStore(folder)
    await store.ready()
    graph = store.tenant(TENANT)
    network = await build_network(graph)
    print(f"{network!r}, {nbytes(network) / 1e6:.0f} MB\n")
    print("| what | seconds | bar |\n|---|---|---|")
    row("from SQLite scan", await timed(lambda: build_network(graph), min(runs, 3)), "6")
    with tempfile.TemporaryDirectory() as cached:
        cache = SnapshotCache(Path(cached))
        began = time.perf_counter()
        cache.save(TENANT, network, "mark")
        row("saved", [time.perf_counter() - began], "")
        reopened = await timed(lambda: asyncio.to_thread(cache.load, TENANT), runs)
        row("reopened, every checksum verified", reopened, "0.2")
        await folds(graph, network, runs)
    await store.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f"\nPeak memory of the process: {peak:,.0f} MB")


async def folds(graph: TenantGraph, network: Network, runs: int) -> None:
    """Bringing the snapshot up to date after commits of several kinds."""
    some = network.nodes.refs(network.edges["Referral"].source[:1])[0]
    person, firm = NodeRef("Contact", "new"), NodeRef("Organization", "o000001")
    commits = {
        "one more referral": [Upsert("Referral", "new1", {"source": some, "target": firm})],
        "one referral converted": [
            Upsert("Referral", "new1", {"status": ReferralStatus.CONVERTED})
        ],
        "a contact and its referral": [
            Upsert("Contact", "new", {"name": "New"}),
            Upsert("Referral", "new2", {"source": some, "target": person}),
        ],
        "both gone": [Delete("Contact", "new"), Delete("Referral", "new1")],
    }
    for what, changes in commits.items():
        version = (await graph.commit(changes, actor="bench")).version
        work = partial(advance, network, graph, version)
        row(f"current after: {what}", await timed(work, runs), "")
        network = await work() or network


class Client:
    """One connection to a server."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of an answer without errors."""
        body = json.dumps({"query": query, "variables": variables})
        self._connection.request("POST", "/graphql", body, {"Content-Type": "application/json"})
        answer = json.loads(self._connection.getresponse().read())
        if "errors" in answer:
            raise SystemExit(answer["errors"][0]["message"])
        found: dict[str, Any] = answer["data"]
        return found

    def took(self, query: str, **variables: Any) -> float:
        """Seconds of one answer."""
        began = time.perf_counter()
        self.ask(query, **variables)
        return time.perf_counter() - began


def over_http(folder: Path, keys: list[str]) -> None:
    """Asks a server of its own, twice started: without and with a saved snapshot."""
    print("\n| over HTTP | milliseconds | bar |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as cache:
        for start in ("first start", "restart"):
            environment = os.environ | {
                "RENMAI_STORE": f"sqlite:///{folder.absolute()}",
                "RENMAI_TENANT": TENANT,
                "RENMAI_PORT": "0",
                "RENMAI_CACHE_DIR": cache,
                "RENMAI_LOG_LEVEL": "warning",
                "RENMAI_REQUEST_TIMEOUT_S": "300",
            }
            renmai = str(Path(sys.executable).with_name("renmai"))
            subprocess.run([renmai, "warm"], env=environment, check=True)  # as in the image
            command = [renmai, "serve"]
            server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
            try:
                _ask(server, start, keys)
            finally:
                server.terminate()
                server.wait(60)


def port_of(server: subprocess.Popen[str]) -> int:
    """The port that `renmai serve` tells of, once it is listened on."""
    assert server.stdout is not None
    line = server.stdout.readline()
    port = int(line.partition("127.0.0.1:")[2].partition("/")[0])
    for _ in range(100):  # the address is told a moment before it is listened on
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except ConnectionRefusedError:
            time.sleep(0.1)
    return port


def _ask(server: subprocess.Popen[str], start: str, keys: list[str]) -> None:
    client = Client(port_of(server))
    ms = 1e3
    row(f"{start}: first question, snapshot included", [client.took(REACH, key=keys[0])], "", ms)
    cold = [client.took(INFLUENCERS, since=f"2020-01-0{n}T00:00:00Z") for n in range(1, 6)]
    row(f"{start}: influencers(first: 20), not asked before", cold, "1500", ms)
    warm = [client.took(INFLUENCERS, since="2020-01-01T00:00:00Z") for _ in range(200)]
    row(f"{start}: influencers(first: 20), known", warm, "5", ms)
    one = [client.took(REACH, key=key) for key in keys[1:201]]
    row(f"{start}: referralReach of one party, not asked before", one, "5", ms)


async def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "renmai-large")
    parser.add_argument("--edges", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    if not (options.folder / f"{TENANT}.db").exists():
        options.folder.mkdir(parents=True, exist_ok=True)
        await large_tenant.make(options.folder, options.edges)
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    await snapshots(options.folder, options.runs)
    people = int(options.edges * 4 // 10 / 1.3)
    keys = [f"c{n:07}" for n in random.Random(5).sample(range(people), 201)]
    over_http(options.folder, keys)


if __name__ == "__main__":
    asyncio.run(main())
