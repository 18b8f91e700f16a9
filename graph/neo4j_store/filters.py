"""Filter trees to Cypher conditions; every value becomes a parameter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from graph.compiling import check_comparison, check_count, shared_relation, stored_value
from graph.errors import BadInput
from graph.model import RECORDS, Direction, NodeRef, RecordInfo, Relation
from graph.neo4j_store.collation import compared
from graph.neo4j_store.names import camel, entity_type, pattern
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

_COMPARISONS = {
    Op.EQ: "=",
    Op.IN: "IN",
    Op.LT: "<",
    Op.LTE: "<=",
    Op.GT: ">",
    Op.GTE: ">=",
    Op.CONTAINS: "CONTAINS",
    Op.STARTS_WITH: "STARTS WITH",
}
_ORDERING = ("<", "<=", ">", ">=")


@dataclass(frozen=True, slots=True)
class Place:
    """A variable of the statement and the kinds of record it may be bound to."""

    variable: str
    kinds: tuple[RecordInfo, ...]


@dataclass(slots=True)
class Conditions:
    """Compiles the filters of one statement and collects its parameters.

    The text depends on the shape of the filters, not on their values (but see collation.py), so
    that the database keeps its plans. A comparison with a null property is null, which counts
    as false everywhere but under NOT; there it is made false.
    """

    parameters: dict[str, Any] = field(default_factory=dict)
    _variables: int = 0

    def bind(self, value: Any) -> str:
        """A parameter with that value."""
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return f"${name}"

    def variable(self) -> str:
        """A variable not used before."""
        self._variables += 1
        return f"v{self._variables}"

    def condition(self, part: Filter, place: Place) -> str:
        """The condition that a record at that place fulfils the filter."""
        match part:
            case Compare():
                return self._compare(part, place)
            case And(parts):
                return self._joined(parts, place, " AND ", "true")
            case Or(parts):
                return self._joined(parts, place, " OR ", "false")
            case Not(inner):
                return self._negated(self.condition(inner, place))
            case OfKind(kinds):
                return of_kind(place, kinds)
            case Related():
                return self._related(part, place)
            case RelatedCount():
                return self._counted(part, place)

    def _joined(self, parts: Sequence[Filter], place: Place, word: str, empty: str) -> str:
        if not parts:
            return empty
        return f"({word.join(self.condition(p, place) for p in parts)})"

    @staticmethod
    def _negated(condition: str) -> str:
        return f"NOT coalesce({condition}, false)"

    def _compare(self, part: Compare, place: Place) -> str:
        if part.field in ("source", "target") and place.kinds[0].ends is not None:
            return self._end(part, place)
        info = check_comparison(place.kinds, part)
        stored = f"{place.variable}.{camel(part.field)}"
        if part.op is Op.IS_NULL or (part.op is Op.EQ and part.value is None):
            return _is_null(stored, info.many, wanted=part.value is not False)
        if part.op is Op.HAS:
            return f"{self.bind(stored_value(info, part.value))} IN {stored}"
        value: Any = (
            [stored_value(info, v) for v in part.value if v is not None]
            if part.op is Op.IN
            else stored_value(info, part.value)
        )
        sign = _COMPARISONS[part.op]
        if sign in _ORDERING:
            return compared(stored, sign, value, self.bind)
        return f"{stored} {sign} {self.bind(value)}"

    def _end(self, part: Compare, place: Place) -> str:
        """An edge's end compared with one or several nodes."""
        if part.op not in (Op.EQ, Op.IN):
            raise BadInput(f"{part.op.value} does not suit the end of an edge; use EQ or IN")
        refs: Sequence[NodeRef] = part.value if part.op is Op.IN else (part.value,)
        node = f"{'startNode' if part.field == 'source' else 'endNode'}({place.variable})"
        keys: dict[str, list[str]] = {kind: [] for kind in sorted({ref.kind for ref in refs})}
        for ref in refs:
            keys[ref.kind].append(ref.key)
        choices = [
            f"({self.bind(kind)} IN labels({node}) AND {node}.key IN {self.bind(of_kind)})"
            for kind, of_kind in keys.items()
        ]
        return f"({' OR '.join(choices)})" if choices else "false"

    def _related(self, part: Related, place: Place) -> str:
        step = self.step(shared_relation(place.kinds, part.relation), place.variable)
        condition = self.members(step, part.edge, part.node)
        if part.quantifier is Quantifier.EVERY:
            if condition == "true":
                return "true"
            outside = self._negated(condition)
            return f"NOT EXISTS {{ MATCH {step.pattern} WHERE {step.where} AND {outside} }}"
        exists = f"EXISTS {{ MATCH {step.pattern} WHERE {step.where} AND {condition} }}"
        return exists if part.quantifier is Quantifier.SOME else f"NOT {exists}"

    def _counted(self, part: RelatedCount, place: Place) -> str:
        check_count(part)
        step = self.step(shared_relation(place.kinds, part.relation), place.variable)
        count = self.count(step, part.edge, part.node)
        return f"{count} {_COMPARISONS[part.op]} {self.bind(part.value)}"

    def step(self, relation: Relation, anchor: str) -> Step:
        """The way from an anchor to the members of a relation, with fresh variables."""
        return Step.along(relation, anchor, self.variable(), self.variable())

    def members(self, step: Step, edge: Filter | None, node: Filter | None) -> str:
        """The condition on the edge and the record that a step leads to."""
        parts = []
        if edge is not None:
            if step.edge is None:
                raise BadInput(
                    f"the relation {step.relation.name} has no edge; filter on its records instead"
                )
            parts.append(self.condition(edge, step.edge))
        if node is not None:
            parts.append(self.condition(node, step.node))
        return " AND ".join(parts) or "true"

    def count(self, step: Step, edge: Filter | None = None, node: Filter | None = None) -> str:
        """The number of a relation's members that fulfil the filters.

        Without filters it is a bare pattern where it can be: the database then reads a stored
        degree instead of counting.
        """
        condition = self.members(step, edge, node)
        if condition == "true" and step.edge is not None:
            return f"COUNT {{ {step.bare} }}"
        return f"COUNT {{ MATCH {step.pattern} WHERE {step.where} AND {condition} }}"


