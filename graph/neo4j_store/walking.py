"""Several levels of relations in one statement: a subquery a level, nested as the levels are.

Five levels of a contact's network as five statements cost the database 6.5 ms, and as one 4.2
(21 and 14 before its Java is warm): each statement seeks its anchors anew, one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Any

from graph.compiling import check_depth, keys_by_kind, relation_from
from graph.model import NodeRef, record_info
from graph.model.codec import MOST_SELECTIONS, Decoder, decoder
from graph.neo4j_store.filters import Conditions, Step
from graph.neo4j_store.names import loaded, projection, projections
from graph.neo4j_store.orders import order_terms, window_conditions
from graph.neo4j_store.pages import Rows, page
from graph.neo4j_store.statements import bound, cut, held, numbered, placed, sorted_by
from graph.query import Hit, Page, RelatedQuery, Tree, Walk, Walked, bare_page, hit

NULL = "null"


Read = Callable[[Rows, int | None], Page[Hit]]
"""Makes the page of one anchor."""


@dataclass(frozen=True, slots=True)
class Level:
    """How one level's rows are read.

    A row is: its place in the order, if pages tell it; the edge's stored values, if they are
    shown; the kind of the record at the other end, if it may be of several; its stored values;
    and for each level below its rows and their number without the window, or null.

    Attributes:
        query: what it asks.
        edge: reads the edge's values; None where it is not shown.
        nodes: reads the values of a record at the other end, by its kind.
        below: the levels that lead on.
    """

    query: RelatedQuery
    edge: Decoder | None
    nodes: Mapping[str, Decoder]
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

    def _hits(self, walked: Walked) -> Callable[[Rows], list[Hit]]:
        at = int(self.query.places)
        node_at = at + (self.edge is not None) + (len(self.nodes) > 1)
        edge, node = self.edge or _nothing, _of_kinds(self.nodes, node_at)
        below = [
            (walked.pages.setdefault(level.query, {}), level.reader(walked), node_at + 1 + 2 * i)
            for i, level in enumerate(self.below)
        ]
        if below:
            return lambda rows: [_lead_on(hit(edge(r[at]), node(r)), r, below) for r in rows]
        if len(self.nodes) == 1:
            (one,) = self.nodes.values()
            return lambda rows: [hit(edge(row[at]), one(row[node_at])) for row in rows]
        return lambda rows: [hit(edge(row[at]), node(row)) for row in rows]


Below = Sequence[tuple[dict[NodeRef, Page[Hit]], Read, int]]
"""Of each level below: its pages, what makes one, and where its rows stand in a row."""


def _lead_on(found: Hit, row: Sequence[Any], below: Below) -> Hit:
    """The hit, once the pages of the levels below are made of its row."""
    ref = found[1].ref
    for pages, read, start in below:
        if ref not in pages:
            pages[ref] = read(row[start], row[start + 1])
    return found


def _nothing(_: Any) -> None:
    """In the place of an edge that is not shown."""


def _of_kinds(decoders: Mapping[str, Decoder], at: int) -> Decoder:
    if len(decoders) == 1:
        (one,) = decoders.values()
        return lambda row: one(row[at])
    return lambda row: decoders[row[at - 1]](row[at])


@dataclass(frozen=True, slots=True)
class Way:
    """A walk as Cypher, without its anchors' keys.

    Attributes:
        walk: the walk.
        kinds: of the anchors.
        text: the statement; it gives, per anchor, its kind, its key, its own stored values or
            null, and for each tree its rows and their number or null.
        parameters: those that do not depend on the anchors.
        levels: how the trees' rows are read.
    """

    walk: Walk
    kinds: tuple[str, ...]
    text: str
    parameters: Mapping[str, Any]
    levels: tuple[Level, ...]

    def of(self, anchors: Sequence[NodeRef]) -> dict[str, Any]:
        """All parameters."""
        keys = keys_by_kind(anchors) or {kind: [] for kind in self.kinds}
        return {**self.parameters, **numbered(keys)}

    def read(self, anchors: Sequence[NodeRef], rows: Rows) -> Walked:
        """What the statement's rows say."""
        walk, walked = self.walk, Walked()
        found = {NodeRef(kind, key): (own, lists) for kind, key, own, *lists in rows}
        if walk.records:
            walked.records.update(
                (ref, decoder(ref.kind, walk.fields)(own)) for ref, (own, _) in found.items()
            )
        for i, level in enumerate(self.levels):
            read = level.reader(walked)
            pages = walked.pages.setdefault(level.query, {})
            nothing = read((), 0 if level.query.count else None)
            for ref in anchors:
                if ref not in found:
                    pages[ref] = nothing
                elif ref not in pages:
                    lists = found[ref][1]
                    pages[ref] = read(lists[2 * i], lists[2 * i + 1])
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
    own, load = NULL, ["kind", "key", *(name for name in names if name != NULL)]
    if walk.records:
        infos = [record_info(kind) for kind in kinds]
        load += loaded(infos, "a", walk.fields)
        own = projections(infos, "a", walk.fields)
    listed = ", ".join(["kind", "key", own, *names])
    text = f"{bound(kinds)} {calls} WITH {', '.join(load)} RETURN collect([{listed}]) AS items"
    return Way(walk, kinds, text, made.conditions.parameters, levels)


