"""Rows of a walk's levels to hits, by code generated once per form of a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graph.model import NodeRef
from graph.model.codec import MOST_SELECTIONS, decoder, decoding
from graph.neo4j_store.pages import Rows
from graph.query import Hit, Page

Read = Callable[[Rows, int | None], Page[Hit]]
"""Makes the page of one anchor from its rows and their number without the window."""

Below = Sequence[tuple[dict[NodeRef, Page[Hit]], Read]]
"""Of each level below: its pages so far, and what makes one."""

Hits = Callable[[Rows], list[Hit]]
Reading = Callable[[Below], Hits]


@dataclass(frozen=True, slots=True)
class Row:
    """The form of a level's rows.

    A row is: its place in the order, if pages tell it; the edge's stored values, if they are
    shown; the kind of the record at the other end, if it may be of several; its stored values;
    and for each level below its rows and, if it is counted, their number without the window.

    Attributes:
        places: whether it begins with its place.
        edge: kind of the edge; None where it is not shown.
        edge_fields: the attributes wanted of it; None = all.
        kinds: of the record at the other end.
        fields: the attributes wanted of that.
        below: of each level that leads on, whether it is counted.
    """

    places: bool
    edge: str | None
    edge_fields: frozenset[str] | None
    kinds: tuple[str, ...]
    fields: frozenset[str] | None
    below: tuple[bool, ...]


@lru_cache(MOST_SELECTIONS)
def reading(row: Row) -> Reading:
    """What makes hits of such rows, and pages of the levels below that have none yet.

    A function for each record, hit and page would take a third more time.
    """
    names: dict[str, Any] = {"Hit": Hit, "pair": tuple.__new__}
    targets = ["_"] if row.places else []
    lines, edge = list[str](), "None"
    if row.edge is not None:
        taken, lines = decoding(row.edge, row.edge_fields, "edge", names)
        targets.append(taken)
        edge = "edge"
    node_targets, made, ref = _node(row, names)
    targets += node_targets
    lines += [*made, f"add(pair(Hit, ({edge}, node)))"]
    if row.below:
        lines.append(f"end = {ref}")
    for i, counted in enumerate(row.below):
        targets += [f"rows{i}", *([f"total{i}"] if counted else [])]
        total = f"total{i}" if counted else "None"
        lines.append(f"if end not in pages{i}: pages{i}[end] = read{i}(rows{i}, {total})")
    return _compiled(row, targets, lines, names)


def _node(row: Row, names: dict[str, Any]) -> tuple[list[str], list[str], str]:
    """The node's targets, the lines that make it, and the expression of what names it."""
    if len(row.kinds) > 1:
        names["decoders"] = {kind: decoder(kind, row.fields) for kind in row.kinds}
        return ["kind", "stored"], ["node = decoders[kind](stored)"], "node.ref"
    (kind,) = row.kinds
    taken, made = decoding(kind, row.fields, "node", names)
    return [taken], made, f"pair(ref, ({kind!r}, node_key))"


def _compiled(
    row: Row, targets: Sequence[str], lines: Sequence[str], names: dict[str, Any]
) -> Reading:
    below = ", ".join(f"(pages{i}, read{i})" for i in range(len(row.below)))
    source = [
        "def reading(below):",
        f"    [{below}] = below",
        "    def hits(rows):",
        "        found = []",
        "        add = found.append",
        f"        for [{', '.join(targets)}] in rows:",
        *(f"            {line}" for line in lines),
        "        return found",
        "    return hits",
    ]
    exec(compile("\n".join(source), f"<rows of {row.kinds}>", "exec"), names)
    found: Reading = names["reading"]
    return found
