"""Makes the costs of operations: what each field's arguments and kind say of how many it brings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

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

from schema.connection import DEFAULT_PAGE, MAX_PAGE
from schema.execution.cost import MOST, ONE, Cost, Part, Selection, Size

LIST = 20
"""Members that a list without a page's arguments is taken to have."""

PAGED = ("first", "last")


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
