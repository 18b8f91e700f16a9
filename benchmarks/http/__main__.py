"""Measures, and prints the tables."""

# ruff: noqa: T201  (a command line that prints its result)
from __future__ import annotations

import argparse
import asyncio
import os
import signal
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from random import Random

from benchmarks import large_tenant
from benchmarks.http import memory, servers
from benchmarks.http.bars import Bar, summary, verdict, verdicts
from benchmarks.http.data import TENANT, Keys, prepare
from benchmarks.http.load import Figures, drive
from benchmarks.http.queries import ANALYTIC, IN_MEMORY, REACH, TYPENAME, WORKS, Work
from benchmarks.http.servers import Server, body

CONNECTIONS = 10
SPREAD_CONNECTIONS = 8
"""Over which the spread of latencies, p99 / p50, is taken."""

CONTACTS = 60
"""How many are asked about in turn: all of them are in the caches before anything is timed."""

Measured = dict[str, list[Figures]]
"""Figures of each round by the server's name."""


def bodies(work: Work, keys: Sequence[str], *, peer: bool) -> list[bytes]:
    """The requests of one kind, about the keys in an order of its own."""
    query = work.peer if peer else work.ours
    if not work.keyed:
        return [body(query)]
    shuffled = Random(1).sample(list(keys), len(keys))
    return [body(query, {"key": key}) for key in shuffled]


def chosen(work: Work, keys: Keys) -> Sequence[str]:
    """The contacts asked about."""
    return (keys.middling if "network" in work.name else keys.all)[:CONTACTS]


def compare(work: Work, ours: Server, peer: Server, keys: Sequence[str]) -> None:
    """Checks that both answer the same.

    Raises:
        AssertionError: they do not.
    """
    for key in keys if work.keyed else [""]:
        variables = {"key": key} if work.keyed else None
        mine = ours.ask(work.ours, variables)
        theirs = work.same(peer.ask(work.peer, variables))
        assert mine == theirs, f"{work.name} {key}:\n{mine}\n{theirs}"


def measure(
    work: Work, running: Sequence[Server], keys: Sequence[str], rounds: int, seconds: int
) -> Measured:
    """Drives the servers in turn."""
    found: Measured = defaultdict(list)
    for _ in range(rounds):
        for server in running:
            asked = bodies(work, keys, peer=server.foreign)
            found[server.name].append(drive(server, asked, CONNECTIONS, seconds))
    return found


def show(work: Work, found: Measured) -> list[str]:
    """Prints a line for each server, ratios to the last one; what the summary says of the work."""
    *_, peer = found.values()
    for name, figures in found.items():
        rates = sorted(f.requests_s for f in figures)
        cpu = sorted(f.cpu_ms for f in figures)
        others = sorted(f.requests_s for f in peer)
        ratio = statistics.median(rates) / statistics.median(others)
        print(
            f"| {work.name} | {name} | {rates[0]:,.0f} / {statistics.median(rates):,.0f} | "
            f"{ratio:.2f} | {_median(figures, 'p50_ms'):.2f} | {_median(figures, 'p99_ms'):.2f} | "
            f"{cpu[0]:.3f} / {statistics.median(cpu):.3f} |",
            flush=True,
        )
    return verdicts(work.name, found)


def _median(figures: Sequence[Figures], name: str) -> float:
    return statistics.median(getattr(f, name) for f in figures)


def head() -> None:
    """Prints the head of a table."""
    print(
        "\n| work | server | requests/s, min / median | times the peer | p50 ms | p99 ms | "
        "CPU ms a request, min / median |\n|---|---|---:|---:|---:|---:|---:|"
    )


def spread(work: Work, server: Server, keys: Sequence[str], rounds: int, seconds: int) -> str:
    """How far the slowest requests are from the middle ones."""
    text = f"p99 / p50 <= 4 at {SPREAD_CONNECTIONS} connections"
    asked = bodies(work, keys, peer=False)
    found = [drive(server, asked, SPREAD_CONNECTIONS, seconds) for _ in range(rounds)]
    bar = Bar(work.name, server.name, text, lambda ours, _: ours.p99_ms, 4, at_least=False)
    return verdict(bar, [f.p99_ms / f.p50_ms for f in found])


