"""How Chinese names are read: pinyin without tones, surnames as surnames are read."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

SURNAMES = {
    "万俟": ("mo", "qi"),
    "单于": ("chan", "yu"),
    "尉迟": ("yu", "chi"),
    "澹台": ("tan", "tai"),
    "长孙": ("zhang", "sun"),
    "乐": ("yue",),
    "仇": ("qiu",),
    "佴": ("nai",),
    "冼": ("xian",),
    "区": ("ou",),
    "单": ("shan",),
    "卜": ("bu",),
    "句": ("gou",),
    "召": ("shao",),
    "员": ("yun",),
    "宓": ("mi",),
    "折": ("she",),
    "曾": ("zeng",),
    "朴": ("piao",),
    "查": ("zha",),
    "洗": ("xian",),
    "盖": ("ge",),
    "祭": ("zhai",),
    "秘": ("bi",),
    "种": ("chong",),
    "缪": ("miao",),
    "繁": ("po",),
    "翟": ("zhai",),
    "能": ("nai",),
    "覃": ("qin",),
    "解": ("xie",),
    "那": ("na",),
    "郇": ("xun",),
    "都": ("du",),
    "阚": ("kan",),
    "隗": ("wei",),
    "黑": ("he",),
}
"""Surnames of which the characters are mostly read otherwise, and how; the longer come first."""


def readings(words: Sequence[str], *, person: bool) -> list[tuple[str, ...]]:
    """The ways to read words of which some are Chinese characters.

    Args:
        words: words of a folded text, each Chinese character one word.
        person: whether it is a person's name, so that it begins with a surname.

    Returns:
        Syllables and other words in order; several where ü may be typed as v or u, or where a
        firm's name may or may not begin with a surname.
    """
    text = "".join(w if not w.isascii() else f" {w} " for w in words).strip()
    found = [_read(text, surname=True)]
    if not person:
        found.append(_read(text, surname=False))
    found += [tuple(_with_u(s) for s in read) for read in found]
    return list(dict.fromkeys(found))


def initials(syllables: Sequence[str]) -> str:
    """The first letters, each a word."""
    return " ".join(s[0] for s in syllables)


def _with_u(syllable: str) -> str:
    return syllable[0] + syllable[1:].replace("v", "u") if syllable[0] in "ln" else syllable


@lru_cache(maxsize=10_000)
def _read(text: str, *, surname: bool) -> tuple[str, ...]:
    from pypinyin import Style, lazy_pinyin  # half a second to load, so only where it is needed

    head = next((s for s in (text[:2], text[:1]) if s in SURNAMES), "") if surname else ""
    first = SURNAMES[head] if head else ()
    others: Any = str.split  # words that are no Chinese; typed as if it had to give one text
    rest = lazy_pinyin(text[len(head) :], style=Style.NORMAL, errors=others)
    return (*first, *rest)
