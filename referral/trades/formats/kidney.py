"""The kidney exchange formats: plain arcs, and PrefLib's weighted matching data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from graph.errors import shown
from referral.trades.formats.text import Wrong, whole
from referral.trades.formats.want_file import WantFile
from referral.trades.want_graph import want_graph

_TOKEN = re.compile(r"[^\s,]+")
_METADATA = re.compile(r"#\s*([A-Z ]+?)\s*(\d+)?\s*:\s*(.*)")
_END = ["-1", "-1", "-1"]
LARGEST_SIZE = 1_000_000
"""Most parties of a file."""

Row = tuple[int, list[tuple[int, str]]]
"""Line number, and columns with their texts."""


def read_kidney_input(text: str, name: str = "input") -> WantFile:
    """A first line `n m`, m lines `source target weight` (0-based), and a closing `-1 -1 -1`.

    Raises:
        Wrong: a line breaks the format, or the file is unfinished; names line and column.
    """
    rows = list(_rows(text))
    if not rows or len(rows[0][1]) != 2:
        raise Wrong(
            name, rows[0][0] if rows else 1, 1, "the first line gives parties and arcs: n m"
        )
    line, ((n_at, n), (m_at, m)) = rows[0][0], rows[0][1]
    size, count = whole(name, line, n_at, n), whole(name, line, m_at, m)
    ends = [i for i, (_, row) in enumerate(rows) if [token for _, token in row] == _END]
    if not ends:
        raise Wrong(name, rows[-1][0], 1, "the file is unfinished; its last line is -1 -1 -1")
    if ends[0] < len(rows) - 1:
        behind, row = rows[ends[0] + 1]
        raise Wrong(name, behind, row[0][0], "a line behind the last, -1 -1 -1; remove it")
    if len(rows) - 2 != count:
        raise Wrong(name, line, m_at, f"{count:,} arcs are announced, {len(rows) - 2:,} follow")
    labels = [str(i) for i in range(_size(name, line, n_at, size))]
    return _file("kidney-input", name, labels, rows[1:-1], first=0)


def read_preflib(text: str, name: str = "wmd") -> WantFile:
    """Metadata lines that begin with #, then `source, target, weight` (1-based).

    Raises:
        Wrong: a line breaks the format or the counts do not fit; names line and column.
    """
    numbers, names = {}, {}
    for number, line in enumerate(text.splitlines(), 1):
        if found := _METADATA.fullmatch(line.strip()):
            key, place, value = found[1], found[2], found[3]
            if key == "ALTERNATIVE NAME" and place:
                names[int(place)] = value
            elif key in ("NUMBER ALTERNATIVES", "NUMBER EDGES"):
                numbers[key] = (number, whole(name, number, found.start(3) + 1, value))
    if "NUMBER ALTERNATIVES" not in numbers:
        raise Wrong(name, 1, 1, "no line `# NUMBER ALTERNATIVES: n`; add it")
    line_at, size = numbers["NUMBER ALTERNATIVES"]
    rows = [row for row in _rows(text) if not row[1][0][1].startswith("#")]
    edges_at, edges = numbers.get("NUMBER EDGES", (1, len(rows)))
    if edges != len(rows):
        raise Wrong(name, edges_at, 1, f"{edges:,} edges are announced, {len(rows):,} follow")
    labels = [names.get(i + 1, str(i + 1)) for i in range(_size(name, line_at, 1, size))]
    return _file("preflib-wmd", name, labels, rows, first=1)


def _size(name: str, line: int, column: int, size: int) -> int:
    if size > LARGEST_SIZE:
        raise Wrong(name, line, column, f"{size:,} parties, at most {LARGEST_SIZE:,} are read")
    return size


def _rows(text: str) -> Iterator[Row]:
    for number, line in enumerate(text.splitlines(), 1):
        tokens = [(found.start() + 1, found[0]) for found in _TOKEN.finditer(line)]
        if tokens:
            yield number, tokens


def _file(kind: str, name: str, labels: list[str], rows: list[Row], first: int) -> WantFile:
    giver, receiver, weights = [], [], []
    lines: dict[tuple[int, int], int] = {}
    warnings = []
    for line, tokens in rows:
        if len(tokens) != 3:
            raise Wrong(name, line, 1, f"{len(tokens)} values; write source, target and weight")
        (source_at, source), (target_at, target), weight = tokens
        giver.append(_party(name, line, source_at, source, first, len(labels)))
        receiver.append(_party(name, line, target_at, target, first, len(labels)))
        if giver[-1] == receiver[-1]:
            raise Wrong(name, line, target_at, "a party can't trade with itself; remove the line")
        weights.append(_weight(name, line, *weight))
        before = lines.setdefault((giver[-1], receiver[-1]), line)
        if before != line:
            warnings.append(
                f"line {line}: {source} to {target} stands in line {before} too; the larger weight "
                "counts"
            )
    scale = 10 ** max((_places(weight) for weight in weights), default=0)
    graph = want_graph(tuple(labels), giver, receiver, value=[int(w * scale) for w in weights])
    return WantFile(
        graph=graph, format=kind, users_first=False, scale=scale, warnings=tuple(warnings)
    )


def _party(name: str, line: int, column: int, token: str, first: int, size: int) -> int:
    number = whole(name, line, column, token) - first
    if not 0 <= number < size:
        last = size - 1 + first
        raise Wrong(name, line, column, f"{token} is no party; they are {first} to {last:,}")
    return number


def _weight(name: str, line: int, column: int, token: str) -> Decimal:
    try:
        weight = Decimal(token)
    except InvalidOperation:
        weight = Decimal(-1)
    if not weight.is_finite() or not 0 <= weight <= 10**9 or _places(weight) > 6:
        raise Wrong(
            name, line, column, f"{shown(token)} is no weight; give 0 to 10^9 with at most 6 places"
        )
    return weight


def _places(weight: Decimal) -> int:
    exponent = weight.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
