"""The most records that an operation may bring, known before anything is read.

A page of N members brings N records for each of its parents, whatever hangs below multiplies. The
bound is a tree made once for each operation. Evaluating it takes the sizes of pages from the
request's variables and looks at each fragment once, however often that is spread.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_input_object_type,
    is_list_type,
)
from graphql.execution.values import VariableValues

from graph.errors import TooExpensive
from schema.connection import DEFAULT_PAGE, MAX_PAGE

MAX_COST = 2_000_000
"""Most records of an operation, where nothing else is set: three levels of full pages (100 x 100 x
100) pass, four do not."""

MAX_SELECTED = 10_000
"""Most fields of an operation, those of a fragment counted for each time it is spread."""

LIST = 20
"""Members that a list without a page's arguments is taken to have."""

MOST = 10**15
"""Where counting ends; chained fragments could ask for numbers of any length."""

MAX_KNOWN = 64
"""Most values of the variables that an operation's cost is kept for."""

MAX_WAY = 8
"""Most fields of the costly way that a refusal names."""

PAGED = ("first", "last")

Found = tuple[int, int]
"""Records and fields, the latter for one parent."""

Counts = Mapping[str, int | None]
"""The variables that matter: a switch, a page's size or a list's length; None if not given."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many members a field has: the largest of what stands there and of the variables.

    Attributes:
        fixed: what stands in the document.
        variables: names of the variables that say it.
        default: if nothing does.
        most: it is no larger; who asks for more is told so by the field itself.
    """

    fixed: tuple[int, ...] = ()
    variables: tuple[str, ...] = ()
    default: int = 1
    most: int = MOST

    def value(self, counts: Counts) -> int:
        """The number."""
        if not self.variables and not self.fixed:
            return self.default
        given = [n for name in self.variables if (n := counts[name]) is not None]
        return max(0, min(self.most, max((*self.fixed, *given), default=self.default)))


ONE = Size()


@dataclass(slots=True, eq=False)
class Selection:
    """What is selected of a value."""

    parts: list[Part] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Part:
    """A field or a spread fragment.

    Attributes:
        below: what is selected of each of its values.
        name: the field's; empty for a fragment.
        size: how many values it has.
        once: records that it brings whatever its size.
        each: records that it brings for each value.
        when: the variables of its @include (True) and @skip (False).
    """

    below: Selection
    name: str = ""
    size: Size = ONE
    once: int = 0
    each: int = 0
    when: tuple[tuple[str, bool], ...] = ()

    def cost(self, below: Found, counts: Counts) -> Found:
        """Its records and fields, from those of one of its values."""
        if not all(bool(counts[name]) is wanted for name, wanted in self.when):
            return 0, 0
        records, fields = below
        return (
            self.once + self.size.value(counts) * (self.each + records),
            fields + bool(self.name),
        )


