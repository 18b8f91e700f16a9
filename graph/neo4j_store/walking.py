"""Several levels of relations in one statement: a subquery a level, nested as the levels are.

Five levels of a contact's network as five statements cost the database 6.5 ms, and as one 4.2
(21 and 14 before its Java is warm): each statement seeks its anchors anew, one by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Any

from graph.compiling import check_depth, keys_by_kind, relation_from
from graph.model import NodeRef, record_info
from graph.model.codec import MOST_SELECTIONS, decoder
from graph.neo4j_store.filters import Conditions, Step
from graph.neo4j_store.names import loaded, projection, projections
from graph.neo4j_store.orders import order_terms, window_conditions
from graph.neo4j_store.pages import page
from graph.neo4j_store.reading import Hits, Read, Reading, Row, reading
from graph.neo4j_store.statements import bound, cut, held, numbered, placed, sorted_by
from graph.query import RelatedQuery, Tree, Walk, Walked, bare_page

OWN = 2
"""Where an anchor's own values stand in its row, behind its kind and its key."""

MOST_ROWS = 8_000
"""Most rows that anchors of several askers may bring in one statement."""

MOST_ANCHORS = 32
"""Most anchors of such a statement, however few rows they bring."""


@dataclass(frozen=True, slots=True)
class Level:
    """How one level's rows are read.

    Attributes:
        query: what it asks.
        hits: reads rows, once it is given the pages of the levels below and what makes each.
        below: the levels that lead on.
    """

    query: RelatedQuery
    hits: Reading
    below: tuple[Level, ...]

    def reader(self, walked: Walked) -> Read:
        """Makes pages of this level's rows; those of the levels below go into `walked`."""
        query, hits = self.query, self._hits(walked)
        if query.places:
            return lambda rows, total: page(rows, total, query, hits)
        order = query.order
        if query.window.backward:
            return lambda rows, total: bare_page(tuple(hits(rows[::-1])), total, order)
        return lambda rows, total: bare_page(tuple(hits(rows)), total, order)

    def _hits(self, walked: Walked) -> Hits:
        below = [(walked.pages.setdefault(one.query, {}), one.reader(walked)) for one in self.below]
        return self.hits(below)


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """A walk as Cypher, without its anchors' keys; one object for all equal walks.

    Attributes:
        walk: the walk.
        kinds: of the anchors.
        text: the statement; it gives, per anchor, its kind, its key, its own stored values where
            they are wanted, and for each tree its rows and, where asked for, their number.
        parameters: those that do not depend on the anchors.
        levels: how the trees' rows are read.
        most_anchors: of one statement that several ask together.
    """

    walk: Walk
    kinds: tuple[str, ...]
    text: str
    parameters: Mapping[str, Any]
    levels: tuple[Level, ...]
    most_anchors: int

    def of(self, anchors: Sequence[NodeRef]) -> dict[str, Any]:
        """All parameters."""
        keys = keys_by_kind(anchors) or {kind: [] for kind in self.kinds}
        return {**self.parameters, **numbered(keys)}

    def read(self, anchors: Sequence[NodeRef], found: Mapping[NodeRef, Sequence[Any]]) -> Walked:
        """What the statement says of some of its anchors, from the rows of all that are there."""
        walk, walked = self.walk, Walked()
        if walk.records:
            walked.records.update(
                (ref, decoder(ref.kind, walk.fields)(found[ref][OWN]))
                for ref in anchors
                if ref in found
            )
        at = OWN + walk.records
        for level in self.levels:
            read, counted = level.reader(walked), level.query.count
            pages = walked.pages.setdefault(level.query, {})
            nothing = read((), 0 if counted else None)
            for ref in anchors:
                if ref not in found:
                    pages[ref] = nothing
                elif ref not in pages:
                    row = found[ref]
                    pages[ref] = read(row[at], row[at + 1] if counted else None)
            at += 1 + counted
        return walked


def way(walk: Walk, anchors: Sequence[NodeRef]) -> Way:
    """The statement of a walk from those anchors.

    Raises:
        BadInput: an anchor that does not have a relation, or a query that makes no sense.
    """
    for tree in walk.trees:
        relation_from(tree.query.relation, anchors)
    kinds = sorted({ref.kind for ref in anchors}) or [walk.trees[0].query.relation.owner]
    return _compiled(walk, tuple(kinds))


