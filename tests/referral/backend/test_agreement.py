"""Every function of the backend gives networkx's answers, with its types and exceptions."""

from __future__ import annotations

from typing import Any

import networkx as nx
import pytest

from referral.backend.answering import ANSWERS, networkx_functions
from referral.backend.interface import interface
from tests.referral.backend.graphs import Graph, alike, directed, outcome, undirected

UNDIRECTED_ONLY = {
    "average_clustering",
    "clustering",
    "connected_components",
    "global_efficiency",
    "is_connected",
    "modularity",
    "node_connected_component",
    "number_connected_components",
    "transitivity",
    "triangles",
}
DIRECTED_ONLY = {
    "in_degree_centrality",
    "is_strongly_connected",
    "is_weakly_connected",
    "number_strongly_connected_components",
    "number_weakly_connected_components",
    "out_degree_centrality",
    "overall_reciprocity",
    "reciprocity",
    "strongly_connected_components",
    "weakly_connected_components",
}
NODE_FIRST = {
    "ancestors",
    "descendants",
    "node_connected_component",
    "single_source_shortest_path_length",
    "single_target_shortest_path_length",
}
PRECISE: dict[str, dict[str, Any]] = {
    "eigenvector_centrality": {"max_iter": 5000, "tol": 1e-10},
    "hits": {"max_iter": 5000, "tol": 1e-12},
    "katz_centrality": {"alpha": 0.05, "tol": 1e-10},
    "pagerank": {"max_iter": 500, "tol": 1e-9},
}
"""Options with which two roundings of one iteration are nearer than the comparison looks."""

MORE: dict[str, list[dict[str, Any]]] = {
    "average_clustering": [{"count_zeros": False}],
    "average_shortest_path_length": [{"method": "unweighted"}],
    "betweenness_centrality": [{"normalized": False}],
    "closeness_centrality": [{"wf_improved": False}],
    "constraint": [{"weight": "weight"}],
    "effective_size": [{"weight": "weight"}],
    "eigenvector_centrality": [{"weight": "weight", "max_iter": 5000, "tol": 1e-10}],
    "katz_centrality": [{"normalized": False, "alpha": 0.01, "tol": 1e-10}],
    "pagerank": [
        {"alpha": 0.5, "weight": None, "tol": 1e-9, "max_iter": 500},
        {"tol": 1e-9, "max_iter": 500},
    ],
}


def graphs(name: str) -> list[Graph]:
    found = [] if name in DIRECTED_ONLY else undirected()
    if name == "hits":  # of a graph in two equal halves networkx 3.6 gives an answer at random
        found = [graph for graph in found if not nx.is_bipartite(graph)]
    return found + ([] if name in UNDIRECTED_ONLY else directed())


def arguments(name: str, graph: Graph) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
    nodes = list(graph)
    pairs = [(nodes[0], node) for node in nodes[:10]] + [(nodes[-1], nodes[0])]
    if name in NODE_FIRST:
        return [((node,), {}) for node in nodes[:6]]
    if name in ("has_path", "shortest_path_length"):
        return [(pair, {}) for pair in pairs]
    if name == "modularity":
        halves = [set(nodes[::2]), set(nodes[1::2])]
        return [((halves,), {}), ((halves,), {"weight": None, "resolution": 0.5})]
    return [((), PRECISE.get(name, {})), *(((), more) for more in MORE.get(name, ()))]


def ours(name: str, graph: Graph, *args: Any, **kwargs: Any) -> Any:
    """The backend's answer, by its own functions: a decline is an error."""
    names = {"weight": 1} if kwargs.get("weight", "weight") else None
    converted = interface.convert_from_nx(graph, edge_attrs=names)
    return outcome(getattr(interface, name), converted, *args, **kwargs)


def theirs(name: str, graph: Graph, *args: Any, **kwargs: Any) -> Any:
    return outcome(networkx_functions()[name], graph, *args, backend="networkx", **kwargs)


DECLINED = {
    ("core_number", True),
    ("degree_assortativity_coefficient", True),
    ("effective_size", False),
    ("effective_size", True),
    ("hits", False),
    ("hits", True),
}
"""Functions that decline some of these graphs, by whether it is a directed one."""

UNORDERED = {"strongly_connected_components"}
"""Functions whose order networkx leaves open; what ours is stands in a test of its own."""


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # networkx divides zero by zero
@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_answers_are_networkx_own(name: str) -> None:
    answered = 0

    for graph in graphs(name):
        for args, kwargs in arguments(name, graph):
            found = ours(name, graph, *args, **kwargs)

            if isinstance(found, tuple) and found[0] is NotImplementedError:
                assert (name, graph.is_directed()) in DECLINED, (graph, found)
                continue
            wanted = theirs(name, graph, *args, **kwargs)
            if name in UNORDERED:
                found, wanted = sorted(found, key=sorted), sorted(wanted, key=sorted)
            assert alike(found, wanted), (graph, args, kwargs)
            answered += 1

    assert answered >= 3


