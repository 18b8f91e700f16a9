"""Measures of a plain graph, each a function of its arrays: what `renmai analyze` offers.

A measure is a function declared with `@measure` in one of the modules here; its name, its
arguments and the first line of its docstring are what the command line shows.
"""