class Cost:
    """What one operation may bring.

    Args:
        root: what it selects.
        variables: names of the variables that matter.
    """

    __slots__ = ("_known", "_root", "_variables")

    def __init__(self, root: Selection, variables: Sequence[str]) -> None:
        self._root = root
        self._variables = tuple(variables)
        self._known: dict[tuple[int | None, ...], Found] = {}

    def of(self, values: VariableValues) -> Found:
        """The most records that it may bring, and the number of fields selected."""
        key: tuple[int | None, ...] = ()
        if self._variables:
            coerced = values.coerced
            key = tuple([_count(coerced.get(name)) for name in self._variables])
        found = self._known.get(key)
        if found is None:
            counts = dict(zip(self._variables, key, strict=True))
            found = _total(self._root, counts, {})
            if len(self._known) >= MAX_KNOWN:
                self._known.pop(next(iter(self._known)))
            self._known[key] = found
        return found

    def check(self, values: VariableValues, limit: int) -> None:
        """Refuses what costs more than the limit; 0 is none.

        Raises:
            TooExpensive: it may bring more records, or selects too many fields.
        """
        records, fields = self.of(values)
        if fields > MAX_SELECTED:
            raise TooExpensive(
                f"the operation selects {_shown(fields)} fields, those of fragments counted each "
                f"time they are spread; {MAX_SELECTED:,} are allowed; ask for fewer at once"
            )
        if limit and records > limit:
            way = [*self._way(values)]
            shown = " > ".join([*way[:MAX_WAY], *(["..."] if len(way) > MAX_WAY else [])])
            raise TooExpensive(
                f"the operation may bring {_shown(records)} records; {limit:,} are allowed "
                f"(RENMAI_MAX_COST); lower `first` or `last`, or ask for fewer levels at once, "
                f"along {shown}"
            )

    def _way(self, values: VariableValues) -> Iterator[str]:
        """The most costly fields from the root down, with their sizes: `ties (100)`."""
        counts = {name: _count(values.coerced.get(name)) for name in self._variables}
        memo: dict[int, Found] = {}
        _total(self._root, counts, memo)
        selection = self._root
        while selection.parts:
            costs = [p.cost(memo.get(id(p.below), (0, 0)), counts)[0] for p in selection.parts]
            part = selection.parts[costs.index(max(costs))]
            if part.once or part.size.value(counts) > 1:
                yield f"{part.name} ({part.size.value(counts):,})"
            selection = part.below


def _total(selection: Selection, counts: Counts, memo: dict[int, Found]) -> Found:
    known = memo.get(id(selection))
    if known is None:
        records = fields = 0
        for part in selection.parts:
            below = _total(part.below, counts, memo) if part.below.parts else (0, 0)
            more, further = part.cost(below, counts)
            records, fields = records + more, fields + further
        known = memo[id(selection)] = min(records, MOST), min(fields, MOST)
    return known


def _shown(number: int) -> str:
    return f"{number:,}" if number < MOST else f"more than {MOST:,}"


def _count(value: object) -> int | None:
    if isinstance(value, int):
        return value
    if isinstance(value, list | tuple):
        return len(value)
    if isinstance(value, dict):
        return max((n for inner in value.values() if (n := _length(inner)) is not None), default=1)
    return None


def _length(value: object) -> int | None:
    return _count(value) if isinstance(value, list | tuple | dict) else None


class Costs:
    """Makes the costs of operations of one schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._pages: frozenset[str] | None = None

    def page(self, kind: GraphQLNamedType) -> bool:
        """Whether a type is a page, or a mutation's payload: what it lists was counted above it."""
        if self._pages is None:
            paged = [f for t in self._schema.type_map.values() for f in _fields(t) if _paged(f)]
            mutations = self._schema.mutation_type
            written = mutations.fields.values() if mutations else ()
            self._pages = frozenset(get_named_type(f.type).name for f in (*paged, *written))
        return kind.name in self._pages

    def make(
        self, operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
    ) -> Cost:
        """The cost of an operation of a valid document.

        Raises:
            RecursionError: it is nested too deeply.
        """
        root = self._schema.get_root_type(operation.operation)
        maker = _Maker(self._schema, self, fragments)
        selection = maker.selection(root, operation.selection_set)
        return Cost(selection, list(maker.variables))


