"""Input types of mutations, derived from the records' fields."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from graph.model import FieldInfo, RecordInfo
from graph.store import Mode
from schema.declare import definition, input_field, input_type
from schema.filters import record_reference
from schema.mutations.verbs import lower, many
from schema.names import words
from schema.scalars import one_value

MAX_BATCH = 1_000
"""Most records one mutation writes or removes."""

WriteMode: Any = strawberry.enum(
    Mode, name="WriteMode", description="Whether a write may create, update, or both."
)

KEY = "The caller's own identifier, 1 to 128 characters."
NEW_KEY = f"{KEY} Left out: a new record, whose key we make."
_REVISION = "The revision you have seen; if it is another by now, nothing is written."
_ONCE = (
    "Any text of your own, up to 128 characters: a repetition with the same text writes nothing "
    "more and gets the first answer again."
)


def public_name(field: FieldInfo) -> str:
    """The field's name in GraphQL."""
    return to_camel_case(field.public_name)


def batch_input(info: RecordInfo, title: str) -> type:
    """`UpsertCustomersInput`: up to 1,000 records to write."""
    item: Any = _input(
        f"{info.name}Input",
        f"One of the {words(info.plural)} to write: what is left out stays as it is, null clears.",
        [
            input_field("key", str, NEW_KEY),
            *_ends(info, required=False),
            *_fields(info),
            input_field("expectedRevision", int, _REVISION),
        ],
    )
    name = lower(many(info))
    records = input_field(name, list[item], f"At most {MAX_BATCH:,}.", required=True)
    mode = input_field("mode", WriteMode, "Whether they may exist or not; UPSERT: either.")
    says = f"The {words(info.plural)} to write."
    return _input(f"{title}Input", says, [records, mode, once_field()])


def creation_input(info: RecordInfo, title: str) -> type:
    """`RecordReferralInput`: one record to write."""
    return _input(
        f"{title}Input",
        f"One of the {words(info.plural)} to write.",
        [
            input_field("key", str, NEW_KEY),
            *_ends(info, required=True),
            *_fields(info),
            once_field(),
        ],
    )


def update_input(info: RecordInfo, title: str) -> type:
    """`UpdateCustomerInput`: changes of one record that is there."""
    return _input(
        f"{title}Input",
        f"Changes of one of the {words(info.plural)}: what is left out stays, null clears.",
        [
            input_field("key", str, KEY, required=True),
            *_fields(info),
            input_field("expectedRevision", int, _REVISION),
            once_field(),
        ],
    )


def _fields(info: RecordInfo) -> list[StrawberryField]:
    return [input_field(public_name(f), _value(f), _says(f)) for f in info.mutable_fields()]


def _says(field: FieldInfo) -> str:
    return f"{field.description} A new record needs it." if field.required else field.description


def _value(field: FieldInfo) -> Any:
    one = one_value(field)
    return list[one] if field.many else one  # type: ignore[valid-type]


def _ends(info: RecordInfo, *, required: bool) -> list[StrawberryField]:
    if info.ends is None:
        return []
    says = "{} ({}). {}"
    when = "It never changes." if required else "A new record needs it; it never changes."
    return [
        input_field(
            end, record_reference(), says.format(does, " or ".join(kinds), when), required=required
        )
        for end, does, kinds in (
            ("source", "Where it starts", info.ends.sources),
            ("target", "Where it leads to", info.ends.targets),
        )
    ]


def once_field() -> StrawberryField:
    """The idempotency key of a mutation's input."""
    return input_field("idempotencyKey", str, _ONCE)


def _input(name: str, description: str, fields: list[StrawberryField]) -> type:
    made = input_type(name, description)
    definition(made).fields.extend(fields)
    return made


Deletion: Any = _input(
    "Deletion",
    "Names a record to be deleted.",
    [
        input_field("key", str, "Its key; there need be no such record.", required=True),
        input_field("expectedRevision", int, _REVISION),
    ],
)

DeletionInput: Any = _input(
    "DeletionInput",
    "The records to delete.",
    [input_field("items", list[Deletion], f"At most {MAX_BATCH:,}.", required=True), once_field()],
)
