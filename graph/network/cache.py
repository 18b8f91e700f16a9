"""Snapshots kept on disk, so that a restart does not scan and several workers share the pages.

A snapshot is a folder `<cache>/<tenant>/<version>-<random>` of .npy files and a manifest, which
says format, version, the log entry it belongs to, and each file's type, size and checksum. It is
written beside, synced, and renamed into place; nobody sees half of one. Every checksum is looked
at before a snapshot is used: 150 MB, a million edges, take some 0.1 s, and a wrong number in an
array of rows would lead a compiled kernel out of its memory. No pickle is ever read.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import uuid
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from graph.network.flat import Flat, flatten, shape, unflatten
from graph.network.network import Network

FORMAT = 2
"""Raised whenever the same bytes would mean something else."""

_MANIFEST = "manifest.json"
_THREADS = 2

_log = logging.getLogger(__name__)


class Saved(NamedTuple):
    """A snapshot found in the cache.

    Attributes:
        network: its arrays are mapped from the files.
        mark: of the log entry that made its version (`graph.snapshots`): whose snapshot it is.
    """

    network: Network
    mark: str


class _Unusable(Exception):
    """A saved snapshot that cannot be used, and why."""


# An empty .npy is an EOFError; a null in a manifest whose checksum fits, an AttributeError.
_UNREADABLE = (_Unusable, OSError, EOFError, LookupError, TypeError, ValueError, AttributeError)


class SnapshotCache:
    """The saved snapshots of all tenants of one store.

    Args:
        folder: where they are; made when there is something to keep.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, tenant: str) -> Saved | None:
        """The newest usable snapshot of a tenant; None where there is none.

        One that is torn, of another format or tampered with is told in the log and passed over.
        """
        try:
            with self._locked(tenant, "reading", exclusive=False):
                for place in self._places(tenant):
                    try:
                        return _read(place, tenant)
                    except _UNREADABLE as error:
                        _log.warning("saved snapshot %s cannot be used: %s", place, error)
        except OSError as error:
            _log.debug("no saved snapshots in %s: %s", self.folder, error)
        return None

    def save(self, tenant: str, network: Network, mark: str) -> Saved | None:
        """Writes a snapshot and removes the older ones.

        Returns:
            The snapshot as mapped from the files, so that the copy in memory can go; where
            another process has saved that version already, that one. None where nothing can be
            written, which is told in the log: a snapshot that is not kept is scanned again.
        """
        try:
            (self.folder / tenant).mkdir(parents=True, exist_ok=True, mode=0o700)
            with self._locked(tenant, "saving"):
                found = self.load(tenant)
                if found is None or found.mark != mark:
                    self._write(tenant, network, mark)
                    found = self.load(tenant)
                return found
        except OSError as error:
            _log.warning("cannot keep a snapshot in %s: %s", self.folder, error)
            return None

    def _write(self, tenant: str, network: Network, mark: str) -> None:
        base = self.folder / tenant
        beside = base / f".{uuid.uuid4().hex}"
        try:
            beside.mkdir(mode=0o700)
            _write_all(beside, tenant, network, mark)
            with self._locked(tenant, "reading"):
                for place in self._places(tenant):
                    shutil.rmtree(place, ignore_errors=True)
                beside.rename(base / f"{network.version}-{beside.name[1:9]}")
            _sync(base)
        finally:
            for left in base.glob(".*"):  # ours, or one that a dead process left: we hold the lock
                if left.is_dir():
                    shutil.rmtree(left, ignore_errors=True)

    def _places(self, tenant: str) -> list[Path]:
        """Folders of the tenant's snapshots, the newest first."""
        found = [
            (int(version), place)
            for place in (self.folder / tenant).iterdir()
            if (version := place.name.partition("-")[0]).isdecimal()
        ]
        return [place for _, place in sorted(found, reverse=True)]

    @contextmanager
    def _locked(self, tenant: str, name: str, *, exclusive: bool = True) -> Iterator[None]:
        """Keeps other processes out; freed by the system when a process dies."""
        with open(self.folder / tenant / f"{name}.lock", "ab") as file:
            if sys.platform != "win32":
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
            yield


def _write_all(place: Path, tenant: str, network: Network, mark: str) -> None:
    flat = flatten(network)
    files = {name: _write_array(place, name, array) for name, array in flat.arrays.items()}
    body = orjson.dumps(
        {
            "format": FORMAT,
            "shape": shape(),
            "tenant": tenant,
            "version": flat.version,
            "computed_at": flat.computed_at.isoformat(),
            "mark": mark,
            "words": flat.words,
            "files": files,
        }
    )
    with open(place / _MANIFEST, "wb") as file:
        file.write(b"%08x\n" % zlib.crc32(body) + body)
        _flush(file)
    _sync(place)


def _write_array(place: Path, name: str, array: NDArray[Any]) -> dict[str, Any]:
    with open(place / f"{name}.npy", "wb") as file:
        np.lib.format.write_array(file, np.ascontiguousarray(array), allow_pickle=False)
        _flush(file)
    return {"type": array.dtype.str, "size": len(array), "crc": _checksum(array)}


def _read(place: Path, tenant: str) -> Saved:
    head, _, body = (place / _MANIFEST).read_bytes().partition(b"\n")
    if head != b"%08x" % zlib.crc32(body):
        raise _Unusable("its manifest is damaged")
    manifest = orjson.loads(body)
    if manifest["format"] != FORMAT or manifest["shape"] != shape():
        raise _Unusable(f"it was written by another version of renmai (format {FORMAT} is read)")
    if manifest["tenant"] != tenant:
        raise _Unusable("it is of another tenant")
    with ThreadPoolExecutor(_THREADS) as pool:
        arrays = dict(
            pool.map(lambda item: (item[0], _read_array(place, *item)), manifest["files"].items())
        )
    computed_at = datetime.fromisoformat(manifest["computed_at"])
    words = {name: tuple(found) for name, found in manifest["words"].items()}
    flat = Flat(manifest["version"], computed_at, words, arrays)
    return Saved(unflatten(flat), manifest["mark"])


def _read_array(place: Path, name: str, about: dict[str, Any]) -> NDArray[Any]:
    path = place / f"{name}.npy"
    mapped = np.load(path, mmap_mode="r", allow_pickle=False) if about["size"] else None
    array = np.empty(0, about["type"]) if mapped is None else np.asarray(mapped)
    if array.dtype.str != about["type"] or array.shape != (about["size"],):
        raise _Unusable(f"{path.name} is of another type or size")
    if _checksum(array) != about["crc"]:
        raise _Unusable(f"{path.name} does not match its checksum")
    return array


def _checksum(array: NDArray[Any]) -> int:
    return zlib.crc32(np.ascontiguousarray(array).view(np.uint8).data)


def _flush(file: Any) -> None:
    file.flush()
    os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Makes the names in a folder last."""
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
