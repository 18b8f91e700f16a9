"""Parties as arguments of analytics: a kind and a key."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import numpy as np

from graph.errors import NotFound, shown
from graph.model import NodeRef
from graph.network import Network
from graph.network.csr import Ids


class PartyKind(StrEnum):
    """The kinds of parties."""

    CUSTOMER = "CUSTOMER"
    CONTACT = "CONTACT"
    ORGANIZATION = "ORGANIZATION"

    @property
    def record(self) -> str:
        """Name of the record: "Customer"."""
        return self.value.title()


def ids_of_parties(network: Network, kind: PartyKind, keys: Sequence[str]) -> Ids:
    """Ids of those parties, ascending, each once.

    Raises:
        NotFound: one of them is not there.
    """
    found = network.nodes.ids_of(NodeRef(kind.record, key) for key in keys)
    for key, node in zip(keys, found.tolist(), strict=True):
        if node < 0:
            raise NotFound(f"there is no {kind.record} {shown(key)}; check its kind and key")
    return np.unique(found)
