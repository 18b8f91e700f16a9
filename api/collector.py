"""Tunes Python's garbage collector for a server.

Renmai's answers are trees of dicts and lists without cycles, so counting references frees them at
once, and the collector finds nothing. But it looks at every 700th new container, and now and then
at all there are: schema and modules make some 170,000, which take 75 ms to walk, while every
request waits; plans and caches come on top. So what is loaded at the start is frozen, that is,
never looked at again, and the young generation is looked at when it has 10,000 containers more,
several answers of 50 kB, which still bounds what a real cycle can hold.

What it brings is measured in benchmarks/RESULTS.md ("HTTP").
"""

from __future__ import annotations

import gc

THRESHOLDS = (10_000, 20, 50)
"""New containers until a look at the youngest generation; looks until one at the next; and so on.
"""


def settle() -> None:
    """To be called when all is loaded, before the first request."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