class _Maker:
    def __init__(
        self,
        schema: GraphQLSchema,
        costs: Costs,
        fragments: Mapping[str, FragmentDefinitionNode],
    ) -> None:
        self._schema = schema
        self._costs = costs
        self._fragments = fragments
        self._made: dict[str, Selection] = {}
        self.variables: dict[str, None] = {}

    def selection(
        self, parent: GraphQLNamedType | None, selected: SelectionSetNode | None
    ) -> Selection:
        """What is selected of a value of that type."""
        found = Selection()
        for node in selected.selections if selected else ():
            when = self._when(node.directives or ())
            if parent is not None and when is not None:
                part = self._part(parent, node)
                part.when = when
                found.parts.append(part)
        return found

    def _part(self, parent: GraphQLNamedType, node: SelectionNode) -> Part:
        if isinstance(node, FragmentSpreadNode):
            return Part(self._fragment(node.name.value))
        if isinstance(node, InlineFragmentNode):
            on = node.type_condition
            kind = self._schema.get_type(on.name.value) if on else parent
            return Part(self.selection(kind, node.selection_set))
        assert isinstance(node, FieldNode)
        return self._field(parent, node)

    def _fragment(self, name: str) -> Selection:
        if name not in self._made:
            fragment = self._fragments[name]
            kind = self._schema.get_type(fragment.type_condition.name.value)
            self._made[name] = self.selection(kind, fragment.selection_set)
        return self._made[name]

    def _field(self, parent: GraphQLNamedType, node: FieldNode) -> Part:
        name = node.name.value
        definition = self._schema.get_field(parent, name)  # type: ignore[arg-type]
        assert definition is not None, f"{parent.name}.{name} in a valid document"
        below = self.selection(get_named_type(definition.type), node.selection_set)
        listed = is_list_type(get_nullable_type(definition.type))
        if _called(definition):
            return Part(below, name, self._size(definition, node), once=1, each=int(listed))
        if listed and node.selection_set:
            size = ONE if self._costs.page(parent) else Size(default=LIST)
            return Part(below, name, size, each=1)
        return Part(below, name)

    def _size(self, definition: GraphQLField, node: FieldNode) -> Size:
        """How many members a field that is called has."""
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        if not _paged(definition):
            held = [
                value
                for name, value in given.items()
                if _holds(definition, name) and not isinstance(value, IntValueNode)
            ]
            bare = is_list_type(get_nullable_type(definition.type)) and not definition.args
            return self._read(held, LIST if bare else 1, MOST)
        pages = [value for name, value in given.items() if name in PAGED]
        default = definition.args["first"].default_value
        known = isinstance(default, int)
        return self._read(pages, default if known else DEFAULT_PAGE, MOST if known else MAX_PAGE)

    def _read(self, values: Sequence[ValueNode], default: int, most: int) -> Size:
        fixed: list[int] = []
        variables: dict[str, None] = {}
        for value in values:
            for inner in _leaves(value):
                if isinstance(inner, VariableNode):
                    variables[inner.name.value] = None
                elif isinstance(inner, IntValueNode):
                    fixed.append(int(inner.value[:20]))
                elif isinstance(inner, ListValueNode):
                    fixed.append(len(inner.values))
        self.variables.update(variables)
        return Size(tuple(fixed), tuple(variables), default, most)

    def _when(self, directives: Sequence[DirectiveNode]) -> tuple[tuple[str, bool], ...] | None:
        """The variables that decide whether a node counts; None if it never does."""
        found = []
        for directive in directives:
            if directive.name.value not in ("skip", "include"):
                continue
            wanted = directive.name.value == "include"
            for argument in directive.arguments or ():
                value = argument.value
                if isinstance(value, VariableNode):
                    found.append((value.name.value, wanted))
                elif isinstance(value, BooleanValueNode) and value.value is not wanted:
                    return None
        self.variables.update(dict.fromkeys(name for name, _ in found))
        return tuple(found)


def _leaves(value: ValueNode) -> Iterator[ValueNode]:
    """A value, or what the fields of an input object hold."""
    if isinstance(value, ObjectValueNode):
        for inner in value.fields:
            if not isinstance(inner.value, IntValueNode):
                yield from _leaves(inner.value)
    else:
        yield value


def _fields(kind: GraphQLNamedType) -> Sequence[GraphQLField]:
    return () if is_input_object_type(kind) else tuple(getattr(kind, "fields", {}).values())


def _called(definition: GraphQLField) -> bool:
    declared = definition.extensions.get("strawberry-definition")
    return declared is not None and not declared.is_basic_field


def _paged(definition: GraphQLField) -> bool:
    return "first" in definition.args


def _holds(definition: GraphQLField, name: str) -> bool:
    """Whether an argument holds a list, itself or in its fields."""
    kind = get_nullable_type(definition.args[name].type)
    return is_list_type(kind) or is_input_object_type(kind)
