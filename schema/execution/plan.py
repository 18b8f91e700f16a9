"""An operation as a tree of levels.

A level is a field that is called: a root field, or a relation with all its parents at once. What
lies between two levels is attributes. Planning opens fragments, leaves out what @skip and
@include leave out, and merges fields by response key for every type a value may have; object
types that share a relation at one place of the answer share its level.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import chain, count
from typing import Any

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_composite_type,
)
from graphql.execution.collect_fields import (
    FieldDetailsList,
    GroupedFieldSet,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues

from schema.execution.arguments import NO_VARIABLES, arguments, has_variables
from schema.execution.documents import Operation
from schema.execution.plain import named
from schema.loading import selected
from schema.relation import Reads, RelationField
from schema.root import RootField

MAX_FIELDS = 10_000
"""Most fields of a plan; aliases of aliases can ask for exponentially many."""

TYPENAME = "__typename"

_numbers = count()


class Unplannable(Exception):
    """This operation has no plan; graphql-core must run it. The message says why.

    Attributes:
        wrong: the error of a value that shapes the plan, if that is why.
    """

    wrong: GraphQLError | None = None


@dataclass(slots=True, eq=False)
class Field:
    """One response key at one place of the answer: `__typename` if nothing more.

    Attributes:
        key: the response key.
        definition: what the schema says of the field.
        details: its nodes in the document, as graphql-core collects them.
        up: the field it stands below; None at the root.
        subs: what is selected below, by the type a value turns out to have.
        parents: the object types that it is a field of; several share a level.
    """

    key: str
    definition: GraphQLField
    details: FieldDetailsList
    up: Field | None
    subs: dict[str, list[Field]] = field(default_factory=dict)
    parents: dict[str, GraphQLObjectType] = field(default_factory=dict)

    @property
    def nodes(self) -> list[FieldNode]:
        """Its nodes in the document."""
        return [d.node for d in self.details]

    @property
    def name(self) -> str:
        """The field's name in the schema."""
        return self.details[0].node.name.value

    def trail(self) -> list[Field]:
        """The fields from the root down to this one."""
        return [*(self.up.trail() if self.up else ()), self]


@dataclass(slots=True, eq=False)
class Attribute(Field):
    """A plain attribute of the value it is asked of; dots lead into attributes of attributes."""

    attribute: str = ""


@dataclass(slots=True, eq=False)
class Introspection(Field):
    """`__schema` or `__type`."""


@dataclass(slots=True, eq=False)
class Level(Field):
    """A field that is called.

    Attributes:
        call: a relation's batch, or the function behind a root field.
        batched: which of the two.
        selected: dotted paths of what is selected below.
        needs: the attributes of its parents that it reads; None = any.
        reads: the attributes that the answer takes from what the call gives.
        constant: its arguments; None where they depend on variables.
        named: the variables that are its arguments; None where not all are plain.
        kept: what the call made of constant arguments.
        kids: the levels reached from here through attributes alone.
        complete: the generated function; None until the level has been used (`schema.execution.
            run`).
        used: whether it has been.
        number: another one for each level; unlike the level it may outlive the plan.
    """

    call: Callable[..., Any] = None  # type: ignore[assignment]
    batched: bool = True
    selected: frozenset[str] = frozenset()
    needs: tuple[str, ...] | None = None
    reads: Reads = field(default_factory=dict)
    constant: dict[str, Any] | None = None
    named: dict[str, str] | None = None
    kept: dict[object, Any] = field(default_factory=dict)
    kids: list[Level] = field(default_factory=list)
    complete: Callable[..., None] | None = None
    used: bool = False
    number: int = field(default_factory=_numbers.__next__)

    @property
    def title(self) -> str:
        """Its place in the schema: `Contact.ties`."""
        return f"{'|'.join(self.parents)}.{self.name}"


@dataclass(slots=True)
class Plan:
    """How an operation is run.

    Attributes:
        root: the type it starts from.
        fields: what it asks of that.
        size: the number of its fields.
    """

    root: GraphQLObjectType
    fields: list[Field]
    size: int


Shared = dict[tuple[object, ...], Level]
"""The levels below one level, by what makes two of them the same."""


def make_plan(schema: GraphQLSchema, operation: Operation, variables: VariableValues) -> Plan:
    """The plan of an operation; of the variables, only those in @skip and @include matter.

    Raises:
        Unplannable: graphql-core must run it.
    """
    return _Planner(schema, operation, variables).plan()


