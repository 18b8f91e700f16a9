"""What holds of every kernel: new ids change nothing, and a budget stops it wherever it is."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import partial
from importlib import import_module
from itertools import pairwise
from pkgutil import iter_modules
from typing import Any, NamedTuple

import networkx as nx
import numpy as np
import pytest
from numpy.typing import NDArray

import referral.kernels
from graph.errors import TimedOut
from graph.network import Csr
from graph.network.csr import Ids
from referral.kernels.assortativity import degree_assortativity
from referral.kernels.betweenness import betweenness
from referral.kernels.budget import UNLIMITED, Budget
from referral.kernels.communities import communities, modularity
from referral.kernels.components import condensed, connected_components, strong_components
from referral.kernels.cores import core_numbers
from referral.kernels.cycles import three_cycles, two_cycles
from referral.kernels.distances import decayed_reach, distance_sums, distance_sums_from
from referral.kernels.forest import counts, forest, parents
from referral.kernels.holes import constraint, effective_size, holes
from referral.kernels.hops import rings
from referral.kernels.likeness import structural_order
from referral.kernels.pagerank import pagerank, pagerank_near
from referral.kernels.random_paths import sampled_betweenness
from referral.kernels.reach import downstream, reach, reach_with_value
from referral.kernels.searching import distances_from, within_hops
from referral.kernels.shape import WeightedRows, sources, undirected_weighted
from referral.kernels.shortest_paths import (
    all_shortest_paths,
    distance,
    nodes_between,
    shortest_path,
)
from referral.kernels.sketches import estimated_reach
from referral.kernels.spectral import eigenvector, hits, katz
from referral.kernels.triangles import clustering, knit, transitivity, triangles
from referral.kernels.ways import number_of_ways, rings_between
from tests.referral.kernels.graphs import EVERY, Arrays, Graph, arrays, over, permuted


class Asked(NamedTuple):
    """A graph under some numbering, of which a kernel is asked about nodes by their first number.

    Attributes:
        given: its edges, in the numbering.
        new, old: (n,) the number of each node, and what each was first.
        budget: for the kernel.
    """

    given: Arrays
    new: Ids
    old: Ids
    budget: Budget = UNLIMITED

    @property
    def edges(self) -> tuple[Ids, Ids, int]:
        return self.given.source, self.given.target, self.given.size

    @property
    def first(self) -> int:
        return int(self.new[0])

    @property
    def last(self) -> int:
        return int(self.new[-1])

    @property
    def value(self) -> NDArray[np.int64]:
        return self.old.astype(np.int64) * 7 + 1

    def ways(self) -> tuple[Csr, Csr]:
        return self.given.rows(), self.given.back()

    def simple(self) -> tuple[Csr, Csr]:
        """Both ways, without loops; the graphs have no parallel edges."""
        proper = self.given.source != self.given.target
        own = self.given._replace(
            source=self.given.source[proper], target=self.given.target[proper]
        )
        return own.rows(), own.back()

    def both(self) -> WeightedRows:
        return undirected_weighted(*self.edges, self.given.weights)

    def backward(self) -> WeightedRows:
        turned = self.given._replace(source=self.given.target, target=self.given.source)
        return turned.weighted()

    def by_node(self, scores: Any) -> Any:
        """Scores in the order of the first numbers; what is none of every node as it is."""
        every = isinstance(scores, np.ndarray) and len(scores) == len(self.new)
        return scores[self.new] if every else scores

    def named(self, ids: Any) -> list[int]:
        return sorted(self.old[ids].tolist())

    def groups(self, label: Ids) -> Ids:
        """By node the lowest first number in its group."""
        own = label[self.new]
        _, begin, place = np.unique(own, return_index=True, return_inverse=True)
        return begin[place].astype(np.int32)


def cycles(asked: Asked, found: NDArray[np.int32]) -> list[list[int]]:
    """By their first numbers, each begun at its lowest."""
    turned = []
    for cycle in asked.old[found].tolist():
        lowest = cycle.index(min(cycle))
        turned.append(cycle[lowest:] + cycle[:lowest])
    return sorted(turned)


def told_apart(asked: Asked) -> list[int]:
    """In their order: no two nodes with two neighbours look alike when all weights differ."""
    rows = asked.both()
    order = structural_order(*rows, budget=asked.budget)
    return list(asked.old[order[rows.graph.degrees()[order] > 1]].tolist())


def pairs(asked: Asked) -> list[list[int]]:
    source, target = asked.simple()[0].ids, sources(asked.simple()[0])
    return cycles(asked, two_cycles(source, target, budget=asked.budget))


def joined(asked: Asked) -> list[tuple[int, int]]:
    """The edges between strong components, each named by its lowest first number."""
    rows = asked.given.rows()
    components = strong_components(rows)
    above = condensed(rows, components, budget=asked.budget)
    name = np.zeros(components.count, np.int32)
    name[components.label[asked.new]] = asked.groups(components.label)
    return sorted(
        zip(name[sources(above)].tolist(), name[above.ids].tolist(), strict=True)
    )  # fmt: skip


def above(asked: Asked) -> Any:
    found = parents(*asked.edges, budget=asked.budget)
    return asked.by_node(None if found is None else np.where(found < 0, -1, asked.old[found]))


def in_forest(kernel: Callable[[Ids], Any], asked: Asked) -> Any:
    """By node what the kernel finds of the parents; None for a graph that is no forest."""
    parent = parents(*asked.edges)
    found = None if parent is None else kernel(parent)
    if found is None or isinstance(found, np.ndarray):
        return asked.by_node(found)
    return [asked.by_node(part) for part in parts(found)]


def ringed(asked: Asked) -> list[list[int]]:
    seen = np.zeros(asked.given.size, np.bool_)
    found = rings([asked.given.rows()], asked.first, None, seen, budget=asked.budget)
    return [asked.named(ring) for ring in found]


def ring_sums(asked: Asked) -> list[Any]:
    few = asked.new[::3].copy()
    return [*distance_sums_from(*asked.ways(), few, levels=2, budget=asked.budget)]


def near(asked: Asked) -> list[tuple[int, int]]:
    found = within_hops(asked.given.rows(), asked.first, budget=asked.budget)
    names = asked.old[found.ids].tolist()
    return sorted(zip(found.distances.tolist(), names, strict=True))


def between(asked: Asked) -> tuple[int, float, list[list[int]]]:
    found = nodes_between(*asked.ways(), asked.first, asked.last, budget=asked.budget)
    return found.length, found.count, [asked.named(ring) for ring in found.rings]


def walked(asked: Asked) -> tuple[int, bool]:
    """Which of several shortest paths is given is a matter of ids; its length is not."""
    path = shortest_path(*asked.ways(), asked.first, asked.last, budget=asked.budget)
    steps = set(zip(*asked.edges[:2], strict=True))
    there = path is None or all(step in steps for step in pairwise(path))
    return -1 if path is None else len(path), there


def every_path(asked: Asked) -> list[list[int]]:
    rows, back = asked.ways()
    found = all_shortest_paths(rows, back, asked.first, asked.last, budget=asked.budget)
    return sorted(asked.old[path].tolist() for path in found)


def ways_there(asked: Asked) -> list[list[int]]:
    rows = [asked.both().graph]
    found = rings_between(rows, asked.first, asked.last, budget=asked.budget)
    return [asked.named(ring) for ring in found]


def many_ways(asked: Asked) -> int:
    rows = [asked.both().graph]
    return number_of_ways(
        rows, rings_between(rows, asked.first, asked.last), budget=asked.budget
    )  # fmt: skip


def near_rank(asked: Asked) -> Any:
    """As exact as can be: how it stops short depends on the order of pushes, so on ids."""
    scores = np.zeros(asked.given.size)
    ids, found = pagerank_near(asked.given.rows(), asked.first, error=1e-14, budget=asked.budget)
    scores[ids] = found
    return asked.by_node(scores)


def ranks(asked: Asked) -> list[Any]:
    """Plain, and with weights and jumps."""
    rows, jump = asked.backward(), asked.value / asked.value.sum()
    one = pagerank(rows.graph, budget=asked.budget)
    heavy = pagerank(rows.graph, weights=rows.weights, jump=jump, budget=asked.budget)
    return [asked.by_node(one), asked.by_node(heavy)]


def hubs(asked: Asked) -> list[Any]:
    rows = asked.given.weighted()
    found = hits(rows.graph, weights=rows.weights, budget=asked.budget)
    return [asked.by_node(scores) for scores in found]


def vector(asked: Asked) -> list[Any]:
    rows = asked.both()
    scores, value = eigenvector(rows.graph, weights=rows.weights, budget=asked.budget)
    return [asked.by_node(scores), value]


def walks(asked: Asked) -> Any:
    rows = asked.backward()
    return asked.by_node(
        katz(rows.graph, weights=rows.weights, attenuation=1e-3, budget=asked.budget)
    )  # fmt: skip


def sampled(asked: Asked) -> Any:
    work = partial(sampled_betweenness, *asked.ways(), directed=True, error=0.02)
    return asked.by_node(work(budget=asked.budget)[0])


def quality(asked: Asked) -> float:
    rows = asked.both()
    return modularity(rows.graph, asked.old % 3, rows.weights, budget=asked.budget)


def circles(asked: Asked) -> list[Any]:
    found = communities(*asked.both(), budget=asked.budget)
    return [found.count, asked.groups(found.label), found.modularity]


def parts_of(found: Any, asked: Asked) -> list[Any]:
    return [found.count, asked.groups(found.label)]


def parts(found: Any) -> list[Any]:
    return [getattr(found, own.name) for own in fields(found)] if is_dataclass(found) else [*found]


def parted(kernel: Callable[..., Any], asked: Asked) -> list[Any]:
    """By node the parts of an answer that has several."""
    return [asked.by_node(part) for part in parts(kernel(budget=asked.budget))]


class Kernel(NamedTuple):
    """How a kernel is asked, and how near its answers under two numberings are.

    Attributes:
        ask: its answer, in the first numbers.
        share, off: what scores may differ by, as a share and beside it.
        small: its measures of a chunk, by module, set so low that a small graph has several.
    """

    ask: Callable[[Asked], Any]
    share: float = 1e-9
    off: float = 1e-9
    small: tuple[tuple[str, int], ...] = ()


SMALL_REACH = (("components.CHUNK", 20), ("forest.CHUNK", 20))

KERNELS: dict[str, Kernel] = {
    "assortativity.degree_assortativity": Kernel(
        lambda a: degree_assortativity(*a.ways(), budget=a.budget)
    ),
    "betweenness.betweenness": Kernel(
        lambda a: a.by_node(betweenness(a.given.rows(), budget=a.budget)),
        small=(("betweenness.CHUNK_STEPS", 5_000),),
    ),
    "communities.communities": Kernel(circles),
    "communities.modularity": Kernel(quality),
    "components.connected_components": Kernel(
        lambda a: parts_of(connected_components(*a.edges, budget=a.budget), a),
        small=SMALL_REACH,
    ),
    "components.strong_components": Kernel(
        lambda a: parts_of(strong_components(a.given.rows(), budget=a.budget), a),
        small=SMALL_REACH,
    ),
    "components.condensed": Kernel(joined),
    "cores.core_numbers": Kernel(
        lambda a: a.by_node(core_numbers(a.both().graph, budget=a.budget)),
        small=(("cores.CHUNK", 20),),
    ),
    "cycles.two_cycles": Kernel(pairs),
    "cycles.three_cycles": Kernel(
        lambda a: cycles(
            a,
            np.concatenate(
                [np.empty((0, 3), np.int32), *three_cycles(*a.simple(), budget=a.budget)]
            ),
        ),
        small=(("cycles.CHUNK", 50),),
    ),
    "distances.decayed_reach": Kernel(
        lambda a: a.by_node(decayed_reach(*a.edges, budget=a.budget))
    ),
    "distances.distance_sums": Kernel(
        lambda a: parted(partial(distance_sums, *a.ways(), levels=2), a)
    ),
    "distances.distance_sums_from": Kernel(ring_sums),
    "forest.parents": Kernel(above, small=SMALL_REACH),
    "forest.forest": Kernel(
        lambda a: in_forest(lambda p: forest(p, a.value, budget=a.budget), a), small=SMALL_REACH
    ),
    "forest.counts": Kernel(
        lambda a: in_forest(lambda p: counts(p, budget=a.budget), a), small=SMALL_REACH
    ),
    "holes.holes": Kernel(
        lambda a: parted(partial(holes, *a.both()), a), small=(("holes.CHUNK", 50),)
    ),
    "holes.constraint": Kernel(
        lambda a: a.by_node(constraint(*a.both(), budget=a.budget)), small=(("holes.CHUNK", 50),)
    ),
    "holes.effective_size": Kernel(
        lambda a: a.by_node(effective_size(*a.both(), budget=a.budget)),
        small=(("holes.CHUNK", 50),),
    ),
    "hops.rings": Kernel(ringed),
    "likeness.structural_order": Kernel(told_apart),
    "pagerank.pagerank": Kernel(ranks),
    "pagerank.pagerank_near": Kernel(near_rank),
    # paths are drawn by number: each answer is within 0.02, nearly, so two within twice that
    "random_paths.sampled_betweenness": Kernel(sampled, share=0, off=0.042),
    "reach.reach": Kernel(
        lambda a: a.by_node(reach(*a.edges, budget=a.budget)), small=SMALL_REACH
    ),
    "reach.reach_with_value": Kernel(
        lambda a: parted(partial(reach_with_value, *a.edges, a.value), a), small=SMALL_REACH
    ),
    "reach.downstream": Kernel(
        lambda a: parted(partial(downstream, a.given.rows(), a.value), a), small=SMALL_REACH
    ),
    "searching.within_hops": Kernel(near, small=(("searching.CHUNK", 3),)),
    "searching.distances_from": Kernel(
        lambda a: a.by_node(distances_from(a.given.rows(), a.first, budget=a.budget)),
        small=(("searching.CHUNK", 3),),
    ),
    "shortest_paths.distance": Kernel(
        lambda a: distance(*a.ways(), a.first, a.last, budget=a.budget),
        small=(("shortest_paths.STEPS", 3),),
    ),
    "shortest_paths.shortest_path": Kernel(walked, small=(("shortest_paths.STEPS", 3),)),
    "shortest_paths.nodes_between": Kernel(between, small=(("shortest_paths.STEPS", 3),)),
    "shortest_paths.all_shortest_paths": Kernel(every_path),
    # draws are given out by number: six of the errors asked for lie between two answers
    "sketches.estimated_reach": Kernel(
        lambda a: a.by_node(estimated_reach(*a.edges, error=0.02, budget=a.budget)[0]),
        share=0.17,
        off=0.2,
    ),
    "spectral.hits": Kernel(hubs, off=1e-7),
    "spectral.eigenvector": Kernel(vector, off=1e-7),
    "spectral.katz": Kernel(walks),
    "triangles.triangles": Kernel(
        lambda a: a.by_node(triangles(a.both().graph, budget=a.budget)),
        small=(("triangles.CHUNK", 50),),
    ),
    "triangles.clustering": Kernel(
        lambda a: a.by_node(clustering(a.both().graph, budget=a.budget)),
        small=(("triangles.CHUNK", 50),),
    ),
    "triangles.transitivity": Kernel(
        lambda a: transitivity(a.both().graph, budget=a.budget), small=(("triangles.CHUNK", 50),)
    ),
    "triangles.knit": Kernel(
        lambda a: (lambda found: [a.by_node(found[0]), found[1]])(
            knit(a.both().graph, budget=a.budget)
        ),
        small=(("triangles.CHUNK", 50),),
    ),
    "ways.rings_between": Kernel(ways_there),
    "ways.number_of_ways": Kernel(many_ways, small=(("ways.CHUNK", 1),)),
}  # fmt: skip
"""By module and function."""

FORESTS: dict[str, Callable[[], Graph]] = {
    "forest": lambda: nx.disjoint_union(
        nx.bfs_tree(nx.random_labeled_tree(50, seed=2), 0), nx.bfs_tree(nx.path_graph(9), 0)
    ),
    "two edges": lambda: nx.DiGraph([(0, 1), (0, 2)]),
}


def heavy(graph: Graph) -> Arrays:
    """Every edge with a weight of its own, so that only what is alike looks alike."""
    weighed, draw = graph.copy(), np.random.default_rng(3)
    for *_, data in weighed.edges(data=True):
        data["weight"] = draw.uniform(1, 9)
    return arrays(weighed)


def same(one: Any, other: Any, share: float, off: float) -> None:
    """Scores are as near as that, and everything else is equal."""
    if isinstance(one, (list, tuple)):
        assert len(one) == len(other)
        for part, like in zip(one, other, strict=True):
            same(part, like, share, off)
    elif isinstance(one, float) or getattr(one, "dtype", None) == np.float64:
        np.testing.assert_allclose(one, other, rtol=share, atol=off)
    else:
        assert np.array_equal(one, other)


@pytest.mark.parametrize("name", KERNELS)
@over({**EVERY, **FORESTS})
def test_new_ids_and_another_order_of_edges_change_nothing(graph: Graph, name: str) -> None:
    if not len(graph):
        return
    given = heavy(graph)
    own = np.arange(given.size, dtype=np.int32)
    other, new = permuted(given, 5)
    kernel = KERNELS[name]

    moved = kernel.ask(Asked(other, new, np.argsort(new).astype(np.int32)))

    same(kernel.ask(Asked(given, own, own)), moved, kernel.share, kernel.off)


def test_every_kernel_with_a_budget_is_tried() -> None:
    found = set()
    for module in iter_modules(referral.kernels.__path__):
        path = f"referral.kernels.{module.name}"
        for name, work in inspect.getmembers(import_module(path), inspect.isfunction):
            own = work.__module__ == path and not name.startswith("_")
            if own and "budget" in inspect.signature(work).parameters:
                found.add(f"{module.name}.{name}")

    assert found == set(KERNELS)


class SetAt(Budget):
    """A budget whose flag is set, as by another thread, at one of its looks; they are counted."""

    def __init__(self, look: int | None = None) -> None:
        self.flag = threading.Event()
        self.looks, self.look = 0, look
        super().__init__(cancel=self.flag)

    def check(self, what: str) -> None:
        if self.looks == self.look:
            self.flag.set()
        self.looks += 1
        super().check(what)


def stoppable(name: str) -> Asked:
    """A graph that keeps the kernel at work for several looks."""
    graph: Graph
    if name.startswith("forest."):
        graph = nx.bfs_tree(nx.random_labeled_tree(400, seed=1), 0)
    elif "path" in name or name.startswith(("searching", "ways", "hops")):
        graph = nx.DiGraph(nx.ladder_graph(40))
        graph = nx.convert_node_labels_to_integers(graph, ordering="sorted")
    else:
        graph = nx.gnm_random_graph(900, 2_700, seed=1, directed=True)
    own = np.arange(len(graph), dtype=np.int32)
    return Asked(heavy(graph), own, own)


@pytest.fixture
def small(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Kernel:
    kernel = KERNELS[request.getfixturevalue("name")]
    for place, size in kernel.small:
        monkeypatch.setattr(f"referral.kernels.{place}", size)
    return kernel


@pytest.mark.parametrize("name", KERNELS)
def test_no_time_and_a_flag_that_is_set_stop_it_before_it_begins(name: str) -> None:
    asked, cancel = stoppable(name), threading.Event()
    cancel.set()

    with pytest.raises(TimedOut, match="takes longer than the 0 s allowed; ask about fewer"):
        KERNELS[name].ask(asked._replace(budget=Budget(0)))
    with pytest.raises(TimedOut, match="was cancelled; ask again"):
        KERNELS[name].ask(asked._replace(budget=Budget(cancel=cancel)))


@pytest.mark.parametrize("name", KERNELS)
def test_a_flag_set_while_it_runs_stops_it_and_leaves_nothing_behind(
    name: str, small: Kernel
) -> None:
    asked, counting = stoppable(name), SetAt()
    whole = small.ask(asked._replace(budget=counting))
    assert counting.looks >= 2, f"{name} looks only before it begins"

    for look in (1, counting.looks // 2, counting.looks - 1):
        budget = SetAt(look)
        with pytest.raises(TimedOut, match="was cancelled; ask again"):
            small.ask(asked._replace(budget=budget))
        assert budget.looks == look + 1

    same(whole, small.ask(asked), 0, 0)


def again_and_again(kernel: Kernel, asked: Asked) -> None:
    while True:
        kernel.ask(asked)


@pytest.mark.parametrize("name", KERNELS)
def test_another_thread_stops_it(name: str, small: Kernel) -> None:
    asked, cancel = stoppable(name), threading.Event()
    timer = threading.Timer(0.02, cancel.set)
    timer.start()

    with pytest.raises(TimedOut, match="was cancelled"):
        again_and_again(small, asked._replace(budget=Budget(60, cancel)))
    timer.join()
