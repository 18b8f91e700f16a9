"""Filter trees as SQL conditions.

A condition is true where the filter holds, and false or null where it does not; so a filter is
negated by `IS NOT TRUE`, never by `NOT`, which would leave null null.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from graph.compiling import check_comparison, check_count, shared_relation, stored_value
from graph.errors import BadInput
from graph.model import RECORDS, FieldInfo, NodeRef, RecordInfo, Relation, Scalar, relations
from graph.query import (
    And,
    Compare,
    Filter,
    Not,
    OfKind,
    Op,
    Or,
    Quantifier,
    Related,
    RelatedCount,
)
from graph.sqlite.arms import Arm, Owner, arms, either
from graph.sqlite.tables import quoted

_SIGNS = {Op.EQ: "=", Op.LT: "<", Op.LTE: "<=", Op.GT: ">", Op.GTE: ">="}


INLINE = 1
"""Relations of relations that stand within the text. Deeper ones are found for all records at
once: SQLite's parser holds 100 open symbols, and some versions cannot hold more."""

MOST_SELECTS = 500
"""Parts of a filter that look into other tables. SQLite plans a part again for each kind of record
it is asked of, so that relations of parties multiply by three at each level: 90,000 took 13 s."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose fields a filter speaks of.

    Attributes:
        info: the record of the rows.
        alias: the table's name in the statement.
        shared: all kinds the same filter is compiled for; only their shared fields can be used.
    """

    info: RecordInfo
    alias: str
    shared: tuple[RecordInfo, ...] = ()

    @property
    def kinds(self) -> tuple[RecordInfo, ...]:
        """The kinds whose shared fields can be used."""
        return self.shared or (self.info,)

    def column(self, name: str) -> str:
        """A column as SQL names it."""
        return f"{self.alias}.{quoted(name)}"

    @property
    def owner(self) -> Owner:
        """The row as the owner of relations."""
        return Owner(self.info.name, self.column("key"), self.alias)


