"""How a measure is declared, and found by its name."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graph.errors import BadInput, shown
from graph.network.csr import Ids
from referral.kernels.budget import Budget
from referral.measures.graph import Graph

Scores = NDArray[np.number]


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What a measure says of a graph.

    Attributes:
        total: the one number of the whole, as the measure defines it; None where there is none.
        scores: (n,) of every node, or (k,) of the nodes in `nodes`; NaN = none. None where only
            the whole has one.
        nodes: (k,) positions of the nodes that have a score, in the order to show; None = all,
            the highest score first.
        more: further values beside each score, by name.
        lowest_first: whether the lowest score ranks first.
        blur: scores nearer than this share of the greatest are equal (`kernels.order.level`).
        note: how the answer was made, where that is not plain.
    """

    total: float | int | None
    scores: Scores | None = None
    nodes: Ids | None = None
    more: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    lowest_first: bool = False
    blur: float = 0.0
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure by name.

    Attributes:
        name: what the command line calls it.
        summary: what it says, in a line.
        words: names of the arguments it needs; one that ends in `...` stands for one or more.
        weights: whether it looks at weights.
        needs_direction: whether it looks at directions, asked or not.
        run: the function, of a graph, its words and a budget.
    """

    name: str
    summary: str
    words: tuple[str, ...]
    weights: bool
    needs_direction: bool
    run: Callable[[Graph, tuple[str, ...], Budget], Measured]


_DECLARED: dict[str, Measure] = {}

Function = Callable[[Graph, tuple[str, ...], Budget], Measured]


def measure(
    name: str, *words: str, weights: bool = False, needs_direction: bool = False
) -> Callable[[Function], Function]:
    """Declares a function as the measure of that name."""

    def declared(function: Function) -> Function:
        summary = (function.__doc__ or "").strip().splitlines()[0]
        _DECLARED[name] = Measure(name, summary, words, weights, needs_direction, function)
        return function

    return declared


@cache
def measures() -> Mapping[str, Measure]:
    """Every measure by name: those of all modules in this package."""
    package = importlib.import_module("referral.measures")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return MappingProxyType(_DECLARED)


def measure_named(name: str) -> Measure:
    """The measure of that name; `k_core`, `K-Core` and `kcore` all mean k-core.

    Raises:
        BadInput: there is none; tells the nearest.
    """
    every = measures()
    known = {_bare(own): own for own in every}
    if _bare(name) in known:
        return every[known[_bare(name)]]
    near = difflib.get_close_matches(_bare(name), known, n=1, cutoff=0.5)
    hint = f"did you mean {known[near[0]]}? There are" if near else "there are"
    raise BadInput(f"there is no measure {shown(name)}; {hint}: {', '.join(sorted(every))}")


def _bare(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
