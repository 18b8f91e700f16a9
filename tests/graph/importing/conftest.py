"""A store to import into, and files to import from."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest

from graph.sqlite import SqliteStore
from graph.store import TenantGraph

Files = Callable[[Mapping[str, str | bytes]], Path]


@pytest.fixture
async def target(tmp_path: Path) -> AsyncIterator[TenantGraph]:
    """An empty graph in an embedded store."""
    store = SqliteStore(tmp_path / "store")
    yield store.tenant("test")
    await store.close()


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Writes files into a folder, and returns it."""
    folder = tmp_path / "files"
    folder.mkdir()

    def write(contents: Mapping[str, str | bytes]) -> Path:
        for name, content in contents.items():
            raw = content.encode() if isinstance(content, str) else content
            (folder / name).write_bytes(raw)
        return folder

    return write