@pytest.mark.parametrize("name", sorted(ANSWERS.keys() - UNDIRECTED_ONLY - NODE_FIRST))
def test_a_graph_of_no_or_one_node_is_answered_as_networkx_does(name: str) -> None:
    for size in (0, 1):
        graph: Graph = nx.DiGraph() if name in DIRECTED_ONLY else nx.Graph()
        graph.add_nodes_from(range(size))
        args: tuple[Any, ...] = {"has_path": (0, 0), "shortest_path_length": (0, 0)}.get(name, ())

        found = ours(name, graph, *args)

        if not (isinstance(found, tuple) and found[0] is NotImplementedError):
            assert alike(found, theirs(name, graph, *args)), (size, found)


@pytest.mark.parametrize("name", ["triangles", "clustering", "average_clustering"])
def test_some_nodes_may_be_asked_for(name: str) -> None:
    graph = nx.karate_club_graph()

    for some in ([0, 5, "nobody", 7], {3}) + (() if name == "average_clustering" else (4,)):
        assert alike(ours(name, graph, some), theirs(name, graph, some))
    strange: tuple[Any, ...] = (3.5, [[1]])
    for nodes in strange:
        assert ours(name, graph, nodes)[0] is nx.NetworkXError


@pytest.mark.parametrize("name", ["constraint", "effective_size"])
def test_holes_of_some_nodes(name: str) -> None:
    for graph in (nx.karate_club_graph(), *directed()):
        assert alike(ours(name, graph, [2, 1]), theirs(name, graph, [2, 1]))
    assert ours(name, nx.karate_club_graph(), ["nobody"])[0] is NotImplementedError


def looped() -> list[Graph]:
    """Both kinds of graphs, with a loop, two, one alone, and without any."""
    plain = [nx.path_graph(4), nx.karate_club_graph(), nx.DiGraph([(0, 1), (1, 0), (1, 2)])]
    found = []
    for graph in plain:
        for loops in ([], [(1, 1)], [(0, 0), (2, 2)], [("alone", "alone")]):
            more = graph.copy()
            more.add_edges_from(loops)
            found.append(more)
    return found


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_graphs_of_any_kind_are_answered_as_by_networkx_or_declined(name: str) -> None:
    for graph in looped():
        if name == "hits" and any(map(nx.is_bipartite, parts(graph))):  # as in `graphs`
            continue
        for args, kwargs in arguments(name, graph):
            found = ours(name, graph, *args, **kwargs)
            if isinstance(found, tuple) and found[0] is NotImplementedError:
                continue
            expected = theirs(name, graph, *args, **kwargs)
            if name in UNORDERED:
                found, expected = (sorted(map(sorted_by_name, x)) for x in (found, expected))
            assert alike(found, expected), (graph, list(nx.selfloop_edges(graph)), kwargs)


def parts(graph: Graph) -> list[Graph]:
    joined: Graph = nx.Graph(graph)
    return [joined.subgraph(part) for part in nx.connected_components(joined) if len(part) > 1]


def sorted_by_name(nodes: set[Any]) -> list[str]:
    return sorted(map(str, nodes))


def test_distances_of_one_node_or_several() -> None:
    graph = directed()[0]

    for nodes in (3, [1, 2, "nobody"], None):
        assert alike(
            ours("harmonic_centrality", graph, nodes), theirs("harmonic_centrality", graph, nodes)
        )
    for name, options in (
        ("closeness_centrality", {"u": 3}),
        ("shortest_path_length", {"source": 1}),
        ("shortest_path_length", {"target": 1}),
        ("single_source_shortest_path_length", {"source": 1, "cutoff": 1.5}),
        ("single_source_shortest_path_length", {"source": 1, "cutoff": -1}),
        ("single_target_shortest_path_length", {"target": 1, "cutoff": 2}),
        ("reciprocity", {"nodes": 0}),
        ("reciprocity", {"nodes": [0, 1, 39]}),
        ("katz_centrality", {"beta": {n: 0.5 + n for n in graph}, "alpha": 0.02, "tol": 1e-10}),
        ("pagerank", {"personalization": {0: 1, 7: 2}, "tol": 1e-9, "max_iter": 500}),
    ):
        assert alike(ours(name, graph, **options), theirs(name, graph, **options)), name


def test_the_nearest_come_first() -> None:
    for graph in undirected() + directed():
        lengths = list(
            ours("single_source_shortest_path_length", graph, next(iter(graph))).values()
        )

        assert lengths == sorted(lengths)


def test_a_component_that_is_led_to_comes_before_the_one_that_leads() -> None:
    graph: Graph = nx.DiGraph([(0, 1), (1, 0), (1, 2), (2, 3), (3, 2), (3, 4)])

    assert ours("strongly_connected_components", graph) == [{4}, {2, 3}, {0, 1}]