@lru_cache(MOST_SELECTIONS)
def _compiled(walk: Walk, kinds: tuple[str, ...]) -> Way:
    """A way is kept, since its text holds no key."""
    made = _Compiler()
    levels, calls, names = made.below(walk.trees, "a")
    load, row = ["kind", "key", *names], ["kind", "key"]
    if walk.records:
        infos = [record_info(kind) for kind in kinds]
        load += loaded(infos, "a", walk.fields)
        row.append(projections(infos, "a", walk.fields))
    text = (
        f"{bound(kinds)} {calls} WITH {', '.join(load)} "
        f"RETURN collect([{', '.join([*row, *names])}]) AS items"
    )
    most = min(MOST_ANCHORS, MOST_ROWS // (1 + _rows_of(walk.trees)))
    return Way(walk, kinds, text, made.conditions.parameters, levels, most)


def _rows_of(trees: Sequence[Tree]) -> int:
    """Most rows that an anchor's trees can bring."""
    return sum(tree.query.window.size * (1 + _rows_of(tree.below)) for tree in trees)


class _Compiler:
    """Writes the subqueries of a walk; each level has variables of its own."""

    def __init__(self) -> None:
        self.conditions = Conditions()
        self._numbers = count()

    def below(self, trees: Sequence[Tree], anchor: str) -> tuple[tuple[Level, ...], str, list[str]]:
        """The levels that lead on from a variable, their subqueries, and the names these bind.

        Called subqueries: the same in expressions takes longer to plan, and no less to run.
        """
        made = [self._level(tree, anchor) for tree in trees]
        calls = [
            f"CALL ({anchor}) {{ {text} AS {name} }}"
            for _, texts in made
            for name, text in texts.items()
        ]
        return tuple(level for level, _ in made), " ".join(calls), [n for _, ts in made for n in ts]

    def _level(self, tree: Tree, anchor: str) -> tuple[Level, dict[str, str]]:
        """One level; its subqueries from a variable by the names they are bound to."""
        query, n = tree.query, next(self._numbers)
        check_depth(query.edge)
        check_depth(query.node)
        step = Step.along(query.relation, anchor, f"e{n}", f"n{n}")
        wanted = self.conditions.members(step, query.edge, query.node)
        matched = f"MATCH {step.pattern} WHERE {step.where} AND {wanted}"
        levels, calls, names = self.below(tree.below, step.node.variable)
        made = {f"items{n}": self._rows(query, step, matched, calls, names)}
        if query.count:
            made[f"total{n}"] = f"RETURN {self.conditions.count(step, query.edge, query.node)}"
        return _level(query, step, levels), made

    def _rows(
        self,
        query: RelatedQuery,
        step: Step,
        matched: str,
        calls: str,
        names: Sequence[str],
    ) -> str:
        """The subquery that collects the rows of one anchor."""
        conditions, node = self.conditions, step.node
        terms = order_terms(query.order, conditions, step.edge or node, node)
        beyond = window_conditions(query.window, query.order, terms, conditions)
        variables = [*([step.edge.variable] if step.edge else []), node.variable]
        limit = conditions.bind(query.window.size + query.places).removeprefix("$")
        sort = sorted_by(terms, query.window)
        load, row = [*names], list[str]()
        if query.places:
            load += held(terms)
            row.append(placed(terms))
            if step.edge and not query.edges:
                load.append(step.edge.variable)
        if step.edge and query.edges:
            load += loaded(step.edge.kinds, step.edge.variable, query.edge_fields)
            row.append(projection(query.relation.via.name, step.edge.variable, query.edge_fields))
        load += loaded(node.kinds, node.variable, query.fields)
        if len(node.kinds) > 1:
            row.append(f"{node.variable}Kind")
        row += [projections(node.kinds, node.variable, query.fields), *names]
        return (
            f"{cut(matched, variables, terms, beyond, query.window, sort, limit)} {calls} "
            f"WITH {', '.join(load)} RETURN collect([{', '.join(row)}])"
        )


def _level(query: RelatedQuery, step: Step, below: tuple[Level, ...]) -> Level:
    edge = query.relation.via.name if query.relation.has_edge and query.edges else None
    kinds = tuple(info.name for info in step.node.kinds)
    counted = tuple(level.query.count for level in below)
    row = Row(query.places, edge, query.edge_fields, kinds, query.fields, counted)
    return Level(query, reading(row), below)
