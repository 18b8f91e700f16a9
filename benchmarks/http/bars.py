"""The targets, and whether a run reached them."""

# ruff: noqa: T201  (a command line that prints its result)
from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.http.load import Figures
from benchmarks.http.queries import IN_MEMORY, TYPENAME, WORKS

ENOUGH_A_SECOND = 6_000
"""Requests for a typename that are enough, whatever a peer makes."""

Value = Callable[[Figures, Figures], float]
"""What is looked at in one round: of our figures and the peer's."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One target.

    Attributes:
        work: name of the work.
        server: which of our servers.
        text: the target in words.
        value: what is looked at.
        limit: its bound.
        at_least: whether it must not be below the bound, else not above.
    """

    work: str
    server: str
    text: str
    value: Value
    limit: float
    at_least: bool = True


def _times(ours: Figures, peer: Figures) -> float:
    return ours.requests_s / peer.requests_s


def _tail(ours: Figures, peer: Figures) -> float:
    return ours.p99_ms / peer.p99_ms


def _cpu(ours: Figures, _: Figures) -> float:
    return ours.cpu_ms


def _cpu_share(ours: Figures, peer: Figures) -> float:
    return ours.cpu_ms / peer.cpu_ms


def _typenames(ours: Figures, peer: Figures) -> float:
    return max(ours.requests_s / ENOUGH_A_SECOND, _times(ours, peer) / 0.5)


_ONE, _NETWORK, _LIST = (work.name for work in WORKS)
_WARM, _COLD = "renmai, warm", "renmai, cold"
_LATE = "renmai, warm, up to 1 s late"
"""Warm, and no look at the database: who must see a write asks for its version."""

BARS = (
    Bar(_NETWORK, _WARM, "requests/s >= 10 x", _times, 10),
    Bar(_NETWORK, _WARM, "p99 <= 1/5", _tail, 0.2, at_least=False),
    Bar(_NETWORK, _COLD, "requests/s >= 4 x", _times, 4),
    Bar(_ONE, _WARM, "requests/s >= 5 x", _times, 5),
    Bar(_ONE, _LATE, "requests/s >= 5 x", _times, 5),
    Bar(_ONE, _COLD, "requests/s >= 1.5 x", _times, 1.5),
    Bar(_LIST, _WARM, "requests/s >= 4 x", _times, 4),
    Bar(_LIST, _COLD, "requests/s >= 2 x", _times, 2),
    Bar(TYPENAME.name, _WARM, "6,000 requests/s or 0.5 x Apollo", _typenames, 1),
    Bar(TYPENAME.name, _WARM, "CPU <= 0.15 ms", _cpu, 0.15, at_least=False),
    Bar(IN_MEMORY.name, "renmai", "CPU <= 1.0 x", _cpu_share, 1.0, at_least=False),
)


def verdicts(work: str, found: dict[str, list[Figures]]) -> list[str]:
    """A row of the summary for each target of a work.

    Args:
        work: its name.
        found: figures of each round by server; the last one is the peer.
    """
    *_, peer = found.values()
    rows = []
    for bar in BARS:
        if bar.work == work and bar.server in found:
            pairs = zip(found[bar.server], peer, strict=True)
            rows.append(verdict(bar, [bar.value(ours, other) for ours, other in pairs]))
    return rows


def verdict(bar: Bar, values: Sequence[float]) -> str:
    """A row of the summary: the worst round, the middle one, and whether that is enough."""
    worst, middle = (min if bar.at_least else max)(values), statistics.median(values)
    reached = middle >= bar.limit if bar.at_least else middle <= bar.limit
    said = "reached" if reached else "**not reached**"
    return f"| {bar.work} | {bar.server} | {bar.text} | {worst:.2f} | {middle:.2f} | {said} |"


def summary(rows: Sequence[str]) -> None:
    """Prints the targets."""
    print(
        "\n| work | server | target | worst round | median | |\n|---|---|---|---:|---:|---|\n"
        + "\n".join(rows)
    )
