"""Our kernels beside other libraries: seconds, growth with the edges, memory, errors.

`make bench-analytics` measures all at 10^5 and 10^6 edges, in about a quarter of an hour; then it
measures snapshots (`benchmarks.snapshot`). ARGS="--memory" takes the time of one run and the
memory, each task in a process of its own; with --edges 10000000 that is the way for 10^7.
ARGS="--edges 1000000 --only knit,hops" measures a part. One thread each.
"""

# ruff: noqa: T201  (a command line that prints its result)
from __future__ import annotations

import argparse
import ctypes
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import networkit as nk
import numpy as np

from benchmarks.analytics_bars import BARS, HOPS_MS, MOST_GROWTH, NOT_LINEAR, verdict
from benchmarks.analytics_dispatch import dispatch
from benchmarks.analytics_peers import MOST_EDGES, networkit_of, ran
from benchmarks.analytics_tasks import FAMILIES, OURS, Task
from benchmarks.graphs import social, trust
from graph.network.csr import csr
from referral.kernels.betweenness import betweenness
from referral.kernels.communities import communities, modularity
from referral.kernels.pagerank import pagerank
from referral.kernels.random_paths import sampled_betweenness
from referral.kernels.searching import within_hops
from referral.kernels.shape import plain, undirected

PATIENCE_S = 8
"""A library that takes longer than that is run once."""

Times = dict[tuple[str, str], dict[int, float]]
"""By task and graph, our median seconds by number of edges."""


CLOCKS: dict[str, Callable[[], float]] = {
    "wall": time.perf_counter,
    "processor": time.process_time,
}
"""Beside other work the processor's time says more: it does not count what others had."""


def measure(task: Task, runs: int, clock: Callable[[], float]) -> dict[str, list[float]]:
    """Seconds of every run, in turn; a first of ours, which may compile, is left out."""
    task.runs[OURS]()
    took: dict[str, list[float]] = {name: [] for name in task.runs}
    for turn in range(runs):
        for name, run in task.runs.items():
            if turn and took[name][0] > PATIENCE_S:
                continue
            begun = clock()
            run()
            took[name].append((clock() - begun) * task.times.get(name, 1))
    return took


def row(count: int, task: Task, took: dict[str, list[float]]) -> str:
    """One line of the table."""
    middle = {peer: statistics.median(times) for peer, times in took.items()}
    words = {p: f"{p} {_seconds(middle[p])} ({_seconds(min(took[p]))})" for p in took}
    rest = sorted((p for p in took if p != OURS), key=middle.__getitem__)
    ratio = ""
    if rest:
        lowest = min(took[OURS]) / min(took[rest[0]])
        ratio = f"{middle[OURS] / middle[rest[0]]:.2f} ({lowest:.2f})"
    first = words[rest[0]] if rest else ""
    others = ", ".join(words[p] for p in rest[1:])
    own = words[OURS].removeprefix(f"{OURS} ")
    bar = BARS.get((count, task.name, task.graph))
    judged = f"{bar or ''} | {_judged(count, task, middle, rest)}"
    cells = f"{count:,}", task.name, task.graph, own, first, ratio, judged, others
    return f"| {' | '.join(cells)} |"


def _judged(count: int, task: Task, middle: dict[str, float], rest: list[str]) -> str:
    """Whether the task's bar is reached, by medians."""
    bar = BARS.get((count, task.name, task.graph))
    if bar is None:
        return ""
    if not rest and bar.ratio:
        return ""  # nothing to compare with
    return verdict(bar.reached(middle[OURS], middle[rest[0]] if rest else None))


def _seconds(value: float) -> str:
    return f"{value:.4f}" if value < 0.1 else f"{value:.3f}"


def table(
    counts: list[int],
    families: list[str],
    runs: int,
    peers: frozenset[str],
    clock: Callable[[], float],
) -> Times:
    """Measures and prints the tasks; our medians, for the growth."""
    print("Seconds: median (least); ratio to the best peer: of medians (of the least).\n")
    print("| edges | task | graph | renmai | best peer | ratio | bar | | others |")
    print("|---:|---|---|---|---|---|---|---|---|")
    medians: Times = {}
    for count in counts:
        for family in families:
            for task in FAMILIES[family](count, peers):
                took = measure(task, runs, clock)
                own = statistics.median(took[OURS])
                medians.setdefault((task.name, task.graph), {})[count] = own
                print(row(count, task, took), flush=True)
    return medians


def growth(medians: Times) -> None:
    """Prints how many times longer ten times the edges take."""
    print(f"\n| task | graph | growth | bar {MOST_GROWTH:g} |\n|---|---|---|---|")
    for (name, graph), by_count in medians.items():
        steps = list(pairwise(sorted(by_count)))
        if not steps:
            continue
        words = [f"{a:,} to {b:,}: {by_count[b] / by_count[a]:.1f}" for a, b in steps]
        least = all(by_count[b] / by_count[a] <= MOST_GROWTH for a, b in steps)
        judged = "not linear" if (name, graph) in NOT_LINEAR else verdict(least)
        print(f"| {name} | {graph} | {', '.join(words)} | {judged} |")


