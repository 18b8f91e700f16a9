"""The most records that an operation may bring, known before anything is read.

A page of N members brings N records for each of its parents, whatever hangs below multiplies. The
bound is a tree made once for each operation. Evaluating it takes the sizes of pages from the
request's variables and looks at each fragment once, however often that is spread.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from graphql.execution.values import VariableValues

from graph.errors import TooExpensive

MAX_COST = 2_000_000
"""Most records of an operation, where nothing else is set: three levels of full pages (100 x 100 x
100) pass, four do not."""

MAX_SELECTED = 10_000
"""Most fields of an operation, those of a fragment counted for each time it is spread."""

MOST = 10**15
"""Where counting ends; chained fragments could ask for numbers of any length."""

MAX_KNOWN = 64
"""Most values of the variables that an operation's cost is kept for."""

MAX_HELD = 1_024
"""Most values that are kept with them together; an operation may have thousands of variables."""

MAX_WAY = 8
"""Most fields of the costly way that a refusal names."""

Found = tuple[int, int]
"""Records and fields, the latter for one parent."""

Counts = Mapping[str, int | None]
"""The variables that matter: a switch, a page's size or a list's length; None if not given."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many members a field has: the largest of what stands there and of the variables.

    Attributes:
        fixed: what stands in the document.
        variables: names of the variables that say it.
        default: if nothing does.
        most: it is no larger; who asks for more is told so by the field itself.
    """

    fixed: tuple[int, ...] = ()
    variables: tuple[str, ...] = ()
    default: int = 1
    most: int = MOST

    def value(self, counts: Counts) -> int:
        """The number."""
        if not self.variables and not self.fixed:
            return self.default
        given = [n for name in self.variables if (n := counts[name]) is not None]
        return max(0, min(self.most, max((*self.fixed, *given), default=self.default)))


ONE = Size()


@dataclass(slots=True, eq=False)
class Selection:
    """What is selected of a value."""

    parts: list[Part] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Part:
    """A field or a spread fragment.

    Attributes:
        below: what is selected of each of its values.
        name: the field's; empty for a fragment.
        size: how many values it has.
        once: records that it brings whatever its size.
        each: records that it brings for each value.
        when: the variables of its @include (True) and @skip (False).
    """

    below: Selection
    name: str = ""
    size: Size = ONE
    once: int = 0
    each: int = 0
    when: tuple[tuple[str, bool], ...] = ()

    def cost(self, below: Found, counts: Counts) -> Found:
        """Its records and fields, from those of one of its values."""
        if not all(bool(counts[name]) is wanted for name, wanted in self.when):
            return 0, 0
        records, fields = below
        return (
            self.once + self.size.value(counts) * (self.each + records),
            fields + bool(self.name),
        )


class Cost:
    """What one operation may bring.

    Args:
        root: what it selects.
        variables: names of the variables that matter.
    """

    __slots__ = ("_known", "_most", "_root", "_variables")

    def __init__(self, root: Selection, variables: Sequence[str]) -> None:
        self._root = root
        self._variables = tuple(variables)
        self._known: dict[tuple[int | None, ...], Found] = {}
        self._most = min(MAX_KNOWN, MAX_HELD // max(1, len(variables)))

    def of(self, values: VariableValues) -> Found:
        """The most records that it may bring, and the number of fields selected."""
        key: tuple[int | None, ...] = ()
        if self._variables:
            coerced = values.coerced
            key = tuple([_count(coerced.get(name)) for name in self._variables])
        found = self._known.get(key)
        if found is None:
            counts = dict(zip(self._variables, key, strict=True))
            found = _total(self._root, counts, {})
            if len(self._known) >= self._most > 0:
                self._known.pop(next(iter(self._known)))
            if self._most:
                self._known[key] = found
        return found

    def check(self, values: VariableValues, limit: int) -> None:
        """Refuses what costs more than the limit; 0 is none.

        Raises:
            TooExpensive: it may bring more records, or selects too many fields.
        """
        records, fields = self.of(values)
        if fields > MAX_SELECTED:
            raise TooExpensive(
                f"the operation selects {_shown(fields)} fields, those of fragments counted each "
                f"time they are spread; {MAX_SELECTED:,} are allowed; ask for fewer at once"
            )
        if limit and records > limit:
            way = [*self._way(values)]
            shown = " > ".join([*way[:MAX_WAY], *(["..."] if len(way) > MAX_WAY else [])])
            raise TooExpensive(
                f"the operation may bring {_shown(records)} records; {limit:,} are allowed "
                f"(RENMAI_MAX_COST); lower `first` or `last`, or ask for fewer levels at once, "
                f"along {shown}"
            )

    def _way(self, values: VariableValues) -> Iterator[str]:
        """The most costly fields from the root down, with their sizes: `ties (100)`."""
        counts = {name: _count(values.coerced.get(name)) for name in self._variables}
        memo: dict[int, Found] = {}
        _total(self._root, counts, memo)
        selection = self._root
        while selection.parts:
            costs = [p.cost(memo.get(id(p.below), (0, 0)), counts)[0] for p in selection.parts]
            part = selection.parts[costs.index(max(costs))]
            if part.once or part.size.value(counts) > 1:
                yield f"{part.name} ({part.size.value(counts):,})"
            selection = part.below


def _total(selection: Selection, counts: Counts, memo: dict[int, Found]) -> Found:
    known = memo.get(id(selection))
    if known is None:
        records = fields = 0
        for part in selection.parts:
            below = _total(part.below, counts, memo) if part.below.parts else (0, 0)
            more, further = part.cost(below, counts)
            records, fields = records + more, fields + further
        known = memo[id(selection)] = min(records, MOST), min(fields, MOST)
    return known


def _shown(number: int) -> str:
    return f"{number:,}" if number < MOST else f"more than {MOST:,}"


def _count(value: object) -> int | None:
    if isinstance(value, int):
        return value
    if isinstance(value, list | tuple):
        return len(value)
    if isinstance(value, dict):
        return max((n for inner in value.values() if (n := _length(inner)) is not None), default=1)
    return None


def _length(value: object) -> int | None:
    return _count(value) if isinstance(value, list | tuple | dict) else None
