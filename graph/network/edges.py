"""The edges of one kind in a snapshot: ends, columns, and rows in both directions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graph.network.csr import Csr, Ids, Starts, row_starts, starts_type
from graph.network.texts import Texts


@dataclass(frozen=True, slots=True, eq=False)
class EdgeTable:
    """Edges sorted by source, target and key: an edge's place is its number.

    Sorted, the targets themselves are the forward rows, so that both directions take 16 bytes
    an edge and 8 bytes a node.

    Attributes:
        kind: name of the edge record.
        source, target: (m,) int32 node ids.
        keys: the edges' keys.
        columns: by field name, (m,) values (`graph.network.values`).
        forward: rows from source to target; entry i is edge i.
        backward: rows from target to source.
        backward_edges: (m,) number of the edge that each backward entry stands for.
    """

    kind: str
    source: Ids
    target: Ids
    keys: Texts
    columns: Mapping[str, NDArray[Any]]
    forward: Csr
    backward: Csr
    backward_edges: Ids

    def __len__(self) -> int:
        return len(self.source)

    def where(self, mask: NDArray[np.bool_]) -> EdgeTable:
        """A table of some of the edges, for whoever cannot work with a mask (m,); O(m)."""
        kept = np.flatnonzero(mask)
        columns = {name: column[kept] for name, column in self.columns.items()}
        size = len(self.forward.starts) - 1
        keys = self.keys.ordered(kept)
        return edge_table(self.kind, self.source[kept], self.target[kept], keys, columns, size)


@lru_cache(maxsize=8)
def no_rows(size: int) -> Starts:
    """Where the rows of `size` nodes begin when there are no edges: one for all such kinds."""
    starts = np.zeros(size + 1, starts_type(0))
    starts.flags.writeable = False
    return starts


def edge_table(
    kind: str,
    source: Ids,
    target: Ids,
    keys: Texts,
    columns: Mapping[str, NDArray[Any]],
    size: int,
) -> EdgeTable:
    """A table of edges that are sorted already, among `size` nodes; its arrays become read-only."""
    # The low half of each word carries the edge's number, so one plain sort also gives the
    # permutation; numpy sorts words four times as fast as it argsorts them.
    words = np.sort(target.astype(np.int64) << 32 | np.arange(len(source)))
    backward_edges = (words & 0xFFFFFFFF).astype(np.int32)
    empty = len(source) == 0
    table = EdgeTable(
        kind=kind,
        source=source,
        target=target,
        keys=keys,
        columns=columns,
        forward=Csr(no_rows(size) if empty else row_starts(source, size), target),
        backward=Csr(no_rows(size) if empty else row_starts(target, size), source[backward_edges]),
        backward_edges=backward_edges,
    )
    for rows in (source, target, table.forward.starts, *table.backward, backward_edges):
        rows.flags.writeable = False
    return table