class _Compiler:
    """Writes the subqueries of a walk; each level has variables of its own."""

    def __init__(self) -> None:
        self.conditions = Conditions()
        self._numbers = count()

    def below(self, trees: Sequence[Tree], anchor: str) -> tuple[tuple[Level, ...], str, list[str]]:
        """The levels that lead on from a variable, their subqueries, and what those bind."""
        made = [self._level(tree, anchor) for tree in trees]
        return (
            tuple(level for level, _, _ in made),
            " ".join(text for _, text, _ in made),
            [name for _, _, names in made for name in names],
        )

    def _level(self, tree: Tree, anchor: str) -> tuple[Level, str, list[str]]:
        """One level, its subqueries from a variable, and the two names that they bind."""
        query, n = tree.query, next(self._numbers)
        check_depth(query.edge)
        check_depth(query.node)
        conditions, step = self.conditions, Step.along(query.relation, anchor, f"e{n}", f"n{n}")
        wanted = conditions.members(step, query.edge, query.node)
        matched = f"MATCH {step.pattern} WHERE {step.where} AND {wanted}"
        levels, calls, names = self.below(tree.below, step.node.variable)
        rows = self._rows(query, step, matched, calls, names)
        total = NULL
        text = f"CALL ({anchor}) {{ {rows} AS items{n} }}"
        if query.count:
            total = f"total{n}"
            text += f" CALL ({anchor}) {{ {matched} RETURN count(*) AS {total} }}"
        return _level(query, step, levels), text, [f"items{n}", total]

    def _rows(
        self, query: RelatedQuery, step: Step, matched: str, calls: str, names: list[str]
    ) -> str:
        """The subquery that collects the rows of one anchor."""
        conditions, node = self.conditions, step.node
        terms = order_terms(query.order, conditions, step.edge or node, node)
        beyond = window_conditions(query.window, query.order, terms, conditions)
        variables = [*([step.edge.variable] if step.edge else []), node.variable]
        limit = conditions.bind(query.window.size + query.places).removeprefix("$")
        sort = sorted_by(terms, query.window)
        load, row = [name for name in names if name != NULL], list[str]()
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


def _shows_edge(query: RelatedQuery) -> bool:
    return query.relation.has_edge and query.edges


def _level(query: RelatedQuery, step: Step, below: tuple[Level, ...]) -> Level:
    edge = decoder(query.relation.via.name, query.edge_fields) if _shows_edge(query) else None
    nodes = {info.name: decoder(info.name, query.fields) for info in step.node.kinds}
    return Level(query, edge, nodes, below)
