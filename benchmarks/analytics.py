"""How fast the kernels are beside networkx, rustworkx, networkit and scipy, on one thread.

    uv sync --frozen --group bench
    python -m benchmarks.analytics [--edges 1000000] [--runs 5] [--only pagerank,reach]

For each task and size every peer runs in turn, so that all meet the same machine. Prints Markdown:
median and minimum in seconds, and the ratio of our median, and of our minimum, to the best peer's.
networkx runs up to 100,000 edges, or not where it takes minutes.
"""

# ruff: noqa: T201  (a command line that prints its result)
from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import networkit as nk
import networkx as nx
import numpy as np
import rustworkx as rx
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components as scipy_components

from benchmarks.graphs import Edges, forest, referrals, social, trust
from graph.network.csr import csr
from referral.kernels.communities import communities, modularity
from referral.kernels.components import strong_components
from referral.kernels.cores import core_numbers
from referral.kernels.distances import distance_sums_from
from referral.kernels.holes import constraint, effective_size
from referral.kernels.hops import within_hops
from referral.kernels.pagerank import pagerank
from referral.kernels.random_paths import sampled_betweenness
from referral.kernels.reach import reach
from referral.kernels.shape import plain, undirected
from referral.kernels.shortest_paths import distance
from referral.kernels.triangles import triangles

Task = tuple[str, str, dict[str, Callable[[], Any]]]

NETWORKX_MOST = 100_000
"""Edges up to which networkx takes part."""


def networkit_of(edges: Edges) -> Any:
    """The graph as networkit keeps it."""
    ends = (np.ones(len(edges.source)), (edges.source, edges.target))
    return nk.GraphFromCoo(ends, n=edges.size, weighted=False, directed=edges.directed)


def rustworkx_of(edges: Edges) -> Any:
    """The graph as rustworkx keeps it."""
    graph = rx.PyDiGraph() if edges.directed else rx.PyGraph()
    graph.add_nodes_from(range(edges.size))
    graph.add_edges_from_no_data(
        list(zip(edges.source.tolist(), edges.target.tolist(), strict=True))
    )
    return graph


def networkx_of(edges: Edges) -> Any:
    """The graph as networkx keeps it."""
    graph: Any = nx.DiGraph() if edges.directed else nx.Graph()
    graph.add_nodes_from(range(edges.size))
    graph.add_edges_from(zip(edges.source.tolist(), edges.target.tolist(), strict=True))
    return graph


def ran(algorithm: Any) -> Any:
    """A networkit algorithm after its run."""
    algorithm.run()
    return algorithm


def building(count: int) -> Iterator[Task]:
    """Rows in both directions from arrays."""
    edges = trust(count)

    def ours() -> None:
        csr(edges.source, edges.target, edges.size)
        csr(edges.target, edges.source, edges.size)

    peers: dict[str, Callable[[], Any]] = {
        "renmai": ours,
        "networkit": partial(networkit_of, edges),
    }
    yield "rows from arrays", "trust", peers