def on_neo4j(url: str, keys: Keys, rounds: int, seconds: int) -> list[str]:
    """Ours against @neo4j/graphql with Apollo Server."""
    store = {"RENMAI_STORE": url, "RENMAI_TENANT": TENANT}
    with (
        servers.renmai("renmai, warm", **store) as ours,
        servers.renmai(
            "renmai, warm, up to 1 s late", RENMAI_RECORD_CACHE_MAX_AGE_MS="1000", **store
        ) as late,
        servers.renmai("renmai, cold", RENMAI_RECORD_CACHE_MB="0", **store) as cold,
        servers.peer("@neo4j/graphql", "neo4j-graphql", "/", url) as peer,
    ):
        head()
        rows: list[str] = []
        for work in (*WORKS, TYPENAME):
            asked = chosen(work, keys)
            for server in (ours, late, cold):  # which also warms the caches
                compare(work, server, peer, asked)
            running = [ours, peer] if work is TYPENAME else [ours, late, cold, peer]
            rows += show(work, measure(work, running, asked, rounds, seconds))
        return rows + [
            spread(work, server, chosen(work, keys), rounds, seconds)
            for work in WORKS
            for server in (ours, cold)
        ]


def in_memory(rounds: int, seconds: int) -> list[str]:
    """Ours against mercurius, both on the same data in memory."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as held:
        file = Path(folder, "world.json")
        memory.write_world(file)
        ours = held.enter_context(servers.memory("renmai"))
        untuned = held.enter_context(
            servers.memory("renmai, Python's own garbage collector", "untuned")
        )
        peer = held.enter_context(servers.peer("mercurius jit", "mercurius", "/graphql", str(file)))
        compare(IN_MEMORY, ours, peer, memory.KEYS)
        head()
        running = [ours, untuned, peer]
        rows = show(IN_MEMORY, measure(IN_MEMORY, running, memory.KEYS, rounds, seconds))
        return [*rows, spread(IN_MEMORY, ours, memory.KEYS, rounds, seconds)]


def by_workers(url: str, edges: int, rounds: int, seconds: int) -> None:
    """One process against two on a great tenant, whose snapshot both map from the same files."""
    tenant, keys = asyncio.run(large_tenant.ensure(url, edges))
    with tempfile.TemporaryDirectory() as cache:
        store = {"RENMAI_STORE": url, "RENMAI_TENANT": tenant, "RENMAI_CACHE_DIR": cache}
        store["RENMAI_REQUEST_TIMEOUT_S"] = "900"
        with servers.renmai("1 worker, scanned", **store) as first:
            first.ask(ANALYTIC, timeout_s=900)
            _settled(Path(cache))
            sizes = [f"{first.name} {first.memory_mb():,.0f} MB"]
        with (
            servers.renmai("2 workers", "--workers", "2", **store) as two,
            servers.renmai("1 worker", **store) as one,
        ):
            sizes += [f"{s.name}, no snapshot yet {s.memory_mb():,.0f} MB" for s in (one, two)]
            for server in (one, two):
                for key in keys:  # so that each worker has answered and has a snapshot
                    server.ask(REACH.ours, {"key": key}, timeout_s=900)
            head()
            for work in (REACH, TYPENAME):
                show(work, measure(work, [two, one], keys, rounds, seconds))
            sizes += [f"{s.name} {s.memory_mb():,.0f} MB" for s in (one, two)]
    print(f"\nmemory (PSS) at {edges:,} edges: {', '.join(sizes)}", flush=True)


def _settled(cache: Path) -> None:
    """Returns when a snapshot has been saved."""
    end = time.monotonic() + 120
    while not any(cache.rglob("manifest.json")):
        if time.monotonic() > end:
            raise RuntimeError(f"no snapshot was saved in {cache}")
        time.sleep(0.5)


def main() -> None:
    """Measures what is asked for."""
    options = _options()
    # whoever is told to stop ends the servers it started
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with ExitStack() as held:
        url = options.neo4j
        if url is None and options.part != "memory":
            url = held.enter_context(servers.neo4j())
        _run(options, url or "")


def _run(options: argparse.Namespace, url: str) -> None:
    if options.part in ("all", "neo4j"):
        keys = asyncio.run(prepare(url, options.data))
        if options.prepare:
            return
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, by wrk", flush=True)
    often = options.rounds, options.seconds
    rows: list[str] = []
    if options.part in ("all", "neo4j"):
        rows += on_neo4j(url, keys, *often)
    if options.part in ("all", "memory"):
        rows += in_memory(*often)
    if rows:
        summary(rows)
    if options.part in ("all", "workers"):
        by_workers(url, options.edges, *often)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--neo4j", metavar="URL", help="without it, a server of its own is started")
    parser.add_argument(
        "--data",
        type=Path,
        default=Path("../shared/data/ldbc"),
        help="folder of the LDBC sample, as `renmai import ldbc` takes it",
    )
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=int, default=4, help="of each drive")
    parser.add_argument("--edges", type=int, default=1_000_000, help="of the workers' tenant")
    parser.add_argument("--part", choices=("all", "neo4j", "memory", "workers"), default="all")
    parser.add_argument("--prepare", action="store_true", help="only fill Neo4j")
    return parser.parse_args()


if __name__ == "__main__":
    main()
