"""Parties as arguments of analytics: a kind and a key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated

import numpy as np
from pydantic import PlainValidator

from graph.errors import BadInput, NotFound, shown
from graph.inputs import validate_key
from graph.model import PARTIES, NodeRef
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


def read_party(value: object) -> NodeRef:
    """A party named by kind and key: a NodeRef, `{"kind": ..., "key": ...}` or `customer:acme`.

    Raises:
        ValueError: it names none.
    """
    if isinstance(value, str):
        kind, _, key = value.partition(":")
    elif isinstance(value, NodeRef):
        kind, key = value
    elif isinstance(value, Mapping) and {"kind", "key"} <= value.keys():
        kind, key = str(value["kind"]), str(value["key"])
    else:
        kind, key = "", ""
    found = next((party for party in PARTIES if party.upper() == kind.strip().upper()), None)
    if found is None:
        raise ValueError(
            f"not a party; give its kind ({', '.join(PARTIES)}) and its key: customer:acme"
        )
    try:
        return NodeRef(found, validate_key(key))
    except BadInput as error:
        raise ValueError(f"not a party: {error}") from error


PartyArgument = Annotated[NodeRef, PlainValidator(read_party)]
"""One party as an argument."""


def id_of_party(network: Network, party: NodeRef) -> int:
    """Id of a party.

    Raises:
        NotFound: it is not there.
    """
    found = network.nodes.id_of(party)
    if found < 0:
        raise NotFound(f"there is no {party.kind} {shown(party.key)}; check its kind and key")
    return found
