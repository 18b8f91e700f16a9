"""Functions of arrays that the analytics are made of.

Modules that import scipy or numba (0.2 and 0.5 s) are imported inside the function that needs
them, so that what needs none starts quickly. numba keeps compiled code beside the source, or in
the user's cache folder where that cannot be written; NUMBA_CACHE_DIR names another place.
"""
