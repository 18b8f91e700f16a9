from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import networkx as nx
import pytest

from referral.backend.answering import ANSWERS
from referral.backend.graph import ArrayGraph
from referral.backend.info import FUNCTIONS, get_info
from referral.backend.interface import interface
from tests.referral.backend.graphs import Graph, weighted


def test_networkx_finds_the_backend() -> None:
    found: Any = nx.utils.backends

    assert found.backends["renmai"].load() is interface
    assert found.backend_info["renmai"] == get_info()


def test_what_networkx_is_told_is_what_is_answered() -> None:
    assert sorted(FUNCTIONS) == sorted(ANSWERS)


def test_importing_networkx_loads_no_kernel() -> None:
    program = (
        "import sys, networkx; networkx.path_graph(3);"
        "print([m for m in sys.modules if m.startswith(('numba', 'referral.kernels', 'numpy'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"


def test_a_plain_graph_is_answered_when_the_backend_is_named() -> None:
    graph = nx.karate_club_graph()

    found = nx.pagerank(graph, backend="renmai", weight=None, tol=1e-9, max_iter=500)

    assert found == pytest.approx(nx.pagerank(graph, weight=None, tol=1e-9, max_iter=500), abs=1e-8)
    assert list(found) == list(graph)


def test_a_conversion_is_cached_until_the_graph_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nx.config, "warnings_to_ignore", {"cache"})
    graph: Graph = nx.path_graph(4)

    nx.core_number(graph, backend="renmai")
    first = graph.__networkx_cache__["backends"]["renmai"]
    nx.number_connected_components(graph, backend="renmai")
    (kept,) = first.values()
    graph.add_edge(0, 9)

    assert isinstance(kept, ArrayGraph)
    assert list(graph.__networkx_cache__["backends"]["renmai"].values() if
                graph.__networkx_cache__ else []) == []  # fmt: skip
    assert nx.number_connected_components(graph, backend="renmai") == 1
    assert nx.core_number(graph, backend="renmai")[9] == 1


@pytest.mark.parametrize(
    ("name", "args", "kwargs", "reason"),
    [
        ("pagerank", (nx.MultiGraph(),), {}, "parallel edges are not kept apart"),
        ("pagerank", (nx.Graph(),), {"nstart": {}}, "nstart is answered only for None"),
        ("pagerank", (nx.Graph(), 0.8, None, 9, 0.1, {}), {}, "nstart is answered only for None"),
        (
            "constraint",
            (nx.Graph(),),
            {"weight": lambda *_: 1},
            "weight is a function; only names of edge attributes are answered",
        ),
        ("is_tree", (nx.MultiGraph(),), {}, "parallel edges are not kept apart"),
        (
            "shortest_path_length",
            (nx.Graph(),),
            {"method": "bellman-ford"},
            "method is answered only for 'dijkstra', 'unweighted'",
        ),
        ("diameter", (nx.Graph(),), {}, "there is no kernel for diameter"),
    ],
)  # fmt: skip
def test_a_call_without_a_kernel_is_declined_before_the_graph_is_converted(
    name: str, args: tuple[object, ...], kwargs: dict[str, object], reason: str
) -> None:
    assert interface.can_run(name, args, kwargs) == reason


def test_a_call_with_a_kernel_is_answered() -> None:
    assert interface.can_run("pagerank", (nx.Graph(),), {"alpha": 0.5, "weight": "w"}) is True
    assert interface.can_run("pagerank", (), {"G": nx.Graph()}) is True


def test_a_graph_of_ours_is_looked_at_once_by_the_function() -> None:
    ours: Any = interface.convert_from_nx(nx.path_graph(4))

    assert interface.can_run("shortest_path_length", (ours, 0, 3, None, "bellman-ford"), {}) is True
    for how in ("dijkstra", "unweighted"):
        assert nx.shortest_path_length(ours, 0, 3, None, how) == 3
    with pytest.raises(NotImplementedError, match="method is answered only for 'dijkstra', 'unwe"):
        interface.shortest_path_length(ours, 0, 3, None, "bellman-ford")
    with pytest.raises(NotImplementedError, match="not implemented"):
        nx.shortest_path_length(ours, 0, 3, None, "bellman-ford")


