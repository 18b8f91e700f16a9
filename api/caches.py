"""Where what can be made again is kept between runs."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from urllib.parse import urlsplit

from api.settings import NO_CACHE, Settings
from graph.network.cache import SnapshotCache
from referral.kernels.cache import cache_in


def snapshot_cache(settings: Settings) -> SnapshotCache | None:
    """The saved snapshots of the store that the settings name; None where nothing is kept.

    That is also where the settings name no folder and the user has no home.
    Stores never share a folder: its name is made of the store's address, without user and
    password, and of the database's name.
    """
    if settings.cache_dir == NO_CACHE:
        return None
    folder = Path(settings.cache_dir) if settings.cache_dir else _user_cache()
    if folder is None:
        return None
    return SnapshotCache(folder / "snapshots" / _store_name(settings))


def keep_kernels(settings: Settings) -> None:
    """Lets compiled kernels be kept in the folder that the settings name, before any is used.

    A folder that NUMBA_CACHE_DIR names comes first: an image has them compiled, while what else
    is kept lies on a volume. Where the settings name none, they lie beside the source.
    """
    named = settings.cache_dir not in (None, "", NO_CACHE)
    if named and not os.environ.get("NUMBA_CACHE_DIR"):
        cache_in(Path(str(settings.cache_dir)) / "kernels")


def _user_cache() -> Path | None:
    """The user's cache folder; None where the user has no home, as in a bare container."""
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        return (Path(base) if base else Path.home() / ".cache") / "renmai"
    except RuntimeError:
        return None


def _store_name(settings: Settings) -> str:
    parts = urlsplit(settings.store)
    if parts.scheme == "sqlite":
        place = str(Path(parts.path[1:]).absolute())
    else:
        place = f"{parts.netloc.rpartition('@')[2]}/{settings.neo4j_database}"
    return hashlib.sha256(f"{parts.scheme} {place}".encode()).hexdigest()[:16]
