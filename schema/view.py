"""Views: GraphQL types derived from records; a view's class body holds special relations only."""

from __future__ import annotations

from collections.abc import Callable
from types import UnionType, new_class
from typing import Any, TypeVar, Union, get_args, get_origin

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.field import StrawberryField

from graph.model import RECORDS, Record, RecordInfo, record_info
from schema.declare import attribute, definition
from schema.derived import IDENTITY, end_of, record_fields, relation_of
from schema.names import shared_fields, shared_relations
from schema.relation import RelationField
from schema.scalars import whole_value

T = TypeVar("T", bound=type[Any])

VIEWS: dict[str, Any] = {}
"""The declared types of records, by GraphQL name."""


def view(record: type[Record]) -> Callable[[T], T]:
    """Declares a class the GraphQL type of a record."""
    info = record_info(record)

    def declare(cls: T) -> T:
        cls.is_type_of = staticmethod(lambda value, _info: value.__class__ is record)
        made: T = strawberry.type(cls, name=info.name, description=info.description)
        return _register(made, info.name, record_fields(info))

    return declare


def shared_view(name: str, description: str) -> Callable[[T], T]:
    """Declares a class the GraphQL interface of several kinds of record."""

    def declare(cls: T) -> T:
        cls.resolve_type = staticmethod(lambda value, _info, _type: value.__class__.__name__)
        made: T = strawberry.interface(cls, name=name, description=description)
        fields = [attribute("id", strawberry.ID, IDENTITY, path="global_id")]
        if name != NODE:
            fields += [
                attribute(f.public_name, whole_value(f), f.description, path=f.name)
                for f in shared_fields(name)
            ]
        return _register(made, name, fields)

    return declare


NODE = "Node"
"""Name of the interface of everything that has an id."""


def _register(made: T, name: str, plain: list[Any]) -> T:
    known = definition(made)
    fields: dict[str, StrawberryField] = {f.graphql_name or f.python_name: f for f in plain}
    for field in known.fields:
        fields.setdefault(field.graphql_name or field.python_name, field)
    known.fields = list(fields.values())
    VIEWS[name] = made
    return made


def edge_view(info: RecordInfo, node: type) -> Any:
    """The GraphQL type of an edge record."""
    return view(info.record)(new_class(info.name, (node,)))


def complete() -> None:
    """Gives every view the relations its records declare; called once all views are declared."""
    for name, made in VIEWS.items():
        if name == NODE:
            continue
        fields = definition(made).fields
        for field in fields:
            if isinstance(field, RelationField):
                assert field.type_annotation is not None
                shown = _as_view(field.type_annotation.raw_annotation)
                field.type_annotation = StrawberryAnnotation(shown)
        taken = {f.python_name for f in fields}
        fields += [relation_of(r, VIEWS) for r in shared_relations(name) if r.name not in taken]
        info = RECORDS.get(name)
        if info is not None and info.ends is not None:
            fields += [end_of(info, end, VIEWS) for end in ("source", "target")]


def _as_view(annotation: Any) -> Any:
    """The annotation with views in place of records."""
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return VIEWS[annotation.__name__]
    arguments = tuple(_as_view(a) for a in get_args(annotation))
    if not arguments:
        return annotation
    origin = get_origin(annotation)
    return Union[arguments] if origin in (Union, UnionType) else origin[arguments]  # noqa: UP007
