"""Where snapshots are kept: apart for every store, and nowhere if so wished."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.caches import snapshot_cache
from api.settings import Settings, load


def folder(settings: Settings) -> Path:
    found = snapshot_cache(settings)
    assert found is not None
    return found.folder


def test_nothing_is_kept_where_that_is_said() -> None:
    assert snapshot_cache(load({}, cache_dir="none")) is None


def test_stores_never_share_a_folder(tmp_path: Path) -> None:
    urls = [
        "sqlite:///one",
        "sqlite:///two",
        "sqlite:////one",
        "bolt://host:7687",
        "bolt://host:7688",
        "neo4j://host:7687",
    ]
    folders = [folder(load({}, store=url, cache_dir=str(tmp_path))) for url in urls]
    other = load({}, store="bolt://host:7687", neo4j_database="x", cache_dir=str(tmp_path))

    assert len({*folders, folder(other)}) == 7
    assert {found.parent for found in folders} == {tmp_path / "snapshots"}


def test_a_user_and_a_password_make_no_other_folder(tmp_path: Path) -> None:
    urls = ["bolt://host:7687", "bolt://neo4j:secret@host:7687"]

    assert len({folder(load({}, store=url, cache_dir=str(tmp_path))) for url in urls}) == 1


def test_without_a_wish_it_is_the_user_s_cache_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert folder(load({})).parent == Path("/somewhere/renmai/snapshots")

    monkeypatch.delenv("XDG_CACHE_HOME")
    assert folder(load({})).parent == Path.home() / ".cache" / "renmai" / "snapshots"


def test_nothing_is_kept_for_a_user_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)

    assert snapshot_cache(load({})) is None
