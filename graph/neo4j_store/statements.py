"""The statements that read: each gives one record of collected lists.

The driver's cost is per record, not per value: 1,000 rows of 8 values take 47 ms as 1,000
records and 4.3 ms as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graph.compiling import check_depth, keys_by_kind, record_kind, relation_from
from graph.model import NodeRef, RecordInfo, record_info
from graph.model.codec import MOST_SELECTIONS
from graph.neo4j_store.filters import Conditions, Place, Step
from graph.neo4j_store.names import camel, keyed, loaded, pattern, projection
from graph.neo4j_store.orders import Term, order_terms, window_conditions
from graph.query import FindQuery, RelatedQuery, Window


@dataclass(frozen=True, slots=True)
class Statement:
    """Cypher and its parameters."""

    text: str
    parameters: dict[str, Any]


@lru_cache(MOST_SELECTIONS)
def by_key(kinds: tuple[str, ...], fields: frozenset[str] | None = None) -> str:
    """Gives the stored values of the tenant's records of those kinds, a list for each in turn.

    Args:
        kinds: theirs; the keys are the parameters of `numbered`.
        fields: the attributes wanted of each record; None = all.

    Raises:
        BadInput: a kind that is none.
    """
    parts = []
    for i, kind in enumerate(kinds):
        info = record_kind(kind)
        parts.append(
            f"CALL () {{ UNWIND $keys{i} AS key MATCH {keyed(info, 'n', 'key')} "
            f"WITH {', '.join(loaded((info,), 'n', fields))} "
            f"RETURN collect({projection(info.name, 'n', fields)}) AS items{i} }}"
        )
    listed = ", ".join(f"items{i}" for i in range(len(parts)))
    return f"{' '.join(parts)} RETURN {listed}"


def find(query: FindQuery) -> Statement:
    """Gives `items`, each a place in the order and stored values, and `total` or null."""
    info = record_kind(query.kind)
    check_depth(query.filter)
    conditions = Conditions()
    place = Place("n", (info,))
    where = ["n.tenantId = $tenant", _walk(query, info)]
    if query.filter is not None:
        where.append(conditions.condition(query.filter, place))
    matched = f"MATCH {pattern(info, 'n')} WHERE {' AND '.join(where)}"
    terms = order_terms(query.order, conditions, place)
    beyond = window_conditions(query.window, query.order, terms, conditions)
    text = (
        f"{cut(matched, ['n'], terms, beyond, query.window, _sort(query, info, terms))} "
        f"WITH {', '.join([*loaded((info,), 'n', query.fields), *held(terms)])} "
        f"RETURN collect([{placed(terms)}, {projection(info.name, 'n', query.fields)}]) AS items"
    )
    total = f"CALL () {{ {matched} RETURN count(*) AS total }}" if query.count else ""
    return Statement(
        f"CALL () {{ {text} }} {total} RETURN items, {'total' if query.count else 'null AS total'}",
        {**conditions.parameters, "limit": query.window.size + 1},
    )


def _walk(query: FindQuery, info: RecordInfo) -> str:
    """The condition, true of all records, that lets an index be walked in the order asked for."""
    field = _walked(query, info)
    return f"n.{camel(field)} IS NOT NULL" if field else "n.key > ''"


def _walked(query: FindQuery, info: RecordInfo) -> str | None:
    """The field that an order begins with, if an index has it of every record."""
    window = query.window
    if window.after is not None or window.before is not None:
        return None  # the planner would seek the cursor's text in UTF-16 order (collation.py)
    if not query.order or query.order[0].count or query.order[0].on_node:
        return None
    field = info.fields.get(query.order[0].field)
    return field.name if field and field.indexed and not field.optional else None


def _sort(query: FindQuery, info: RecordInfo, terms: Sequence[Term]) -> str:
    """What to sort by."""
    sort = sorted_by(terms, query.window)
    if query.order and not _walked(query, info):
        return sort
    # named with the tenant, the order is that of the index: at most what is equal is sorted
    return f"n.tenantId{' DESC' if query.window.backward else ''}, {sort}"


def counts(query: RelatedQuery, anchors: Sequence[NodeRef]) -> Statement:
    """Gives `items`: per anchor its kind, its key and the number of its members."""
    relation_from(query.relation, anchors)
    keys = keys_by_kind(anchors) or {query.relation.owner: []}
    check_depth(query.edge)
    check_depth(query.node)
    conditions = Conditions()
    counted = conditions.count(Step.along(query.relation, "a", "e", "n"), query.edge, query.node)
    text = f"{bound(tuple(keys))} WITH kind, key, {counted} AS size "
    return Statement(
        f"{text}RETURN collect([kind, key, size]) AS items",
        conditions.parameters | numbered(keys),
    )


def bound(kinds: Sequence[str]) -> str:
    """What binds `a`, its `kind` and its `key` to each anchor in turn.

    Args:
        kinds: of the anchors; their keys are the parameters of `numbered`.
    """
    parts = [
        f"MATCH {pattern(record_info(kind), 'a')} "
        f"WHERE a.tenantId = $tenant AND a.key IN $keys{i} "
        f"{'WITH' if len(kinds) == 1 else 'RETURN'} a, a.key AS key, '{kind}' AS kind"
        for i, kind in enumerate(kinds)
    ]
    return parts[0] if len(kinds) == 1 else f"CALL () {{ {' UNION ALL '.join(parts)} }}"


def numbered(keys: dict[str, list[str]]) -> dict[str, list[str]]:
    """The anchors' keys as parameters."""
    return {f"keys{i}": found for i, found in enumerate(keys.values())}


def cut(
    matched: str,
    variables: Sequence[str],
    terms: Sequence[Term],
    beyond: Sequence[str],
    window: Window,
    sort: str,
    limit: str = "limit",
) -> str:
    """The part of a statement that sorts what was matched, and keeps the window's rows.

    Args:
        matched: what binds the variables.
        variables: what is kept of each row, beside what the order computes.
        terms: the order.
        beyond: the conditions that cursors set.
        window: the part wanted.
        sort: what to sort by.
        limit: name of the parameter that says how many rows to keep.
    """
    made = [f"{term.computed} AS {term.source}" for term in terms if term.computed]
    after = f"WITH {', '.join([*variables, *made])} " if made or beyond else ""
    after += f"WHERE {' AND '.join(beyond)} " if beyond else ""
    kept = ", ".join([*variables, *held(terms)])
    return f"{matched} {after}WITH {kept} ORDER BY {sort} LIMIT ${limit}"


def sorted_by(terms: Sequence[Term], window: Window) -> str:
    """The order as Cypher."""
    return ", ".join(term.by(backward=window.backward) for term in terms)


def held(terms: Sequence[Term]) -> list[str]:
    """The variables that hold what an order computes."""
    return [term.source for term in terms if term.computed]


def placed(terms: Sequence[Term]) -> str:
    """A row's place in the order."""
    return f"[{', '.join(term.source for term in terms)}]"
