"""What the analytics are measured at: our kernels and other libraries' answers to the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import networkit as nk
import networkx as nx
import numpy as np
import rustworkx as rx
from scipy.sparse.csgraph import connected_components as scipy_components

from benchmarks.analytics_peers import Peers, Run, networkit_of, ran
from benchmarks.graphs import Edges, forest, referrals, social, trust, wants
from graph.network.csr import csr
from referral.kernels.communities import communities
from referral.kernels.components import connected_components, strong_components
from referral.kernels.cores import core_numbers
from referral.kernels.cycles import three_cycles
from referral.kernels.distances import distance_sums_from
from referral.kernels.holes import constraint, effective_size
from referral.kernels.pagerank import pagerank, pagerank_near
from referral.kernels.random_paths import sampled_betweenness
from referral.kernels.reach import reach
from referral.kernels.shape import plain, undirected
from referral.kernels.shortest_paths import distance
from referral.kernels.sketches import estimated_reach
from referral.kernels.spectral import eigenvector, hits
from referral.kernels.triangles import triangles

OURS = "renmai"
CHANGE = 1e-6 * 0.15 / 0.85
"""Peers stop PageRank at a change between rounds; at this one the error is below 1e-6."""

FEW = 32
"""Nodes that a search each is run from where ours takes 512 at once; the time is scaled."""

MOST_COUNTED = 2_000_000
"""Edges up to which estimated reach, sampled betweenness and harmonic are measured."""


@dataclass(frozen=True)
class Task:
    """One row of the table.

    Attributes:
        name: what is computed.
        graph: on which of the graphs.
        runs: by library, ours among them.
        times: by library, what its seconds are multiplied by, where it did a part of the work.
    """

    name: str
    graph: str
    runs: dict[str, Run]
    times: dict[str, float] = field(default_factory=dict)


Family = Callable[[int, frozenset[str]], Iterator[Task]]


def building(count: int, wanted: frozenset[str]) -> Iterator[Task]:
    """Rows in both directions from arrays."""
    edges = trust(count)

    def ours() -> None:
        csr(edges.source, edges.target, edges.size)
        csr(edges.target, edges.source, edges.size)

    runs: dict[str, Run] = {OURS: ours}
    if "networkit" in wanted and count <= 1_000_000:
        runs["networkit"] = partial(networkit_of, edges)
    yield Task("rows from arrays, both directions", "trust", runs)


def ranking(count: int, wanted: frozenset[str]) -> Iterator[Task]:
    """Scores by walks, and components, of a directed graph."""
    edges = trust(count)
    peers = Peers(edges, wanted)
    forward = plain(csr(edges.source, edges.target, edges.size))
    backward = plain(csr(edges.target, edges.source, edges.size))

    def networkit_rank(graph: Any) -> Any:
        sinks = nk.centrality.SinkHandling.DistributeSinks
        rank = nk.centrality.PageRank(graph, 0.85, CHANGE, distributeSinks=sinks)
        rank.norm = nk.centrality.Norm.L1_NORM
        return ran(rank)

    yield Task("PageRank, L1 error 1e-6", "trust", {
        OURS: partial(pagerank, backward, tolerance=1e-6),
        **peers.of(
            networkit=networkit_rank,
            rustworkx=lambda g: rx.pagerank(g, tol=CHANGE),
            networkx=lambda g: nx.pagerank(g, tol=CHANGE / edges.size, max_iter=500),
        ),
    })  # fmt: skip
    yield Task("PageRank near one node, error 1e-4", "trust", {
        OURS: partial(pagerank_near, forward, 7, error=1e-4)
    })  # fmt: skip
    yield Task("HITS", "trust", {OURS: partial(hits, forward)})
    yield Task("strong components", "trust", {
        OURS: partial(strong_components, forward),
        **peers.of(
            networkit=lambda g: ran(nk.components.StronglyConnectedComponents(g)),
            rustworkx=rx.strongly_connected_components,
            scipy=lambda m: scipy_components(m, connection="strong"),
            networkx=lambda g: list(nx.strongly_connected_components(g)),
        ),
    })  # fmt: skip
    yield Task("connected components", "trust", {
        OURS: partial(connected_components, edges.source, edges.target, edges.size),
        **peers.of(
            networkit=lambda g: ran(nk.components.WeaklyConnectedComponents(g)),
            rustworkx=rx.weakly_connected_components,
            scipy=lambda m: scipy_components(m, connection="weak"),
            networkx=lambda g: list(nx.weakly_connected_components(g)),
        ),
    })  # fmt: skip


def reaching(count: int, wanted: frozenset[str]) -> Iterator[Task]:
    """Reach of every node."""
    for name, edges in (("forest", forest(count)), ("referrals, back edges", referrals(count))):
        given = (edges.source, edges.target, edges.size)
        slow = Peers(edges, wanted if count <= 10_000 else frozenset())
        yield Task("reach", name, {
            OURS: partial(reach, *given),
            **slow.of(networkx=lambda g: [len(nx.descendants(g, n)) for n in g]),
        })  # fmt: skip
        if name != "forest" and count <= MOST_COUNTED:
            yield Task("reach estimated, standard error 0.1", name, {
                OURS: partial(estimated_reach, *given)
            })  # fmt: skip


def searching(count: int, wanted: frozenset[str]) -> Iterator[Task]:
    """Shortest paths, 1,000 at random."""
    edges = social(count)
    rows = plain(undirected(edges.source, edges.target, edges.size))
    pairs = [
        (a, b)
        for a, b in np.random.default_rng(1).integers(0, edges.size, (1_000, 2)).tolist()
        if a != b
    ]

    def ours() -> None:
        for a, b in pairs:
            distance(rows, rows, a, b)

    def networkit(graph: Any) -> None:
        for a, b in pairs:
            nk.distance.BidirectionalBFS(graph, a, b, storePred=False).run()

    def networkx(graph: Any) -> None:
        for a, b in pairs:
            if nx.has_path(graph, a, b):
                nx.shortest_path_length(graph, a, b)

    yield Task("1,000 shortest paths", "social", {
        OURS: ours,
        **Peers(edges, wanted).of(networkit=networkit, networkx=networkx),
    })  # fmt: skip


def knit(count: int, wanted: frozenset[str]) -> Iterator[Task]:
    """What is about neighbourhoods and groups."""
    edges = social(count)
    rows = plain(undirected(edges.source, edges.target, edges.size))
    peers = Peers(edges, wanted)

    def networkit_triangles(graph: Any) -> Any:
        graph.indexEdges()
        return ran(nk.sparsification.TriangleEdgeScore(graph))

    yield Task("triangles", "social", {
        OURS: partial(triangles, rows),
        **peers.of(networkit=networkit_triangles, networkx=nx.triangles),
    })  # fmt: skip
    yield Task("core numbers", "social", {
        OURS: partial(core_numbers, rows),
        **peers.of(
            networkit=lambda g: ran(nk.centrality.CoreDecomposition(g)),
            rustworkx=rx.core_number,
            networkx=nx.core_number,
        ),
    })  # fmt: skip
    yield Task("communities", "social", {
        OURS: partial(communities, rows),
        **peers.of(networkit=lambda g: ran(nk.community.PLM(g, refine=False))),
    })  # fmt: skip
    patient = Peers(edges, wanted, most={"networkx": 1_000_000})
    yield Task("constraint", "social", {
        OURS: partial(constraint, rows), **patient.of(networkx=nx.constraint)
    })  # fmt: skip
    small = Peers(edges, wanted, most={"networkx": 20_000})  # it makes a full matrix
    yield Task("effective size", "social", {
        OURS: partial(effective_size, rows), **small.of(networkx=nx.effective_size)
    })  # fmt: skip
    yield Task("eigenvector", "social", {
        OURS: partial(eigenvector, rows),
        **peers.of(networkit=lambda g: ran(nk.centrality.EigenvectorCentrality(g, 1e-10))),
    })  # fmt: skip


def far(count: int, wanted: frozenset[str]) -> Iterator[Task]:
    """What is about distances between many."""
    if count > MOST_COUNTED:
        return
    edges = social(count)
    rows = plain(undirected(edges.source, edges.target, edges.size))
    peers = Peers(edges, wanted)
    some = np.random.default_rng(2).integers(0, edges.size, 512).astype(np.int32)

    def networkit_harmonic(graph: Any) -> None:
        for node in some[:FEW].tolist():
            search = ran(nk.distance.BFS(graph, node, storePaths=False))
            np.reciprocal(np.maximum(np.array(search.getDistances()), 1)).sum()

    yield Task(
        "harmonic of 512 nodes",
        "social",
        {
            OURS: partial(distance_sums_from, rows, rows, some),
            **peers.of(networkit=networkit_harmonic),
        },
        {"networkit": len(some) / FEW},
    )
    yield Task("sampled betweenness, error 0.01", "social", {
        OURS: partial(sampled_betweenness, rows, rows, directed=False),
        # its scores are twice the share of pairs, so an error of 0.02 is one of 0.01
        **peers.of(networkit=lambda g: ran(nk.centrality.KadabraBetweenness(g, err=0.02))),
    })  # fmt: skip


def trading(count: int, wanted: frozenset[str]) -> Iterator[Task]:
    """Directed cycles of three in a graph of who has what another wants."""
    edges = wants(count)
    forward = plain(csr(edges.source, edges.target, edges.size))
    backward = plain(csr(edges.target, edges.source, edges.size))
    runs: dict[str, Run] = {OURS: lambda: sum(map(len, three_cycles(forward, backward)))}
    if "networkx" in wanted and count <= 1_000_000:
        runs["sets in Python"] = partial(_cycles_by_sets, edges)
    yield Task("3-cycles listed", "wants", runs)


def _cycles_by_sets(edges: Edges) -> int:
    after: list[set[int]] = [set() for _ in range(edges.size)]
    before: list[set[int]] = [set() for _ in range(edges.size)]
    for a, b in zip(edges.source.tolist(), edges.target.tolist(), strict=True):
        after[a].add(b)
        before[b].add(a)
    found = []
    for a, near in enumerate(after):
        for b in near:
            if a < b:
                found += [(a, b, c) for c in after[b] & before[a] if c > a]
    return len(found)


FAMILIES: dict[str, Family] = {
    "building": building,
    "ranking": ranking,
    "reaching": reaching,
    "searching": searching,
    "knit": knit,
    "far": far,
    "trading": trading,
}
