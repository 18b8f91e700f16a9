"""Where compiled kernels are kept between runs."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def cache_in(folder: Path) -> None:
    """Keeps compiled kernels in that folder, which is made when there is something to keep.

    Call it before the first kernel is used: a kernel looks for its place once, when its module is
    imported. Without it they are kept where NUMBA_CACHE_DIR says, else beside the source, else in
    the user's cache folder.
    """
    os.environ["NUMBA_CACHE_DIR"] = str(folder)
    numba = sys.modules.get("numba")
    if numba is not None:  # it has read the variable already
        numba.config.CACHE_DIR = str(folder)
