"""Random queries with what other generators leave out.

Fragments that are used again elsewhere, aliases, fields to merge, variables in arguments and in
@skip and @include, many mutations in one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_input_field,
)

COSTLY = frozenset({"atLeastVersion"})
"""Arguments that would only wait."""


class QueryWriter:
    """Writes one random query.

    Args:
        schema: what it is for.
        random: the source of chance.
        known: values for arguments and input fields of these names.
    """

    def __init__(
        self, schema: GraphQLSchema, random: Random, known: Mapping[str, Sequence[str]]
    ) -> None:
        self._schema = schema
        self._random = random
        self._known = known
        self._fragments: list[str] = []
        self._by_type: dict[str, list[str]] = {}
        self._declared: dict[str, str] = {}
        self._number = 0
        self.variables: dict[str, Any] = {}

    def write(self, depth: int) -> str:
        """A query, or sometimes another operation, of about that depth.

        Its variables are then known.
        """
        schema, chance = self._schema, self._random.random()
        if chance < 0.12:
            kind, root = "mutation", schema.mutation_type
        elif chance < 0.22:
            kind, root = "subscription", schema.subscription_type
        else:
            kind, root = "query", schema.query_type
        assert root is not None
        write = self._one_field if kind == "subscription" else self._selection
        body = write(root, depth)
        if kind == "query" and self._random.random() < 0.15:
            body = f"{body[:-1]}{self._introspection()} }}"
        declared = ", ".join(f"${name}: {kind}" for name, kind in self._declared.items())
        head = f"{kind} Q({declared})" if declared else f"{kind} Q"
        return " ".join([head, body, *self._fragments])

    def _introspection(self) -> str:
        """Fields of the schema; one of them may fail, by a variable that is null."""
        self._declared["t"] = 'String = "Contact"'
        self.variables["t"] = self._random.choice(["Contact", "Party", "none", None])
        number = self._random.randrange(3)
        fields = [
            "i0: __schema { queryType { name } }",
            "i1: __type(name: $t) { kind name fields { name type { name } } }",
            'i2: __type(name: "Party") { possibleTypes { name } }',
        ]
        return " ".join([*fields[number:], f"i{number}{number}: __type(name: $t) {{ name }}"])

    def _one_field(self, root: GraphQLObjectType, depth: int) -> str:
        name, field = self._random.choice(list(root.fields.items()))
        given, below = self._arguments(field), self._selection(get_named_type(field.type), depth)
        return f"{{ {self._alias(name)}{name}{given} {below} }}"

    def _switch(self) -> str:
        if self._random.random() < 0.88:
            return ""
        name = f"b{self._random.randrange(4)}"
        kind = self._declared.setdefault(name, self._random.choice(["Boolean!", "Boolean = true"]))
        chance = self._random.random()
        self.variables[name] = None if kind[-1] != "!" and chance < 0.15 else chance < 0.6
        return f" @{self._random.choice(['skip', 'include'])}(if: ${name})"

    def _selection(self, kind: Any, depth: int) -> str:
        r, out = self._random, []
        names = list(kind.fields)
        plain = [n for n in names if is_leaf_type(get_named_type(kind.fields[n].type))]
        deep = [n for n in names if n not in plain]
        for name in r.sample(plain, min(len(plain), r.randrange(1, 4))):
            out.append(f"{self._alias(name)}{name}{self._switch()}")
        if depth and deep:
            for name in r.sample(deep, min(len(deep), r.randrange(0 if out else 1, 3))):
                out += self._deep(kind, name, kind.fields[name], depth)
        if isinstance(kind, GraphQLInterfaceType) and depth:
            possible = list(self._schema.get_possible_types(kind))
            for one in r.sample(possible, r.randrange(1, min(4, len(possible) + 1))):
                out.append(f"... on {one.name}{self._switch()} {self._selection(one, depth - 1)}")
        self._use_fragments(kind, depth, out)
        if r.random() < 0.3 or not out:
            out.append(f"{self._alias('__typename')}__typename")
        r.shuffle(out)
        return "{ " + " ".join(out) + " }"

    def _deep(self, kind: Any, name: str, field: GraphQLField, depth: int) -> list[str]:
        r, named = self._random, get_named_type(field.type)
        given = self._arguments(field)
        out = [
            f"{self._alias(name, given)}{name}{given}{self._switch()} "
            f"{self._selection(named, depth - 1)}"
        ]
        if kind is self._schema.mutation_type:
            self._number += 1
            again = self._arguments(field)
            out.append(f"m{self._number}: {name}{again} {self._selection(named, 1)}")
        elif not given and r.random() < 0.2:
            out.append(f"again{name}: {name} {self._selection(named, depth - 1)}")
            out.append(f"{name} {self._selection(named, depth - 1)}")
        return out

    def _use_fragments(self, kind: Any, depth: int, out: list[str]) -> None:
        r = self._random
        if depth and r.random() < 0.15 and isinstance(kind, GraphQLObjectType):
            self._number += 1
            name = f"F{self._number}"
            text = self._selection(kind, depth - 1)
            self._fragments.append(f"fragment {name} on {kind.name} {text}")
            self._by_type.setdefault(kind.name, []).append(name)
            out.append(f"...{name}{self._switch()}")
            if r.random() < 0.3:
                out.append(f"...{name}")
        elif kind.name in self._by_type and r.random() < 0.5:
            out.append(f"...{r.choice(self._by_type[kind.name])}")

    def _alias(self, name: str, given: str = "") -> str:
        if given:  # fields of one key must have the same arguments
            self._number += 1
            return f"x{self._number}: "
        return (
            f"{self._random.choice('pq')}{name.strip('_')}: "
            if self._random.random() < 0.15
            else ""
        )

    def _arguments(self, field: GraphQLField) -> str:
        out = []
        for name, argument in field.args.items():
            needed = isinstance(argument.type, GraphQLNonNull)
            chance = 0.3 if name in ("filter", "orderBy") else 0.5
            if name in COSTLY or not (needed or self._random.random() < chance):
                continue
            out.append(f"{name}: {self._argument(name, argument.type)}")
        return f"({', '.join(out)})" if out else ""

    def _argument(self, name: str, kind: GraphQLInputType) -> str:
        r = self._random
        if str(kind) == "Int" and r.random() < 0.4:
            variable = f"i{r.randrange(3)}"
            self._declared[variable] = "Int! = 2"
            if r.random() < 0.6:
                self.variables[variable] = r.choice([0, 1, 3, 9])
            return f"${variable}"
        return self._literal(name, kind, 2)

    def _literal(self, name: str, kind: GraphQLInputType, depth: int) -> str:
        r = self._random
        if isinstance(kind, GraphQLNonNull):
            return self._literal(name, kind.of_type, depth)
        if isinstance(kind, GraphQLList):
            items = [self._literal(name, kind.of_type, depth) for _ in range(r.randrange(1, 3))]
            return "[" + ", ".join(items) + "]"
        if isinstance(kind, GraphQLEnumType):
            names: list[str] = list(kind.values)
            return r.choice(names)
        if isinstance(kind, GraphQLInputObjectType):
            return self._input(kind, depth)
        if name in self._known:
            return '"' + r.choice(self._known[name]) + '"'
        usual: dict[str, str] = {
            "Int": r.choice(["-1", "0", "1", "2", "5"]),
            "Boolean": "true",
            "Float": "0.5",
            "Money": '"12.50"',
            "Long": "3",
            "Date": '"2026-01-01"',
            "DateTime": '"2026-01-01T00:00:00Z"',
            "JSON": "{a: 1}",
        }
        return usual.get(kind.name, r.choice(['"c001"', '"zz"', '"Org"']))

    def _input(self, kind: GraphQLInputObjectType, depth: int) -> str:
        needed = [n for n, f in kind.fields.items() if is_required_input_field(f)]
        others = [
            n
            for n, f in kind.fields.items()
            if n not in needed
            and (depth > 0 or not isinstance(get_named_type(f.type), GraphQLInputObjectType))
        ]
        wanted = [*needed, *self._random.sample(others, min(len(others), 1))]
        parts = [f"{n}: {self._literal(n, kind.fields[n].type, depth - 1)}" for n in wanted]
        return "{" + ", ".join(parts) + "}"
