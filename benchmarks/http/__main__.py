"""Measures, and prints the tables."""

# ruff: noqa: T201  (a command line that prints its result)
from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from random import Random

from benchmarks.http import memory, servers
from benchmarks.http.data import TENANT, Keys, prepare
from benchmarks.http.load import Figures, drive
from benchmarks.http.queries import ANALYTIC, IN_MEMORY, TYPENAME, WORKS, Work
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


def show(work: Work, found: Measured) -> None:
    """Prints a line for each server; ratios are of the peer, the last one."""
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


def _median(figures: Sequence[Figures], name: str) -> float:
    return statistics.median(getattr(f, name) for f in figures)


def head() -> None:
    """Prints the head of a table."""
    print(
        "\n| work | server | requests/s, min / median | times the peer | p50 ms | p99 ms | "
        "CPU ms a request, min / median |\n|---|---|---:|---:|---:|---:|---:|"
    )


def spread(work: Work, server: Server, keys: Sequence[str], seconds: int) -> None:
    """Prints how far the slowest requests are from the middle ones."""
    figures = drive(server, bodies(work, keys, peer=False), SPREAD_CONNECTIONS, seconds)
    print(
        f"p99 / p50 at {SPREAD_CONNECTIONS} connections, {work.name}, {server.name}: "
        f"{figures.p99_ms:.2f} / {figures.p50_ms:.2f} ms = {figures.p99_ms / figures.p50_ms:.1f}"
    )


def on_neo4j(url: str, keys: Keys, rounds: int, seconds: int) -> None:
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
        for work in (*WORKS, TYPENAME):
            asked = chosen(work, keys)
            for server in (ours, late, cold):  # which also warms the caches
                compare(work, server, peer, asked)
            running = [ours, peer] if work is TYPENAME else [ours, late, cold, peer]
            show(work, measure(work, running, asked, rounds, seconds))
        print()
        for work in WORKS:
            for server in (ours, cold):
                spread(work, server, chosen(work, keys), seconds)


def in_memory(rounds: int, seconds: int) -> None:
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
        show(IN_MEMORY, measure(IN_MEMORY, running, memory.KEYS, rounds, seconds))
        print()
        spread(IN_MEMORY, ours, memory.KEYS, seconds)


def by_workers(url: str, keys: Keys, rounds: int, seconds: int) -> None:
    """One process against two, each with a snapshot of the network in memory."""
    store = {"RENMAI_STORE": url, "RENMAI_TENANT": TENANT}
    with (
        servers.renmai("2 workers", "--workers", "2", **store) as two,
        servers.renmai("1 worker", **store) as one,
    ):
        for server in (one, two):
            for _ in range(40):  # so that each worker has answered and has a snapshot
                server.ask(ANALYTIC)
        head()
        for work in (WORKS[1], TYPENAME):
            show(work, measure(work, [two, one], chosen(work, keys), rounds, seconds))
        print(
            "\nmemory (PSS): " + ", ".join(f"{s.name} {s.memory_mb():,.0f} MB" for s in (one, two))
        )


def main() -> None:
    """Measures what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--neo4j", metavar="URL", help="without it, only what is in memory")
    parser.add_argument("--data", type=Path, default=Path("../shared/data/ldbc"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=2, help="of each drive")
    parser.add_argument("--part", choices=("all", "neo4j", "memory", "workers"), default="all")
    parser.add_argument("--prepare", action="store_true", help="only fill Neo4j")
    options = parser.parse_args()
    if options.neo4j:
        keys = asyncio.run(prepare(options.neo4j, options.data))
        if options.prepare:
            return
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, by wrk")
    often = options.rounds, options.seconds
    if options.neo4j and options.part in ("all", "neo4j"):
        on_neo4j(options.neo4j, keys, *often)
    if options.part in ("all", "memory"):
        in_memory(*often)
    if options.neo4j and options.part in ("all", "workers"):
        by_workers(options.neo4j, keys, *often)


if __name__ == "__main__":
    main()
