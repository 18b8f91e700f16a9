"""Writes the Python function that completes a level.

For a selection like `{ edges { status node { name } } }` of a relation `ties` it is, but for the
checks:

    def complete(results, slots, lists, watch):
        for x, slot in zip(results, slots):
            v1 = x.edges
            out = []
            for v2 in v1:
                v3 = v2.node
                v3 = {"name": v3.name}
                out.append({"status": v2.edge.status, "node": v3})
            slot["ties"] = {"edges": out}

Where a level begins further down, it leaves None, and keeps the parent and the dict that wait for
it in two of the `lists`. Anything but good values raises; then `schema.execution.complete` does
the level anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from graphql import (
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
)

from graph.model import RECORDS
from schema.execution.clock import LONG
from schema.execution.leaves import Surprise, leaf
from schema.execution.plan import TYPENAME, Attribute, Field, Level

Complete = Callable[[list[Any], list[dict[str, Any]], list[list[Any]], Any], None]

DEEPEST = 8
"""Most loops one inside the other in one function; Python allows 20 blocks."""


def generate(schema: GraphQLSchema, level: Level) -> Complete:
    """The function that completes a level.

    It takes the results, the dicts that the completed ones go into, two lists for each level
    below (parents, and their dicts), and what watches over long lists.
    """
    writer = _Writer(schema, level)
    writer.whole()
    names = writer.names
    exec(compile("\n".join(writer.lines), f"<{level.title}>", "exec"), names)
    made: Complete = names["complete"]
    return made


class _Writer:
    def __init__(self, schema: GraphQLSchema, level: Level) -> None:
        self._schema = schema
        self._level = level
        self._number = 0
        self.lines: list[str] = []
        self.names: dict[str, Any] = {"Surprise": Surprise}

    def whole(self) -> None:
        """Writes the function itself."""
        body: list[str] = []
        self._value(body, 2, "x", self._level.definition.type, self._level, 1)
        long = f"results if len(results) < {LONG} else watch(results)"
        self._function(
            "complete(results, slots, lists, watch)",
            [
                f" for x, slot in zip({long}, slots):",
                *body,
                f"  slot[{self._level.key!r}] = x",
            ],
        )

    def _function(self, head: str, body: list[str]) -> None:
        text = "\n".join(body)
        waiting = [
            f" parent{i} = lists[{2 * i}].append; slot{i} = lists[{2 * i + 1}].append"
            for i in range(len(self._level.kids))
            if f"parent{i}(" in text
        ]
        self.lines += [f"def {head}:", *waiting, text]

    def _constant(self, value: object) -> str:
        name = self._new("k")
        self.names[name] = value
        return name

    def _new(self, letter: str) -> str:
        self._number += 1
        return f"{letter}{self._number}"

    def _value(
        self, out: list[str], pad: int, name: str, kind: GraphQLOutputType, field: Field, loops: int
    ) -> None:
        """Lines that replace the value called `name` by its output."""
        nullable = not isinstance(kind, GraphQLNonNull)
        bare: Any = kind if nullable else kind.of_type  # type: ignore[union-attr]
        if is_leaf_type(bare):
            out.append(f"{' ' * pad}{name} = {leaf(bare, name, name, nullable, self._constant)}")
            return
        if nullable:
            out.append(f"{' ' * pad}if {name} is not None:")
            pad += 1
        if loops > DEEPEST:
            self._elsewhere(out, pad, name, bare, field)
        elif isinstance(bare, GraphQLList):
            self._list(out, pad, name, bare.of_type, field, loops)
        else:
            self._object(out, pad, name, field, loops)

    def _elsewhere(self, out: list[str], pad: int, name: str, bare: Any, field: Field) -> None:
        """The rest in a function of its own."""
        function, body = self._new("part"), []  # type: str, list[str]
        self._value(body, 1, "x", GraphQLNonNull(bare), field, 1)
        self._function(f"{function}(x, lists, watch)", [*body, " return x"])
        out.append(f"{' ' * pad}{name} = {function}({name}, lists, watch)")

    def _list(
        self, out: list[str], pad: int, name: str, item: GraphQLOutputType, field: Field, loops: int
    ) -> None:
        space = " " * pad
        kind = self._new("c")
        out += [
            f"{space}{kind} = {name}.__class__",
            f"{space}if {kind} is not list and {kind} is not tuple: raise Surprise",
        ]
        each, made = self._new("v"), self._new("o")
        nullable = not isinstance(item, GraphQLNonNull)
        bare: Any = item if nullable else item.of_type  # type: ignore[union-attr]
        if is_leaf_type(bare):
            shown = leaf(bare, each, each, nullable, self._constant)
            out.append(f"{space}{name} = [{shown} for {each} in {name}]")
            return
        out += [
            f"{space}{made} = []",
            f"{space}for {each} in {name} if len({name}) < {LONG} else watch({name}):",
        ]
        self._value(out, pad + 1, each, item, field, loops + 1)
        out += [f"{space} {made}.append({each})", f"{space}{name} = {made}"]

    def _object(self, out: list[str], pad: int, name: str, field: Field, loops: int) -> None:
        space = " " * pad
        if not is_abstract_type(get_named_type(field.definition.type)):
            ((title, fields),) = field.subs.items()
            out.append(f"{space}if {self._stranger(name, title)}: raise Surprise")
            self._of_type(out, pad, name, title, fields, loops)
            return
        kind, word = self._new("c"), "if"
        out.append(f"{space}{kind} = {name}.__class__")
        for title, made in self._classes(field.subs).items():
            out.append(f"{space}{word} {kind} is {self._constant(made)}:")
            self._of_type(out, pad + 1, name, title, field.subs[title], loops)
            word = "elif"
        out.append(f"{space}else: raise Surprise" if word == "elif" else f"{space}raise Surprise")

    def _classes(self, titles: Iterable[str]) -> dict[str, type]:
        """The class of the values of each type, where it alone tells the type."""
        found = {title: made for title in titles if (made := self._class(title)) is not None}
        number = Counter(found.values())
        return {title: made for title, made in found.items() if number[made] == 1}

    def _class(self, title: str) -> type | None:
        if title in RECORDS:
            return RECORDS[title].record
        declared = self._schema.type_map[title].extensions["strawberry-definition"]
        if declared.is_type_of is not None or declared.concrete_of is not None:
            return None  # it looks at more than the class, or shares that with its like
        made: type = declared.origin
        return made

    def _stranger(self, name: str, title: str) -> str:
        """A condition: the value is none of that type, as the type itself tells it."""
        known = self._schema.type_map[title]
        assert isinstance(known, GraphQLObjectType)
        if known.is_type_of is None:  # whatever has the attributes, but None and errors have some
            return f"{name} is None or isinstance({name}, Exception)"
        if title in RECORDS:
            return f"{name}.__class__ is not {self._constant(RECORDS[title].record)}"
        return f"not {self._constant(known.is_type_of)}({name}, None)"

    def _of_type(
        self, out: list[str], pad: int, name: str, title: str, fields: list[Field], loops: int
    ) -> None:
        space = " " * pad
        hoisted: dict[str, str] = {}
        items: list[str] = []
        waiting: list[int] = []
        for field in fields:
            if isinstance(field, Attribute):
                shown = self._attribute(out, pad, name, field, hoisted, loops)
            elif isinstance(field, Level):
                shown = "None"
                waiting.append(self._level.kids.index(field))
            else:
                assert field.name == TYPENAME
                shown = repr(title)
            items.append(f"{field.key!r}: {shown}")
        made = "{" + ", ".join(items) + "}"
        if waiting:
            slot = self._new("d")
            out.append(f"{space}{slot} = {made}")
            out += [f"{space}parent{i}({name}); slot{i}({slot})" for i in waiting]
            made = slot
        out.append(f"{space}{name} = {made}")

    def _attribute(
        self,
        out: list[str],
        pad: int,
        name: str,
        field: Attribute,
        hoisted: dict[str, str],
        loops: int,
    ) -> str:
        """An expression for the attribute's output."""
        *way, last = field.attribute.split(".")
        source = f"{self._way(out, pad, name, way, hoisted)}.{last}"
        value, kind = self._new("v"), field.definition.type
        nullable = not isinstance(kind, GraphQLNonNull)
        bare: Any = kind if nullable else kind.of_type  # type: ignore[union-attr]
        if is_leaf_type(bare):
            return leaf(bare, value, source, nullable, self._constant)
        out.append(f"{' ' * pad}{value} = {source}")
        self._value(out, pad, value, kind, field, loops)
        return value

    def _way(
        self, out: list[str], pad: int, name: str, way: list[str], hoisted: dict[str, str]
    ) -> str:
        """The name of the value that holds the attribute; read once for all that it holds."""
        path = ".".join(way)
        if not path:
            return name
        if path not in hoisted:
            hoisted[path] = self._new("v")
            out.append(f"{' ' * pad}{hoisted[path]} = {name}.{path}")
        return hoisted[path]
