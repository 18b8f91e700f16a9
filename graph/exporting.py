"""A tenant's graph as CSV files, one for each kind of record, that can be imported again."""

from __future__ import annotations

import asyncio
import csv
import os
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import orjson

from graph.errors import BadInput, Conflict
from graph.importing.own import cell_writer, file_name
from graph.importing.report import Progress
from graph.model import RECORDS, RecordInfo, edge_records, node_records
from graph.model.codec import columns
from graph.store import TenantGraph

MANIFEST = "renmai-export.json"
"""The file that tells that a folder's CSV files are ours, and of which version."""

_PART = ".part"


Write = Callable[[Iterable[Sequence[str]]], None]
"""Appends rows of cells to a file."""


class ExportFolder:
    """A folder that gets new files for old ones all at once.

    Files are written beside the old ones; `publish` puts them in their place, the manifest last.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written: list[Path] = []

    def prepare(self, *, beside: bool = False) -> None:
        """Makes the folder.

        Args:
            beside: whether files may stand in it that no export of ours wrote.

        Raises:
            BadInput: it cannot be made or read.
            Conflict: such files do though they may not, or one is in the way.
        """
        with _writing(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            present = {path.name for path in self._folder.iterdir()}
        if MANIFEST in present:
            return
        for info in RECORDS.values():
            path = self._folder / file_name(info)
            if path.name in present:
                raise Conflict(
                    f"{path} is there and no export wrote it ({MANIFEST} is missing); "
                    "move it away or choose another folder"
                )
        others = sorted(n for n in present if not n.startswith(".") and not n.endswith(_PART))
        if others and not beside:
            raise Conflict(
                f"{self._folder} has files that no export wrote, such as {others[0]}; choose an "
                "empty folder or one of an earlier export, or write beside them with --force"
            )

    @contextmanager
    def table(self, info: RecordInfo, names: Sequence[str]) -> Iterator[Write]:
        """The file of a kind, open for rows with those columns.

        Raises:
            BadInput: it cannot be written.
        """
        path = self._folder / (file_name(info) + _PART)
        with _writing(path), path.open("w", encoding="utf-8", newline="") as file:
            self._written.append(path)
            # \r\n so that the csv module quotes text with either character in it
            out = csv.writer(file, lineterminator="\r\n")
            out.writerow(names)
            yield out.writerows
            file.flush()
            os.fsync(file.fileno())

    def publish(self, manifest: Mapping[str, object]) -> None:
        """Puts all written files in the place of the old ones.

        Raises:
            BadInput: one cannot be written or replaced.
        """
        with _writing(self._folder):
            for path in self._written:
                path.replace(path.with_suffix(""))
            part = self._folder / (MANIFEST + _PART)
            part.write_bytes(orjson.dumps({"format": 1, **manifest}, option=orjson.OPT_INDENT_2))
            part.replace(self._folder / MANIFEST)

    def clean(self) -> None:
        """Removes what was written and not published."""
        for path in self._written:
            path.unlink(missing_ok=True)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Turns what the operating system refuses there into an error of ours."""
    try:
        yield
    except OSError as error:
        raise BadInput(
            f"{path} cannot be written: {error.strerror}; name a folder that can be"
        ) from error


async def export_folder(
    graph: TenantGraph,
    folder: Path,
    *,
    beside: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> dict[str, int]:
    """Writes every record, stamps included, as CSV; the mapping `renmai` reads it back.

    A failure leaves a former export whole. Edges are read before the nodes they join: while
    others write, nodes may be newer than edges, but no edge lacks an end (unless that is deleted
    meanwhile). The manifest names the versions before and after; equal ones tell that nothing
    changed.

    Args:
        graph: where the records are.
        folder: made if it is not there; files of a former export in it are replaced.
        beside: whether files of others may stand in it; none of them is replaced.
        progress: called after each batch.

    Returns:
        Number of records by kind.

    Raises:
        Conflict: there are files that no export of ours wrote, though there may be none, or one
            of them is in the way.
        BadInput: the folder or a file in it cannot be written.
    """
    target = ExportFolder(folder)
    await asyncio.to_thread(target.prepare, beside=beside)
    before = await graph.version()
    counts: dict[str, int] = dict.fromkeys(RECORDS, 0)
    try:
        for info in (*edge_records(), *reversed(node_records())):
            done = sum(counts.values())
            async for size in _write(graph, info, target):
                counts[info.name] += size
                if progress is not None:
                    progress(Progress(info.name, file_name(info), done + counts[info.name]))
        versions = [before, await graph.version()]
        manifest = {"tenant": graph.tenant, "versions": versions, "records": counts}
        await asyncio.to_thread(target.publish, manifest)
    finally:
        await asyncio.to_thread(target.clean)
    return counts


async def _write(graph: TenantGraph, info: RecordInfo, target: ExportFolder) -> AsyncIterator[int]:
    """Writes one kind's file; yields the size of each batch."""
    names = columns(info)
    writers = [cell_writer(info, name) for name in names]
    with target.table(info, names) as write:
        async for batch in graph.scan(info.name):
            stored = [batch.columns[name] for name in names]
            cells = (map(w, values) for w, values in zip(writers, stored, strict=True))
            await asyncio.to_thread(write, zip(*cells, strict=True))
            yield batch.size
