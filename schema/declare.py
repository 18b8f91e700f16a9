"""How GraphQL types that are derived, not written, are declared to strawberry.

A derived type is made empty and given its fields afterwards: types name each other in circles,
and strawberry asks for the fields only when the schema is built.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING
from operator import attrgetter
from types import GenericAlias, new_class
from typing import Any

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.schema_directives import OneOf
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.base import StrawberryObjectDefinition, get_object_definition
from strawberry.types.field import StrawberryField
from strawberry.types.unset import UNSET
from strawberry.utils.str_converters import to_camel_case


class AttributeField(StrawberryField):
    """A field that is a plain attribute of the value it is asked of.

    `metadata["attribute"]` names it; dots lead into attributes of attributes.
    """

    def get_result(self, source: Any, info: object, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """The attribute's value."""
        return self.metadata["read"](source)


def attribute(
    name: str, annotation: Any, description: str, *, path: str | None = None
) -> AttributeField:
    """Field `name` (snake case) that shows the attribute at `path` (its own name if not given)."""
    path = path or name
    return AttributeField(
        python_name=name,
        graphql_name=to_camel_case(name),
        type_annotation=StrawberryAnnotation(annotation),
        description=description,
        metadata={"attribute": path, "read": attrgetter(path)},
    )


def input_field(
    name: str, annotation: Any, description: str, *, required: bool = False
) -> StrawberryField:
    """Field of an input type; `name` is the GraphQL name."""
    return StrawberryField(
        python_name=name,
        graphql_name=name,
        type_annotation=StrawberryAnnotation(annotation if required else annotation | None),
        description=description,
        default=MISSING if required else UNSET,
    )


def argument(
    name: str, annotation: Any, description: str, *, required: bool = False
) -> StrawberryArgument:
    """An argument of a field; `name` in snake case."""
    return StrawberryArgument(
        python_name=name,
        graphql_name=to_camel_case(name),
        type_annotation=StrawberryAnnotation(annotation if required else annotation | None),
        description=description,
        default=UNSET,
    )


def list_of(annotation: Any) -> Any:
    """Annotation of a list of what is known only at run time."""
    return GenericAlias(list, (annotation,))


def definition(cls: type) -> StrawberryObjectDefinition:
    """What strawberry knows of a declared type."""
    return get_object_definition(cls, strict=True)


def object_type(name: str, description: str, fields: Iterable[StrawberryField]) -> type:
    """A GraphQL object type of that name."""
    made: type = strawberry.type(new_class(name), name=name, description=description)
    definition(made).fields.extend(fields)
    return made


def input_type(name: str, description: str, *, one_of: bool = False) -> type:
    """A GraphQL input type, still without fields; its values arrive as plain mappings."""
    directives = [OneOf()] if one_of else []
    made: type = strawberry.input(
        new_class(name), name=name, description=description, directives=directives
    )
    definition(made).from_input = _as_it_came
    return made


def _as_it_came(_type: type, value: Mapping[str, Any], _context: object) -> Mapping[str, Any]:
    return value
