"""The networkx backend `renmai`: networkx's functions answered by our kernels.

    interface   what networkx loads: which calls are answered, and the functions themselves
    info        what networkx reads when it is imported; nothing else may be loaded by it
    graph       a graph as arrays, with what networkx asks of a graph
    converting  from a networkx graph and back
    snapshots   the graphs of a network snapshot
    answering   how a function is declared, refused and handed on to networkx
    ranks, degrees, distances, components, neighbours     the functions, by subject

A function either gives networkx's answer (its types, its exceptions) or declines, and then
networkx's own runs.
"""
