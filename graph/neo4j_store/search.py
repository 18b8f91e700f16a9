"""What the full-text index keeps of a record's search terms, and what it is asked.

The index has to find any part of a term from one character on, so it keeps grams: all runs of
one, two and three characters, each a word of its own, of an analyzer that only parts at spaces.
Neo4j's analyzer for Chinese keeps pairs: a single character, or "aomi" in "xiaoming", finds
nothing. Words with a mark say what else the index must tell: `@` the tenant, `#` the kind, `=` a
whole term, `^` a term's beginning, `~` the beginning of one of its later words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from graph.searching import PHONE, compact

GRAM = 3
LONGEST_WHOLE = 100
"""Characters of the longest term of which the whole is a word; the analyzer cuts at 255."""


def index_text(tenant: str, kind: str, terms: Iterable[str]) -> str:
    """The words under which a record stands in the index."""
    words: dict[str, None] = {f"@{tenant}": None, f"#{kind}": None}
    for term in terms:
        text = compact(term)
        # a phone number is found by no fewer than four digits
        lengths = (GRAM,) if term.startswith(PHONE) else (1, 2, GRAM)
        for length in lengths:
            words.update(dict.fromkeys(_runs(text, length)))
            words[f"^{text[:length]}"] = None
            words.update(dict.fromkeys(f"~{start[:length]}" for start in _later_words(term)))
        if len(text) <= LONGEST_WHOLE:
            words[f"={text}"] = None
    return " ".join(words)


def _runs(text: str, length: int) -> Iterable[str]:
    return (text[i : i + length] for i in range(len(text) - length + 1))


def _later_words(term: str) -> list[str]:
    """What follows from each word on but the first."""
    parts = term.removeprefix(PHONE).split(" ")
    return ["".join(parts[i:]) for i in range(1, len(parts))]


def index_query(tenant: str, kinds: Sequence[str], text: str) -> str:
    """What to ask the index for: records with all grams of the text, likely the best first.

    Args:
        tenant: its id.
        kinds: the kinds wanted.
        text: normalised (`graph.searching.normalise`) and not empty.
    """
    length = min(len(text), GRAM)
    needed = [f'+"{gram}"' for gram in dict.fromkeys(_runs(text, length))]
    start = text[:length]
    better = [f'"={text}"^10000', f'"^{start}"^1000', f'"~{start}"^100']
    of_kinds = " ".join(f'"#{kind}"' for kind in kinds)
    return " ".join([f'+"@{tenant}"', f"+({of_kinds})", *needed, *better])
