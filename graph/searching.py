"""Search without a database: the terms a record is found by, and how well a query fits them.

A term is text in small letters without accents, its words apart by one space; every Chinese
character is a word. It is compared without the spaces, so "Wang Xiaoming", "wang xiao ming" and
"wangxiaoming" are the same query, and the spaces only tell where words start.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import cache

from graph.model import RECORDS, Record
from graph.pinyin import initials, readings

RULES = 1
"""Grows when `terms` gives other terms than before, so that stores index anew."""

SHORTEST_PHONE_PART = 4
"""Fewer digits than these find no phone number."""

EXACT = 1.0
PREFIX = 0.75
WORD_START = 0.5
INFIX = 0.25
COVERAGE = 0.2
"""What a match that covers the whole term would add; so shorter terms come first."""

PHONE = "+"
"""First character of a term that is a phone number."""

_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i"})


def fold(text: str) -> str:
    """The words of a text: small letters, no accents, no punctuation, one space between."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(c for c in apart if not unicodedata.combining(c)).translate(_PLAIN)
    spaced = "".join(_separated(c) for c in unicodedata.normalize("NFC", bare))
    return " ".join(spaced.split())


def _separated(character: str) -> str:
    if is_han(character):
        return f" {character} "
    return character if character.isalnum() else " "


def is_han(character: str) -> bool:
    """Whether it is a Chinese character."""
    return "\u3400" <= character <= "\u9fff" or "\U00020000" <= character <= "\U0003ffff"


def compact(term: str) -> str:
    """A term as it is compared: without spaces and marks."""
    return term.replace(" ", "").removeprefix(PHONE)


def normalise(text: str) -> str:
    """A query as it is compared with terms; empty when nothing in it can be searched for."""
    return compact(fold(text))


def terms(record: Record) -> tuple[str, ...]:
    """What a record is found by: its searchable fields, and the pinyin of Chinese in them."""
    info = RECORDS[type(record).__name__]
    found: dict[str, None] = {}
    for field in info.fields.values():
        if not field.searchable:
            continue
        value = getattr(record, field.name)
        for text in value if field.many else (value,):
            if text:
                found.update(dict.fromkeys(_terms(text, field.name, _is_person(record))))
    return tuple(found)


def _is_person(record: Record) -> bool:
    kind = type(record).__name__
    return kind in ("Contact", "Staff") or getattr(record, "kind", None) == "PERSON"


def _terms(text: str, field: str, person: bool) -> list[str]:
    if field == "phones":
        return [_phone(text)]
    words = fold(text)
    if not words:
        return []
    found = [words]
    if any(map(is_han, words)):
        for syllables in readings(words.split(), person=person):
            found += [" ".join(syllables), initials(syllables)]
    return found


def _phone(text: str) -> str:
    """A number's digits, the country code as a word of its own."""
    digits = "".join(c for c in text if c.isdigit())
    for length in (1, 2, 3):
        if digits[:length] in _country_codes():
            return f"{PHONE}{digits[:length]} {digits[length:]}"
    return f"{PHONE}{digits}"


@cache
def _country_codes() -> frozenset[str]:
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    return frozenset(map(str, COUNTRY_CODE_TO_REGION_CODE))


def score(query: str, found: Iterable[str]) -> float:
    """How well a normalised query fits a record's terms.

    Returns:
        1.0 for a whole term; less, in this order, for its beginning, the beginning of one of its
        words, any part of it; within these more the more of the term is covered; 0 for no match.
    """
    return max((_score(query, term) for term in found), default=0.0) if query else 0.0


def _score(query: str, term: str) -> float:
    text = compact(term)
    if query not in text:
        return 0.0
    if term.startswith(PHONE) and len(query) < SHORTEST_PHONE_PART:
        return 0.0
    if query == text:
        return EXACT
    if text.startswith(query):
        base = PREFIX
    elif _at_word_start(query, text, term):
        base = WORD_START
    else:
        base = INFIX
    return round(base + COVERAGE * len(query) / len(text), 4)


def _at_word_start(query: str, text: str, term: str) -> bool:
    position = 0
    for word in term.removeprefix(PHONE).split(" "):
        if text.startswith(query, position):
            return True
        position += len(word)
    return False
