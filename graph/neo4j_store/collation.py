"""Texts compared by code point, as Neo4j sorts them.

Neo4j sorts stored texts, and walks its indexes, by code point; but a stored text and a parameter
it compares by UTF-16 units. The two differ where characters beyond U+FFFF (U+20BB7, a form of the
surname Ji) meet those from U+E000 to U+FFFF (half-width kana). Only a parameter that holds one of
either can be compared wrongly, so only for these the comparison is spelt out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Bind = Callable[[Any], str]

HIGH = "\ue000"
"""First character after the surrogates: from here on, units and code points disagree."""

ASTRAL = "\U00010000"
"""First character of two units."""

MOST = 8
"""High characters of a text that are looked at: each makes the statement longer, and one of 200
takes the database 20 seconds to plan. Behind that many equal ones units decide."""


def compared(stored: str, sign: str, value: Any, bind: Bind) -> str:
    """The condition that a stored value is less or greater than a given one.

    Args:
        stored: expression of the stored value.
        sign: <, <=, > or >=.
        value: of the same type; a text may hold any characters.
        bind: makes a parameter of a value.
    """
    if not isinstance(value, str) or all(c < HIGH for c in value):
        return f"{stored} {sign} {bind(value)}"
    greater = _greater(stored, value, bind)
    match sign:
        case ">":
            return greater
        case ">=":
            return f"({greater} OR {stored} = {bind(value)})"
        case "<":
            return f"NOT ({greater} OR {stored} = {bind(value)})"
        case _:
            return f"NOT {greater}"


def _greater(stored: str, value: str, bind: Bind) -> str:
    """That a stored text comes after one with high characters.

    Up to the first high character units and code points agree; behind each, the text's next
    character decides. Appending nothing keeps the planner from asking an index, which would
    compare by code point here and turn the ranges of units into nonsense.
    """
    text = f"({stored} + '')"
    places = [i for i, c in enumerate(value) if c >= HIGH][:MOST]
    choices = [f"({text} > {bind(value)} AND NOT {text} STARTS WITH {bind(value[: places[0]])})"]
    for i, following in zip(places, [*places[1:], len(value)], strict=True):
        before, high = value[:i], value[: i + 1]
        below = f"{text} < {bind(before + HIGH)}"
        astral = f"{text} >= {bind(before + ASTRAL)} AND {below}"
        if value[i] >= ASTRAL:
            passed = f"{text} > {bind(high)} AND {below}"
        else:
            passed = f"({text} > {bind(high)} OR {astral})"
        choices.append(
            f"({text} STARTS WITH {bind(before)} AND {passed} "
            f"AND NOT {text} STARTS WITH {bind(high)})"
        )
        # as far as the next high character the texts may part at a low one
        rest = value[:following]
        if following == len(value):
            longer = f"{text} STARTS WITH {bind(high)} AND {text} > {bind(value)}"
        else:
            longer = (
                f"{text} STARTS WITH {bind(high)} AND {text} > {bind(rest)} "
                f"AND NOT {text} STARTS WITH {bind(rest)}"
            )
        choices.append(f"({longer})")
    return f"({' OR '.join(choices)})"
