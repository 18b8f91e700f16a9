"""Snapshots on disk: mapped, verified, and never trusted when anything is off."""

from __future__ import annotations

import json
import logging
import multiprocessing
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from graph.network import Network
from graph.network import cache as module
from graph.network.cache import SnapshotCache
from graph.network.flat import nbytes, shape
from tests.graph.test_network_build import arrays, same
from tests.referral.networks import everything


@pytest.fixture
def cache(tmp_path: Path) -> SnapshotCache:
    return SnapshotCache(tmp_path / "cache")


@pytest.fixture
def network() -> Network:
    return everything()


def only_place(cache: SnapshotCache, tenant: str = "t") -> Path:
    (found,) = (p for p in (cache.folder / tenant).iterdir() if p.is_dir())
    return found


def rewrite(place: Path, **changes: object) -> None:
    """Changes a manifest, with a checksum that fits."""
    path = place / "manifest.json"
    body = json.loads(path.read_bytes().partition(b"\n")[2]) | changes
    text = json.dumps(body).encode()
    path.write_bytes(b"%08x\n" % zlib.crc32(text) + text)


def test_what_was_saved_comes_back_word_for_word(cache: SnapshotCache, network: Network) -> None:
    cache.save("t", network, "mark")

    found = cache.load("t")

    assert found is not None
    assert found.mark == "mark"
    assert found.network.computed_at == network.computed_at
    same(found.network, network)


def test_its_arrays_are_mapped_and_read_only(cache: SnapshotCache, network: Network) -> None:
    found = cache.save("t", network, "mark")

    assert found is not None
    source = found.network.edges["Referral"].source
    assert not source.flags.owndata
    assert isinstance(source.base, np.memmap)
    assert all(not array.flags.writeable for array in arrays(found.network).values() if array.size)


def test_there_is_nothing_before_something_is_saved(cache: SnapshotCache) -> None:
    assert cache.load("t") is None


def test_a_newer_one_takes_the_place_of_the_older(cache: SnapshotCache, network: Network) -> None:
    cache.save("t", network, "old")
    older = only_place(cache)

    cache.save("t", replace(network, version=9), "new")

    assert not older.exists()
    found = cache.load("t")
    assert found is not None
    assert (found.network.version, found.mark) == (9, "new")


def test_one_already_saved_is_taken_instead_of_written(
    cache: SnapshotCache, network: Network
) -> None:
    cache.save("t", network, "mark")
    place = only_place(cache)

    cache.save("t", network, "mark")

    assert only_place(cache) == place


def test_the_older_one_is_readable_while_in_use(cache: SnapshotCache, network: Network) -> None:
    older = cache.save("t", network, "old")
    cache.save("t", replace(network, version=9), "new")

    assert older is not None
    same(older.network, network)


def spoil_manifest(place: Path) -> None:
    path = place / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b'"version":3', b'"version":4'))


def cut_manifest(place: Path) -> None:
    path = place / "manifest.json"
    path.write_bytes(path.read_bytes()[:100])


def flip_a_bit(place: Path) -> None:
    path = place / "Referral.target.npy"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def cut_a_file(place: Path) -> None:
    path = place / "Tie.source.npy"
    path.write_bytes(path.read_bytes()[:-4])


def other_type(place: Path) -> None:
    np.save(place / "Tie.source.npy", np.zeros(4))


def pickled(place: Path) -> None:
    np.save(place / "Tie.source.npy", np.array([{}] * 4), allow_pickle=True)


FAULTS = {
    "a manifest changed by hand": spoil_manifest,
    "a manifest cut off": cut_manifest,
    "no manifest": lambda place: (place / "manifest.json").unlink(),
    "a newer format": lambda place: rewrite(place, format=module.FORMAT + 1),
    "other columns": lambda place: rewrite(place, shape="x"),
    "another tenant's": lambda place: rewrite(place, tenant="u"),
    "a file less than it says": lambda place: rewrite(place, files={}),
    "a flipped bit": flip_a_bit,
    "a file cut off": cut_a_file,
    "an empty file": lambda place: (place / "Tie.source.npy").write_bytes(b""),
    "an empty manifest": lambda place: (place / "manifest.json").write_bytes(b""),
    "no files at all": lambda place: rewrite(place, files=None),
    "no words at all": lambda place: rewrite(place, words=None),
    "no date at all": lambda place: rewrite(place, computed_at=None),
    "a list of files": lambda place: rewrite(place, files=[]),
    "nothing about a file": lambda place: rewrite(place, files={"Tie.source": None}),
    "a file that is not there": lambda place: (place / "nodes.kind.npy").unlink(),
    "an array of another type": other_type,
    "a pickle": pickled,
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=list(FAULTS))
def test_one_that_is_not_whole_is_passed_over_and_replaced(
    cache: SnapshotCache, network: Network, fault: object, caplog: pytest.LogCaptureFixture
) -> None:
    cache.save("t", network, "mark")
    fault(only_place(cache))  # type: ignore[operator]

    with caplog.at_level(logging.WARNING):
        assert cache.load("t") is None
    assert "cannot be used" in caplog.text

    again = cache.save("t", network, "mark")
    assert again is not None
    same(again.network, network)


def test_an_unfinished_one_is_never_seen_and_cleared_away(
    cache: SnapshotCache, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(module, "_write_all", dies)
        assert cache.save("t", network, "mark") is None
    left = cache.folder / "t" / ".0123"
    left.mkdir()

    assert cache.load("t") is None
    cache.save("t", network, "mark")

    assert not left.exists()
    assert cache.load("t") is not None


def test_a_folder_that_cannot_be_written_is_told_and_done_without(
    tmp_path: Path, network: Network, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")

    assert SnapshotCache(tmp_path / "file").save("t", network, "mark") is None
    assert "cannot keep a snapshot" in caplog.text


def _save_many(folder: Path, number: int) -> None:
    cache = SnapshotCache(folder)
    for version in range(number, 9, 3):
        cache.save("t", replace(everything(), version=version), str(version))
        found = cache.load("t")
        assert found is not None
        assert found.mark == str(found.network.version)


def test_processes_that_save_and_read_at_once_never_see_half_of_one(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=_save_many, args=(tmp_path, n)) for n in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)

    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert len([p for p in (tmp_path / "t").iterdir() if p.is_dir()]) == 1


def test_the_meaning_of_the_arrays_has_a_fingerprint() -> None:
    assert len(shape()) == 16
    assert shape() == shape()


def test_memory_is_that_of_all_arrays_each_counted_once(network: Network) -> None:
    every = {id(a): a.nbytes for a in arrays(network).values()}

    assert nbytes(network) == sum(every.values())
