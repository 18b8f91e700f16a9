"""Measures the trade engine: `make bench-trades` (ARGS="enumerate" or "plan" for one part).

About eight minutes on a free machine: peers that do not end are stopped (`ENDS_WITHIN_S`).

Graphs are synthetic: heavy-tailed ones for listing cycles (both ends of an arc drawn with chances
of rank to the power of -0.6), uniform ones with values from 1 to 99,999 for plans.
"""

from __future__ import annotations

import importlib.util
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from referral.trades.opportunities import opportunities
from referral.trades.plan import plan
from referral.trades.plan_types import Objective, PlanOptions
from referral.trades.want_graph import WantGraph, want_graph

SIZES = ((100_000, 20_000), (1_000_000, 100_000))
"""Arcs and parties."""

ENDS_WITHIN_S = {"networkx": 90, "rustworkx": 30}
"""Seconds after which a peer is stopped, at the smaller size; a third of it at the larger."""

OURS_END_WITHIN_S = 240
Arrays = tuple[NDArray[np.int64], NDArray[np.int64]]


def heavy_tailed(parties: int, arcs: int, seed: int = 1) -> Arrays:
    """Distinct arcs whose ends are drawn by rank ** -0.6."""
    chance = np.random.default_rng(seed)
    weights = np.cumsum(np.arange(1, parties + 1) ** -0.6)
    weights /= weights[-1]
    keys = np.empty(0, np.int64)
    while len(keys) < arcs:
        giver, receiver = np.searchsorted(weights, chance.random((2, arcs)))
        proper = giver != receiver
        keys = np.unique(np.concatenate((keys, (giver * parties + receiver)[proper])))
    giver, receiver = np.divmod(np.sort(chance.permutation(keys)[:arcs]), parties)
    return giver, receiver