def test_networkx_is_left_alone_where_it_is_done_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    large: Graph = nx.path_graph(500)

    assert interface.should_run("pagerank", (large,), {}) is True
    assert interface.should_run("pagerank", (nx.path_graph(9),), {}) == (
        "the graph has fewer than 500 nodes"
    )
    assert interface.should_run("descendants", (large, 0), {}) == (
        "converting the graph takes as long as the answer"
    )
    monkeypatch.setattr(nx.config, "warnings_to_ignore", {"cache"})
    nx.core_number(large, backend="renmai")
    assert interface.should_run("descendants", (large, 0), {}) is True


def test_a_graph_with_parallel_edges_is_refused() -> None:
    with pytest.raises(NotImplementedError, match="not implemented by 'renmai' backend"):
        nx.pagerank(nx.MultiGraph([(0, 1)]), backend="renmai")
    with pytest.raises(NotImplementedError, match="parallel edges"):
        interface.convert_from_nx(nx.MultiGraph())


DECLINED: dict[str, Callable[..., Any]] = {
    "core_number": lambda g, **how: nx.core_number(g, **how),
    "clustering": lambda g, **how: nx.clustering(g, **how),
    "louvain_communities": lambda g, **how: nx.community.louvain_communities(g, seed=1, **how),
}


@pytest.mark.parametrize("name", DECLINED)
def test_what_is_declined_is_answered_by_networkx_unless_the_backend_is_named(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As docs/analytics.md says; of 600 nodes, for smaller graphs are left alone anyway."""
    monkeypatch.setattr(nx.config, "warnings_to_ignore", {"cache"})
    plain: Graph = nx.gnm_random_graph(600, 1_800, seed=2, directed=True)
    expected = DECLINED[name](plain)

    for fallback in (False, True):
        with nx.config(fallback_to_nx=fallback), pytest.raises(NotImplementedError, match=name):
            DECLINED[name](plain, backend="renmai")
    with nx.config(backend_priority=["renmai"]):
        assert DECLINED[name](plain) == expected
        assert interface.should_run("pagerank", (plain,), {}) is True


def test_a_name_that_is_no_function_of_networkx_is_no_attribute() -> None:
    assert not hasattr(interface, "cluster_by_magic")


def test_only_numbers_on_edges_are_converted() -> None:
    graph: Graph = nx.Graph([(0, 1, {"w": "heavy"}), (1, 2, {"w": 10**400})])

    for asked in ({"preserve_edge_attrs": True}, {"node_attrs": {"x": 1}}):
        with pytest.raises(NotImplementedError, match="only numbers on edges"):
            interface.convert_from_nx(graph, **asked)
    with pytest.raises(NotImplementedError, match="'w' is no number"):
        interface.convert_from_nx(graph, edge_attrs={"w": 1})
    graph[0][1]["w"] = 2
    with pytest.raises(NotImplementedError, match="'w' has no place in a float"):
        interface.convert_from_nx(graph, edge_attrs={"w": 1})


@pytest.mark.parametrize("kind", [nx.Graph, nx.DiGraph])
def test_there_and_back_is_the_same_graph(kind: type[Graph]) -> None:
    graph = weighted(kind(nx.gnp_random_graph(12, 0.3, seed=2)), 1)
    graph.add_edge(3, 3, weight=2.0)
    graph.add_node("alone")

    back = interface.convert_to_nx(interface.convert_from_nx(graph, edge_attrs={"weight": 1}))
    plain = interface.convert_to_nx(interface.convert_from_nx(graph))

    assert list(back) == list(graph)
    assert nx.utils.graphs_equal(back, graph)
    assert plain.edges == graph.edges
    assert interface.convert_to_nx("no graph") == "no graph"
