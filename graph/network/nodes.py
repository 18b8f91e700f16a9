"""The nodes of a snapshot: numbered by kind and key, with the columns that analytics filter by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graph.model import NodeRef
from graph.network.texts import Texts
from graph.network.values import NO_CODE


@dataclass(frozen=True, slots=True, eq=False)
class NodeTable:
    """Every node of a snapshot; its id is its place in the order of kind, then key.

    So ids do not depend on the order of writing, and a lower id wins a tie.

    Attributes:
        kinds: names of the node records, in order of declaration.
        kind: (n,) int8, position of each node's kind in `kinds`.
        keys: the keys by id.
        columns: by field name, (n,) int32 codes; NO_CODE where the node has no value.
        words: by field name, the texts that the codes stand for.
    """

    kinds: tuple[str, ...]
    kind: NDArray[np.int8]
    keys: Texts
    columns: Mapping[str, NDArray[np.int32]]
    words: Mapping[str, tuple[str, ...]]

    def __len__(self) -> int:
        return len(self.kind)

    def span(self, kind: str) -> tuple[int, int]:
        """First id of that kind, and the id after its last."""
        place = self.kinds.index(kind)
        low, high = np.searchsorted(self.kind, [place, place + 1])
        return int(low), int(high)

    def id_of(self, ref: NodeRef) -> int:
        """Id of that node; -1 when it is not there."""
        if ref.kind not in self.kinds:
            return -1
        return self.keys.find(ref.key, *self.span(ref.kind))

    def ids_of(self, refs: Iterable[NodeRef]) -> NDArray[np.int32]:
        """Ids of those nodes; -1 for one that is not there."""
        return np.array([self.id_of(ref) for ref in refs], np.int32)

    def refs(self, ids: Sequence[int] | NDArray[np.integer]) -> list[NodeRef]:
        """Kind and key of the nodes with these ids."""
        at = np.asarray(ids, np.int64)
        kinds = self.kind[at].tolist()
        return [
            NodeRef(self.kinds[k], key) for k, key in zip(kinds, self.keys.take(at), strict=True)
        ]

    def are(self, kinds: Iterable[str]) -> NDArray[np.bool_]:
        """Mask (n,) of the nodes of these kinds."""
        return np.isin(self.kind, [self.kinds.index(kind) for kind in kinds])

    def having(self, field: str, value: str) -> NDArray[np.bool_]:
        """Mask (n,) of the nodes whose column `field` is that value."""
        words = self.words[field]
        # NO_CODE - 1 is the code of nothing
        code = words.index(value) if value in words else NO_CODE - 1
        mask: NDArray[np.bool_] = self.columns[field] == code
        return mask
