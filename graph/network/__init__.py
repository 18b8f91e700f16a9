"""The network snapshot: an immutable columnar copy of one tenant's structure (numpy only)."""

from graph.network.advancing import advance
from graph.network.assemble import EdgeArrays, network_from_arrays
from graph.network.build import build_network
from graph.network.choosing import chosen
from graph.network.csr import Csr, csr, gather
from graph.network.edges import EdgeTable
from graph.network.graphs import NetworkGraph
from graph.network.network import Network, Purchases
from graph.network.nodes import NodeTable
from graph.network.values import NO_CODE, NO_MOMENT, NO_NUMBER, days

__all__ = [
    "NO_CODE",
    "NO_MOMENT",
    "NO_NUMBER",
    "Csr",
    "EdgeArrays",
    "EdgeTable",
    "Network",
    "NetworkGraph",
    "NodeTable",
    "Purchases",
    "advance",
    "build_network",
    "chosen",
    "csr",
    "days",
    "gather",
    "network_from_arrays",
]
