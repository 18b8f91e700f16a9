"""Synthetic data for demos, tests and benchmarks: the same seed, the same data, everywhere.

Nobody and nothing in it is real; e-mail addresses end in example.com, phone numbers lie in no
numbering plan. It is made to look like the business: people live in circles of classmates,
colleagues and club mates with a few hubs; referrals form forests in which those who referred much
refer more; amounts are log-normal, later stages buy oftener; firms offer what their industry makes
and need what others make, and circles of three who can swap are surely among them.
"""

from graph.generating.world import TODAY, Sizes, World
from graph.generating.writing import generate, write_csv

__all__ = ["TODAY", "Sizes", "World", "generate", "write_csv"]