FAILING: list[tuple[str, Graph, tuple[Any, ...], dict[str, Any]]] = [
    ("descendants", nx.path_graph(3), ("x",), {}),
    ("ancestors", nx.DiGraph([(0, 1)]), ("x",), {}),
    ("single_source_shortest_path_length", nx.path_graph(3), ("x",), {}),
    ("single_target_shortest_path_length", nx.path_graph(3), ("x",), {}),
    ("shortest_path_length", nx.path_graph(3), ("x", 1), {}),
    ("shortest_path_length", nx.path_graph(3), (1, "x"), {}),
    ("shortest_path_length", nx.DiGraph([(0, 1)]), (1, 0), {}),
    ("shortest_path_length", nx.DiGraph([(0, 1)]), (), {"target": "x"}),
    ("has_path", nx.path_graph(3), (1, "x"), {}),
    ("closeness_centrality", nx.path_graph(3), ("x",), {}),
    ("node_connected_component", nx.path_graph(3), ("x",), {}),
    ("core_number", nx.Graph([(0, 0), (0, 1)]), (), {}),
    ("average_shortest_path_length", nx.empty_graph(2), (), {}),
    ("average_shortest_path_length", nx.DiGraph([(0, 1)]), (), {}),
    ("overall_reciprocity", nx.DiGraph(), (), {}),
    ("reciprocity", nx.empty_graph(2, nx.DiGraph), (0,), {}),
    ("katz_centrality", nx.path_graph(3), (), {"beta": {0: 1}}),
    ("katz_centrality", nx.complete_graph(9), (), {"alpha": 0.9}),
    ("eigenvector_centrality", nx.path_graph(9), (), {"max_iter": 2}),
    ("pagerank", nx.path_graph(3), (), {"personalization": {"x": 1}}),
    ("modularity", nx.path_graph(3), ([{0}, {1}],), {}),
    ("modularity", nx.path_graph(3), ([{0, 1}, {1, 2}],), {}),
]


@pytest.mark.parametrize(("name", "graph", "args", "kwargs"), FAILING)
def test_what_networkx_refuses_is_refused_alike(
    name: str, graph: Graph, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    found = ours(name, graph, *args, **kwargs)

    assert issubclass(found[0], Exception)
    assert found == theirs(name, graph, *args, **kwargs)


DECLINING: list[tuple[str, Graph, dict[str, Any]]] = [
    ("pagerank", nx.path_graph(3), {"max_iter": 3}),
    ("pagerank", nx.path_graph(3), {"alpha": 1.0}),
    ("pagerank", nx.path_graph(3), {"tol": 1e-20}),
    ("pagerank", nx.path_graph(3), {"personalization": {0: "much"}}),
    ("pagerank", nx.path_graph(3), {"personalization": {0: -1, 1: 3}}),
    ("pagerank", nx.path_graph(3), {"alpha": 0.9999, "max_iter": 10**7}),
    ("pagerank", nx.Graph([(0, 1, {"weight": -1})]), {}),
    ("hits", nx.empty_graph(3), {}),
    ("hits", nx.path_graph(9), {"max_iter": 1}),
    ("core_number", nx.DiGraph([(0, 1), (1, 0)]), {}),
    ("clustering", nx.DiGraph([(0, 1)]), {}),
    ("transitivity", nx.DiGraph([(0, 1)]), {}),
    ("constraint", nx.Graph([(0, 0)]), {}),
    ("constraint", nx.Graph([(0, 1, {"weight": 0}), (1, 2)]), {"weight": "weight"}),
    ("modularity", nx.DiGraph([(0, 1)]), {"communities": [{0}, {1}]}),
    ("modularity", nx.Graph([(0, 1, {"weight": 0})]), {"communities": [{0}, {1}]}),
    ("overall_reciprocity", nx.path_graph(4), {}),
    ("reciprocity", nx.Graph([(0, 0), (0, 1)]), {}),
    ("reciprocity", nx.path_graph(4), {"nodes": [0, 1]}),
    ("reciprocity", nx.path_graph(4), {"nodes": 0}),
    ("degree_assortativity_coefficient", nx.Graph([(0, 0), (0, 1)]), {}),
    ("shortest_path_length", nx.path_graph(3), {}),
    ("shortest_path_length", nx.path_graph(3), {"source": 0, "weight": "weight"}),
    ("betweenness_centrality", nx.path_graph(3), {"k": 2}),
    ("closeness_centrality", nx.path_graph(3), {"distance": "weight"}),
]


@pytest.mark.parametrize(("name", "graph", "kwargs"), DECLINING)
def test_what_no_kernel_answers_is_declined_with_a_reason(
    name: str, graph: Graph, kwargs: dict[str, Any]
) -> None:
    kind, reason = ours(name, graph, **kwargs)

    assert kind is NotImplementedError
    assert reason