def hops(count: int, clock: Callable[[], float]) -> None:
    """Prints how long two hops take around nodes at random and around hubs."""
    edges = social(count)
    rows = plain(undirected(edges.source, edges.target, edges.size))
    draw = np.random.default_rng(1)
    hubs = np.argsort(-rows.degrees())[:100].tolist()
    print("\n| edges | two hops around | nodes within, mean | mean ms | p50 | p99 | bar | |")
    print("|---:|---|---:|---:|---:|---:|---:|---|")
    for name, nodes in (
        ("random nodes", draw.integers(0, edges.size, 2_000).tolist()),
        ("the 100 biggest hubs, 10 times each", hubs * 10),
    ):
        took, seen = [], 0
        for node in nodes:
            begun = clock()
            found = within_hops(rows, node, 2)
            took.append((clock() - begun) * 1e3)
            seen += len(found.ids)
        half, last = np.quantile(took, [0.5, 0.99]).tolist()
        print(
            f"| {count:,} | {name} | {seen / len(nodes):,.0f} | {statistics.mean(took):.3f} "
            f"| {half:.3f} | {last:.3f} | {HOPS_MS[name]:g} | {verdict(last <= HOPS_MS[name])} |"
        )


def errors(count: int) -> None:
    """Prints how far what is approximate is off, and the quality of communities."""
    edges = trust(count)
    backward = csr(edges.target, edges.source, edges.size)
    exact = pagerank(backward, tolerance=1e-13)
    off = float(np.abs(pagerank(backward, tolerance=1e-6) - exact).sum())
    print(f"\n- PageRank at tolerance 1e-6: true L1 error {off:.1e}")
    edges = social(count)
    rows = plain(undirected(edges.source, edges.target, edges.size))
    partition = ran(nk.community.PLM(networkit_of(edges), refine=False)).getPartition()
    theirs = modularity(rows, np.array(partition.getVector(), np.int32))
    print(f"- modularity {communities(rows).modularity:.4f}, networkit PLM {theirs:.4f}")
    if count <= MOST_EDGES["networkx"]:
        true = betweenness(rows) / ((edges.size - 1) * (edges.size - 2))
        for seed in (1, 2, 3):
            found, bound = sampled_betweenness(rows, rows, directed=False, seed=seed)
            off = float(np.abs(found - true).max())
            print(f"- sampled betweenness, seed {seed}: bound {bound:.4f}, true error {off:.4f}")


def memory(counts: list[int], families: list[str]) -> None:
    """Prints the peak memory of each of our tasks, in a process of its own."""
    print("\n| edges | task | graph | seconds, one run | graph, MiB | peak above it, MiB |")
    print("|---:|---|---|---:|---:|---:|")
    for count in counts:
        for family in families:
            command = [sys.executable, "-m", "benchmarks.analytics", "--edges", str(count)]
            place = 0
            while True:
                one = [*command, "--peak", f"{family}:{place}"]
                line = subprocess.run(one, check=True, capture_output=True, text=True).stdout
                if not line:
                    break
                print(line, end="", flush=True)
                place += 1


def peak(count: int, family: str, place: int) -> None:
    """Prints the memory of one task: after a run on a small graph, so that code is loaded."""
    small = list(FAMILIES[family](10_000, frozenset()))
    if place < len(small):
        small[place].runs[OURS]()
    for at, task in enumerate(FAMILIES[family](count, frozenset())):
        if at == place:
            ctypes.CDLL(None).malloc_trim(0)  # what making the graph has left would be used again
            Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
            before = _status_kib("VmRSS")
            begun = time.perf_counter(), time.process_time()
            task.runs[OURS]()
            wall, own = time.perf_counter() - begun[0], time.process_time() - begun[1]
            above = _status_kib("VmHWM") - before
            sizes = f"{before / 1024:,.0f} | {above / 1024:,.0f}"
            took = f"{wall:.3f} ({own:.3f} of the processor)"
            print(f"| {count:,} | {task.name} | {task.graph} | {took} | {sizes} |")
            return


def _status_kib(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise LookupError(f"/proc/self/status has no {name}; this needs Linux")


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edges", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", default=",".join((*FAMILIES, "hops", "dispatch", "errors")))
    parser.add_argument("--clock", choices=list(CLOCKS), default="wall")
    parser.add_argument("--without-peers", action="store_true", help="ours alone")
    parser.add_argument(
        "--memory", action="store_true", help="one run and its memory, a process each"
    )
    parser.add_argument("--peak", help=argparse.SUPPRESS)  # one task's memory, in this process
    options = parser.parse_args()
    families = [name for name in options.only.split(",") if name in FAMILIES]
    if options.peak:
        family, place = options.peak.split(":")
        peak(options.edges[0], family, int(place))
        return
    if options.memory:
        memory(options.edges, families)
        return
    nk.setNumberOfThreads(1)
    load = os.getloadavg()[0]
    print(f"load {load:.1f} on {os.cpu_count()} cores; seconds by the {options.clock} clock\n")
    clock = CLOCKS[options.clock]
    peers = frozenset() if options.without_peers else frozenset(MOST_EDGES)
    if families:
        medians = table(options.edges, families, options.runs, peers, clock)
        growth(medians)
    if "dispatch" in options.only.split(","):
        dispatch()
    for count in options.edges:
        if "hops" in options.only.split(","):
            hops(count, clock)
        if "errors" in options.only.split(","):
            errors(count)
    print(f"\nload at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
