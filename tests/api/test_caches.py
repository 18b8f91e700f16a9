from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numba
import pytest

from api.caches import keep_kernels
from api.settings import load

CONFIG: Any = numba.config


@pytest.fixture(autouse=True)
def unnamed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No folder is named, and what a test names is forgotten after it."""
    monkeypatch.setattr(CONFIG, "CACHE_DIR", "")
    monkeypatch.setenv("NUMBA_CACHE_DIR", "")


def test_kernels_are_kept_where_the_settings_say(tmp_path: Path) -> None:
    assert "numba" in sys.modules

    keep_kernels(load(cache_dir=str(tmp_path)))

    assert os.environ["NUMBA_CACHE_DIR"] == CONFIG.CACHE_DIR == str(tmp_path / "kernels")


@pytest.mark.parametrize("folder", [None, "none"])
def test_without_a_folder_kernels_lie_beside_the_source(folder: str | None) -> None:
    keep_kernels(load(cache_dir=folder))

    assert os.environ["NUMBA_CACHE_DIR"] == CONFIG.CACHE_DIR == ""


def test_the_folder_that_numba_is_told_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", "/opt/kernels")

    keep_kernels(load(cache_dir=str(tmp_path)))

    assert os.environ["NUMBA_CACHE_DIR"] == "/opt/kernels"
