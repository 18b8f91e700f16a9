from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from typing import Any

from referral.centrality import InfluenceMeasure
from referral.communities import communities
from referral.influencers import influencers
from referral.kernels.warming import kernels, warm
from referral.network_statistics import network_statistics
from referral.party_graph import InfluenceGraph
from referral.top_referrers import ReferrerMeasure, top_referrers
from tests.referral.networks import everything


def functions(compiled: bool) -> Iterator[Any]:
    """What the loaded modules of referral define: their kernels' sources, or their functions."""
    for module in list(sys.modules.values()):
        if getattr(module, "__name__", "").startswith("referral."):
            for value in vars(module).values():
                found = getattr(value, "py_func", None) if compiled else value
                if inspect.isfunction(found) and found.__module__ == module.__name__:
                    yield found


def called(compiled: bool) -> set[str]:
    """The kernels that kernels call, or that plain functions call, by dotted name."""
    return {
        dotted(value.py_func)
        for function in functions(compiled)
        for value in map(function.__globals__.get, function.__code__.co_names)
        if hasattr(value, "py_func")
    }


def dotted(function: Any) -> str:
    return f"{function.__module__}.{function.__name__}"


def signatures() -> dict[str, int]:
    return {name: len(kernel.signatures) for name, kernel in kernels()}


def test_every_kernel_is_compiled_ahead() -> None:
    warm()

    # one that kernels alone call is compiled as a part of these
    cold = {name for name, count in signatures().items() if not count}
    assert cold & called(compiled=False) == set()
    assert cold <= called(compiled=True)


def test_analytics_use_only_what_was_compiled_ahead() -> None:
    warm()
    before = signatures()
    asked = everything()

    for measure in InfluenceMeasure:
        for over in InfluenceGraph:
            near = ("c00000",) if measure is InfluenceMeasure.PERSONALIZED else ()
            influencers(
                asked, measure=measure, over=over, weighted=True, near=near, with_communities=True
            )
    for by in ReferrerMeasure:
        top_referrers(asked, measure=by)
    communities(asked)
    network_statistics(asked)

    assert signatures() == before