@dataclass(slots=True)
class Statement:
    """The parameters and table names of one statement, while its text is put together.

    Attributes:
        values: the parameters by name.
    """

    values: dict[str, Any] = field(default_factory=dict)
    _aliases: int = 0
    _nesting: int = 0
    _sets: list[str] = field(default_factory=list)
    _named: dict[tuple[int, str], str] = field(default_factory=dict)

    def bind(self, value: object) -> str:
        """The SQL that stands for a value."""
        name = f"p{len(self.values)}"
        self.values[name] = value
        return f":{name}"

    def alias(self) -> str:
        """A new name for a table."""
        self._aliases += 1
        return f"t{self._aliases}"

    def holds(self, part: Filter, scope: Scope) -> str:
        """The condition that a filter holds."""
        match part:
            case And(parts):
                return joined([self.holds(p, scope) for p in parts], "AND") or "1"
            case Or(parts):
                return joined([self.holds(p, scope) for p in parts], "OR") or "0"
            case Not(inner):
                return f"(({self.holds(inner, scope)}) IS NOT TRUE)"
            case OfKind(kinds):
                return "1" if scope.info.name in kinds else "0"
            case Related():
                return self._related(part, scope)
            case RelatedCount():
                return self._counted(part, scope)
            case Compare():
                return self._compared(part, scope)

    # -- fields

    def _compared(self, part: Compare, scope: Scope) -> str:
        if part.field in ("source", "target") and scope.info.ends:
            return self._end_compared(part, scope)
        check_comparison(scope.kinds, part)
        info = scope.info.fields[part.field]
        column = scope.column(part.field)
        op, value = part.op, part.value
        if op is Op.IS_NULL or (op is Op.EQ and value is None):
            return _is_null(column, info, wanted=op is Op.EQ or bool(value))
        match op:
            case Op.IN:
                return self._among(column, info, value)
            case Op.HAS:
                wanted = self.bind(stored_value(info, value))
                return f"EXISTS (SELECT 1 FROM json_each({column}) WHERE value = {wanted})"
            case Op.CONTAINS:
                return f"instr({column}, {self.bind(value)})"
            case Op.STARTS_WITH:
                return self._starts(column, value)
            case _:
                return f"{column} {_SIGNS[op]} {self.bind(stored_value(info, value))}"

    def _among(self, column: str, info: FieldInfo, values: Sequence[Any]) -> str:
        stored = [stored_value(info, v) for v in values]
        if info.scalar is Scalar.FLOAT:  # JSON would round them to 15 digits
            return f"{column} IN ({', '.join(map(self.bind, stored))})"
        return f"{column} IN (SELECT value FROM json_each({self.bind(as_json(stored))}))"

    def _starts(self, column: str, prefix: str) -> str:
        """A range, which an index can answer; LIKE ignores case."""
        low = f"{column} >= {self.bind(prefix)}"
        end = after_prefix(prefix)
        return f"({low} AND {column} < {self.bind(end)})" if end is not None else f"({low})"

    def _end_compared(self, part: Compare, scope: Scope) -> str:
        wanted = part.value if part.op is Op.IN else (part.value,)
        if part.op not in (Op.EQ, Op.IN) or not all(isinstance(v, NodeRef) for v in wanted):
            raise BadInput(f"{part.op.value} does not suit an edge's {part.field}; use EQ or IN")
        kind, key = scope.column(f"{part.field}_kind"), scope.column(f"{part.field}_key")
        parts = [f"({kind} = {self.bind(k)} AND {key} = {self.bind(v)})" for k, v in wanted]
        return joined(parts, "OR") or "0"

    # -- relations

    def _related(self, part: Related, scope: Scope) -> str:
        relation = relation_of(scope, part.relation)
        arm = either(relation, scope.owner, self.alias())
        match = self.match(relation, arm, part.edge, part.node)
        if part.quantifier is Quantifier.EVERY:
            match = f"(({match}) IS NOT TRUE)"
        some = f"EXISTS (SELECT 1 FROM {arm.table} WHERE {arm.link} AND {match})"
        return some if part.quantifier is Quantifier.SOME else f"(NOT {some})"

    def _counted(self, part: RelatedCount, scope: Scope) -> str:
        check_count(part)
        relation = relation_of(scope, part.relation)
        number = self.size(relation, scope.owner, part.edge, part.node)
        return f"{number} {_SIGNS[part.op]} {self.bind(part.value)}"

    def size(
        self,
        relation: Relation,
        owner: Owner,
        edge: Filter | None = None,
        node: Filter | None = None,
    ) -> str:
        """The number of an owner's members of a relation that match."""
        counted = []
        if edge is None and node is None:  # two counts take a third of the time of one with OR
            ways = arms(relation, owner, self.alias)
        else:
            ways = [either(relation, owner, self.alias())]
        for arm in ways:
            match = self.match(relation, arm, edge, node)
            counted.append(f"(SELECT count(*) FROM {arm.table} WHERE {arm.link} AND {match})")
        return f"({' + '.join(counted)})"

    def match(self, relation: Relation, arm: Arm, edge: Filter | None, node: Filter | None) -> str:
        """The condition that a member fulfils both filters."""
        parts = []
        if not relation.has_edge:
            if edge is not None:
                raise BadInput(
                    f"{relation.owner}.{relation.name} has no edge between; filter its nodes"
                )
            if node is not None:
                parts.append(self._inner(node, Scope(RECORDS[relation.targets[0]], arm.alias)))
        else:
            if edge is not None:
                parts.append(self._inner(edge, Scope(relation.via, arm.alias)))
            if node is not None:
                parts.append(self._far_matches(relation, arm, node))
        return joined(parts, "AND") or "1"

    def _far_matches(self, relation: Relation, arm: Arm, node: Filter) -> str:
        shared = tuple(RECORDS[kind] for kind in relation.targets)
        found = []
        for info in shared:
            alias = self.alias()
            holds = self._inner(node, Scope(info, alias, shared))
            found.append(
                f"({arm.far_kind} = '{info.name}' AND EXISTS (SELECT 1 FROM {quoted(info.name)} "
                f"{alias} WHERE {alias}.key = {arm.far_key} AND {holds}))"
            )
        return joined(found, "OR")

    def _inner(self, part: Filter, scope: Scope) -> str:
        """A member's filter: within the text, or as a set of keys where relations nest deep."""
        if self._nesting < INLINE or not _follows(part):
            self._nesting += 1
            held = self.holds(part, scope)
            self._nesting -= 1
            return held
        name = self._named.get((id(part), scope.info.name))
        if name is None:
            name = self._set(part, scope)
            self._named[id(part), scope.info.name] = name
        return f"{scope.column('key')} IN (SELECT key FROM {name})"

    def _set(self, part: Filter, scope: Scope) -> str:
        """The keys of all records that fulfil a filter, found once for the whole statement."""
        nesting, self._nesting = self._nesting, 0
        alias = self.alias()
        holds = self.holds(part, Scope(scope.info, alias, scope.shared))
        self._nesting = nesting
        name = f"s{len(self._sets)}"
        self._sets.append(
            f"{name} AS MATERIALIZED "
            f"(SELECT key FROM {quoted(scope.info.name)} {alias} WHERE {holds})"
        )
        return name

    def sets(self) -> str:
        """The sets of keys that conditions speak of, as they stand after WITH."""
        return "".join(f"{text}, " for text in self._sets)

    def complete(self, select: str) -> str:
        """A SELECT with the sets before it."""
        return f"WITH {', '.join(self._sets)} {select}" if self._sets else select


