"""The types and marks a record's fields are declared with."""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from math import isfinite
from typing import Annotated, NamedTuple, NewType

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, ValidationInfo

DEFAULT_REGION = "CN"
"""Region of phone numbers written without a country code, where no setting says otherwise."""

LARGEST_INT = 2**31 - 1
LARGEST_LONG = 2**63 - 1
LARGEST_VALUE = 2**50
"""The largest value of an offer or a need, and of what one leg of a trade moves, in minor units."""


Money = NewType("Money", int)
"""An amount in minor units (fen, cents) of the tenant's one currency."""

MINOR_DIGITS = 2
"""Decimal digits of the currency's minor unit."""


def show_money(amount: int) -> str:
    """Minor units as major units, exact: 123450 is "1234.50"."""
    major, minor = divmod(abs(amount), 10**MINOR_DIGITS)
    return f"{'-' if amount < 0 else ''}{major}.{minor:0{MINOR_DIGITS}}"


class NodeRef(NamedTuple):
    """Names one record: `kind` is the record's name ("Customer"), `key` the caller's identifier."""

    kind: str
    key: str

    @property
    def global_id(self) -> str:
        """The id by which Relay clients know the record, over all kinds."""
        text = f"{self.kind}:{self.key}"
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Indexed:
    """The store keeps an index on the field: it is often filtered or sorted by."""


@dataclass(frozen=True, slots=True)
class Searchable:
    """The field's words are found by `search`; Chinese also by pinyin and initials."""


@dataclass(frozen=True, slots=True)
class Ref:
    """The field holds the key of another record.

    Attributes:
        kind: name of the record it points to.
        relation: name of the relation from this record to that one.
        inverse: name of the relation on that record that lists those pointing at it.
        owned: whether this record goes when that one is deleted; else the field is cleared.
    """

    kind: str
    relation: str
    inverse: str
    owned: bool = False


@dataclass(frozen=True, slots=True)
class System:
    """The store writes the field; no input may."""


@dataclass(frozen=True, slots=True)
class Guarded:
    """Rules of ours write the field, and what an export holds is read in; no mutation gives it."""


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def clean_text(text: str) -> str:
    """Text in Unicode's composed form, without surrounding white space.

    Raises:
        ValueError: it holds control characters (NUL among them) or lone surrogates.
    """
    found = _CONTROL.search(text)
    if found:
        raise ValueError(
            f"character U+{ord(found[0]):04X} at position {found.start()} is not allowed; remove it"
        )
    return unicodedata.normalize("NFC", text).strip()


def _one_line(text: str) -> str:
    if "\n" in text or "\r" in text:
        raise ValueError("a line break is not allowed here; put it on one line")
    return text


def _phone(text: str, info: ValidationInfo) -> str:
    region = (info.context or {}).get("region", DEFAULT_REGION)
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise ValueError(
            f"not a phone number in region {region}; "
            "write it with its country code, for example +86 138 0013 8000"
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _email(text: str) -> str:
    try:
        checked = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise ValueError(f"not an e-mail address: {error}") from error
    return checked.normalized.lower()


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a time needs its offset from UTC, for example 2026-05-01T09:30:00+08:00")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("in UTC this time lies outside the years 1 to 9999") from error


_BIRTHDAY = re.compile(r"(?:([0-9]{4})|-)-([0-9]{2})-([0-9]{2})")


def _birthday(text: str) -> str:
    """A day as YYYY-MM-DD, or --MM-DD where the year is unknown; 1-30 February may be lunar."""
    found = _BIRTHDAY.fullmatch(text)
    if found:
        year, month, day = found.groups()
        if (year is None or int(year) >= 1) and 1 <= int(month) <= 12 and 1 <= int(day) <= 31:
            return text
    raise ValueError("not a birthday; write YYYY-MM-DD, or --MM-DD where the year is unknown")


def _key(text: str) -> str:
    if not text:
        raise ValueError("a key has 1 to 128 characters; this one is empty")
    return text


_NUMBER = re.compile(r"\s*[-+]?[0-9.]+\s*")


def _no_number(value: object) -> object:
    """Keeps pydantic from reading a bare number, also one in a text, as seconds since 1970."""
    if isinstance(value, int | float) or (isinstance(value, str) and _NUMBER.fullmatch(value)):
        raise ValueError("a number is not a date; write it as in 2026-05-01 or 2026-05-01T09:30Z")
    return value


def _custom_value(value: object) -> object:
    """A custom field's value: text, a 64-bit number, a truth value or null."""
    match value:
        case None | bool():
            return value
        case str() if len(value) <= LONG_TEXT:
            return clean_text(value)
        case str():
            raise ValueError(f"must have at most {LONG_TEXT:,} characters; shorten it")
        case int() if not -LARGEST_LONG <= value <= LARGEST_LONG:
            raise ValueError(f"must be from {-LARGEST_LONG:,} to {LARGEST_LONG:,}")
        case float() if not isfinite(value):
            raise ValueError("must be a finite number")
        case int() | float():
            return value
    raise ValueError("must be a text, a number, true, false or null")


LONG_TEXT = 10_000
"""Most characters of a long text."""

# Lengths are checked twice: before the work of composing, and after it, which may lengthen.

Text = Annotated[
    str,
    Field(max_length=200),
    AfterValidator(clean_text),
    AfterValidator(_one_line),
    Field(max_length=200),
]
"""One line of up to 200 characters."""

LongText = Annotated[
    str, Field(max_length=LONG_TEXT), AfterValidator(clean_text), Field(max_length=LONG_TEXT)
]
"""Up to 10,000 characters on any number of lines."""

Key = Annotated[
    str,
    Field(max_length=128),
    AfterValidator(clean_text),
    AfterValidator(_one_line),
    AfterValidator(_key),
    Field(max_length=128),
]
"""The caller's own identifier, 1 to 128 characters."""

Phone = Annotated[str, Field(max_length=64), AfterValidator(clean_text), AfterValidator(_phone)]
"""A phone number, kept as E.164 (+8613800138000)."""

Email = Annotated[str, Field(max_length=254), AfterValidator(clean_text), AfterValidator(_email)]
"""An e-mail address, lower-cased."""

Birthday = Annotated[str, AfterValidator(_birthday)]
"""A day of birth in its own calendar: YYYY-MM-DD, or --MM-DD where the year is unknown."""

Day = Annotated[date, BeforeValidator(_no_number)]
"""A calendar day."""

Moment = Annotated[datetime, BeforeValidator(_no_number), AfterValidator(_utc)]
"""A point in time with its offset, kept in UTC to the microsecond."""

Amount = Annotated[Money, Field(ge=0, le=LARGEST_LONG)]
"""Money in minor units, 0 or more."""

UnitValue = Annotated[Money, Field(ge=0, le=LARGEST_VALUE)]
"""Value of one unit of a good in minor units, small enough that values of trades add exactly."""

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
"""A number from 0 to 1."""

Count = Annotated[int, Field(ge=0, le=LARGEST_INT)]
"""A whole number from 0 to 2,147,483,647."""

CustomValue = Annotated[str | int | float | bool | None, PlainValidator(_custom_value)]
"""A text of up to 10,000 characters, a 64-bit number, a truth value or null."""

Custom = Annotated[Mapping[Key, CustomValue], Field(max_length=100)]
"""Fields a company adds itself: up to 100 names with a text, number, truth value or null."""
