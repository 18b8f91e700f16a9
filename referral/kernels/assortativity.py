"""Whether those with many edges are joined to others with many."""

from __future__ import annotations

import numpy as np

from graph.network.csr import Csr
from referral.kernels.budget import UNLIMITED, Budget
from referral.kernels.shape import sources


def degree_assortativity(
    forward: Csr, backward: Csr | None = None, *, budget: Budget = UNLIMITED
) -> float:
    """Correlation of the degrees at the two ends of an edge, -1 to 1.

    Args:
        forward: rows along the edges; of an undirected graph, in both directions.
        backward: of a directed graph, rows against them: then the out-degree of the source is
            compared with the in-degree of the target.
        budget: looked at twice; it takes some tenths of a second for 10^7 edges.

    Returns:
        NaN where all degrees are the same, or there are no edges.

    Time O(m). References: Newman 2003, doi:10.1103/PhysRevE.67.026126.
    """
    budget.check("measuring assortativity")
    there = forward.degrees()[sources(forward)].astype(np.float64)
    here = (forward if backward is None else backward).degrees()[forward.ids].astype(np.float64)
    if not len(there):
        return float("nan")
    budget.check("measuring assortativity")
    there -= there.mean()
    here -= here.mean()
    scale = float(np.sqrt((there**2).sum() * (here**2).sum()))
    return float((there * here).sum()) / scale if scale > 0 else float("nan")
