"""What a reader of a file hands over: the graph and what the file says about solving it."""

from __future__ import annotations

from dataclasses import dataclass

from referral.trades.want_graph import WantGraph


@dataclass(frozen=True, slots=True)
class WantFile:
    """A file of wants.

    Attributes:
        graph: the graph of wants.
        format: name of the format.
        iterations: how many equally good plans to compare.
        seed: makes the comparison repeatable.
        users_first: whether more users come before shorter cycles, among plans of as many trades.
        priorities: whether the file ranks its wants.
        hide_nontrades: whether items without a trade are left out of the report.
        scale: what a weight was multiplied with to make it whole.
        warnings: what was passed over, each with its line.
    """

    graph: WantGraph
    format: str
    iterations: int = 1
    seed: int = 1
    users_first: bool = True
    priorities: bool = False
    hide_nontrades: bool = False
    scale: int = 1
    warnings: tuple[str, ...] = ()
