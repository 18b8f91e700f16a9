"""A section of an import: one kind of record made of the rows of some files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from graph.model import RECORDS
from graph.store import Upsert


class Refused(NamedTuple):
    """A row that makes no record: the column or field at fault, and why."""

    column: str | None
    reason: str


class Made(NamedTuple):
    """What became of one row.

    Attributes:
        file: name of the file.
        line: line on which the row begins.
        end: bytes of the file up to the row's end.
        result: the record to write, why there is none, or None for a row left out on purpose.
    """

    file: str
    line: int
    end: int
    result: Upsert | Refused | None


class Section(Protocol):
    """One kind of record from some files; `rows` may be called again for a second pass."""

    @property
    def kind(self) -> str:
        """Name of the record."""
        ...

    @property
    def size(self) -> int:
        """Bytes to be read."""
        ...

    def rows(self) -> Iterator[Made]:
        """What becomes of each row, in a stream."""
        ...


def in_order(sections: list[Section]) -> list[Section]:
    """Sections so ordered that records come after those they name; else as given."""
    depth: dict[str, int] = {}

    def depth_of(kind: str) -> int:
        if kind not in depth:
            info = RECORDS[kind]
            named = {f.ref.kind for f in info.fields.values() if f.ref}
            named |= {*info.ends.sources, *info.ends.targets} if info.ends else set()
            depth[kind] = 1 + max((depth_of(n) for n in named - {kind}), default=0)
        return depth[kind]

    return sorted(sections, key=lambda s: depth_of(s.kind))
