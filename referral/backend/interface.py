"""What networkx loads of this backend: which calls are answered, and the functions."""

from __future__ import annotations

from functools import partial
from typing import Any

from graph.network import NetworkGraph
from referral.backend import components, degrees, distances, neighbours, ranks
from referral.backend.answering import ANSWERS, by_networkx, networkx_functions, refusal
from referral.backend.converting import convert_from_nx, convert_to_nx
from referral.backend.graph import ArrayGraph
from referral.backend.snapshots import array_graph

__all__ = ["ANSWERS", "Interface", "interface"]

MODULES = (components, degrees, distances, neighbours, ranks)
"""Whose import declares the functions."""

SMALL = 500
"""Nodes below which networkx is done before a graph is converted."""


class Interface:
    """The backend; networkx finds a function by its name and asks `can_run` before each call."""

    def __init__(self) -> None:
        self.convert_from_nx = convert_from_nx
        self.convert_to_nx = convert_to_nx
        self.array_graph = array_graph
        for name, answer in ANSWERS.items():
            setattr(self, name, answer.run)

    def __getattr__(self, name: str) -> Any:
        """Any other function of networkx, for graphs of ours."""
        if name in networkx_functions():
            return partial(_by_networkx, name)
        raise AttributeError(name)

    def can_run(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool | str:
        """True, or why this call is not answered; before the graph is converted.

        A graph of ours is always answered: by networkx's own function where there is no kernel.
        """
        if args and type(args[0]) is ArrayGraph and name in ANSWERS:
            return True  # the function itself looks at the rest, once
        graph: Any = args[0] if args else kwargs.get("G")
        kind = type(graph)
        if kind is NetworkGraph or (kind is ArrayGraph and graph.snapshot):
            return True
        answer = ANSWERS.get(name)
        if answer is None:
            given = (*args, *kwargs.values())
            return any(map(_is_ours, given)) or f"there is no kernel for {name}"
        if graph is not None and graph.is_multigraph():
            return "parallel edges are not kept apart"
        return refusal(answer.limits, args, kwargs) or True

    def should_run(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool | str:
        """True, or why networkx itself would be done sooner."""
        graph: Any = args[0] if args else kwargs.get("G")
        cache = getattr(graph, "__networkx_cache__", None) or {}
        if cache.get("backends", {}).get("renmai"):
            return True
        if not ANSWERS[name].slow:
            return "converting the graph takes as long as the answer"
        return len(graph) >= SMALL or f"the graph has fewer than {SMALL} nodes"


def _is_ours(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(map(_is_ours, value))
    return isinstance(value, NetworkGraph) or (isinstance(value, ArrayGraph) and value.snapshot)


def _by_networkx(name: str, /, *args: Any, **kwargs: Any) -> Any:
    return by_networkx(name, args, kwargs)


interface = Interface()
"""What the entry point `networkx.backends` names."""
