"""Power iterations with networkx's rules to stop, so that they fail where networkx's fail."""

from __future__ import annotations

from collections.abc import Callable

import networkx as nx
import numpy as np
import scipy

from graph.network import Csr
from referral.kernels.shape import Floats


def rows_matrix(rows: Csr, weights: Floats | None) -> scipy.sparse.csr_array:
    """The rows as a matrix, entries of 1 where no weights are given."""
    size = len(rows.starts) - 1
    data = np.ones(len(rows.ids)) if weights is None else weights
    return scipy.sparse.csr_array((data, rows.ids, rows.starts), shape=(size, size))


def settled(step: Callable[[Floats], Floats], begin: Floats, rounds: int, change: float) -> Floats:
    """Where the steps lead: the first scores that differ by less than `change` in sum.

    Raises:
        PowerIterationFailedConvergence: so many rounds do not lead there.
    """
    score = begin
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(rounds):
            after = step(score)
            if np.abs(after - score).sum() < change:
                return after
            score = after
    raise nx.PowerIterationFailedConvergence(rounds)


def hits_rounds(
    backward: scipy.sparse.csr_array, rounds: int, change: float
) -> tuple[Floats, Floats]:
    """Hub and authority scores, each of sum 1.

    Args:
        backward: row v holds the weights of the edges that lead to v.
        rounds: at most so many.
        change: ends when the hubs' scores differ by less in sum, the highest being 1.

    Raises:
        NotImplementedError: it does not end in so many rounds.
    """
    forward = backward.T.tocsr()
    hub = np.full(backward.shape[0], 1.0 / backward.shape[0])
    for _ in range(rounds):
        before = hub
        authority: Floats = backward @ hub
        drawn: Floats = forward @ authority
        hub = drawn / drawn.max()
        if np.abs(hub - before).sum() < change:
            return hub / hub.sum(), authority / authority.sum()
    raise NotImplementedError("HITS does not settle in so many rounds")