def check_width(part: Filter | None, kinds: Iterable[str]) -> None:
    """Refuses a filter that looks into other tables more than `MOST_SELECTS` times.

    Raises:
        BadInput: it does.
    """
    known: dict[tuple[int, str], int] = {}
    if part is not None and sum(_selects(part, kind, known) for kind in kinds) > MOST_SELECTS:
        raise BadInput(
            "the filter follows relations of several kinds of records too deeply; "
            "take some levels away"
        )


def _selects(part: Filter, kind: str, known: dict[tuple[int, str], int]) -> int:
    place = (id(part), kind)
    if place not in known:
        known[place] = _counted_selects(part, kind, known)
    return known[place]


def _counted_selects(part: Filter, kind: str, known: dict[tuple[int, str], int]) -> int:
    match part:
        case And(parts) | Or(parts):
            return sum(_selects(p, kind, known) for p in parts)
        case Not(inner):
            return _selects(inner, kind, known)
        case Related() | RelatedCount():
            relation = relations(kind).get(part.relation)
            if relation is None:
                return 0
            edge = _selects(part.edge, relation.via.name, known) if part.edge else 0
            node = part.node
            return 1 + edge + sum(1 + _selects(node, t, known) for t in relation.targets if node)
        case _:
            return 0


def _follows(part: Filter) -> bool:
    """Whether a filter follows relations."""
    match part:
        case And(parts) | Or(parts):
            return any(map(_follows, parts))
        case Not(inner):
            return _follows(inner)
        case _:
            return isinstance(part, Related | RelatedCount)


def relation_of(scope: Scope, name: str) -> Relation:
    """The relation of that name, as the kind of the scope has it."""
    shared_relation(scope.kinds, name)
    return relations(scope.info.name)[name]


def _is_null(column: str, info: FieldInfo, *, wanted: bool) -> str:
    if info.many:
        return f"{column} {'=' if wanted else '<>'} '[]'"
    return f"{column} IS {'' if wanted else 'NOT '}NULL"


def joined(parts: Sequence[str], word: str) -> str:
    """Conditions joined as a balanced tree: SQLite refuses trees deeper than 1,000."""
    if len(parts) < 2:
        return "".join(parts)
    if len(parts) == 2:
        return f"({parts[0]} {word} {parts[1]})"
    middle = len(parts) // 2
    return f"({joined(parts[:middle], word)} {word} {joined(parts[middle:], word)})"


def after_prefix(prefix: str) -> str | None:
    """The least text greater than all that start with the prefix; None when there is none."""
    kept = prefix.rstrip("\U0010ffff")
    if not kept:
        return None
    point = ord(kept[-1]) + 1
    return kept[:-1] + chr(0xE000 if 0xD800 <= point <= 0xDFFF else point)


def as_json(values: Sequence[Any]) -> str:
    """Values as one parameter, so that a statement's text does not depend on their number.

    Raises:
        BadInput: a text holds half of a character.
    """
    try:
        return orjson.dumps(values).decode()
    except TypeError as error:
        raise BadInput("a text holds half of a character; remove it") from error