@dataclass(frozen=True, slots=True)
class Step:
    """One relation followed in a statement.

    Attributes:
        relation: the relation.
        pattern: the pattern to match.
        bare: the pattern without what is certain anyway.
        where: what binds the pattern to the tenant and the relation; "true" where nothing must.
        edge: the place of the edge; None where there is none.
        node: the place of the record it leads to.
    """

    relation: Relation
    pattern: str
    bare: str
    where: str
    edge: Place | None
    node: Place

    @classmethod
    def along(cls, relation: Relation, anchor: str, edge: str, node: str) -> Step:
        """The step from the record that the variable `anchor` is bound to.

        Args:
            relation: the relation.
            anchor: a bound variable.
            edge, node: variables to bind.
        """
        targets = tuple(RECORDS[kind] for kind in relation.targets)
        reached = Place(node, targets)
        if relation.has_edge:
            kind = entity_type(relation.via)
            left = "<-" if relation.direction is Direction.IN else "-"
            right = "->" if relation.direction is Direction.OUT else "-"
            text = f"({anchor}){left}[{edge}:{kind}]{right}({node})"
            bare = f"({anchor}){left}[:{kind}]{right}()"
            return cls(relation, text, bare, "true", Place(edge, (relation.via,)), reached)
        assert relation.field is not None
        holder = camel(relation.field)
        text = pattern(targets[0], node)
        where = f"{node}.tenantId = $tenant AND " + (
            f"{node}.key = {anchor}.{holder}"
            if relation.direction is Direction.REF
            else f"{node}.{holder} = {anchor}.key"
        )
        return cls(relation, text, text, where, None, reached)


def of_kind(place: Place, kinds: Sequence[str]) -> str:
    """The condition that the record at that place is of one of the kinds."""
    possible = [info.name for info in place.kinds if info.name in kinds]
    if len(possible) == len(place.kinds):
        return "true"
    if not possible:
        return "false"
    return f"{place.variable}:{'|'.join(possible)}"


def _is_null(stored: str, many: bool, *, wanted: bool) -> str:
    if many:
        empty = f"size(coalesce({stored}, [])) = 0"
        return empty if wanted else f"NOT {empty}"
    return f"{stored} IS NULL" if wanted else f"{stored} IS NOT NULL"
