"""A tenant's graph as CSV files, one for each kind of record, that can be imported again."""

from __future__ import annotations

import asyncio
import csv
import os
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

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


async def export_folder(
    graph: TenantGraph,
    folder: Path,
    *,
    progress: Callable[[Progress], None] | None = None,
) -> dict[str, int]:
    """Writes every record, stamps included, as CSV; the mapping `renmai` reads it back.

    All files are written beside the old ones and then put in their place, so a failure leaves a
    former export whole. Edges are read before the nodes they join: while others write, nodes may
    be newer than edges, but no edge lacks an end (unless that is deleted meanwhile).
    The manifest names the versions before and after; when they are equal, nothing changed.

    Args:
        graph: where the records are.
        folder: made if it is not there; files of a former export in it are replaced.
        progress: called after each batch.

    Returns:
        Number of records by kind.

    Raises:
        Conflict: a file is in the way that no export of ours wrote.
        BadInput: the folder cannot be written.
    """
    await asyncio.to_thread(_prepare, folder)
    before = await graph.version()
    counts: dict[str, int] = dict.fromkeys(RECORDS, 0)
    try:
        for info in (*edge_records(), *reversed(node_records())):
            done = sum(counts.values())
            async for size in _write(graph, info, folder / (file_name(info) + _PART)):
                counts[info.name] += size
                if progress is not None:
                    progress(Progress(info.name, file_name(info), done + counts[info.name]))
        manifest = {
            "format": 1,
            "tenant": graph.tenant,
            "versions": [before, await graph.version()],
            "records": counts,
        }
        await asyncio.to_thread(_publish, folder, manifest)
    finally:
        await asyncio.to_thread(_clean, folder)
    return counts


async def _write(graph: TenantGraph, info: RecordInfo, path: Path) -> AsyncIterator[int]:
    """Writes one kind's file; yields the size of each batch."""
    names = columns(info)
    writers = [cell_writer(info, name) for name in names]
    # \r\n so that the csv module quotes text with either character in it
    file = await asyncio.to_thread(path.open, "w", encoding="utf-8", newline="")
    with file:
        out = csv.writer(file, lineterminator="\r\n")
        out.writerow(names)
        async for batch in graph.scan(info.name):
            stored = [batch.columns[name] for name in names]
            await asyncio.to_thread(_rows, out.writerows, writers, stored)
            yield batch.size
        await asyncio.to_thread(_flush, file.fileno(), file.flush)


def _rows(
    write: Callable[[Any], None],
    writers: Sequence[Callable[[Any], str]],
    stored: Sequence[Sequence[Any]],
) -> None:
    cells = (map(writer, values) for writer, values in zip(writers, stored, strict=True))
    write(zip(*cells, strict=True))


def _flush(number: int, flush: Callable[[], None]) -> None:
    flush()
    os.fsync(number)


def _prepare(folder: Path) -> None:
    """Makes the folder; nothing may be in it that is not ours to replace."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{folder} cannot be made: {error.strerror}") from error
    if (folder / MANIFEST).is_file():
        return
    for info in RECORDS.values():
        path = folder / file_name(info)
        if path.exists():
            raise Conflict(
                f"{path} is there and no export wrote it ({MANIFEST} is missing); "
                "move it away or export to another folder"
            )


def _publish(folder: Path, manifest: dict[str, object]) -> None:
    for info in RECORDS.values():
        path = folder / file_name(info)
        path.with_name(path.name + _PART).replace(path)
    part = folder / (MANIFEST + _PART)
    part.write_bytes(orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
    part.replace(folder / MANIFEST)


def _clean(folder: Path) -> None:
    for info in RECORDS.values():
        (folder / (file_name(info) + _PART)).unlink(missing_ok=True)
