"""What a call through networkx costs beside a call of the kernel."""

# ruff: noqa: T201  (a command line that prints its result)
from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import networkx as nx

from benchmarks.analytics_bars import DISPATCH_US, verdict
from referral.backend.converting import convert_from_nx
from referral.backend.interface import interface
from referral.kernels.components import connected_components
from referral.kernels.shortest_paths import distance

CALLS = 5_000
ROUNDS = 15


def dispatch() -> None:
    """Prints microseconds a call, the least of several rounds, on a graph of five nodes."""
    graph: Any = convert_from_nx(nx.DiGraph([(0, 1), (1, 2), (3, 4)]))
    names = "number_weakly_connected_components", "shortest_path_length", "has_path"
    calls: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
        names[0]: (
            lambda: nx.number_weakly_connected_components(graph),
            lambda: connected_components(graph.source, graph.target, 5),
        ),
        names[1]: (
            lambda: nx.shortest_path_length(graph, 0, 2),
            lambda: distance(graph.forward, graph.backward, 0, 2),
        ),
        names[2]: (
            lambda: nx.has_path(graph, 0, 2),
            lambda: distance(graph.forward, graph.backward, 0, 2),
        ),
    }
    print("\n| networkx function | call, us | kernel, us | over it | networkx itself | bar | |")
    print("|---|---:|---:|---:|---:|---:|---|")
    for name, (call, kernel) in calls.items():
        whole, inner = _least(call), _least(kernel)
        answer, empty = getattr(interface, name), 0.0
        setattr(interface, name, lambda *_: 1)
        try:
            empty = _least(call)
        finally:
            setattr(interface, name, answer)
        over = whole - inner
        print(
            f"| `{name}` | {whole:.1f} | {inner:.1f} | {over:.1f} | {empty:.1f} "
            f"| {DISPATCH_US:g} | {verdict(over <= DISPATCH_US)} |",
            flush=True,
        )


def _least(call: Callable[[], Any]) -> float:
    """Microseconds a call in the quickest round."""
    least = float("inf")
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        for _ in range(CALLS):
            call()
        least = min(least, time.perf_counter() - begun)
    return least / CALLS * 1e6
