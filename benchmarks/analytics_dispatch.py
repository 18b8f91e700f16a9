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

CALLS = 500
ROUNDS = 150
"""Short ones, many: the quickest is one that nothing else has cut into."""


def dispatch() -> None:
    """Prints microseconds a call, the least of several rounds, on a graph of five nodes."""
    graph: Any = convert_from_nx(nx.DiGraph([(0, 1), (1, 2), (3, 4)]))

    def between() -> int:
        return distance(graph.forward, graph.backward, 0, 2)

    calls: list[tuple[str, str, Callable[[], Any], Callable[[], Any]]] = [
        (
            "number_weakly_connected_components",
            "",
            lambda: nx.number_weakly_connected_components(graph),
            lambda: connected_components(graph.source, graph.target, 5),
        ),
        ("shortest_path_length", "", lambda: nx.shortest_path_length(graph, 0, 2), between),
        ("has_path", "", lambda: nx.has_path(graph, 0, 2), between),
        (
            "has_path",
            ", backend named",
            lambda: nx.has_path(graph, 0, 2, backend="renmai"),
            between,
        ),
    ]
    print("\n| networkx function | call, us | kernel, us | over it | networkx itself | bar | |")
    print("|---|---:|---:|---:|---:|---:|---|")
    for name, how, call, kernel in calls:
        whole, inner = _least(call), _least(kernel)
        answer, empty = getattr(interface, name), 0.0
        setattr(interface, name, lambda *_: 1)
        try:
            empty = _least(call)
        finally:
            setattr(interface, name, answer)
        over = whole - inner
        print(
            f"| `{name}`{how} | {whole:.1f} | {inner:.1f} | {over:.1f} | {empty:.1f} "
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
