"""The sections of a declarative mapping: tables read, rows chosen, records made."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from decimal import Decimal
from pathlib import Path

from graph.importing.cells import Lookups, text_cell
from graph.importing.converting import decimal_of
from graph.importing.mapping import ImportMapping, RecordSpec
from graph.importing.reading import RowError, Table, find_files
from graph.importing.rows import RowMaker
from graph.importing.section import Made, Refused, Section
from graph.store import Upsert


def table_sections(mapping: ImportMapping, folder: Path, region: str) -> list[Section]:
    """The sections of a mapping, every file opened and every column found.

    Raises:
        BadInput: a file or a column is not there, or a file is no text.
    """
    lookups = Lookups(mapping, folder)
    tables = {
        name: [
            Table(path, mapping.file(name)) for path in find_files(folder, mapping.file(name).name)
        ]
        for name in {r.file: None for r in mapping.records}
    }
    return [_Records(spec, tables[spec.file], lookups, region) for spec in mapping.records]


class _Records:
    """One [[records]] section."""

    def __init__(
        self, spec: RecordSpec, tables: list[Table], lookups: Lookups, region: str
    ) -> None:
        self.kind = spec.kind
        self.size = sum(t.size for t in tables)
        self._spec = spec
        self._makers = [(table, RowMaker(spec, table, lookups, region)) for table in tables]
        self._sort = [text_cell(table, spec.by) if spec.by else None for table in tables]

    def rows(self) -> Iterator[Made]:
        keep = self._spec.keep
        if keep is None:
            return _unique(self._made())
        if keep == "first per key" and self._spec.by is None:
            return self._first_per_key()
        return _unique(self._kept(keep))

    def _made(self, known: Container[str] = ()) -> Iterator[Made]:
        before = 0
        for table, make in self._makers:
            name = table.name
            for row in table.rows():
                cells = row.cells
                if isinstance(cells, RowError):
                    refused = Refused(cells.column, str(cells))
                    yield Made(name, row.line, before + row.end, refused)
                else:
                    yield Made(name, row.line, before + row.end, make(row, known))
            before += table.size

    def _first_per_key(self) -> Iterator[Made]:
        """In the order of the file, so that nothing is kept in memory but the keys."""
        seen: set[str] = set()
        for made in self._made(seen):
            if isinstance(made.result, Upsert):
                seen.add(made.result.key)
            yield made

    def _kept(self, keep: str) -> Iterator[Made]:
        """Of all rows, in the order told by `by`, one for each key, source or target."""
        which, _, what = keep.partition(" per ")
        rows = list(self._made())
        ranked = [(m, m.result) for m in rows if isinstance(m.result, Upsert)]
        if self._spec.by is not None:
            ranks = _ranks(self._sort_texts())
            ranked.sort(key=lambda pair: ranks[pair[0].file, pair[0].line])
        if which == "last":
            ranked.reverse()
        chosen = _chosen(ranked, what, acyclic=self._spec.acyclic)
        for made in rows:
            left_out = isinstance(made.result, Upsert) and (made.file, made.line) not in chosen
            yield made._replace(result=None) if left_out else made

    def _sort_texts(self) -> dict[tuple[str, int], str]:
        return {
            (table.name, row.line): cell(row) or ""
            for (table, _), cell in zip(self._makers, self._sort, strict=True)
            for row in table.rows()
            if cell is not None and not isinstance(row.cells, RowError)
        }


def _unique(rows: Iterable[Made]) -> Iterator[Made]:
    """Refuses a second row with a key."""
    seen: dict[str, tuple[str, int]] = {}
    for made in rows:
        upsert = made.result
        if isinstance(upsert, Upsert):
            first = seen.setdefault(upsert.key, (made.file, made.line))
            if first != (made.file, made.line):
                reason = (
                    f"{upsert.kind} {upsert.key!r} stands in {first[0]}, line {first[1]} already; "
                    'give each row its own key, or say keep = "first per key"'
                )
                made = made._replace(result=Refused("key", reason))
        yield made


def _ranks(texts: dict[tuple[str, int], str]) -> dict[tuple[str, int], Decimal | str]:
    """Sortable values of texts: numbers if all are."""
    try:
        return {place: decimal_of(text) for place, text in texts.items()}
    except ValueError:
        return dict(texts)


def _chosen(ranked: list[tuple[Made, Upsert]], what: str, *, acyclic: bool) -> set[tuple[str, int]]:
    """Places of the rows that come first for their key, source or target.

    With `acyclic`, a first row that would close a circle of sources and targets is not taken,
    and no later one in its place.
    """
    seen: set[object] = set()
    parents: dict[object, object] = {}
    chosen: set[tuple[str, int]] = set()
    for made, upsert in ranked:
        unit = upsert.key if what == "key" else upsert.values[what]
        if unit in seen:
            continue
        seen.add(unit)
        if acyclic:
            source, target = upsert.values["source"], upsert.values["target"]
            if _is_above(target, source, parents):
                continue
            parents[target] = source
        chosen.add((made.file, made.line))
    return chosen


def _is_above(node: object, other: object | None, parents: dict[object, object]) -> bool:
    """Whether `node` is `other` or one of those it comes from."""
    while other is not None and other != node:
        other = parents.get(other)
    return other is not None
