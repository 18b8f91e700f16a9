"""The trade engine: who could swap with whom, the best set of swaps, and what is missing.

`want_graph` and `from_network` make the graph of wants, `opportunities` lists its cycles, `plan`
chooses among them, `explain` tells why a party is left out, `settlement` and `clearing` deal with
money, `formats` reads files of others. Modules that import scipy or numba do so when called.
"""
