"""HiGHS by way of scipy: a linear and a mixed-integer programme in the form used here."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import scipy

from referral.trades.want_graph import Floats

SHORTEST_S = 0.05
"""A solver given less time finds nothing at all."""


class Linear(NamedTuple):
    """The best value of a linear programme, the price of each row, 0 or less, and the variables."""

    value: float
    rows: Floats
    variables: Floats


class Mixed(NamedTuple):
    """What was found: the variables or None, a bound on the value, and whether it ended.

    Ended means that the solution is best, or that there is none.
    """

    variables: Floats | None
    bound: float
    ended: bool


def linear(
    gain: Floats, matrix: Any, most: Floats, bounds_of_x: tuple[Floats, Floats]
) -> Linear | None:
    """The largest gain @ x with matrix @ x <= most and x between bounds; None if there is none."""
    if not len(gain):
        return Linear(0.0, np.zeros(len(most)), gain) if (most >= 0).all() else None
    bounds: Any = np.column_stack(bounds_of_x)
    for method in ("highs-ipm", "highs-ds"):  # interior points take a third of simplex's time
        found = scipy.optimize.linprog(-gain, A_ub=matrix, b_ub=most, bounds=bounds, method=method)
        if found.status == 0:
            break
    if found.status != 0 or found.fun is None:
        return None
    rows = np.asarray(found.ineqlin.marginals, np.float64)
    return Linear(-float(found.fun), rows, np.asarray(found.x, np.float64))


def mixed(
    gain: Floats,
    matrix: Any,
    rows: tuple[Floats, Floats],
    bounds: tuple[Floats, Floats],
    limit_s: float,
    nodes: int | None = None,
) -> Mixed:
    """The largest gain @ x of whole x, with matrix @ x between rows and x between bounds.

    A limit on the nodes of the search ends it at the same place on every machine.
    """
    if not len(gain):  # scipy takes no programme without variables
        possible = bool((rows[0] <= 0).all() and (rows[1] >= 0).all())
        return Mixed(gain if possible else None, 0.0, True)
    options: Any = {"mip_rel_gap": 0.0}
    if nodes is not None:
        options["node_limit"] = nodes
    if limit_s < math.inf:
        options["time_limit"] = max(limit_s, SHORTEST_S)
    found = scipy.optimize.milp(
        -gain,
        constraints=scipy.optimize.LinearConstraint(matrix, *rows),
        integrality=np.ones(len(gain), np.int64),
        bounds=scipy.optimize.Bounds(*bounds),
        options=options,
    )
    bound = math.inf if found.mip_dual_bound is None else -float(found.mip_dual_bound)
    variables = None if found.x is None else np.rint(found.x)
    return Mixed(variables, bound, found.status in (0, 2))
