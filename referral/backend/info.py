"""What networkx reads about this backend when it is imported; it must load nothing."""

from __future__ import annotations

from typing import Any

UNWEIGHTED = "Without weights; else networkx's own."
ANY_WEIGHT = "Weights from 0."

FUNCTIONS: dict[str, str] = {
    "ancestors": "",
    "average_clustering": f"Undirected. {UNWEIGHTED}",
    "average_shortest_path_length": UNWEIGHTED,
    "betweenness_centrality": f"From all nodes, without end points. {UNWEIGHTED}",
    "closeness_centrality": UNWEIGHTED,
    "clustering": f"Undirected. {UNWEIGHTED}",
    "connected_components": "",
    "constraint": f"Without loops. {ANY_WEIGHT}",
    "core_number": "",
    "degree_assortativity_coefficient": f"Of out- with in-degree. {UNWEIGHTED}",
    "degree_centrality": "",
    "descendants": "",
    "effective_size": f"Without loops. {ANY_WEIGHT}",
    "eigenvector_centrality": f"Without nstart. {ANY_WEIGHT}",
    "global_efficiency": "",
    "harmonic_centrality": f"Without sources. {UNWEIGHTED}",
    "has_path": "",
    "hits": f"Without nstart, normalized. {ANY_WEIGHT}",
    "in_degree_centrality": "",
    "is_connected": "",
    "is_directed_acyclic_graph": "",
    "is_forest": "",
    "is_strongly_connected": "",
    "is_tree": "",
    "is_weakly_connected": "",
    "katz_centrality": f"Without nstart. {ANY_WEIGHT}",
    "modularity": f"Undirected, without loops. {ANY_WEIGHT}",
    "node_connected_component": "",
    "number_connected_components": "",
    "number_strongly_connected_components": "",
    "number_weakly_connected_components": "",
    "out_degree_centrality": "",
    "overall_reciprocity": "Directed graphs.",
    "pagerank": f"Without nstart and dangling. {ANY_WEIGHT}",
    "reciprocity": "Directed graphs.",
    "shortest_path_length": f"Not for all pairs. {UNWEIGHTED}",
    "single_source_shortest_path_length": "",
    "single_target_shortest_path_length": "",
    "strongly_connected_components": "",
    "transitivity": "Undirected.",
    "triangles": "",
    "weakly_connected_components": "",
    "wiener_index": UNWEIGHTED,
}
"""Every function that is answered, with what is declined."""


def get_info() -> dict[str, Any]:
    """The backend's entry in networkx's documentation."""
    return {
        "backend_name": "renmai",
        "project": "renmai",
        "package": "renmai",
        "short_summary": "Compiled kernels over arrays, and the graphs of renmai's snapshots.",
        "functions": {
            name: {"additional_docs": note} if note else {} for name, note in FUNCTIONS.items()
        },
        "default_config": {},
    }
