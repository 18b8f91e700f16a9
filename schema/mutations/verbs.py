"""What mutations are called: the words of the business for writing and removing each record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from strawberry.utils.str_converters import capitalize_first, to_camel_case

from graph.model import RecordInfo


@dataclass(frozen=True, slots=True)
class Verbs:
    """The verbs said of one record.

    Attributes:
        write: to create many or change them.
        remove: to delete many.
        one: whether a single new one has a mutation of its own.
    """

    write: str
    remove: str
    one: bool = False


NODE = Verbs("upsert", "delete")
EDGE = Verbs("connect", "disconnect")
SPOKEN: Mapping[str, Verbs] = {
    "Purchase": Verbs("record", "delete"),
    "Referral": Verbs("record", "delete", one=True),
    "Offer": Verbs("record", "delete"),
    "Need": Verbs("record", "delete"),
    "Veto": Verbs("record", "delete"),
}
"""Records of which the business says otherwise: what happened or was said is recorded."""

ONE_OF_MANY: Mapping[str, str] = {"Staff": "StaffMember"}
"""What one is called where the plural is the same word."""


def verbs(info: RecordInfo) -> Verbs:
    """The verbs said of the record."""
    return SPOKEN.get(info.name, NODE if info.ends is None else EDGE)


def one(info: RecordInfo) -> str:
    """One record, as part of a name: `Customer`."""
    return ONE_OF_MANY.get(info.name, info.name)


def many(info: RecordInfo) -> str:
    """Several records, as part of a name: `DealRoles`."""
    return capitalize_first(to_camel_case(info.plural))


def lower(title: str) -> str:
    """The same name as that of a field: `dealRoles`."""
    return title[:1].lower() + title[1:]