def ranking(count: int) -> Iterator[Task]:
    """PageRank with an L1 error of 1e-6, and strong components."""
    edges = trust(count)
    forward = csr(edges.source, edges.target, edges.size)
    backward = csr(edges.target, edges.source, edges.size)
    kit, rust = networkit_of(edges), rustworkx_of(edges)
    matrix = csr_array((np.ones(count)[: len(edges.source)], (edges.source, edges.target)),
                       shape=(edges.size, edges.size))  # fmt: skip
    # peers stop at a change between rounds; at 1.7e-7 the error is below 1e-6 (damping 0.85)
    change = 1e-6 * 0.15 / 0.85
    norm = nk.centrality.Norm.L1_NORM

    def kit_rank() -> Any:
        rank = nk.centrality.PageRank(kit, 0.85, change, distributeSinks=(
            nk.centrality.SinkHandling.DistributeSinks))  # fmt: skip
        rank.norm = norm
        return ran(rank)

    exact = pagerank(backward, tolerance=1e-12)
    error = float(np.abs(pagerank(backward, tolerance=1e-6) - exact).sum())
    print(f"<!-- PageRank's true L1 error: {error:.1e} -->")
    peers: dict[str, Callable[[], Any]] = {
        "renmai": partial(pagerank, backward, tolerance=1e-6),
        "networkit": kit_rank,
        "rustworkx": partial(rx.pagerank, rust, tol=change),
    }
    strong: dict[str, Callable[[], Any]] = {
        "renmai": partial(strong_components, forward),
        "networkit": lambda: ran(nk.components.StronglyConnectedComponents(kit)),
        "rustworkx": partial(rx.strongly_connected_components, rust),
        "scipy": partial(scipy_components, matrix, connection="strong"),
    }
    if count <= NETWORKX_MOST:
        whole = networkx_of(edges)
        peers["networkx"] = lambda: nx.pagerank(whole, tol=change / edges.size, max_iter=500)
        strong["networkx"] = lambda: list(nx.strongly_connected_components(whole))
    yield "PageRank", "trust", peers
    yield "strong components", "trust", strong


def reaching(count: int) -> Iterator[Task]:
    """Reach of every node."""
    for name, edges in (("forest", forest(count)), ("referrals", referrals(count))):
        given = (edges.source, edges.target, edges.size)
        peers: dict[str, Callable[[], Any]] = {"renmai": partial(reach, *given)}
        if count <= NETWORKX_MOST:
            whole = networkx_of(edges)
            peers["networkx"] = lambda g=whole: [len(nx.descendants(g, n)) for n in g]
        yield "reach", name, peers


def searching(count: int) -> Iterator[Task]:
    """Two hops and shortest paths, 1,000 at random."""
    edges = social(count)
    rows = plain(undirected(edges.source, edges.target, edges.size))
    kit = networkit_of(edges)
    draw = np.random.default_rng(1)
    pairs = draw.integers(0, edges.size, (1_000, 2)).tolist()

    def ours() -> None:
        for a, b in pairs:
            distance(rows, rows, a, b)

    def theirs() -> None:
        for a, b in pairs:
            if a != b:
                nk.distance.BidirectionalBFS(kit, a, b, storePred=False).run()

    yield "1,000 shortest paths", "social", {"renmai": ours, "networkit": theirs}
    for name, nodes in (
        ("random nodes", draw.integers(0, edges.size, 1_000).tolist()),
        ("100 biggest hubs", np.argsort(-rows.degrees())[:100].tolist() * 3),
    ):
        took = []
        for node in nodes:
            begun = time.perf_counter()
            within_hops(rows, node, 2)
            took.append((time.perf_counter() - begun) * 1e3)
        mean, last = statistics.mean(took), float(np.quantile(took, 0.99))
        print(f"<!-- 2 hops, {name}: mean {mean:.3f} ms, p99 {last:.3f} ms -->")


