"""What an import has read, written and refused."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

MOST_REJECTIONS = 1_000
"""Rejections kept one by one; all are counted."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import or export is.

    Attributes:
        kind: the kind of record at hand.
        file: the file at hand.
        rows: rows done so far, over all files.
        bytes: bytes done so far, over all files; 0 in an export.
        total_bytes: bytes there are to do; a file read for several kinds counts each time.
        checking: whether this is the first pass, which writes nothing.
    """

    kind: str
    file: str
    rows: int
    bytes: int = 0
    total_bytes: int = 0
    checking: bool = False


@dataclass(frozen=True, slots=True)
class Rejection:
    """One row that made no record.

    Attributes:
        file: name of the file.
        line: line in it on which the row begins, from 1.
        kind: the kind of record it should have made.
        column: the column or field at fault; None where it is the whole row.
        reason: what is wrong, the value and the remedy.
    """

    file: str
    line: int
    kind: str
    column: str | None
    reason: str


@dataclass(slots=True)
class Part:
    """The numbers of one kind of record from one file.

    Attributes:
        rows: rows read.
        skipped: left out by the mapping itself: `where`, `keep`.
        created, updated, unchanged: what became of the records.
        rejected: rows that made none.
    """

    kind: str
    file: str
    rows: int = 0
    skipped: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0

    @property
    def written(self) -> int:
        """Records created or updated."""
        return self.created + self.updated


@dataclass(slots=True)
class Report:
    """What an import did; after a dry run or a refused strict one, what it would have done.

    Attributes:
        applied: whether records were written.
        version: the tenant's version afterwards.
        parts: the numbers, by kind and file, in the order of the work.
        rejections: the first rejections, at most `MOST_REJECTIONS`.
    """

    applied: bool = True
    version: int = 0
    parts: list[Part] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)

    def part(self, kind: str, file: str) -> Part:
        """The numbers of that kind and file; a new row of zeros the first time."""
        for known in reversed(self.parts):
            if known.kind == kind and known.file == file:
                return known
        self.parts.append(Part(kind, file))
        return self.parts[-1]

    def reject(self, rejection: Rejection) -> None:
        """Counts a rejected row, and keeps it while there is room."""
        self.part(rejection.kind, rejection.file).rejected += 1
        if len(self.rejections) < MOST_REJECTIONS:
            self.rejections.append(rejection)

    @property
    def rejected(self) -> int:
        """Exact number of rejected rows."""
        return sum(p.rejected for p in self.parts)

    @property
    def written(self) -> int:
        """Number of records created or updated."""
        return sum(p.written for p in self.parts)

    @property
    def unchanged(self) -> int:
        """Number of records that were there already, all the same."""
        return sum(p.unchanged for p in self.parts)

    def to_dict(self) -> dict[str, Any]:
        """The report as plain values, for JSON."""
        return {
            "applied": self.applied,
            "version": self.version,
            "written": self.written,
            "unchanged": self.unchanged,
            "rejected": self.rejected,
            "parts": [{**asdict(p), "written": p.written} for p in self.parts],
            "rejections": [asdict(r) for r in self.rejections],
        }
