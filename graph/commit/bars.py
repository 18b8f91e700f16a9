"""Edges that stand against a change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from graph.commit.draft import Draft
from graph.commit.exchange import Between
from graph.errors import ProblemCode
from graph.model import Edge, Record
from graph.store import Bar, Upsert


def wanted_edges(draft: Draft) -> frozenset[Between]:
    """The edges that may stand against a change that is not refused already."""
    return frozenset(
        (bar.kind, source, target) for _, bar in _bars(draft) for source, target in bar.pairs
    )


def check_bars(draft: Draft, stored: Sequence[Record]) -> None:
    """Refuses each change that an edge stands against, as that will be after the commit."""
    edges = {record.ref: record for record in stored}
    edges |= {ref: record for ref, record in draft.after.items() if isinstance(record, Edge)}
    for ref, record in draft.after.items():
        if record is None:
            edges.pop(ref, None)
    for index, bar in list(_bars(draft)):
        problems = map(bar.rule, _standing(bar, edges.values()))
        problem = next(filter(None, problems), None)
        if problem is not None and index not in draft.refused:  # one is enough for a change
            draft.refuse(index, ProblemCode.ILLEGAL_STEP, problem.message, problem.field)


def _bars(draft: Draft) -> Iterator[tuple[int, Bar]]:
    for index, change in draft.changes.values():
        if isinstance(change, Upsert) and index not in draft.refused:
            for bar in change.bars:
                yield index, bar


def _standing(bar: Bar, edges: Iterable[Record]) -> list[Edge]:
    """The edges the bar looks at, by key: of several the same one is told of, on every store."""
    found = [
        edge
        for edge in edges
        if isinstance(edge, Edge)
        and edge.ref.kind == bar.kind
        and (edge.source, edge.target) in bar.pairs
    ]
    return sorted(found, key=lambda edge: edge.key)
