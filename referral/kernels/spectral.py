"""Scores that are eigenvectors: hubs and authorities, eigenvector centrality, Katz."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy

from graph.errors import BadInput, TooExpensive
from graph.network.csr import Csr
from referral.kernels.budget import UNLIMITED, Budget
from referral.kernels.shape import Floats

DENSE = 64
"""Nodes up to which eigenvectors are computed of a full matrix, whose gaps need not be wide."""

TOLERANCE = 1e-10
SETTLED = 1e-13
"""Share of the eigenvalue that a vector may be off by after another step."""

STEPS = 20
"""Steps before ARPACK is asked; it keeps as many vectors."""

BLUR = 1e-12
"""What an entry of a leading vector may be off by, as a share of the greatest."""

MOST_ROUNDS = 10_000
PATIENCE = 200
"""Rounds after which changes must have become smaller if there is a limit."""


def hits(
    forward: Csr, *, weights: Floats | None = None, budget: Budget = UNLIMITED
) -> tuple[Floats, Floats]:
    """Hub and authority scores: hubs lead to authorities, authorities are led to by hubs.

    Args:
        forward: rows along the edges.
        weights: (m,) of the entries; default 1 each.
        budget: looked at in every round.

    Returns:
        Two arrays (n,), each from 0 with sum 1 (all 0 without edges). Of several parts that are
        equally strong each gets its share.

    Time O(rounds (n + m)). References: Kleinberg 1999, doi:10.1145/324133.324140.

    Raises:
        TooExpensive: it does not settle.
    """
    matrix = _matrix(forward, weights)
    size = matrix.shape[0]
    if not matrix.nnz:
        return np.zeros(size), np.zeros(size)
    back = matrix.T.tocsr()
    authority, _ = _leading(lambda x: back @ (matrix @ x), size, "HITS", budget)
    hub: Floats = matrix @ authority
    return hub / hub.sum(), authority / authority.sum()


def eigenvector(
    graph: Csr, *, weights: Floats | None = None, budget: Budget = UNLIMITED
) -> tuple[Floats, float]:
    """Eigenvector centrality: a node matters as much as its neighbours do together.

    Args:
        graph: rows in both directions.
        weights: (m,) of the entries, the same both ways; default 1 each.
        budget: looked at in every round.

    Returns:
        Scores (n,) from 0, of length 1, and the largest eigenvalue. Only the part with the
        largest eigenvalue has scores above 0; of several, each gets its share.

    Time O(rounds (n + m)). References: Bonacich 1987, doi:10.1086/228631; Lehoucq, Sorensen &
    Yang 1998 (ARPACK).

    Raises:
        TooExpensive: it does not settle.
    """
    matrix = _matrix(graph, weights)
    size = matrix.shape[0]
    if not size:
        return np.zeros(0), 0.0
    scores, value = _leading(lambda x: matrix @ x, size, "eigenvector centrality", budget)
    return scores, value


def katz(
    backward: Csr,
    *,
    weights: Floats | None = None,
    attenuation: float,
    base: float = 1.0,
    tolerance: float = TOLERANCE,
    budget: Budget = UNLIMITED,
) -> Floats:
    """Katz centrality: all walks that end at a node, one step longer counting less.

    Args:
        backward: rows from every node to those with an edge to it.
        weights: (m,) of the entries; default 1 each.
        attenuation: what a step multiplies by, below 1 / the largest eigenvalue.
        base: what the walk without a step counts.
        tolerance: largest change of any score, as a share of the largest, at the end.
        budget: looked at in every round.

    Returns:
        Scores (n,) from `base`.

    Time O(rounds (n + m)). References: Katz 1953, doi:10.1007/BF02289026.

    Raises:
        BadInput: the attenuation is too great, so the sum has no limit.
    """
    matrix = _matrix(backward, weights)
    scores = np.full(matrix.shape[0], base)
    before = np.inf
    for turn in range(MOST_ROUNDS):
        budget.check("Katz centrality")
        with np.errstate(over="ignore", invalid="ignore"):
            after: Floats = attenuation * (matrix @ scores) + base
        change = float(np.abs(after - scores).max(initial=0.0))
        scores = after
        if not np.isfinite(change):
            break
        if change <= tolerance * float(np.abs(scores).max(initial=0.0)):
            return scores
        if turn % PATIENCE == PATIENCE - 1:
            if not change < before:
                break
            before = change
    raise BadInput(
        f"attenuation {attenuation:g} is not below 1 / the largest eigenvalue of this graph, "
        "so the sum over all walks has no limit; use a smaller one"
    )


def _matrix(graph: Csr, weights: Floats | None) -> scipy.sparse.csr_array:
    size = len(graph.starts) - 1
    data = np.ones(len(graph.ids)) if weights is None else weights
    return scipy.sparse.csr_array((data, graph.ids, graph.starts), shape=(size, size))


def _leading(
    multiply: Callable[[Floats], Floats], size: int, what: str, budget: Budget
) -> tuple[Floats, float]:
    """Eigenvector and value of the largest eigenvalue of a symmetric matrix without negatives.

    Where several vectors have that value, the one nearest to all ones: so it does not depend
    on the order of the nodes.
    """

    def step(vector: Floats) -> Floats:
        budget.check(what)
        return multiply(vector.ravel())

    if size <= DENSE:
        return _dense(np.column_stack([step(column) for column in np.eye(size)]))
    vector, value, settled = _begun(step, size)
    if settled:
        return _cleaned(vector), value
    operator = scipy.sparse.linalg.LinearOperator((size, size), matvec=step, dtype=np.float64)
    try:
        values, vectors = scipy.sparse.linalg.eigsh(operator, 1, which="LA", v0=vector, tol=SETTLED)
    except scipy.sparse.linalg.ArpackNoConvergence as error:
        raise TooExpensive(
            f"{what} does not settle in this graph, where several parts are nearly equal; "
            "ask for PageRank, or for one part alone"
        ) from error
    return _cleaned(vectors[:, 0]), float(values[0])


def _cleaned(vector: Floats) -> Floats:
    return np.where(np.abs(vector) < BLUR, 0.0, np.abs(vector))


def _begun(step: Callable[[Floats], Floats], size: int) -> tuple[Floats, float, bool]:
    """The best vector after up to 20 steps of Lanczos from all ones, its value, and if it is it.

    In a graph of few different places the vectors soon span all there is from all ones. ARPACK
    would go on with random ones there, and give any of the vectors of a value that comes twice.
    """
    basis = np.zeros((STEPS, size))
    inner = np.zeros((STEPS, STEPS))
    following = np.full(size, size**-0.5)
    for last in range(STEPS):
        basis[last] = following
        known = basis[: last + 1]
        following = step(following)
        inner[: last + 1, last] = known @ following
        for _ in range(2):  # twice is enough (Parlett 1980)
            following = following - (known @ following) @ known
        length = float(np.linalg.norm(following))
        values, vectors = np.linalg.eigh(inner[: last + 1, : last + 1], UPLO="U")
        if length * abs(vectors[-1, -1]) <= SETTLED * abs(values[-1]):
            return vectors[:, -1] @ known, float(values[-1]), True
        following = following / length
    return vectors[:, -1] @ basis, float(values[-1]), False


def _dense(matrix: Floats) -> tuple[Floats, float]:
    values, vectors = np.linalg.eigh(matrix)
    top = vectors[:, values > values[-1] - 1e-9 * max(1.0, abs(values[-1]))]
    vector = np.abs(top @ (top.T @ np.ones(len(matrix))))
    vector[vector < 1e-12] = 0.0
    unit: Floats = vector / np.linalg.norm(vector)
    return unit, float(values[-1])
