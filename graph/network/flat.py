"""A snapshot as named arrays and a few words, and back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from graph.model import RECORDS, edge_records
from graph.network.assemble import NODE_KINDS
from graph.network.csr import Csr
from graph.network.edges import EdgeTable, no_rows
from graph.network.network import Network, Purchases
from graph.network.nodes import NodeTable
from graph.network.texts import Texts, texts
from graph.network.values import NODE_COLUMNS, array, edge_fields

Arrays = Mapping[str, NDArray[Any]]


class Flat(NamedTuple):
    """What a snapshot is made of.

    Attributes:
        version, computed_at: what it says of itself.
        words: by node field, the texts that its codes stand for.
        arrays: every array by its dotted name.
    """

    version: int
    computed_at: datetime
    words: Mapping[str, tuple[str, ...]]
    arrays: Arrays


@cache
def shape() -> str:
    """A fingerprint of what the arrays mean: kinds, columns and their types, enums' members."""
    lines = [repr(NODE_KINDS), repr(NODE_COLUMNS)]
    for info in edge_records():
        fields = [(f.name, f.scalar, [*f.enum] if f.enum else ()) for f in edge_fields(info)]
        lines.append(f"{info.name}{fields!r}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def flatten(network: Network) -> Flat:
    """The snapshot's arrays under their names; none is copied."""
    return Flat(network.version, network.computed_at, network.nodes.words, dict(_arrays(network)))


def nbytes(network: Network) -> int:
    """Memory of a snapshot's arrays, in bytes; an array that several tables share counts once."""
    return sum({id(found): found.nbytes for _, found in _arrays(network, every=True)}.values())


def _arrays(network: Network, *, every: bool = False) -> Iterator[tuple[str, NDArray[Any]]]:
    """Every array that is not made of others; with `every`, also the rows of empty tables."""
    nodes, bought = network.nodes, network.purchases
    yield "nodes.kind", nodes.kind
    yield from _texts("nodes.keys", nodes.keys)
    for name, codes in nodes.columns.items():
        yield f"nodes.{name}", codes
    for kind, table in network.edges.items():
        if len(table) or every:
            yield from _table(kind, table)
    yield "purchases.customer", bought.customer
    yield "purchases.at", bought.at
    yield "purchases.amount_minor", bought.amount_minor
    yield "purchases.referral", bought.referral
    yield from _texts("purchases.keys", bought.keys)


def _texts(name: str, given: Texts) -> Iterator[tuple[str, NDArray[Any]]]:
    yield f"{name}.starts", given.starts
    yield f"{name}.bytes", given.bytes


def _table(kind: str, table: EdgeTable) -> Iterator[tuple[str, NDArray[Any]]]:
    yield f"{kind}.source", table.source
    yield f"{kind}.target", table.target
    yield from _texts(f"{kind}.keys", table.keys)
    yield f"{kind}.forward", table.forward.starts
    yield f"{kind}.backward", table.backward.starts
    yield f"{kind}.backward_ids", table.backward.ids
    yield f"{kind}.backward_edges", table.backward_edges
    for name, column in table.columns.items():
        yield f"{kind}.column.{name}", column


def unflatten(flat: Flat) -> Network:
    """The snapshot made of these arrays.

    Raises:
        KeyError: an array is missing.
    """
    given = flat.arrays
    size = len(given["nodes.kind"])
    nodes = NodeTable(
        kinds=NODE_KINDS,
        kind=given["nodes.kind"],
        keys=_read_texts(given, "nodes.keys"),
        columns={name: given[f"nodes.{name}"] for name in NODE_COLUMNS},
        words={name: tuple(flat.words[name]) for name in NODE_COLUMNS},
    )
    return Network(
        version=flat.version,
        computed_at=flat.computed_at,
        nodes=nodes,
        edges=MappingProxyType(
            {info.name: _read_table(given, info.name, size) for info in edge_records()}
        ),
        purchases=Purchases(
            customer=given["purchases.customer"],
            at=given["purchases.at"],
            amount_minor=given["purchases.amount_minor"],
            referral=given["purchases.referral"],
            keys=_read_texts(given, "purchases.keys"),
        ),
    )


def _read_texts(given: Arrays, name: str) -> Texts:
    return Texts(given[f"{name}.starts"], given[f"{name}.bytes"])


def _read_table(given: Arrays, kind: str, size: int) -> EdgeTable:
    fields = edge_fields(RECORDS[kind])
    if f"{kind}.source" not in given:
        nothing = np.empty(0, np.int32)
        rows = Csr(no_rows(size), nothing)
        columns = {f.name: array(f, []) for f in fields}
        return EdgeTable(kind, nothing, nothing, texts([]), columns, rows, rows, nothing)
    target = given[f"{kind}.target"]
    return EdgeTable(
        kind=kind,
        source=given[f"{kind}.source"],
        target=target,
        keys=_read_texts(given, f"{kind}.keys"),
        columns={f.name: given[f"{kind}.column.{f.name}"] for f in fields},
        forward=Csr(given[f"{kind}.forward"], target),
        backward=Csr(given[f"{kind}.backward"], given[f"{kind}.backward_ids"]),
        backward_edges=given[f"{kind}.backward_edges"],
    )
