"""networkx's measures of rank: PageRank, HITS, eigenvector, Katz, betweenness."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import networkx as nx
import numpy as np

from referral.backend.answering import ATTRIBUTE, answers
from referral.backend.graph import ArrayGraph, Node
from referral.backend.iterations import hits_rounds, rows_matrix, settled
from referral.kernels.betweenness import betweenness
from referral.kernels.pagerank import pagerank as pagerank_kernel
from referral.kernels.shape import Floats

Scores = dict[Node, float]

LEAST_CHANGE = 1e-12
"""Below this sum of changes rounding may keep networkx's iteration from ending."""


@answers(slow=True, nstart=None, dangling=None, weight=ATTRIBUTE)
def pagerank(
    G: ArrayGraph,
    alpha: float = 0.85,
    personalization: Mapping[Node, float] | None = None,
    max_iter: int = 100,
    tol: float = 1e-6,
    nstart: None = None,
    weight: str | None = "weight",
    dangling: None = None,
) -> Scores:
    """PageRank, at least as exact as asked for.

    Declined where networkx's iteration might not end within `max_iter` rounds: each shrinks the
    change, at most 2 at first, by alpha.

    Raises:
        ZeroDivisionError: nobody has a personalization.
    """
    size = len(G)
    if not size:
        return {}
    bound = size * tol
    if not (0 < alpha < 1 and bound >= LEAST_CHANGE) or 2 * alpha**max_iter >= bound:
        raise NotImplementedError("the iteration might not end in so many rounds")
    jump = None if personalization is None else _jump(G, personalization)
    rows, weights = G.backward_weighted(weight)
    score = pagerank_kernel(
        rows, weights=weights, jump=jump, damping=alpha, tolerance=min(bound, 1e-6)
    )
    return G.named(score)


def _jump(graph: ArrayGraph, given: Mapping[Node, float]) -> Floats:
    try:
        values = np.fromiter((given.get(node, 0) for node in graph), np.float64, len(graph))
    except (AttributeError, TypeError, ValueError) as error:
        raise NotImplementedError("the personalization holds what is no number") from error
    if values.sum() == 0:
        raise ZeroDivisionError
    if not (np.isfinite(values) & (values >= 0)).all():
        raise NotImplementedError("a personalization is below 0 or not finite")
    return values


@answers(slow=True, k=None, weight=None, endpoints=False)
def betweenness_centrality(
    G: ArrayGraph,
    k: None = None,
    normalized: bool = True,
    weight: None = None,
    endpoints: bool = False,
    seed: object = None,
) -> Scores:
    """Betweenness from all nodes, without weights and end points."""
    others = len(G) - 1
    pairs = betweenness(G.forward)
    if others >= 2:
        # the kernel counts ordered pairs: those of an undirected graph twice
        pairs *= 1 / (others * (others - 1)) if normalized else (1 if G.directed else 0.5)
    return G.named(pairs)


@answers(slow=True, nstart=None, weight=ATTRIBUTE)
def eigenvector_centrality(
    G: ArrayGraph,
    max_iter: int = 100,
    tol: float = 1e-6,
    nstart: None = None,
    weight: str | None = None,
) -> Scores:
    """Eigenvector centrality by networkx's own iteration and rule to stop.

    Raises:
        NetworkXPointlessConcept: there is no node.
        PowerIterationFailedConvergence: the rounds are not enough.
    """
    size = len(G)
    if not size:
        raise nx.NetworkXPointlessConcept("cannot compute centrality for the null graph")
    matrix = rows_matrix(*G.backward_weighted(weight))

    def step(score: Floats) -> Floats:
        after: Floats = score + matrix @ score
        return after / (float(np.linalg.norm(after)) or 1.0)

    found = settled(step, np.full(size, 1 / size), max_iter, size * tol)
    return G.named(found)


@answers(slow=True, nstart=None, weight=ATTRIBUTE)
def katz_centrality(
    G: ArrayGraph,
    alpha: float = 0.1,
    beta: float | Mapping[Node, float] = 1.0,
    max_iter: int = 1000,
    tol: float = 1e-6,
    nstart: None = None,
    normalized: bool = True,
    weight: str | None = None,
) -> Scores:
    """Katz centrality by networkx's own iteration and rule to stop.

    Raises:
        NetworkXError: `beta` is no number, and has not a value for every node.
        PowerIterationFailedConvergence: the rounds are not enough.
    """
    size = len(G)
    if not size:
        return {}
    base = _base(G, beta)
    matrix = rows_matrix(*G.backward_weighted(weight))
    found = settled(lambda x: alpha * (matrix @ x) + base, np.zeros(size), max_iter, size * tol)
    if normalized:
        length = math.hypot(*found.tolist())
        found = found * (1.0 / length if length else 1.0)
    return G.named(found)


def _base(graph: ArrayGraph, beta: Any) -> Floats:
    try:
        return np.full(len(graph), float(beta))
    except (TypeError, ValueError, AttributeError) as error:
        if set(beta) != set(graph):
            raise nx.NetworkXError("beta dictionary must have a value for every node") from error
    return np.fromiter((beta[node] for node in graph), np.float64, len(graph))


@answers(slow=True, nstart=None, normalized=True, method="power_iteration")
def hits(
    G: ArrayGraph,
    max_iter: int = 100,
    tol: float = 1e-8,
    nstart: None = None,
    normalized: bool = True,
    *,
    method: str = "power_iteration",
) -> tuple[Scores, Scores]:
    """Hubs and authorities, by networkx 3.7's iteration from equal scores.

    Declined where it does not end in `max_iter` rounds: networkx 3.6 then may still have an
    answer, 3.7 its own exception.
    """
    if not len(G):
        return {}, {}
    weights = G.weights("weight")
    if len(G) < 2 or not len(G.source) or (weights is not None and not weights.any()):
        raise NotImplementedError("HITS is not defined without edges")
    matrix = rows_matrix(*G.backward_weighted("weight"))
    hub, authority = hits_rounds(matrix, max_iter, tol)
    return G.named(hub), G.named(authority)
