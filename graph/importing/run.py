"""An import: sections read in batches, committed, and reported."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from graph.errors import BadInput, CommitRejected
from graph.importing.loading import load_mapping
from graph.importing.mapping import ImportMapping
from graph.importing.own import own_sections
from graph.importing.rehearsal import Committer, Rehearsal
from graph.importing.report import Part, Progress, Rejection, Report
from graph.importing.section import Made, Refused, Section, in_order
from graph.importing.tables import table_sections
from graph.importing.trademaximizer import trade_sections
from graph.model.fields import DEFAULT_REGION
from graph.settling import heed_cancellation
from graph.store import MAX_CHANGES, Action, TenantGraph, Upsert

OnProgress = Callable[[Progress], None]


async def import_folder(
    mapping: ImportMapping | str | Path,
    folder: Path,
    graph: TenantGraph,
    *,
    region: str = DEFAULT_REGION,
    strict: bool = False,
    dry_run: bool = False,
    batch: int = 2_000,
    progress: OnProgress | None = None,
    actor: str = "import",
) -> Report:
    """Reads a folder's files into a tenant's graph.

    Running it again changes nothing. Rows that make no valid record are left out and reported,
    the others are written.

    Args:
        mapping: a mapping, the name of a shipped one, or the path of a .toml file.
        folder: where the files lie.
        graph: where the records go.
        region: country (ISO 3166) of phone numbers without country code, where the mapping
            does not say.
        strict: first reads everything and plans every commit without writing; if a row is
            refused, nothing is written at all. What other writers change between the two passes
            is not foreseen: a row refused only then is reported, the others are written.
        dry_run: only that first pass.
        batch: rows a commit, at most 10,000.
        progress: called after each batch.
        actor: who is written into the log.

    Raises:
        BadInput: mapping, folder, files or columns are wrong; nothing was written.
        StoreUnavailable: the database stopped answering; what was committed stays, and running
            the import again completes it.
    """
    if not 1 <= batch <= MAX_CHANGES:
        raise BadInput(f"a batch of {batch:,} rows; it may have 1 to {MAX_CHANGES:,}")
    loaded = load_mapping(mapping)
    sections = await asyncio.to_thread(_sections, loaded, Path(folder), loaded.region or region)
    if strict or dry_run:
        rehearsal = Rehearsal(graph)
        checked = await _Run(sections, rehearsal, batch, progress, actor, checking=True).whole()
        if dry_run or checked.rejected:
            checked.applied = False
            checked.version = await graph.version()
            return checked
    report = await _Run(sections, graph, batch, progress, actor, checking=False).whole()
    report.version = await graph.version()
    return report


def _sections(mapping: ImportMapping, folder: Path, region: str) -> list[Section]:
    if mapping.format == "renmai":
        return in_order(own_sections(folder, region))
    if mapping.format == "trademaximizer":
        return trade_sections(mapping.trades, folder)
    return in_order(table_sections(mapping, folder, region))


class _Row(NamedTuple):
    """A record on its way to the store, and where it came from."""

    part: Part
    line: int
    upsert: Upsert


class _Run:
    """One pass over all sections."""

    def __init__(
        self,
        sections: Sequence[Section],
        target: Committer,
        batch: int,
        progress: OnProgress | None,
        actor: str,
        *,
        checking: bool,
    ) -> None:
        self._sections = sections
        self._target = target
        self._batch = batch
        self._progress = progress
        self._actor = actor
        self._checking = checking
        self._report = Report()
        self._done = Progress("", "", 0, 0, sum(s.size for s in sections), checking)

    async def whole(self) -> Report:
        """Takes every section through; the report of it."""
        finished = 0
        for section in self._sections:
            rows = section.rows()
            while taken := await asyncio.to_thread(list, islice(rows, self._batch)):
                await self._commit(self._counted(section.kind, taken))
                self._tell(section.kind, taken, finished)
            finished += section.size
        return self._report

    def _counted(self, kind: str, taken: list[Made]) -> list[_Row]:
        """Counts the rows; those that make a record go on."""
        rows: list[_Row] = []
        part = self._report.part(kind, taken[0].file)
        for file, line, _, result in taken:
            if part.file != file:
                part = self._report.part(kind, file)
            part.rows += 1
            if isinstance(result, Upsert):
                rows.append(_Row(part, line, result))
            elif result is None:
                part.skipped += 1
            else:
                self._reject(part, line, result)
        return rows

    async def _commit(self, rows: list[_Row]) -> None:
        """Commits the rows; those the store refuses are reported, the rest committed again."""
        while rows:
            try:
                receipt = await self._target.commit([r.upsert for r in rows], actor=self._actor)
            except CommitRejected as rejected:
                refused = {p.index: Refused(p.field, p.message) for p in rejected.problems}
                for index, reason in refused.items():
                    self._reject(rows[index].part, rows[index].line, reason)
                rows = [row for index, row in enumerate(rows) if index not in refused]
                continue
            for row, outcome in zip(rows, receipt.outcomes, strict=True):
                _count(row.part, outcome.action)
            heed_cancellation()
            return

    def _reject(self, part: Part, line: int, refused: Refused) -> None:
        self._report.reject(Rejection(part.file, line, part.kind, refused.column, refused.reason))

    def _tell(self, kind: str, taken: list[Made], finished: int) -> None:
        last = taken[-1]
        self._done = Progress(
            kind,
            last.file,
            self._done.rows + len(taken),
            finished + last.end,
            self._done.total_bytes,
            self._checking,
        )
        if self._progress is not None:
            self._progress(self._done)


def _count(part: Part, action: Action) -> None:
    if action is Action.CREATED:
        part.created += 1
    elif action is Action.UPDATED:
        part.updated += 1
    else:
        part.unchanged += 1