def uniform(parties: int, arcs: int, seed: int = 1) -> WantGraph:
    """Distinct arcs, all equally likely, with values."""
    chance = np.random.default_rng(seed)
    keys = chance.permutation(parties * parties)
    giver, receiver = np.divmod(keys[keys // parties != keys % parties][:arcs], parties)
    chances = chance.integers(50, 101, arcs) / 100
    return want_graph(
        parties, giver, receiver, value=chance.integers(1, 100_000, arcs), probability=chances
    )


def renmai(giver: NDArray[np.int64], receiver: NDArray[np.int64], parties: int) -> Any:
    """Our kernel, from a ready graph of wants to counts and the best 20."""
    graph = want_graph(parties, giver, receiver)
    opportunities(want_graph(2, [0, 1], [1, 0]), 3)  # loads the compiled code
    return lambda: opportunities(graph, 3).by_parties[2:4]


def sets(giver: NDArray[np.int64], receiver: NDArray[np.int64], parties: int) -> Any:
    """Plain Python: the givers of one end and the receivers of the other, intersected."""
    gives: list[set[int]] = [set() for _ in range(parties)]
    takes: list[set[int]] = [set() for _ in range(parties)]
    for a, b in zip(giver.tolist(), receiver.tolist(), strict=True):
        gives[a].add(b)
        takes[b].add(a)

    def count() -> tuple[int, int]:
        two = sum(len(gives[a] & takes[a]) for a in range(parties)) // 2
        three = sum(len(gives[b] & takes[a]) for a in range(parties) for b in gives[a]) // 3
        return two, three

    return count


def networkx(giver: NDArray[np.int64], receiver: NDArray[np.int64], parties: int) -> Any:
    """networkx.simple_cycles with a bound on the length."""
    import networkx as nx

    graph: Any = nx.DiGraph(zip(giver.tolist(), receiver.tolist(), strict=True))
    return lambda: sum(1 for _ in nx.simple_cycles(graph, length_bound=3))


def rustworkx(giver: NDArray[np.int64], receiver: NDArray[np.int64], parties: int) -> Any:
    """rustworkx.simple_cycles: it has no bound on the length, so longer ones are passed over."""
    import rustworkx as rx

    graph: Any = rx.PyDiGraph()
    graph.add_nodes_from(range(parties))
    graph.add_edges_from_no_data(list(zip(giver.tolist(), receiver.tolist(), strict=True)))
    return lambda: sum(len(cycle) <= 3 for cycle in rx.simple_cycles(graph))


PEERS: dict[str, Callable[..., Any]] = {
    "renmai": renmai,
    "sets": sets,
    "networkx": networkx,
    "rustworkx": rustworkx,
}

WITHOUT_BOUND = {"rustworkx"}


def one(peer: str, arcs: int, parties: int) -> dict[str, Any]:
    """One measurement in this process: the best of three runs, or of one that is slow."""
    run = PEERS[peer](*heavy_tailed(parties, arcs), parties)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    walls, processors, found = [], [], None
    for _ in range(3):
        wall, processor = time.perf_counter(), time.process_time()
        found = run()
        walls.append(time.perf_counter() - wall)
        processors.append(time.process_time() - processor)
        if walls[-1] > 20:
            break
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "wall": min(walls), "cpu": min(processors), "found": str(found),
        "before": before / 1024, "peak": peak / 1024,
    }  # fmt: skip


def _row(peer: str, arcs: int, parties: int) -> dict[str, Any] | str:
    """What a peer's own process measured, or why there is nothing."""
    if peer == "rustworkx" and importlib.util.find_spec(peer) is None:
        return "not installed: make bench-trades"
    longest = ENDS_WITHIN_S.get(peer, OURS_END_WITHIN_S)
    if peer in ENDS_WITHIN_S and arcs > SIZES[0][0]:
        longest //= 3
    command = [sys.executable, "-m", "benchmarks.trades", "one", peer, str(arcs), str(parties)]
    try:
        told = subprocess.run(command, capture_output=True, check=True, text=True, timeout=longest)
    except subprocess.TimeoutExpired:
        why = " (no bound on the length)" if peer in WITHOUT_BOUND else ""
        return f"did not end in {longest} s{why}"
    found: dict[str, Any] = json.loads(told.stdout)
    return found


def enumerate_cycles() -> None:
    """Prints a row for each peer and size; each runs in a process of its own."""
    sys.stdout.write("| arcs | by | wall s | CPU s | times ours | peak MiB | found |\n")
    sys.stdout.write("|---:|---|---:|---:|---:|---:|---|\n")
    for arcs, parties in SIZES:
        ours = 0.0
        for peer in PEERS:
            row = _row(peer, arcs, parties)
            if isinstance(row, str):
                sys.stdout.write(f"| {arcs:,} | {peer} | {row} | | | | |\n")
                sys.stdout.flush()
                continue
            ours = ours or row["cpu"]
            sys.stdout.write(
                f"| {arcs:,} | {peer} | {row['wall']:.3f} | {row['cpu']:.3f} "
                f"| {row['cpu'] / ours:.1f} | {row['peak']:.0f} | {row['found']} |\n"
            )
            sys.stdout.flush()


def plans() -> None:
    """Prints a row for each objective and limit."""
    plan(uniform(20, 80), PlanOptions(pool=0))
    plan(uniform(20, 80), PlanOptions(pool=0, objective=Objective.EXPECTED))
    sys.stdout.write("| parties | arcs | objective | limit | wall s | CPU s | first level |\n")
    sys.stdout.write("|---:|---:|---|---:|---:|---:|---|\n")
    cases: list[tuple[int, int, Objective, int | None]] = [
        (300, 15_000, objective, cap) for objective in Objective for cap in (3, 4)
    ]
    cases += [(2_000, 60_000, objective, None) for objective in list(Objective)[:2]]
    for parties, arcs, objective, cap in cases:
        graph = uniform(parties, arcs)
        options = PlanOptions(objective=objective, max_parties=cap, time_limit_s=30)
        wall, processor = time.perf_counter(), time.process_time()
        found = plan(graph, options)
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        level = found.levels[0]
        gap = "proven" if level.proven else f"at most {(level.bound / level.value - 1):.2%} more"
        sys.stdout.write(
            f"| {parties:,} | {arcs:,} | {objective} | {cap or 'none'} | {wall:.2f} "
            f"| {processor:.2f} | {level.goal} {level.value:,.0f}, {gap} |\n"
        )
        sys.stdout.flush()


USAGE = "usage: python -m benchmarks.trades [enumerate] [plan]; without a name, both\n"


def main(arguments: list[str]) -> None:
    """Runs what is named, or all.

    Raises:
        SystemExit: a name that is none, with status 2; help was asked for, with 0.
    """
    if arguments[:1] == ["one"]:
        sys.stdout.write(json.dumps(one(arguments[1], int(arguments[2]), int(arguments[3]))))
        return
    if wrong := set(arguments) - {"enumerate", "plan"}:
        sys.stderr.write(USAGE)
        raise SystemExit(0 if wrong <= {"-h", "--help"} else 2)
    if not arguments or "enumerate" in arguments:
        enumerate_cycles()
    if not arguments or "plan" in arguments:
        plans()


if __name__ == "__main__":
    main(sys.argv[1:])
