"""What is wanted of the analytics at a million edges: bars, and whether they are reached."""

from __future__ import annotations

from typing import NamedTuple


class Bar(NamedTuple):
    """The most that a task may take.

    Attributes:
        ratio: of the best peer's seconds; None = no matter.
        seconds: of our own; None = no matter.
    """

    ratio: float | None = None
    seconds: float | None = None

    def __str__(self) -> str:
        parts = [f"{self.ratio:g} x"] if self.ratio is not None else []
        return " and ".join(parts + ([f"{self.seconds:g} s"] if self.seconds is not None else []))

    def reached(self, seconds: float, best_peer: float | None) -> bool:
        """Whether it is, by our seconds and those of the best peer (None = there is none)."""
        if self.seconds is not None and seconds > self.seconds:
            return False
        if self.ratio is None:
            return True
        return best_peer is not None and seconds <= self.ratio * best_peer


BARS: dict[tuple[int, str, str], Bar] = {
    (1_000_000, "rows from arrays, both directions", "trust"): Bar(ratio=0.1),
    (1_000_000, "PageRank, L1 error 1e-6", "trust"): Bar(ratio=0.6),
    (1_000_000, "strong components", "trust"): Bar(ratio=0.6),
    (1_000_000, "reach", "forest"): Bar(seconds=0.15),
    (1_000_000, "reach", "referrals, back edges"): Bar(seconds=2),
    (10_000_000, "reach", "referrals, back edges"): Bar(seconds=40),
    (1_000_000, "1,000 shortest paths", "social"): Bar(ratio=1),
    (1_000_000, "triangles", "social"): Bar(ratio=0.8),
    (1_000_000, "core numbers", "social"): Bar(ratio=1.5),
    (1_000_000, "communities", "social"): Bar(ratio=0.8),
    (1_000_000, "constraint", "social"): Bar(ratio=0.05),
    (1_000_000, "effective size", "social"): Bar(seconds=0.3),
    (1_000_000, "harmonic of 512 nodes", "social"): Bar(ratio=0.2),
    (1_000_000, "sampled betweenness, error 0.01", "social"): Bar(ratio=0.4),
    (1_000_000, "3-cycles listed", "wants"): Bar(ratio=0.2),
}
"""By number of edges, task and graph."""

MOST_GROWTH = 12.0
"""How many times longer ten times the edges may take, of what is linear."""

NOT_LINEAR = frozenset(
    {
        ("1,000 shortest paths", "social"),
        ("3-cycles listed", "wants"),
        ("constraint", "social"),
        ("effective size", "social"),
        ("harmonic of 512 nodes", "social"),
        ("reach", "referrals, back edges"),
        ("triangles", "social"),
    }
)
"""Tasks whose work is not O(n + m), as their kernels say: growth is shown, but not held to that."""

DISPATCH_US = 6.0
"""Microseconds that a call through networkx may take over calling the kernel."""

HOPS_MS = {"random nodes": 0.2, "the 100 biggest hubs, 10 times each": 1.0}
"""Milliseconds of two hops, 99 of 100."""


def verdict(reached: bool) -> str:
    """A word for a table."""
    return "reached" if reached else "**not reached**"
