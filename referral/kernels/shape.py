"""Graphs in the shape that kernels take: arrays of one type, directions joined or turned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from graph.errors import BadInput
from graph.network.csr import Csr, Ids, csr, row_starts, starts_type

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Unsigned = NDArray[np.uint32]
"""Ids in compiled code that is all about memory: an index of this type cannot count from the end,
so that is not asked at every use of one."""

ScalarT = TypeVar("ScalarT", bound=np.generic)


class WeightedRows(NamedTuple):
    """Rows with a weight for each entry.

    Attributes:
        graph: the rows.
        weights: (m,) one for each entry of the rows.
    """

    graph: Csr
    weights: Floats


class _Plain(Csr):
    """Rows that `plain` has made: a search is too short to look at their arrays anew."""

    __slots__ = ()


def plain(graph: Csr) -> Csr:
    """The rows as read-only, contiguous arrays of the base class, without a copy where they are.

    Compiled code is made for exact types, and read-only, writable and memory-mapped arrays are
    three: brought to one, a kernel is compiled once.
    """
    if type(graph) is _Plain:
        return graph
    dtype = starts_type(len(graph.ids))
    return _Plain(frozen(graph.starts, dtype), frozen(graph.ids, np.int32))


def frozen(values: NDArray[Any], dtype: type[ScalarT]) -> NDArray[ScalarT]:
    """A read-only, contiguous view of values of that type; a copy only where it must be."""
    flags = values.flags
    if (
        type(values) is np.ndarray
        and values.dtype == dtype
        and not flags.writeable
        and flags.c_contiguous
    ):
        return values
    view: NDArray[ScalarT] = np.ascontiguousarray(values, dtype).view(np.ndarray)
    view.flags.writeable = False
    return view


def checked_size(size: int) -> int:
    """That number of nodes, if ids of 32 bits are enough for it.

    Raises:
        BadInput: they are not.
    """
    if size >= 2**31:
        raise BadInput(f"{size:,} nodes are too many; at most {2**31 - 1:,} have an id")
    return size


def ranges(starts: NDArray[np.integer], entries: int) -> Iterator[tuple[int, int]]:
    """All rows as ranges first ... last - 1 of about that many entries, each of one row or more.

    >>> list(ranges(np.array([0, 2, 4, 9, 9]), 4))
    [(0, 2), (2, 3), (3, 4)]
    """
    first, size = 0, len(starts) - 1
    while first < size:
        within = int(np.searchsorted(starts, int(starts[first]) + entries, side="right")) - 1
        last = min(size, max(first + 1, within))
        yield first, last
        first = last


def sources(graph: Csr) -> Ids:
    """The node in whose row each entry stands."""
    size = len(graph.starts) - 1
    return np.repeat(np.arange(size, dtype=np.int32), graph.degrees())


def turned(graph: Csr) -> Csr:
    """Rows of the same edges in the other direction."""
    return csr(graph.ids, sources(graph), len(graph.starts) - 1)


def without_loops(source: Ids, target: Ids) -> tuple[Ids, Ids]:
    """The edges between two nodes; without a copy where all are."""
    proper = source != target
    return (source, target) if proper.all() else (source[proper], target[proper])


def undirected(source: Ids, target: Ids, size: int) -> Csr:
    """Rows of the edges in both directions, without loops, parallel edges as one."""
    source, target = without_loops(source, target)
    ends = np.concatenate((source, target)), np.concatenate((target, source))
    return csr(*ends, size, unique=True)


def undirected_weighted(
    source: Ids, target: Ids, size: int, weights: NDArray[np.number] | None = None
) -> WeightedRows:
    """Rows of the edges in both directions, without loops; the weights of parallel ones add up.

    Args:
        source, target: (m,) edges.
        size: number of nodes.
        weights: (m,) of the edges; default 1 each.
    """
    proper = source != target
    source, target = source[proper], target[proper]
    given = np.ones(len(source)) if weights is None else np.asarray(weights, np.float64)[proper]
    ends = np.concatenate((source, target)), np.concatenate((target, source))
    return summed(*ends, size, np.concatenate((given, given)))


def summed(source: Ids, target: Ids, size: int, weights: Floats) -> WeightedRows:
    """Rows of the edges, parallel ones as one with the sum of their weights.

    The sum is taken in the order of the edges given, so equal inputs give equal sums.
    """
    pairs = source.astype(np.int64) << 32 | target
    order = np.argsort(pairs, kind="stable")
    pairs, weights = pairs[order], weights[order]
    first = np.flatnonzero(
        np.concatenate((np.ones(min(1, len(pairs)), bool), pairs[1:] != pairs[:-1]))
    )
    kept = pairs[first]
    totals: Floats = np.add.reduceat(weights, first) if len(first) else weights
    return WeightedRows(
        Csr(row_starts((kept >> 32).astype(np.int32), size), kept.astype(np.int32)), totals
    )


def strengths(rows: WeightedRows) -> Floats:
    """Sum of the weights in every row."""
    size = len(rows.graph.starts) - 1
    total: Floats = np.bincount(sources(rows.graph), rows.weights, size).astype(np.float64)
    return total