def knit(count: int) -> Iterator[Task]:
    """What is about neighbourhoods and groups."""
    edges = social(count)
    rows = undirected(edges.source, edges.target, edges.size)
    kit, rust = networkit_of(edges), rustworkx_of(edges)
    some = np.random.default_rng(2).integers(0, edges.size, 512).astype(np.int32)

    def kit_harmonic() -> None:
        for node in some[:32].tolist():
            search = ran(nk.distance.BFS(kit, node, storePaths=False))
            np.reciprocal(np.maximum(np.array(search.getDistances()), 1)).sum()

    tasks: list[tuple[str, dict[str, Callable[[], Any]]]] = [
        ("triangles", {
            "renmai": partial(triangles, rows),
            "networkit": lambda: ran(nk.sparsification.TriangleEdgeScore(_indexed(kit))),
        }),
        ("core numbers", {
            "renmai": partial(core_numbers, rows),
            "networkit": lambda: ran(nk.centrality.CoreDecomposition(kit)),
            "rustworkx": partial(rx.core_number, rust),
        }),
        ("communities", {
            "renmai": partial(communities, rows),
            "networkit": lambda: ran(nk.community.PLM(kit, refine=False)),
        }),
        ("harmonic of 512 nodes (networkit of 32: ratio to be divided by 16)", {
            "renmai": partial(distance_sums_from, rows, rows, some),
            "networkit": kit_harmonic,
        }),
        ("constraint", {"renmai": partial(constraint, rows)}),
        ("effective size", {"renmai": partial(effective_size, rows)}),
        ("sampled betweenness, 0.01", {
            "renmai": partial(sampled_betweenness, rows, rows, directed=False),
            # its scores are twice the share of pairs, so an error of 0.02 is one of 0.01
            "networkit": lambda: ran(nk.centrality.KadabraBetweenness(kit, err=0.02)),
        }),
    ]  # fmt: skip
    own = communities(rows)
    theirs = np.array(ran(nk.community.PLM(kit, refine=False)).getPartition().getVector(), np.int32)
    print(f"<!-- modularity: {own.modularity:.4f}, PLM {modularity(rows, theirs):.4f} -->")
    if count <= NETWORKX_MOST:
        whole = networkx_of(edges)
        tasks[0][1]["networkx"] = lambda: nx.triangles(whole)
        tasks[1][1]["networkx"] = lambda: nx.core_number(whole)
        tasks[4][1]["networkx"] = lambda: nx.constraint(whole)
    for name, peers in tasks:
        yield name, "social", peers


def _indexed(kit: Any) -> Any:
    kit.indexEdges()
    return kit


FAMILIES: dict[str, Callable[[int], Iterator[Task]]] = {
    "building": building,
    "ranking": ranking,
    "reaching": reaching,
    "searching": searching,
    "knit": knit,
}


def measure(peers: dict[str, Callable[[], Any]], runs: int) -> dict[str, list[float]]:
    """Seconds of every run of every peer, in turn; the first of ours, which compiles, left out."""
    peers["renmai"]()
    took: dict[str, list[float]] = {name: [] for name in peers}
    for turn in range(runs):
        for name, run in peers.items():
            if turn and statistics.median(took[name]) > 20:
                continue
            begun = time.perf_counter()
            run()
            took[name].append(time.perf_counter() - begun)
    return took


def main() -> None:
    """Measures and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edges", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", default=",".join(FAMILIES), help="families, comma-separated")
    options = parser.parse_args()
    nk.setNumberOfThreads(1)
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    print(
        "| edges | task | graph | " + " | ".join(("renmai", "best peer", "ratio", "others")) + " |"
    )
    print("|---:|---|---|---|---|---|---|")
    for count in options.edges:
        for family in options.only.split(","):
            for name, graph, peers in FAMILIES[family](count):
                print(_row(count, name, graph, measure(peers, options.runs)), flush=True)
    print(f"\nload at the end {os.getloadavg()[0]:.1f}")


def _row(count: int, name: str, graph: str, took: dict[str, list[float]]) -> str:
    middle = {peer: statistics.median(times) for peer, times in took.items()}
    own = took.pop("renmai")
    rest = sorted(took, key=middle.__getitem__)
    words = {p: f"{p} {middle[p]:.3f} ({min(took[p]):.3f})" for p in rest}
    ratio = ""
    if rest:
        best = rest[0]
        ratio = f"{middle['renmai'] / middle[best]:.2f} ({min(own) / min(took[best]):.2f})"
    first = words[rest[0]] if rest else ""
    others = ", ".join(words[p] for p in rest[1:])
    return (
        f"| {count:,} | {name} | {graph} | {middle['renmai']:.3f} ({min(own):.3f}) | "
        f"{first} | {ratio} | {others} |"
    )


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