class _Planner:
    def __init__(
        self, schema: GraphQLSchema, operation: Operation, variables: VariableValues
    ) -> None:
        self._schema = schema
        self._operation = operation
        self._variables = variables
        self._size = 0

    def plan(self) -> Plan:
        """The whole plan."""
        root = self._schema.get_root_type(self._operation.node.operation)
        if root is None:
            raise Unplannable(f"no {self._operation.node.operation.value} in the schema")
        try:
            found = collect_fields(
                self._schema,
                self._operation.fragments,
                self._variables,
                root,
                self._operation.node,
            )
            fields = self._fields(root, found.grouped_field_set, None, {})
        except RecursionError:
            raise Unplannable("nested too deeply") from None
        return Plan(root, fields, self._size)

    def _fields(
        self, parent: GraphQLObjectType, grouped: GroupedFieldSet, up: Field | None, shared: Shared
    ) -> list[Field]:
        found = []
        for key, details in grouped.items():
            definition = self._schema.get_field(parent, details[0].node.name.value)
            if definition is not None:  # a validated document names no other
                found.append(self._field(parent, key, details, definition, up, shared))
        self._size += len(found)
        if self._size > MAX_FIELDS:
            raise Unplannable("too many fields")
        return found

    def _field(
        self,
        parent: GraphQLObjectType,
        key: str,
        details: FieldDetailsList,
        definition: GraphQLField,
        up: Field | None,
        shared: Shared,
    ) -> Field:
        made = _kind(details[0].node.name.value, definition)(key, definition, details, up)
        if isinstance(made, Level):
            same = (_called(definition), str(definition.type), id(up), key, *map(id, made.nodes))
            known = shared.setdefault(same, made)
            known.parents[parent.name] = parent
            if known is made:
                self._level(made)
            return known
        made.parents[parent.name] = parent
        if isinstance(made, Attribute):
            declared = definition.extensions["strawberry-definition"]
            made.attribute = declared.metadata.get("attribute", declared.python_name)
            self._below(made, shared)
        return made

    def _level(self, level: Level) -> None:
        level.call = _called(level.definition)
        metadata = level.definition.extensions["strawberry-definition"].metadata
        level.batched = "batch" in metadata
        level.needs = metadata.get("needs")
        level.selected = selected(level.nodes, self._operation.definitions, self._variables.coerced)
        level.constant = self._constant(level)
        if level.constant is None:
            level.named = named(self._schema, level.definition, level.nodes[0])
        below: Shared = {}
        self._below(level, below)
        level.kids = list(below.values())
        level.reads = reads(level)

    def _constant(self, level: Level) -> dict[str, Any] | None:
        node = level.nodes[0]
        if has_variables(node):
            return None
        try:
            return arguments(self._schema, level.definition, node, NO_VARIABLES)
        except GraphQLError:
            return None  # found again, and told, when the level is called

    def _below(self, up: Field, shared: Shared) -> None:
        target = get_named_type(up.definition.type)
        if not is_composite_type(target):
            return
        for possible in self._possible(target):
            found = collect_subfields(
                self._schema,
                self._operation.fragments,
                self._variables,
                self._operation.node,
                possible,
                up.details,
            )
            up.subs[possible.name] = self._fields(possible, found.grouped_field_set, up, shared)

    def _possible(self, target: GraphQLNamedType) -> Iterable[GraphQLObjectType]:
        if is_abstract_type(target):
            return self._schema.get_possible_types(target)
        assert isinstance(target, GraphQLObjectType)
        return (target,)


def reads(level: Level) -> Reads:
    """The attributes that a level's answer, and the levels below it, take from what it gives."""
    found: dict[str, set[str]] = {}
    whole: set[str] = set()

    def read(path: str) -> None:
        way, _, last = path.rpartition(".")
        found.setdefault(way, set()).add(last)

    def look(up: Field, way: str) -> None:
        for below in chain.from_iterable(up.subs.values()):
            if isinstance(below, Attribute):
                read(f"{way}{below.attribute}")
                look(below, f"{way}{below.attribute}.")
            elif isinstance(below, Level):
                if below.needs is None:
                    whole.add(way.removesuffix("."))
                for need in below.needs or ():
                    read(f"{way}{need}")

    look(level, "")
    return {
        **{way: frozenset(names) for way, names in found.items()},
        **dict.fromkeys(whole),  # read by whom it does not tell
    }


def _kind(name: str, definition: GraphQLField) -> type[Field]:
    if name == TYPENAME:
        return Field
    if name.startswith("__"):
        return Introspection
    declared = definition.extensions["strawberry-definition"]
    if isinstance(declared, RelationField | RootField):
        return Level
    if not declared.is_basic_field:
        raise Unplannable(f"{name} is neither an attribute nor a relation")
    return Attribute


def _called(definition: GraphQLField) -> Callable[..., Any]:
    metadata = definition.extensions["strawberry-definition"].metadata
    found: Callable[..., Any] = metadata.get("batch") or metadata["resolve"]
    return found
