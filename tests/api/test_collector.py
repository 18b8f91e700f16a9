from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import gc
from api.collector import THRESHOLDS, settle

loaded = [[n] for n in range(1_000)]
settle()
assert gc.get_threshold() == THRESHOLDS, gc.get_threshold()
assert gc.get_freeze_count() > 1_000, gc.get_freeze_count()
assert not any(found is loaded for found in gc.get_objects())
"""


def test_what_is_loaded_is_never_walked_again() -> None:
    """In a process of its own: what is frozen stays so."""
    subprocess.run([sys.executable, "-c", PROGRAM], check=True)
