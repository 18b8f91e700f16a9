"""Functions of arrays that the analytics are made of.

Modules that import scipy or numba (0.2 and 0.5 s) are imported inside the function that needs
them, so that what needs none starts quickly. numba keeps compiled code beside the source, or in
the user's cache folder where that cannot be written; NUMBA_CACHE_DIR names another place.

Above some 10^5 edges a graph does not fit a core's own cache, and most of the time of anything
linear is waiting for memory. Kernels that know a few steps ahead what they will look at say so
(`prefetch`), and keep side by side what is looked at together (`components`, `forest`).
"""
