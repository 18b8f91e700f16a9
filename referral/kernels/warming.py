"""Compiling every kernel ahead, so that no request waits for it."""

from __future__ import annotations

import importlib
import pkgutil
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

import referral.kernels as package
from graph.network.csr import csr


def warm() -> float:
    """Runs every kernel once on a graph of five nodes; the seconds that took.

    With a cache it takes a second or two, without one a minute or two. The code is kept where
    `referral.kernels.cache` says.
    """
    from referral.kernels import (
        betweenness,
        communities,
        components,
        cores,
        cycles,
        distances,
        holes,
        pagerank,
        random_paths,
        reach,
        searching,
        shortest_paths,
        sketches,
        triangles,
    )

    begun = time.perf_counter()
    source = np.array([0, 1, 2, 3, 1], np.int32)
    target = np.array([1, 2, 0, 4, 3], np.int32)
    forward, backward = csr(source, target, 5), csr(target, source, 5)
    ends = np.concatenate((source, target)), np.concatenate((target, source))
    both = csr(*ends, 5, unique=True)
    weights = np.ones(len(both.ids))
    betweenness.betweenness(forward)
    communities.communities(both, weights)
    components.connected_components(source, target, 5)
    components.strong_components(forward)
    cores.core_numbers(both)
    list(cycles.three_cycles(forward, backward))
    distances.distance_sums(forward, backward)
    distances.distance_sums_from(forward, backward, np.arange(2, dtype=np.int32))
    holes.holes(both)
    holes.effective_size(both, weights)
    searching.within_hops(forward, 0)
    pagerank.pagerank(backward)
    pagerank.pagerank_near(forward, 0)
    random_paths.sampled_betweenness(forward, backward, directed=True, error=0.3)
    reach.reach_with_value(source, target, 5, np.ones(5, np.int64))
    reach.reach_with_value(source[1:2], target[1:2], 5, np.ones(5, np.int64))
    reach.reach(source[1:2], target[1:2], 5)
    sketches.estimated_reach(source, target, 5, error=0.5)
    shortest_paths.shortest_path(forward, backward, 0, 4)
    shortest_paths.nodes_between(forward, backward, 0, 4)
    triangles.triangles(both)
    return time.perf_counter() - begun


def kernels() -> Iterator[tuple[str, Any]]:
    """Every compiled function of this package that Python calls, by dotted name."""
    for module in pkgutil.iter_modules(package.__path__):
        found = importlib.import_module(f"{package.__name__}.{module.name}")
        for name, value in vars(found).items():
            function = getattr(value, "py_func", None)
            if function is not None and function.__module__ == found.__name__:
                yield f"{found.__name__}.{name}", value
